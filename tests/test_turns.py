"""Periodic jobs of a machine that slept, of a clock that was moved, and of a server that was away."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from procrastinate.worker import Worker

from milepost.jobs import CLEAN_UP, EXPORT, LEARN, TALLY, TIDY, Jobs
from milepost.turns import Turns, TurnsWorker
from tests.support.waiting import until
from tests.test_jobs import running

_KINDS = {CLEAN_UP, TALLY, EXPORT, TIDY, LEARN, "rescue_jobs"}
_START = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
async def turns(dsn: str) -> AsyncIterator[Turns]:
    """Of an app without a worker, so that whatever is queued stays."""
    app = Jobs(dsn, cleanup_minutes=60, now=lambda: _START).app
    async with app.open_async():
        yield Turns(app)


async def _at(turns: Turns, moment: datetime) -> None:
    """What the deferrer does at this moment."""
    await turns.defer_jobs(turns.get_previous_tasks(at=moment.timestamp()))


def _waiting(connection: psycopg.Connection) -> Counter[str]:
    return Counter(name for (name,) in connection.execute("select task_name from milepost_jobs.procrastinate_jobs"))


def _all_done(connection: psycopg.Connection) -> None:
    connection.execute("set search_path = milepost_jobs")
    connection.execute("delete from procrastinate_jobs")


@pytest.mark.parametrize("by", [timedelta(days=3), timedelta(hours=20), timedelta(days=3650)])
async def test_after_a_jump_of_the_clock_each_kind_runs_once(
    turns: Turns, connection: psycopg.Connection, by: timedelta
) -> None:
    await _at(turns, _START)
    assert set(_waiting(connection)) == {CLEAN_UP, TALLY, EXPORT, "rescue_jobs"}
    _all_done(connection)
    # The daily ones have had their turn before.
    turns.last_defers |= {(name, ""): int((_START - timedelta(days=1)).timestamp()) for name in (TIDY, LEARN)}
    await _at(turns, _START + by)
    assert _waiting(connection) == Counter(dict.fromkeys(_KINDS, 1))


async def test_one_that_waits_is_not_joined_by_another(turns: Turns, connection: psycopg.Connection) -> None:
    for minute in range(10):
        await _at(turns, _START + timedelta(minutes=minute))
    assert _waiting(connection) == Counter({CLEAN_UP: 1, TALLY: 1, EXPORT: 1, "rescue_jobs": 1})
    _all_done(connection)
    await _at(turns, _START + timedelta(minutes=10))
    assert _waiting(connection) == Counter({TALLY: 1, EXPORT: 1, "rescue_jobs": 1}), "each goes on with its next turn"


async def test_after_a_clock_that_was_ahead_they_go_on(turns: Turns, connection: psycopg.Connection) -> None:
    await _at(turns, _START + timedelta(days=3))
    _all_done(connection)
    await _at(turns, _START)
    assert _waiting(connection)[TALLY] == 1


def test_the_worker_takes_its_turns_from_here() -> None:
    # By a name that Procrastinate does not promise to keep.
    assert "_periodic_deferrer" in vars(Worker)
    assert "_periodic_deferrer" in vars(TurnsWorker)


async def test_what_piled_up_before_a_start_runs_once(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute("set search_path = milepost_jobs")
    connection.execute("create table runs (id bigint primary key, task_name text)")
    connection.execute(
        "create function note_run() returns trigger language plpgsql as $$ begin"
        " insert into milepost_jobs.runs values (new.id, new.task_name) on conflict do nothing; return null; end $$"
    )
    connection.execute(
        "create trigger note_run after update on procrastinate_jobs for each row when (new.status = 'doing')"
        " execute function note_run()"
    )
    for name in (CLEAN_UP, TALLY):
        connection.execute(
            "insert into procrastinate_jobs (queue_name, task_name, lock, args) select 'default', %s, %s,"
            " jsonb_build_object('timestamp', n) from generate_series(1, 1196) as n",
            (name, name),
        )
    async with running(dsn):
        await until(lambda: not _waiting(connection), "the jobs to be done")
    runs = Counter(name for (name,) in connection.execute("select task_name from runs"))
    assert max(runs.values()) <= 3, "one of before, and those whose turn has just come"
    assert runs[CLEAN_UP]
    assert runs[TALLY]
