"""Addresses as they are routed: customers' ids are one percent-encoded segment, which may decode to anything, a slash
included; files have plain names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from milepost.errors import NotFound
from milepost.vocabulary import MAX_ID_LENGTH

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Receive, Scope, Send

#: What programs ask, beside pages: ours, what the SDKs of others have their own addresses for, and assistants.
API: Final = ("/v1/", "/beacon/", "/sourceConfig", "/mcp")
_WITH_IDS = (b"/customers/", b"/v1/customers/", b"/people/", b"/v1/people/")
_FILES = ("/static/", "/tools-app/")
_LONGEST = 1024
_NOWHERE = "/static/-"


def whole_segments(app: ASGIApp) -> ASGIApp:
    """Routes customers' and people's addresses by their path as it was sent, so that an encoded slash ends no segment
    and nothing is decoded twice; the handlers decode the id. Everything else is routed as ever."""

    # Only here: commands ask this file what an id is, and Litestar takes longer to load than all they need.
    from litestar.enums import ScopeType

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            path = scope["raw_path"].partition(b"?")[0]
            if path.startswith(_WITH_IDS):
                scope["path"] = path.decode("utf-8", "replace")
            elif scope["path"].startswith(_FILES) and not _plain(scope["path"]):
                scope["path"] = _NOWHERE
        await app(scope, receive, send)

    return routed


def _plain(path: str) -> bool:
    """Whether a file can have this name, and stays where it is."""
    return "\x00" not in path and ".." not in path.split("/") and len(path.encode("utf-8", "replace")) < _LONGEST


def may_be_id(text: str) -> bool:
    """Whether a customer or a person can have this id: whatever ingest and the database take."""
    return 1 <= len(text) <= MAX_ID_LENGTH and "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def customer_of(segment: str) -> str:
    """The customer id of a path's segment. Raises NotFound for one that cannot be stored."""
    if (customer_id := _id_of(segment)) is None:
        raise NotFound("There is no such customer.", field="customer_id")
    return customer_id


def person_of(segment: str) -> str:
    """The user id of a path's segment. Raises NotFound for one that cannot be stored."""
    if (user_id := _id_of(segment)) is None:
        raise NotFound("There is no such person.", field="user_id")
    return user_id


def _id_of(segment: str) -> str | None:
    try:
        text = unquote(segment, errors="strict")
        text.encode()
    except UnicodeError:
        return None
    return text if may_be_id(text) else None
