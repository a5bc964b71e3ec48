"""How the owner is asked: over a Unix socket, one request a connection, MessagePack behind a length of four bytes.

Whoever closes the connection takes the question back: the owner then stops the statement.
"""

from __future__ import annotations

import asyncio
import struct
from datetime import datetime

import msgspec

from milepost.columns.reading import DayDifference

_LENGTH = struct.Struct(">I")
#: Results are for people to look at: what is larger than this is a mistake.
MAX_FRAME = 256 << 20


class Query(msgspec.Struct, tag="query", frozen=True):
    sql: str
    parameters: dict[str, str | int | float | list[int | str]]


class GetFreshness(msgspec.Struct, tag="freshness", frozen=True):
    pass


class Rebuild(msgspec.Struct, tag="rebuild", frozen=True):
    pass


class Verify(msgspec.Struct, tag="verify", frozen=True):
    pass


Request = Query | GetFreshness | Rebuild | Verify


class Answered(msgspec.Struct, tag="rows", frozen=True):
    names: tuple[str, ...]
    #: Cells of reading.Cell.
    rows: list[tuple[object, ...]]


class Fresh(msgspec.Struct, tag="fresh", frozen=True):
    at: datetime | None
    building: tuple[int, int] | None
    rolled_up: list[int]
    trouble: str


class Progressed(msgspec.Struct, tag="progress", frozen=True):
    done: int
    of: int


class Rebuilt(msgspec.Struct, tag="rebuilt", frozen=True):
    events: int


class Verified(msgspec.Struct, tag="verified", frozen=True):
    days: int
    events: int
    traits: int
    differences: list[DayDifference]


class Failed(msgspec.Struct, tag="failed", frozen=True):
    code: str
    message: str
    retry_after: int | None


Reply = Answered | Fresh | Progressed | Rebuilt | Verified | Failed
_encode = msgspec.msgpack.Encoder().encode
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def frame(message: Request | Reply) -> bytes:
    """The message as it goes over the wire."""
    body = _encode(message)
    return _LENGTH.pack(len(body)) + body


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Raises EOFError when the other side has gone, msgspec.MsgspecError for what is no request."""
    return _requests.decode(await _body(reader))


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    """Raises EOFError when the owner has gone."""
    return _replies.decode(await _body(reader))


async def _body(reader: asyncio.StreamReader) -> bytes:
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if length > MAX_FRAME:
        raise msgspec.ValidationError(f"a message of {length} bytes")
    return await reader.readexactly(length)
