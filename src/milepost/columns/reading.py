"""What asks the column store: the small interface behind which the engine stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from milepost.errors import Problem

T = TypeVar("T")

#: What may be bound to a parameter; times are passed as texts or seconds.
Value = str | int | float | Sequence[int | str]
#: What comes back in a cell.
Cell = str | int | float | bool | None | list["Cell"] | dict[str, "Cell"]


class ColumnsUnavailable(Problem):
    """The column store is not available right now: it is starting, or being built. Ask again after Retry-After."""

    status = 503
    code = "columns_unavailable"


class ColumnsDamaged(ColumnsUnavailable):
    """A part of the column store cannot be read. It is being rebuilt from PostgreSQL: ask again in a moment."""

    code = "columns_damaged"


class ColumnsFull(ColumnsUnavailable):
    """The column store's disk is full, so nothing new reaches it. Free some space: it goes on by itself."""

    code = "columns_full"


class ColumnsTaken(ColumnsUnavailable):
    """Another process has the column store's folder open. Only one can: end that one, or give each its own folder."""

    code = "columns_taken"


class QuestionTooLong(Problem):
    """This question took longer than it may, and was stopped. Ask for fewer days, or fewer steps."""

    status = 422
    code = "question_too_long"


class QuestionTooBig(Problem):
    """This question needed more memory than it may have, and was stopped. Ask for fewer days, or fewer values."""

    status = 422
    code = "question_too_big"


class QuestionFailed(Problem):
    """The column store could not answer this question. The server's log says why."""

    status = 500
    code = "question_failed"


class QueryResult(NamedTuple):
    """An answer: the columns' names, and the rows. Dates and times come as ISO texts."""

    names: tuple[str, ...]
    rows: list[tuple[Cell, ...]]

    def dicts(self) -> list[dict[str, Cell]]:
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]

    def typed(self, kind: type[T]) -> list[T]:
        """Its rows, each as `kind`, a tuple type."""
        return msgspec.convert(self.rows, list[kind])  # type: ignore[valid-type]  # a type made at run time


#: Called with how many rows are done and how many there are.
Progress = Callable[[int, int], None]


class Freshness(NamedTuple):
    """Everything up to `at` is in the mirror; `building` says how far a load of everything is, (done, of).

    `rolled_up`: the months (202611) whose activity is summed up in the table `activity`. `trouble`: in a sentence, what
    keeps it from following PostgreSQL, "" where nothing does.
    """

    at: datetime | None
    building: tuple[int, int] | None
    rolled_up: list[int] = []  # noqa: RUF012 -- a tuple's default, never changed
    trouble: str = ""


class DayDifference(NamedTuple):
    """A day on which the two stores differ, or "traits": number of rows and checksum of each; None where a store has
    none."""

    day: str
    postgresql: tuple[int, int] | None
    columns: tuple[int, int] | None


class Proof(NamedTuple):
    """What `verify` found: nothing differs where `differences` is empty."""

    days: int
    events: int
    traits: int
    differences: list[DayDifference]


class Reader(Protocol):
    """Answers one statement. `{name:Type}` in it is bound by the engine to `parameters[name]`, never pasted."""

    async def query(self, sql: str, parameters: Mapping[str, Value] | None = None) -> QueryResult:
        """Raises ColumnsUnavailable, QuestionTooLong or QuestionTooBig. Cancelling the caller stops the statement."""
        ...

    async def freshness(self) -> Freshness:
        """Up to when everything is there. Raises ColumnsUnavailable."""
        ...
