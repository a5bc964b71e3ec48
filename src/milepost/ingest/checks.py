"""What PostgreSQL and the limits ask of a value, whether it is an event's or an offline action's."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta

import msgspec

from milepost.ingest.events import RejectedEvent
from milepost.vocabulary import EARLIEST_YEAR, MAX_AHEAD_SECONDS, MAX_METADATA_DEPTH

_AHEAD = timedelta(seconds=MAX_AHEAD_SECONDS)
_encode = msgspec.json.Encoder().encode
_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
NUL_FOUND = "A string contains the character NUL (\\u0000). Remove it."
OUTSIDE_OF_CALENDAR = "The timestamp is outside the range of the calendar."


def check_stored_text(raw: bytes, decoded: object) -> None:
    """Refuses the character NUL, wherever in the event it stands."""
    # Only worth a closer look where the escape is there at all; "\\\\u0000" is harmless text.
    if b"\\u0000" in raw and b"\\u0000" in _encode(decoded).replace(b"\\\\", b""):
        raise RejectedEvent("invalid_unicode", NUL_FOUND)


def metadata_bytes(metadata: dict[str, object], field: str) -> msgspec.Raw:
    """Metadata as JSON that PostgreSQL takes: of bounded depth, without numbers it has no room for."""
    try:
        encoded = _encode(metadata)
    except RecursionError:
        raise _too_deep(field) from None
    except (ValueError, TypeError) as error:
        raise RejectedEvent("invalid_value", f"{field} cannot be stored: {error}.", field) from error
    # Counting brackets is quick and never too low, so most events need no closer look.
    if encoded.count(b"{") + encoded.count(b"[") > MAX_METADATA_DEPTH and deeper_than(encoded, MAX_METADATA_DEPTH):
        raise _too_deep(field)
    return msgspec.Raw(encoded)


def check_stored_time(stated: datetime | None, received_at: datetime, skew: timedelta) -> datetime:
    """The time it happened by our clock; refuses what is before 2000 or more than 24 hours ahead."""
    if stated is None:
        return received_at
    try:
        at = utc(stated) + skew
    except OverflowError:
        raise RejectedEvent("invalid_value", OUTSIDE_OF_CALENDAR, "timestamp") from None
    if at.year < EARLIEST_YEAR:
        raise RejectedEvent("time_too_old", f"{at.isoformat()} is before {EARLIEST_YEAR}. Check the unit.", "timestamp")
    if at > received_at + _AHEAD:
        message = f"{at.isoformat()} is more than 24 hours ahead. Check the clock, or send sent_at."
        raise RejectedEvent("time_too_far_ahead", message, "timestamp")
    return at


def stored_address(value: object) -> str | None:
    """An IP address as PostgreSQL takes it, without a zone (fe80::1%eth0); None for anything else."""
    try:
        return str(ipaddress.ip_address(value)) if isinstance(value, str) and "%" not in value else None
    except ValueError:
        return None


def utc(at: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is taken as UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _too_deep(field: str) -> RejectedEvent:
    return RejectedEvent("too_deep", f"{field} is nested more than {MAX_METADATA_DEPTH} levels deep.", field)


def deeper_than(encoded: bytes, most: int) -> bool:
    """Whether lists and objects of this JSON are nested more than `most` levels deep.

    Each round takes away what has nothing inside, all at once: a look at every value in Python takes a hundred times as
    long, which is worth somebody's while.
    """
    left = _STRINGS.sub(b"", encoded).translate(_BRACKETS, _ALL_BUT_BRACKETS)
    for _ in range(most):
        if not left:
            return False
        left = left.replace(b"[]", b"")
    return bool(left)
