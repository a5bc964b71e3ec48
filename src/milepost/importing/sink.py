"""What the importer hands its rows to."""

from __future__ import annotations

from typing import Generic, NamedTuple, Protocol, TypeVar

#: What a file's rows become: events, or offline actions.
R = TypeVar("R")


class StoreResult(NamedTuple):
    """What became of one chunk. `rejected` holds (index in the chunk, code, field, message)."""

    accepted: int
    duplicates: int
    rejected: list[tuple[int, str, str, str]]


class Sink(Protocol[R]):
    """Stores chunks of rows, each in one commit; an id that is there already is a duplicate."""

    def store(self, rows: list[R], /) -> StoreResult: ...


class NullSink(Generic[R]):
    """Takes everything and keeps nothing: the sink of a dry run."""

    def store(self, rows: list[R], /) -> StoreResult:
        return StoreResult(len(rows), 0, [])
