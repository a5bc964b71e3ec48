"""The importer's way into the database."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from types import TracebackType
from typing import Generic, Literal, Self

import msgspec
import psycopg

from milepost.importing.sink import R, StoreResult
from milepost.ingest.actions import ActionRow
from milepost.ingest.events import EventRow
from milepost.ingest.halving import Halving
from milepost.store.imports import ImportMark
from milepost.store.queries import load
from milepost.store.retry import retried

_SQL = load("milepost.ingest", "write.sql")
_encode = msgspec.json.Encoder().encode


class TableSink(Generic[R]):
    """Stores each chunk in one commit; rows that PostgreSQL cannot take are found and refused. As a context it is an
    import under way from its first chunk on: until it ends well, or its lease is over, game and coach wait
    (store/imports.py)."""

    _statement: Literal["store_events", "store_actions"]
    _what: str

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(
            dsn, autocommit=True, application_name="milepost-import", options="-c timezone=UTC -c jit=off"
        )

        self._is_marked = False
        self._mark: ImportMark | None = None

    def __enter__(self) -> Self:
        self._is_marked = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with closing(self._connection):
            if self._mark is not None and kind is None:
                self._before_the_end()
                self._mark.end()

    def _before_the_end(self) -> None:
        """What belongs to the import after its last chunk."""

    def go_on(self) -> None:
        """Says that the import is under way, and alive."""
        if self._mark is not None:
            self._mark.go_on()
        elif self._is_marked:
            self._mark = ImportMark(self._connection, self._what)

    def store(self, rows: list[R], /) -> StoreResult:
        """One commit. Raises psycopg.OperationalError when PostgreSQL goes away: nothing of the chunk is stored."""
        self.go_on()
        accepted, statement = 0, _SQL[self._statement]
        parts = Halving(rows)
        for part in parts:
            parameters = (_encode(part).decode(),)
            try:
                cursor = retried(self._connection, partial(self._connection.execute, statement, parameters))
                accepted += len(cursor.fetchall())
            except psycopg.Error as error:
                parts.failed(error)
        rejected = [(place, "unstorable", "", message) for place, message in sorted(parts.faults.items())]
        return StoreResult(accepted, len(rows) - accepted - len(rejected), rejected)


class DatabaseSink(TableSink[EventRow]):
    """Stores events."""

    _statement, _what = "store_events", "events"


class ActionSink(TableSink[ActionRow]):
    """Stores offline actions."""

    _statement, _what = "store_actions", "offline actions"
