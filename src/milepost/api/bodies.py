"""Bodies of requests: those of ingest are read no further than their sender may go, and what takes long is done beside
the event loop; every other route's JSON is read in one place."""

from __future__ import annotations

import asyncio
import re
from itertools import islice
from typing import Any, Final

from litestar.exceptions import HTTPException

from milepost.access.auth import require_write_key, writing_key
from milepost.access.keys import KeyInfo
from milepost.access.services import AnyRequest, services
from milepost.errors import InvalidJson, TooLarge, Unauthorised
from milepost.ingest.body import Batch, beginning, decompress, take_apart_broken, take_apart_json
from milepost.ingest.receiving import Body

#: Where no header brings a key, it stands within so many bytes of the body: as many as a page that goes away may send.
_KEY_WITHIN: Final = 64 * 1024
#: Larger ones are unpacked beside the event loop.
_LARGE: Final = 128 * 1024
_KEY: Final = re.compile(rb'"write_?[kK]ey"\s*+:\s*+"([^"\\]{1,200})"')
#: Of the keys that a body names, so many are looked up.
_MOST_KEYS: Final = 3


class JsonRequest(AnyRequest):
    """Every route's request: what is no JSON is said to be none, however deep it is and whatever its bytes are."""

    async def json(self) -> Any:
        """Raises InvalidJson."""
        try:
            return await super().json()
        except RecursionError:
            raise InvalidJson("The body is nested too deeply. Send an object as documented.") from None
        except UnicodeDecodeError:
            raise InvalidJson("The body is not valid UTF-8. Send an object as documented.") from None


async def read_body(request: AnyRequest) -> bytes:
    """The body, unpacked. Its sender has a key, in the header, which the route's guard has checked, or in the body: a
    page that goes away can only send a beacon, which takes no headers. The content type is not looked at: SDKs send
    several.

    Raises Unauthorised, TooLarge, InvalidEncoding, Overloaded.
    """
    with services(request).receiving.body() as body:
        if writing_key(request) is not None:
            body.is_known()
        try:
            async for piece in request.stream():
                body.add(piece)
                if not body.known and len(body.received) > _KEY_WITHIN:
                    await _require_key_within(request, body)
        except HTTPException as error:
            if error.status_code == 413:
                raise TooLarge from error
            raise
        if not body.known:
            await _require_key_within(request, body)
        whole = bytes(body.received)
    return await asyncio.to_thread(decompress, whole) if len(whole) > _LARGE else decompress(whole)


async def read_batch(request: AnyRequest, key: str) -> Batch:
    """The body taken apart. Raises InvalidJson, and what `read_body` raises."""
    return await split(request, await read_body(request), key)


async def split(request: AnyRequest, body: bytes, key: str) -> Batch:
    """`take_apart`, without holding up others."""
    if (batch := take_apart_json(body, key)) is not None:
        return batch
    if len(body) <= _LARGE // 4:
        return take_apart_broken(body, key)
    async with services(request).receiving.broken:
        return await asyncio.to_thread(take_apart_broken, body, key)


async def sender_key(request: AnyRequest, key: str | None) -> KeyInfo:
    """The header's key, or where it has none the one that the whole body names. Raises Unauthorised."""
    return await require_write_key(services(request).keys, writing_key(request) or key)


async def _require_key_within(request: AnyRequest, body: Body) -> None:
    """Some valid key stands where it must, so that the rest is worth reading; whose it is, is found out afterwards."""
    keys = services(request).keys
    named = _KEY.finditer(beginning(bytes(body.received), _KEY_WITHIN))
    for found in islice(named, _MOST_KEYS):
        if await keys.find(found[1].decode("utf-8", "replace")) is not None:
            body.is_known()
            return
    raise Unauthorised
