"""Event ids: the id is the time (UUIDv7, RFC 9562). A foreign id becomes one that is always the same."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from hashlib import sha256

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_MS = (1 << 48) - 1


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970, never negative and never more than an id can hold."""
    return min(max(round((at - _EPOCH).total_seconds() * 1000), 0), _MAX_MS)


def new_id(at: datetime) -> str:
    """A new id of that time, for an event that came without one."""
    return _format(milliseconds(at), os.urandom(10))


def foreign_id(text: str, at: datetime | None) -> str:
    """The id of an event that has another system's id: the same text and time always give the same one.

    `at` is the original time as the sender wrote it, which retries repeat; without one the id has no time.
    """
    return _format(milliseconds(at) if at is not None else 0, sha256(text.encode("utf-8", "surrogatepass")).digest())


def own_id(text: str, at: datetime | None) -> str:
    """`text` itself where it is a UUIDv7, else the id that stands for it."""
    lower = text.lower()
    return lower if _UUID7.match(lower) else foreign_id(text, at)


def _format(ms: int, tail: bytes) -> str:
    head = ms.to_bytes(6, "big").hex()
    rest = bytes((0x70 | tail[0] & 0x0F, tail[1], 0x80 | tail[2] & 0x3F)).hex() + tail[3:10].hex()
    return f"{head[:8]}-{head[8:]}-{rest[:4]}-{rest[4:8]}-{rest[8:20]}"
