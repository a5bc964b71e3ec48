"""What a question works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

import msgspec

from milepost.columns.reading import Reader
from milepost.errors import NotFound
from milepost.store.database import Database

#: The numbers of the customers who are in a segment just now, by its slug or its id. Raises NotFound.
FindSegment = Callable[[str], Awaitable[Collection[int]]]


def no_segment(named: str, *, field: str = "segment") -> NotFound:
    """What is said of a segment that is not there, on pages and over HTTP."""
    there = "The page Segments lists those that are there, as does GET /v1/segments."
    return NotFound(f"There is no segment {named[:80]!r}; it may have been deleted. {there}", field=field)


async def no_segments(named: str) -> Collection[int]:
    """Where there are none."""
    raise no_segment(named)


class Store(msgspec.Struct, frozen=True):
    """Where the answers come from: the column store knows the events, PostgreSQL who is who; `now` is an aware time,
    `segments` says who is in one."""

    columns: Reader
    database: Database
    now: Callable[[], datetime]
    segments: FindSegment = no_segments
