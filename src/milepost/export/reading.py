"""Reads PostgreSQL at one moment: a statement by COPY, block by block."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from datetime import date
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar

import psycopg
from psycopg import sql

from milepost.columns.follow import Moment, moment
from milepost.export.asked import Chosen
from milepost.export.data_sets import CHANGE, RUN, Column
from milepost.export.filters import within, within_day
from milepost.export.watermark import Watermark, changed_since
from milepost.store.queries import load

_SQL = load("milepost.export", "data_sets.sql")
P = ParamSpec("P")
T = TypeVar("T")
#: Bytes of rows that are handed on at once: large enough for speed, small enough for memory.
_BLOCK: Final = 4 << 20
#: An event's row: of one that stands, and of one that changed and may be no more.
_STANDING: Final = sql.SQL(_SQL["events_row"]).format(event_id=sql.SQL("e.event_id"), at=sql.SQL('e."timestamp"'))
_CHANGED: Final = sql.SQL(_SQL["events_row"]).format(
    event_id=sql.SQL("c.event_id"), at=sql.SQL('coalesce(e."timestamp", c.at)')
)
#: The last one: of an export whose reader is gone, PostgreSQL hears within a second.
_OPTIONS: Final = (
    "-c timezone=UTC -c datestyle=ISO -c jit=off -c statement_timeout=0 -c extra_float_digits=1"
    " -c client_connection_check_interval=1s"
)


#: What a CSV file of ours says otherwise than COPY: `true`, and times that all have the same form.
_AS_IT_IS: Final = sql.SQL("{}")
_IN_CSV: Final = {
    "boolean": sql.SQL("{}::text"),
    "time": sql.SQL("""to_char({}, 'YYYY-MM-DD HH24:MI:SS.US"Z"')"""),
}


class _Block(NamedTuple):
    """Whole rows as COPY writes them, and how many."""

    data: bytes
    rows: int


class Statement(NamedTuple):
    """What COPY reads, and the columns it has."""

    text: sql.Composable
    columns: tuple[Column, ...]


class Day(NamedTuple):
    """A UTC day, how many rows it has, and how many of these say that a row is no more."""

    day: date
    rows: int
    deleted: int


@contextmanager
def reading(dsn: str, chosen: Chosen) -> Iterator[Reading]:
    """One transaction, which sees one moment from its beginning to its end."""
    with psycopg.connect(dsn, application_name="milepost-export", options=_OPTIONS) as connection:
        connection.execute("set transaction isolation level repeatable read")
        with ThreadPoolExecutor(1, "export") as pool:
            yield Reading(connection, chosen, pool)


class Reading:
    """What a moment holds of what was asked for."""

    def __init__(self, connection: psycopg.Connection[Any], chosen: Chosen, pool: ThreadPoolExecutor) -> None:
        self._connection = connection
        self._pool = pool
        self._under_way: Future[Any] = pool.submit(int)
        self._asked = chosen.asked
        self.moment: Moment = moment(connection)
        if chosen.customers is not None:
            connection.execute(_SQL["note_customers"], {"numbers": chosen.customers})
            connection.execute(_SQL["index_customers"])
        self._within = within(chosen.asked, chosen=chosen.customers is not None)

    @property
    def watermark(self) -> Watermark:
        return Watermark.at(self.moment)

    def note_changed(self, since: Watermark) -> list[Day]:
        """Finds what changed since a watermark: its days, for `changed`. Raises WatermarkTooOld."""
        found = changed_since(self._connection, since, self.moment)
        note = sql.SQL(_SQL["note_changed"]).format(within=self._within)
        self._connection.execute(note, {"changes": [one.change_id for one in found]})
        self._connection.execute(_SQL["index_changed"])
        return [Day(*row) for row in self._connection.execute(_SQL["changed_days"])]

    def leave_out_changed(self, since: Watermark) -> None:
        """From here on no event that changed since is among `days` and `of_day`. Raises WatermarkTooOld where that is
        no longer known."""
        self.note_changed(since)
        self._within = sql.SQL("{} and {}").format(self._within, sql.SQL(_SQL["not_changed"]))

    def days(self) -> list[Day]:
        """The UTC days that have events."""
        statement = sql.SQL(_SQL["event_days"]).format(within=self._within)
        return [Day(day, rows, 0) for day, rows in self._connection.execute(statement)]

    def whole(self) -> Statement:
        """All of it."""
        of = self._asked.of
        if of.follows:
            text = sql.SQL(_SQL["events"]).format(row=_STANDING, within=self._within)
        else:
            text = sql.SQL(_SQL["view"]).format(view=sql.Identifier(of.name), within=self._within)
        return Statement(text, of.columns)

    def of_day(self, day: date, *, run: int) -> Statement:
        """The events of a day, for a folder that later runs go on in."""
        row = sql.SQL("'upsert', {}, {}").format(sql.Literal(run), _STANDING)
        wanted = sql.SQL("{} and {}").format(within_day(day), self._within)
        return Statement(sql.SQL(_SQL["events"]).format(row=row, within=wanted), (CHANGE, RUN, *self._asked.of.columns))

    def changed(self) -> Statement:
        """All that `note_changed` found."""
        columns = (CHANGE, *self._asked.of.columns)
        return Statement(sql.SQL(_SQL["events_changed"]).format(run=sql.SQL(""), row=_CHANGED), columns)

    def changed_on(self, day: date, *, run: int) -> Statement:
        """What `note_changed` found of a day."""
        number = sql.SQL("{},").format(sql.Literal(run))
        text = sql.SQL(f"{_SQL['events_changed']} where c.day = {{day}}").format(
            run=number, day=sql.Literal(day), row=_CHANGED
        )
        return Statement(text, (CHANGE, RUN, *self._asked.of.columns))

    def copy(self, statement: Statement, write: Callable[[bytes], None], progress: Callable[[int], None]) -> int:
        """Hands its rows on, block by block as COPY writes them (format csv), while the next ones are read; answers
        how many there were, and tells `progress` meanwhile. The last block may still be under way: `later` and
        `catch_up` wait for it."""
        rows = 0
        try:
            with closing(self._blocks(statement)) as blocks:
                for block in blocks:
                    self.later(write, block.data)
                    rows += block.rows
                    progress(rows)
        except BaseException:
            # Nobody closes a file beneath who writes to it.
            wait([self._under_way])
            raise
        return rows

    def later(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """In the thread that writes, once it has caught up."""
        self.catch_up()
        under_way = self._pool.submit(work, *args, **kwargs)
        self._under_way = under_way
        return under_way

    def catch_up(self) -> None:
        """Waits for what the thread that writes is at. Raises what that raises."""
        self._under_way.result()

    def _blocks(self, statement: Statement) -> Generator[_Block]:
        """What COPY writes, cut between rows."""
        parts: list[bytes] = []
        size = 0
        with self._connection.cursor() as cursor, cursor.copy(self._to_copy(statement)) as copy:
            for data in copy:  # each is one row
                parts.append(bytes(data))
                size += len(data)
                if size >= _BLOCK:
                    yield _Block(b"".join(parts), len(parts))
                    parts, size = [], 0
        if parts:
            yield _Block(b"".join(parts), len(parts))

    def _to_copy(self, statement: Statement) -> sql.Composed:
        if self._asked.format != "csv":
            return sql.SQL("copy ({}) to stdout (format csv)").format(statement.text)
        columns = statement.columns
        return sql.SQL(_SQL["copy_as_csv"]).format(
            values=_listed(_IN_CSV.get(one.kind, _AS_IT_IS).format(sql.Identifier("s", one.name)) for one in columns),
            rows=statement.text,
            names=_listed(sql.Identifier(one.name) for one in columns),
            quoted=_listed(sql.Identifier(one.name) for one in columns if one.kind in ("text", "json")),
        )


def _listed(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
