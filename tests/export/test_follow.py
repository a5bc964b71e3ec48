"""A folder that is kept up: whatever becomes of events, and wherever a run is killed, it says what the table says."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from pyarrow import parquet

from milepost.analytics.asking import Filter
from milepost.errors import InvalidRequest
from milepost.export.asked import Asked, Chosen, check_asked
from milepost.export.follow import FolderBusy, FolderOfAnother, export_into
from milepost.export.manifest import Manifest, Runs
from milepost.export.places import Place
from milepost.export.watermark import Watermark
from milepost.identity.follow import follow_all
from tests.columns.events import insert
from tests.support.examples import examples, repeatable

_NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
_EVENTS = Chosen(Asked(data_set="events"), None)
#: The moments at which a run may be cut short, by how many of its files are there.
_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from milepost.export import follow
from milepost.export.asked import Asked, Chosen
from milepost.export.places import Place

folder, dsn, last, half = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "half"
class Dying(Place):
    written = 0
    def writing(self, name):
        Dying.written += 1
        if Dying.written > last:
            if half:
                context = super().writing(name)
                context.__enter__().write(b"half of it")
            os.kill(os.getpid(), signal.SIGKILL)
        return super().writing(name)
follow._NOTE_SECONDS = 0.0
follow.export_into(dsn, Chosen(Asked(data_set="events"), None), Dying(folder), now=datetime.now(UTC),
                   progress=lambda done, of: None, anew=sys.argv[5] == "anew")
"""


def run(dsn: str, folder: Path, chosen: Chosen = _EVENTS, *, anew: bool = False) -> Manifest:
    return export_into(dsn, chosen, Place(str(folder)), now=_NOW, progress=lambda done, of: None, anew=anew)


