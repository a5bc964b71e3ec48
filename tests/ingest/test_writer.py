"""The writer against a real PostgreSQL: exact receipts, and what it does while PostgreSQL is away."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from milepost.errors import DatabaseUnavailable, Overloaded
from milepost.ingest import metrics, write
from milepost.ingest.events import EventRow, IdentityCall, Receipt, Tie, Traits
from milepost.ingest.ids import new_id
from milepost.ingest.lanes import Work, lane_of
from milepost.ingest.write import Writer
from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.store.embedded import EmbeddedPostgres
from milepost.store.setup import set_up
from milepost.supervisor import Supervisor
from milepost.traits.values import Told

NOW = datetime.now(UTC)
_ALLOW = sql.SQL("alter database {} with allow_connections {}")


def _row(customer: str = "acme", event_id: str = "") -> EventRow:
    return EventRow(
        event_id=event_id or new_id(NOW), event_type="navigation", business_impact="low", timestamp=NOW,
        retention_days=365, customer_id=customer,
    )  # fmt: skip


def _work(rows: Sequence[EventRow], calls: Sequence[IdentityCall] = (), size: int = 0) -> Work:
    return Work(list(rows), range(len(rows)), calls, size)


@asynccontextmanager
async def _writing(dsn: str, *, writers: int = 2, most_bytes: int = 64 << 20) -> AsyncIterator[Writer]:
    writer, supervisor = Writer(dsn, writers=writers, most_bytes=most_bytes), Supervisor()
    await writer.start(supervisor)
    try:
        yield writer
    finally:
        await supervisor.close()


async def _until(condition: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- what it waits for sets no event
            await asyncio.sleep(0.01)


def _count(dsn: str, customer: str = "acme") -> int:
    with psycopg.connect(dsn) as connection:
        query = "select count(*) from public.behavior_events where customer_id = %s"
        row = connection.execute(query, [customer]).fetchone()
    assert row is not None
    return int(row[0])


async def test_receipts_are_exact(dsn: str) -> None:
    async with _writing(dsn) as writer:
        one, two = _row(), _row()
        receipt = await writer.write(_work([one, two, one]))
        assert (receipt.accepted, receipt.duplicates, receipt.rejected) == (2, 1, [])
        receipt = await writer.write(_work([two, _row()]))
        assert (receipt.accepted, receipt.duplicates) == (1, 1)
    assert _count(dsn) == 3


async def test_the_same_events_from_many_requests_at_once_are_accepted_once(dsn: str) -> None:
    rows = [_row() for _ in range(50)]
    async with _writing(dsn, writers=4) as writer:
        receipts = await asyncio.gather(*(writer.write(_work(rows)) for _ in range(20)))
    assert sum(receipt.accepted for receipt in receipts) == 50
    assert sum(receipt.duplicates for receipt in receipts) == 19 * 50
    assert _count(dsn) == 50


async def test_an_unstorable_row_is_found_and_its_neighbours_stored(dsn: str) -> None:
    rows = [_row() for _ in range(40)]
    rows[7].business_impact = "huge"
    rows[31].customer_id = "x" * 500
    async with _writing(dsn, writers=1) as writer:
        neighbour = asyncio.create_task(writer.write(_work([_row("other")])))
        receipt = await writer.write(_work(rows))
        assert (await neighbour).accepted == 1
    assert receipt.accepted == 38
    assert [(r.index, r.code) for r in receipt.rejected] == [(7, "unstorable"), (31, "unstorable")]
    assert all("PostgreSQL" in r.message for r in receipt.rejected)
    assert _count(dsn) == 38


async def test_unstorable_ties_cost_nobody_else_anything(dsn: str) -> None:
    rows = [_row() for _ in range(3)]
    calls = [
        IdentityCall(rows[0].event_id, NOW, (Tie("identify", "anonymous", "a", "u"),), ()),
        IdentityCall(rows[1].event_id, NOW, (Tie("identify", "anonymous", "b\x00", "u"),), ()),
        IdentityCall(rows[2].event_id, NOW, (), (Traits("customer", "acme", (Told("a", "\x00", None, "text"),)),)),
    ]
    async with _writing(dsn, writers=1) as writer:
        neighbour = asyncio.create_task(writer.write(_work([_row("other")])))
        receipt = await writer.write(_work(rows, calls))
        assert (await neighbour).accepted == 1
    assert receipt.accepted == 1
    assert [r.index for r in receipt.rejected] == [1, 2]
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select from_id, to_id from milepost.ties").fetchall() == [("a", "u")]


def _in_lane(number: int, of: int = 2) -> str:
    """A customer whose rows go through that lane: which one it is changes with each process."""
    return next(name for n in count() if lane_of(_row(name := f"customer-{n}"), of) == number)


async def test_a_batch_is_divided_by_customer_and_answered_when_all_of_it_is_stored(dsn: str) -> None:
    held, free = _in_lane(0), _in_lane(1)
    async with _writing(dsn) as writer, await AsyncConnection.connect(dsn) as blocker:
        await writer.write(_work([_row(held), _row(free)]))
        await blocker.execute("select from milepost.standing where customer_id = %s for update", [held])
        task = asyncio.create_task(writer.write(_work([_row(name) for name in (held, free) * 50])))
        await _until(lambda: _count(dsn, free) == 51)
        assert not task.done()
        await blocker.rollback()
        assert (await task).accepted == 100
    assert _count(dsn, held) == 51


async def test_rejections_and_duplicates_of_a_divided_batch_keep_their_places(dsn: str) -> None:
    one, other = _in_lane(0), _in_lane(1)
    rows = [_row(one if n % 3 else other) for n in range(40)]
    rows[7].business_impact = rows[30].business_impact = "huge"
    twin = _row(other if rows[1].customer_id == one else one, rows[1].event_id)  # in the other lane, at the same time
    async with _writing(dsn) as writer:
        receipt = await writer.write(_work([*rows, twin]))
        assert (receipt.accepted, receipt.duplicates) == (38, 1)
        assert [(r.index, r.event_id) for r in receipt.rejected] == [(7, rows[7].event_id), (30, rows[30].event_id)]
        assert writer._bytes == 0


async def test_what_a_request_tells_is_known_before_any_of_its_events(dsn: str) -> None:
    """Whose events they are is found by what stands beside them, whichever lane they would go through alone."""
    rows = [_row("") for _ in range(30)]
    for n, row in enumerate(rows):
        row.customer_id, row.user_id = None, f"user-{n}"
    calls = [
        IdentityCall(row.event_id, NOW, (Tie("group", "user", f"user-{n}", "acme"),), ()) for n, row in enumerate(rows)
    ]
    async with _writing(dsn) as writer:
        assert (await writer.write(_work(rows, calls))).accepted == 30
    assert _count(dsn) == 30


async def test_few_events_share_a_commit_whoever_they_are_of(dsn: str) -> None:
    committed = metrics.COMMITS.labels("done")
    async with _writing(dsn) as writer, await AsyncConnection.connect(dsn) as blocker:
        await blocker.execute("lock table public.behavior_events in share mode")
        first = [asyncio.create_task(writer.write(_work([_row(_in_lane(n))]))) for n in (0, 1)]
        await _until_waiting(dsn)
        tasks = [asyncio.create_task(writer.write(_work([_row(f"customer-{n}")]))) for n in range(30)]
        await asyncio.sleep(0)
        before = committed._value.get()
        await blocker.rollback()
        receipts = await asyncio.gather(*first, *tasks)
    assert sum(receipt.accepted for receipt in receipts) == 32
    assert committed._value.get() - before <= 4


async def test_customers_of_a_connection_that_is_gone_are_served_by_the_others(dsn: str) -> None:
    customers = [_in_lane(0), _in_lane(1)]
    query = "select pid from pg_stat_activity where application_name = 'milepost-writer' and datname = %s"
    name, elsewhere = str(conninfo_to_dict(dsn)["dbname"]), make_conninfo(dsn, dbname="postgres")
    async with _writing(dsn) as writer, await AsyncConnection.connect(elsewhere, autocommit=True) as other:
        await _until(lambda: all(lane.up for lane in writer._lanes))
        await other.execute(_ALLOW.format(sql.Identifier(name), sql.SQL("false")))
        try:
            row = await (await other.execute(query, [name])).fetchone()
            assert row is not None
            await other.execute("select pg_terminate_backend(%s, 5000)", [row[0]])
            # The first to meet the dead connection is told to come again.
            for customer in customers:
                with contextlib.suppress(DatabaseUnavailable):
                    await writer.write(_work([_row(customer)]))
            assert [lane.up for lane in writer._lanes].count(True) == 1
            for customer in customers:
                assert (await writer.write(_work([_row(customer)]))).accepted == 1
            assert (await writer.write(_work([_row(customer) for customer in customers]))).accepted == 2
        finally:
            await other.execute(_ALLOW.format(sql.Identifier(name), sql.SQL("true")))
        await _until(lambda: all(lane.up for lane in writer._lanes))


async def test_a_mistake_of_ours_ends_one_commit_never_the_writer(dsn: str) -> None:
    def broken(rows: list[EventRow]) -> None:
        if rows[0].customer_id == "broken":
            raise RuntimeError("a watcher of what was stored fails")

    writer, supervisor = Writer(dsn, writers=1, most_bytes=1 << 20, stored=broken), Supervisor()
    await writer.start(supervisor)
    assert (await writer.write(_work([_row("broken")]))).accepted == 1
    await _until(lambda: writer.available)
    receipts: list[Receipt] = []
    await _until_answered(writer, receipts)
    assert receipts[0].accepted == 1
    await supervisor.close()


async def _until_answered(writer: Writer, receipts: list[Receipt]) -> None:
    row = _row()
    async with asyncio.timeout(20):
        while not receipts:
            try:
                receipts.append(await writer.write(_work([row])))
            except DatabaseUnavailable:
                await asyncio.sleep(0.05)


async def test_memory_is_bounded_and_given_back(dsn: str) -> None:
    async with _writing(dsn, writers=1, most_bytes=200_000) as writer, await AsyncConnection.connect(dsn) as blocker:
        await blocker.execute("lock table public.behavior_events in share mode")
        works = [_work([_row()], size=60_000) for _ in range(6)]
        tasks = [asyncio.create_task(writer.write(work)) for work in works]
        await _until(lambda: sum(task.done() for task in tasks) == 3)
        for task in tasks[3:]:
            problem = task.exception()
            assert isinstance(problem, Overloaded)
            assert problem.status == 503
            assert problem.retry_after
        # Who hangs up gives nothing back: its events still wait for their commit.
        tasks[0].cancel()
        with pytest.raises(Overloaded):
            await writer.write(_work([_row()], size=60_000))
        await blocker.rollback()
        assert [(await task).accepted for task in tasks[1:3]] == [1, 1]
        # The largest request passes when nothing else waits, whatever the limit.
        assert (await writer.write(_work([_row()], size=10_000_000))).accepted == 1
    assert _count(dsn) == 4


async def test_a_database_that_hangs_is_answered_in_time(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "_LONGEST_WAIT", 0.3)
    row = _row()
    async with _writing(dsn, writers=1) as writer, await AsyncConnection.connect(dsn) as blocker:
        await blocker.execute("lock table public.behavior_events in share mode")
        with pytest.raises(DatabaseUnavailable) as caught:
            await writer.write(_work([row]))
        assert caught.value.retry_after
        await blocker.rollback()
        await _until(lambda: writer._bytes == 0)
        # It was stored after all; the retry finds it.
        assert (await writer.write(_work([row]))).duplicates == 1


async def test_a_deadlock_is_tried_again(dsn: str) -> None:
    """PostgreSQL ends whoever waited first, which is the writer; its sender notices nothing."""
    retried = metrics.COMMITS.labels("retried")
    before = retried._value.get()
    rows = [_row(), _row()]
    calls = [
        IdentityCall(rows[0].event_id, NOW, (Tie("identify", "anonymous", "a", "u"),), ()),
        IdentityCall(rows[1].event_id, NOW, (), (Traits("person", "contended", (Told("plan", "pro", None, "text"),)),)),
    ]
    async with _writing(dsn, writers=1) as writer, await AsyncConnection.connect(dsn) as other:
        await other.execute("insert into milepost.users (user_id) values ('contended')")
        task = asyncio.create_task(writer.write(_work(rows, calls)))
        await _until_waiting(dsn)
        await other.execute("select milepost.tie('identify', 'anonymous', 'a', 'other')")
        await other.commit()
        assert (await task).accepted == 2
    assert retried._value.get() == before + 1


async def _until_waiting(dsn: str) -> None:
    """Until the writer waits for a lock."""
    async with asyncio.timeout(20), await AsyncConnection.connect(dsn, autocommit=True) as connection:
        query = (
            "select from pg_stat_activity where application_name = 'milepost-writer' and wait_event_type = 'Lock'"
            " and datname = current_database()"
        )
        while await (await connection.execute(query)).fetchone() is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_closing_finishes_what_was_accepted(dsn: str) -> None:
    writer, supervisor = Writer(dsn, writers=2, most_bytes=64 << 20), Supervisor()
    await writer.start(supervisor)
    tasks = [asyncio.create_task(writer.write(_work([_row() for _ in range(20)]))) for _ in range(50)]
    await asyncio.sleep(0)
    await supervisor.close()
    receipts = await asyncio.gather(*tasks)
    assert sum(receipt.accepted for receipt in receipts) == 1_000
    assert _count(dsn) == 1_000
    with pytest.raises(DatabaseUnavailable):
        await writer.write(_work([_row()]))


async def test_before_it_is_started_it_takes_nothing(dsn: str) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        await Writer(dsn, writers=1, most_bytes=1).write(_work([_row()]))
    assert caught.value.retry_after


@pytest.fixture
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a PostgreSQL of its own, stopped."""
    folder = tmp_path_factory.mktemp("private-pg")
    with EmbeddedPostgres(folder) as postgres:
        set_up(postgres.dsn, load_plan(), Settings())
    return folder


