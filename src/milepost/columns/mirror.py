"""The mirror's tables: what was loaded last, adding a load, replacing everything, what each day sums up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from string import Template
from typing import NamedTuple

from milepost.columns import ddl
from milepost.columns.engine import Engine
from milepost.columns.follow import COLUMNS, Moment, RemovedEvent
from milepost.columns.reading import ColumnsDamaged
from milepost.store.queries import load

_SQL = load("milepost.columns", "mirror.sql")
#: A block may hold events of any number of months.
_WRITE = {"max_partitions_per_insert_block": 0}
#: More loads than can have been begun since the last one that was finished.
_UNFINISHED = 1_000_000
#: A row that marks an event as gone: its key, its version, and nothing else.
_NOTHING = {"user": "0", "session_duration": "-1", "time_on_page": "-1", "metadata": "{}", "is_bot": "0"}


TABLES = ("events", "traits", "loads", "activity", "rollups")


class Load(NamedTuple):
    """How far the mirror has come. `epoch` is "" for tables in the form of another release."""

    batch: int
    snapshot: str
    at: datetime
    epoch: str


class Mirror:
    """The tables in one engine. Not thread-safe for writing: there is one loader."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        engine.command(ddl.create_events())
        engine.command(ddl.create_loads())
        finished = max((load.batch for load in self._loads()), default=0)
        try:
            self._batch = max(self._number("highest_batch"), finished)
        except ColumnsDamaged:
            self._batch = finished + _UNFINISHED

    def last_load(self) -> Load | None:
        """The newest finished load; None for a mirror that was never filled."""
        return next(iter(self._loads()), None)

    def next_ver(self) -> int:
        """A version above every row there is, for a load to come. Half-finished loads have used theirs up."""
        self._batch += 1
        return self._batch * 2

    def change(self, blocks: Iterable[bytes], gone: Sequence[RemovedEvent], ver: int) -> None:
        """Adds events of a load, and marks others as gone from where they stood; one that stands there anew stays.

        `blocks` are COPY text, with a version one above `ver` in each row. What is gone goes in with the first of them:
        an event that moved is then never in neither place, nor in both, where its month stays the same.
        """
        for block in _with_first(_taken_away(gone, ver), blocks):
            self.engine.insert("events", list(COLUMNS), block, settings=_WRITE)

    def finish(self, ver: int, moment: Moment) -> None:
        """Notes that everything up to that moment is in the mirror."""
        at = moment.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        row = f"{ver // 2}\t{moment.snapshot}\t{at}\t{moment.epoch} {ddl.form()}\n"
        self.engine.insert("loads", ["batch", "snapshot", "at", "epoch"], row.encode())

    def replace(self, blocks: Iterable[bytes], ver: int, moment: Moment, loaded: Callable[[int], None]) -> None:
        """Replaces everything by these blocks. Whoever asks meanwhile gets the old rows, then the new ones.

        `loaded` is told the rows so far.
        """
        self._fill_new(blocks, loaded)
        # A load that was finished before this one describes the old rows: it must not outlive them.
        self.engine.command("truncate table loads")
        self.engine.command("exchange tables events and events_new")
        self.finish(ver, moment)
        self.engine.command("drop table if exists events_new")

    def replace_month(self, month: int, blocks: Iterable[bytes]) -> int:
        """Replaces one month (202611) by these blocks, whatever it holds now; answers how many rows they have.

        Whoever asks meanwhile gets the old rows, as far as they can be read, then the new ones.
        """
        rows = self._fill_new(blocks, lambda _: None)
        # A month without a row cannot be swapped in, only taken out.
        swap = f"replace partition {month} from events_new" if rows else f"drop partition {month}"
        self.engine.command(f"alter table events {swap}")
        self.engine.command("drop table if exists events_new")
        return rows

    def _fill_new(self, blocks: Iterable[bytes], loaded: Callable[[int], None]) -> int:
        """A fresh table `events_new` of these blocks, to be swapped in; answers its rows, and tells `loaded` so far."""
        self.engine.command("drop table if exists events_new")
        self.engine.command(ddl.create_events("events_new"))
        rows = 0
        for block in blocks:
            self.engine.insert("events_new", list(COLUMNS), block, settings=_WRITE)
            rows += block.count(b"\n")
            loaded(rows)
        return rows

    def forget_loads(self) -> None:
        self.engine.command("truncate table loads")

    def day_counts(self) -> dict[str, int]:
        """Events by UTC day."""
        return {str(day): int(str(count)) for day, count in self.engine.query(_SQL["day_counts"]).rows}

    def days(self, table: str) -> dict[str, tuple[int, int]]:
        """Events by UTC day: how many, and a checksum of every column, modulo 2^64."""
        row = ", ".join(f"toString({column})" for column in COLUMNS[:-2])
        statement = Template(_SQL["days"]).substitute(events=table, row=row)
        rows = self.engine.query(statement).rows
        return {str(day): (int(str(count)), int(str(total))) for day, count, total in rows}

    def copy_table(self, name: str) -> None:
        """Makes `name` a copy of the events as they are now: of links to the same files, so it takes no time."""
        self.engine.command(f"drop table if exists {name}")
        self.engine.command(f"create table {name} clone as events")

    def drop_table(self, name: str) -> None:
        self.engine.command(f"drop table if exists {name}")

    def wipe_deleted(self) -> int:
        """Takes the rows of events that are no more off the disk; answers in how many months it did."""
        months = [int(str(month)) for (month,) in self.engine.query(_SQL["months_with_deleted"]).rows]
        for month in months:
            self.engine.command(f"optimize table events partition {month} final cleanup")
        return len(months)

    def is_damaged(self) -> bool:
        """Whether the engine found parts of it unreadable when it opened, and set them aside."""
        return bool(self.engine.query(_SQL["broken"]).rows)

    def broken(self) -> dict[str, set[str]]:
        """By table, the partitions of which a part cannot be read or was set aside. Reads everything."""
        found: dict[str, set[str]] = {}
        for table in TABLES:
            for part in self.engine.broken_parts(table):
                found.setdefault(table, set()).add(part.partition("_")[0])
        for of_table, _, partition in self.engine.query(_SQL["broken"]).rows:
            found.setdefault(str(of_table), set()).add(str(partition))
        return found

    def drop_broken(self) -> None:
        """Deletes the parts that were set aside: what was in them has been loaded again."""
        for table, part, _ in self.engine.query(_SQL["broken"]).rows:
            self.engine.command(f"alter table {table} drop detached part '{part}'", settings={"allow_drop_detached": 1})

    def _loads(self) -> list[Load]:
        rows = self.engine.query(_SQL["last_load"]).rows
        loads = []
        for batch, snapshot, at, epoch_and_form in rows:
            epoch, _, form = str(epoch_and_form).partition(" ")
            loaded_at = datetime.fromisoformat(str(at)).replace(tzinfo=UTC)
            loads.append(Load(int(str(batch)), str(snapshot), loaded_at, epoch if form == ddl.form() else ""))
        return loads

    def _number(self, name: str) -> int:
        return int(str(self.engine.query(_SQL[name]).rows[0][0]))


def _taken_away(gone: Sequence[RemovedEvent], ver: int) -> bytes:
    rows = []
    for one in gone:
        fields = _NOTHING | {
            "event_id": one.event_id,
            "customer": str(one.customer),
            "ts": one.ts,
            "ver": str(ver),
            "is_deleted": "1",
        }
        rows.append("\t".join(fields.get(column, "") for column in COLUMNS) + "\n")
    return "".join(rows).encode()


def _with_first(before: bytes, blocks: Iterable[bytes]) -> Iterator[bytes]:
    for block in blocks:
        yield before + block
        before = b""
    if before:
        yield before