def run_killed(dsn: str, folder: Path, *, after: int, half: bool, anew: bool = False) -> bool:
    """A run that is killed with -9 once it has written so many files; whether it came to that."""
    arguments = [str(folder), dsn, str(after), "half" if half else "", "anew" if anew else ""]
    done = subprocess.run([sys.executable, "-c", _KILLED, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def held_in(folder: Path) -> dict[str, tuple[Any, ...]]:
    """What the files say to who reads them all: of several rows of an event the one of the last run. Within a run no
    event is there twice."""
    newest: dict[str, tuple[int, str, tuple[Any, ...]]] = {}
    seen: set[tuple[str, int]] = set()
    for path in sorted((folder / "events").glob("*/*.parquet")):
        table = parquet.read_table(path, partitioning=None)
        names = table.schema.names
        for values in zip(*(column.to_pylist() for column in table.columns), strict=True):
            row = dict(zip(names, values, strict=True))
            key = (row["event_id"], row["_run"])
            assert key not in seen, f"{key} is there twice"
            seen.add(key)
            known = newest.get(row["event_id"])
            if known is None or known[0] < row["_run"]:
                told = tuple(row[name] for name in _COMPARED)
                newest[row["event_id"]] = (row["_run"], row["_change"], told)
    return {event: told for event, (_, change, told) in newest.items() if change == "upsert"}


_COMPARED = ("customer_id", "user_id", "tool_id", "event_metadata", "timestamp", "is_bot", "time_on_page")


def held_by(connection: psycopg.Connection) -> dict[str, tuple[Any, ...]]:
    """What PostgreSQL says."""
    rows = connection.execute(
        """select event_id::text, customer_id, user_id, tool_id, event_metadata::text, "timestamp", is_bot, time_on_page
        from public.behavior_events where deleted_at is null"""
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def same(folder: Path, connection: psycopg.Connection) -> None:
    assert held_in(folder) == held_by(connection)


def change(connection: psycopg.Connection, chance: random.Random, step: int) -> None:
    """One of all that happens to events."""
    customer, other = f"customer {chance.randrange(11)}", f"customer {chance.randrange(11)}"
    match chance.randrange(7):
        case 0 | 1:
            insert(connection, chance.randrange(1, 300), first=10_000 + step * 1_000)
        case 2:
            connection.execute(
                "update public.behavior_events set customer_id = %s where customer_id = %s", (other, customer)
            )
        case 3:
            users = f"user {chance.randrange(17)}", f"user {chance.randrange(17)}"
            if users[0] != users[1]:
                connection.execute("select milepost.tie('alias', 'user', %s, %s)", users)
                follow_all(connection, at_once=chance.choice((3, 1000)))
        case 4:
            connection.execute(
                "update public.behavior_events set deleted_at = case when deleted_at is null then now() end"
                " where customer_id = %s and time_on_page is null",
                (customer,),
            )
        case 5:
            connection.execute("delete from public.behavior_events where customer_id = %s", (customer,))
        case _:
            connection.execute(
                """update public.behavior_events set "timestamp" = "timestamp" - interval '1 day'"""
                " where customer_id = %s",
                (customer,),
            )


def test_whatever_happens_and_wherever_it_is_killed(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    chance = random.Random(5 if repeatable() else None)
    insert(connection, 2_500)
    # Of a first run, too, a few times over: each goes on from the days that are there.
    for after in (1, 3, 6):
        assert run_killed(dsn, tmp_path, after=after, half=after == 3)
        change(connection, chance, after)
    run(dsn, tmp_path)
    same(tmp_path, connection)
    killed = 0
    with psycopg.connect(dsn) as late:
        for step in range(examples(14)):
            change(connection, chance, step)
            if step % 4 == 0:
                # A transaction that began before a run and commits after it.
                late.execute(
                    """insert into public.behavior_events (customer_id, event_type, "timestamp")
                    values ('late', 'navigation', '2026-03-30 12:00Z')"""
                )
            killed += run_killed(
                dsn, tmp_path, after=chance.randrange(8), half=chance.random() < 0.5, anew=chance.random() < 0.25
            )
            if step % 4 == 2:
                late.commit()
            if chance.random() < 0.5:
                run(dsn, tmp_path)
                same(tmp_path, connection)
    run(dsn, tmp_path)
    same(tmp_path, connection)
    assert killed
    assert not list((tmp_path / "events").glob("*/_part*"))


def test_what_cannot_be_followed_begins_anew_and_says_so(
    dsn: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    insert(connection, 200)
    first = run(dsn, tmp_path)
    assert (first.kind, first.run, first.rows) == ("full", 1, 200)
    nothing = run(dsn, tmp_path)
    assert (nothing.kind, nothing.rows, nothing.since) == ("increment", 0, first.watermark)
    connection.execute("delete from public.behavior_events where customer_id = 'customer 3'")
    gone = run(dsn, tmp_path)
    assert gone.rows == sum(file.deleted for file in gone.files) == 18
    # What was erased is in no file any more.
    assert run(dsn, tmp_path, anew=True).kind == "full"
    assert "customer 3" not in {row[0] for row in held_in(tmp_path).values()}
    assert not list((tmp_path / "events").glob("*/000001.parquet"))
    connection.execute("truncate public.behavior_events")
    insert(connection, 3, first=500)
    emptied = run(dsn, tmp_path)
    assert (emptied.kind, emptied.why_full[:23]) == ("full", "All events were deleted")
    same(tmp_path, connection)
    insert(connection, 3, first=600)
    connection.execute("select milepost.clean_event_changes(now() + interval '1 day')")
    cleaned = run(dsn, tmp_path)
    assert (cleaned.kind, "no longer known" in cleaned.why_full) == ("full", True)
    connection.execute("update milepost.event_log set epoch = gen_random_uuid()")
    assert "another database's" in run(dsn, tmp_path).why_full
    same(tmp_path, connection)


def test_a_place_is_of_one_export_at_a_time(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    insert(connection, 20)
    run(dsn, tmp_path)
    with pytest.raises(FolderOfAnother):
        run(dsn, tmp_path, Chosen(Asked(data_set="events", format="csv"), None))
    connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (f"milepost export {tmp_path} events",))
    with pytest.raises(FolderBusy):
        run(dsn, tmp_path)


def test_rows_that_leave_a_filter_are_told_as_gone(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    insert(connection, 100)
    wanted = Chosen(Asked(data_set="events", filters=(Filter(field="customer_id", values=("customer 1",)),)), None)
    run(dsn, tmp_path, wanted)
    connection.execute(
        "update public.behavior_events set customer_id = 'customer 2' where customer_id = 'customer 1'"
        " and time_on_page is null"
    )
    insert(connection, 50, first=200)
    run(dsn, tmp_path, wanted)
    held = {event: row for event, row in held_by(connection).items() if row[0] == "customer 1"}
    assert held_in(tmp_path) == held
    assert held
    of_big = (Filter(field="segment", values=("big",)),)
    with pytest.raises(InvalidRequest, match="cannot follow"):
        check_asked(Asked(data_set="events", filters=of_big, since=str(Watermark("x", "1:1:"))))


def numbers_of(connection: psycopg.Connection, *customers: str) -> list[int]:
    """What PostgreSQL numbers them by."""
    rows = connection.execute(
        "select milepost.number_of('customer', one) from unnest(%s::text[]) as one", (list(customers),)
    )
    return sorted(row[0] for row in rows)


def test_chosen_customers_bring_all_of_theirs_and_take_it_along(
    dsn: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    insert(connection, 400)

    def of(*customers: str) -> Chosen:
        filters = (Filter(field="segment", values=("big",)),)
        return Chosen(Asked(data_set="events", filters=filters), numbers_of(connection, *customers))

    def held() -> set[str]:
        found = held_in(tmp_path)
        there = {row[0] for row in found.values()}
        assert found == {event: row for event, row in held_by(connection).items() if row[0] in there}
        return there

    first = run(dsn, tmp_path, of("customer 1", "customer 2"))
    assert (first.kind, held()) == ("full", {"customer 1", "customer 2"})
    # Nobody's events changed: 1 has left and 3 has come, with the events from before.
    again = run(dsn, tmp_path, of("customer 2", "customer 3"))
    assert (again.kind, again.run, again.why_full[:23]) == ("full", 2, "Who is asked for change")
    assert held() == {"customer 2", "customer 3"}
    # A run that was cut short had other customers: none of its days is taken over.
    cut = msgspec.structs.replace(again, run=3)
    Runs(Place(str(tmp_path)), "events").keep_unfinished(cut)
    run(dsn, tmp_path, of("customer 4"))
    assert held() == {"customer 4"}
    run(dsn, tmp_path, of())
    assert held() == set()
    assert list((tmp_path / "events").glob("day=*/*")) == []


def test_small_sets_are_whole_and_replaced(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    insert(connection, 50)
    chosen = Chosen(Asked(data_set="customers"), None)
    run(dsn, tmp_path, chosen)
    connection.execute("insert into milepost.customers (customer_id, name) values ('new', 'New')")
    done = run(dsn, tmp_path, chosen)
    (path,) = (tmp_path / "customers").glob("*.parquet")
    assert parquet.read_table(path).num_rows == done.rows == 12
    assert Runs(Place(str(tmp_path)), "customers").newest() == done
    assert len(list((tmp_path / "customers" / "_runs").iterdir())) == 1


def test_a_watermark_is_read_as_it_was_written() -> None:
    one = Watermark("7f75c05a-4416-43b5-a141-d2b5e560ee97", "824:830:824,826")
    assert Watermark.read(str(one)) == one
    for bad in ("", "nonsense", "ü", str(one)[:-8], "A" * 4000):
        with pytest.raises(InvalidRequest, match="no watermark"):
            Watermark.read(bad)
