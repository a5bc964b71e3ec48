"""A column of dates and times, whose order of day and month is found out from all of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Final, Literal

Order = Literal["MM/DD/YYYY", "DD/MM/YYYY"]
_ISO: Final = re.compile(r"\A\d{4}-\d\d-\d\d(?P<time>[T ]\d\d:\d\d.*)?\Z", re.ASCII)
_WRITTEN: Final = re.compile(
    r"\A(?P<first>\d{1,2})(?P<mark>[/.\-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<secs>\d\d))?\s*(?P<half>[AaPp][Mm])?)?\Z",
    re.ASCII,
)


def date_of(text: str, order: Order) -> str | None:
    """A date or a time in ISO form; a time that names no zone is of UTC. None for what is neither."""
    try:
        if found := _ISO.match(text):
            if not found["time"]:
                return date.fromisoformat(text).isoformat()
            return _shown(datetime.fromisoformat(text.removesuffix(" UTC")))
        if found := _WRITTEN.match(text):
            month, day = (found["first"], found["second"])[:: 1 if order == "MM/DD/YYYY" else -1]
            on = date(int(found["year"]), int(month), int(day))
            if found["hour"] is None:
                return on.isoformat()
            at = time(_hour(int(found["hour"]), found["half"]), int(found["minute"]), int(found["secs"] or 0))
            return _shown(datetime.combine(on, at))
    except (ValueError, OverflowError):
        return None
    return None


def order_of(texts: Iterable[str]) -> tuple[Order | None, bool]:
    """The order that a column's dates have, and whether any was written so; an order None: nothing tells."""
    votes: dict[Order, int] = {"MM/DD/YYYY": 0, "DD/MM/YYYY": 0}
    written = False
    for text in texts:
        if found := _WRITTEN.match(text):
            written = True
            if int(found["first"]) > 12 or found["mark"] == ".":  # dots are of the lands where the day stands first
                votes["DD/MM/YYYY"] += 1
            elif int(found["second"]) > 12:
                votes["MM/DD/YYYY"] += 1
    if votes["MM/DD/YYYY"] == votes["DD/MM/YYYY"]:
        return None, written
    return max(votes, key=lambda one: votes[one]), written


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if half.lower() == "pm" else 0)


def _shown(at: datetime) -> str:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")