async def test_postgresql_away_and_back(private: Path) -> None:
    postgres = EmbeddedPostgres(private)
    await asyncio.to_thread(postgres.start)
    dsn = postgres.dsn
    row = _row()
    try:
        async with _writing(dsn) as writer:
            assert (await writer.write(_work([row]))).accepted == 1
            # Requests keep coming while it goes: each is answered, with a receipt or a 503.
            answers = [asyncio.create_task(writer.write(_work([_row()]))) for _ in range(200)]
            await asyncio.to_thread(postgres.stop)
            done = await asyncio.gather(*answers, return_exceptions=True)
            accepted = sum(answer.accepted for answer in done if isinstance(answer, Receipt))
            assert all(isinstance(answer, (Receipt, DatabaseUnavailable)) for answer in done)
            # A connection that died unnoticed is found out by the first request that meets it, one after the other:
            # two at once would share a commit.
            for _ in range(2):
                await _refused(writer)
            await _until(lambda: not writer.available)
            began = time.monotonic()
            for _ in range(500):
                await _refused(writer)
            assert time.monotonic() - began < 1, "while PostgreSQL is away, the answer is given at once"
            assert writer._bytes == 0
            postgres = EmbeddedPostgres(private)
            await asyncio.to_thread(postgres.start)
            receipts: list[Receipt] = []
            await _until_answered(writer, receipts)
            assert receipts[0].accepted == 1
            assert (await writer.write(_work([row]))).duplicates == 1
            # At least what was acknowledged is there; a lost answer may have been stored as well.
            assert await asyncio.to_thread(_count, postgres.dsn) >= accepted + 2
    finally:
        await asyncio.to_thread(postgres.stop)


async def _refused(writer: Writer) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        await writer.write(_work([_row()]))
    assert caught.value.retry_after
