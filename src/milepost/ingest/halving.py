"""Which rows of a commit are at fault when PostgreSQL cannot take it: found by halves, for whoever does the storing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import psycopg

T = TypeVar("T")


class Halving(Generic[T]):
    """Iterate over it and store each part in a commit of its own, telling `failed` of each error.

    The first part is all rows. Of one that failed the halves follow, down to the single rows that are at fault.
    """

    def __init__(self, rows: Sequence[T]) -> None:
        self._waiting = [(0, rows)]
        self._part: tuple[int, Sequence[T]] = (0, ())
        #: Why PostgreSQL cannot take it, by the row's place.
        self.faults: dict[int, str] = {}

    def __iter__(self) -> Iterator[Sequence[T]]:
        while self._waiting:
            self._part = self._waiting.pop()
            yield self._part[1]

    def failed(self, error: psycopg.Error) -> None:
        """The part handed out last was not stored. Raises `error` itself where no row can be at fault for it."""
        if not _row_at_fault(error):
            raise error
        start, rows = self._part
        if len(rows) == 1:
            self.faults[start] = f"PostgreSQL cannot store it: {(error.diag.message_primary or str(error)).strip()}."
            return
        half = len(rows) // 2
        self._waiting += [(start + half, rows[half:]), (start, rows[:half])]


def _row_at_fault(error: psycopg.Error) -> bool:
    """Data, integrity, and values past PostgreSQL's limits (54): what a single row can be at fault for."""
    return isinstance(error, (psycopg.DataError, psycopg.IntegrityError)) or (error.sqlstate or "").startswith("54")
