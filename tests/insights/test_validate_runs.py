"""Validations in the background: asked for once, run by the job, stopped, taken up again, kept; and the command."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from milepost.errors import InvalidRequest
from milepost.insights import validate_runs
from milepost.insights.validate_report import ValidationReport
from milepost.jobs import Jobs
from milepost.processes import Interrupted
from milepost.store.database import Database
from milepost.supervisor import Supervisor
from tests.support.ids import uuid7_at
from tests.support.waiting import until

_NOW = datetime.now(UTC)
#: 30 customers over 120 days, the n-th active on every n-th day and the odd ones up to day 70 alone.
_EVENTS = f"""
insert into public.behavior_events (event_id, customer_id, event_type, business_impact, tool_id, competency_area,
  "timestamp")
select {uuid7_at("at + n * interval '1 ms'")}, 'c' || n, 'tool_usage', 'low', 'icp-analysis', 'sales_execution',
  at
from generate_series(1, 30) as n
cross join lateral generate_series(now() - interval '121 days', now() - case when n % 2 = 0 then interval '1 day'
  else interval '51 days' end, make_interval(days => 1 + n / 3)) as at
"""


@asynccontextmanager
async def database(dsn: str) -> AsyncIterator[Database]:
    opened = Database(dsn, size=2, query_seconds=10)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def worker(dsn: str) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor()
    Jobs(dsn, cleanup_minutes=60, now=lambda: _NOW, poll_seconds=0.1).start(supervisor)
    try:
        yield supervisor
    finally:
        await supervisor.close()


def in_state(connection: psycopg.Connection, state: str) -> Callable[[], bool]:
    def found() -> bool:
        row = connection.execute("select count(*) from milepost.validations where state = %s", (state,)).fetchone()
        return row is not None and row[0] == 1

    return found


def only_run(connection: psycopg.Connection) -> int:
    row = connection.execute("select validation_id from milepost.validations").fetchone()
    assert row is not None
    return int(row[0])


async def test_what_is_asked_for_is_run_and_kept(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute(_EVENTS)
    async with database(dsn) as opened, worker(dsn):
        assert (await validate_runs.latest(opened)) == validate_runs.Runs(
            finished=None, report=None, newest=None, outdated=False
        )
        assert await validate_runs.ask(opened, now=_NOW, by="dana@example.com")
        await until(in_state(connection, "done"), "the job to finish", 60)
        found = await validate_runs.latest(opened)
    assert found.newest is None
    assert found.finished is not None
    assert (found.finished.state, found.finished.asked_by) == ("done", "dana@example.com")
    assert found.finished.done == found.finished.total > 0
    assert isinstance(found.report, ValidationReport)
    assert found.report.customers == 30
    active = found.report.of("score", "active")
    assert active is not None
    assert active.correlation is not None
    assert not found.outdated


async def test_one_at_a_time_and_a_lost_one_is_given_up(dsn: str, connection: psycopg.Connection) -> None:
    async with database(dsn) as opened:
        assert await validate_runs.ask(opened, now=_NOW, by=None)
        assert not await validate_runs.ask(opened, now=_NOW + timedelta(minutes=9), by=None)
        jobs = connection.execute("select count(*) from milepost_jobs.procrastinate_jobs").fetchone()
        assert jobs == (1,), "one that was not taken leaves no job behind"
        assert await validate_runs.ask(opened, now=_NOW + timedelta(minutes=11), by=None)
        with pytest.raises(InvalidRequest):
            await validate_runs.ask(opened, now=_NOW, by=None, every=0)
    states = connection.execute("select state, problem is null from milepost.validations order by 1").fetchall()
    assert states == [("failed", False), ("waiting", True)]


async def test_a_cancelled_one_ends_and_keeps_nothing(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute(_EVENTS)
    async with database(dsn) as opened:
        await validate_runs.ask(opened, now=_NOW, by=None)
        told: list[bool] = []

        def stopped() -> bool:
            """Asked at every step: at the first one, somebody cancels it."""
            if not told:
                connection.execute("update milepost.validations set state = 'cancelled', finished_at = now()")
            told.append(True)
            return False

        with psycopg.connect(dsn, autocommit=True) as working:
            validate_runs.run(working, only_run(connection), now=lambda: _NOW, stopped=stopped)
        assert told == [True], "it noticed at once"
        assert in_state(connection, "cancelled")()
        # The job of one that was cancelled before its turn does nothing either.
        with psycopg.connect(dsn, autocommit=True) as working:
            validate_runs.run(working, only_run(connection), now=lambda: _NOW)
        await validate_runs.cancel(opened, now=_NOW)
        found = await validate_runs.latest(opened)
    assert found.report is None
    assert found.newest is not None
    assert found.newest.state == "cancelled"
    assert not found.newest.under_way


async def test_a_server_that_stops_leaves_it_to_the_next(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute(_EVENTS)
    async with database(dsn) as opened:
        await validate_runs.ask(opened, now=_NOW, by=None)
    with psycopg.connect(dsn, autocommit=True) as working:
        with pytest.raises(Interrupted):
            validate_runs.run(working, only_run(connection), now=lambda: _NOW, stopped=lambda: True)
        assert in_state(connection, "running")()
        validate_runs.run(working, only_run(connection), now=lambda: _NOW)
    assert in_state(connection, "done")()


async def test_a_worker_that_closes_leaves_no_process_and_the_next_finishes(
    dsn: str, connection: psycopg.Connection
) -> None:
    connection.execute(_EVENTS)
    processes = "select count(*) from pg_stat_activity where application_name = 'milepost-validate'"
    with psycopg.connect(dsn, autocommit=True) as holding:
        # So that it stands still in the middle.
        holding.execute("begin; lock table milepost.customer_days in access exclusive mode")
        async with database(dsn) as opened, worker(dsn) as supervisor:
            await validate_runs.ask(opened, now=_NOW, by=None)
            await until(in_state(connection, "running"), "the job to begin")
            closing = asyncio.create_task(supervisor.close())
            await asyncio.sleep(0)
            holding.execute("rollback")
            await closing
    await until(lambda: connection.execute(processes).fetchone() == (0,), "its process to end")
    async with worker(dsn):
        await until(in_state(connection, "done"), "the run to be finished", 60)


async def test_a_killed_process_is_tried_again(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute(_EVENTS)
    pids = "select pid from pg_stat_activity where application_name = 'milepost-validate' and state is not null"
    with psycopg.connect(dsn, autocommit=True) as holding:
        holding.execute("begin; lock table milepost.customer_days in access exclusive mode")
        async with database(dsn) as opened, worker(dsn):
            await validate_runs.ask(opened, now=_NOW, by=None)
            await until(in_state(connection, "running"), "the job to begin")
            # PostgreSQL takes its connection away, as in an outage.
            connection.execute(f"select pg_terminate_backend(pid) from ({pids}) as p")
            holding.execute("rollback")
            await until(in_state(connection, "done"), "the second attempt", 60)


async def test_what_goes_wrong_is_said(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute(_EVENTS)
    async with database(dsn) as opened:
        await validate_runs.ask(opened, now=_NOW, by=None)
    connection.execute("alter function milepost.insights_days(text, date[]) rename to gone")
    with psycopg.connect(dsn, autocommit=True) as working, pytest.raises(psycopg.errors.UndefinedFunction):
        validate_runs.run(working, only_run(connection), now=lambda: _NOW)
    row = connection.execute("select state, problem from milepost.validations").fetchone()
    assert row is not None
    assert row[0] == "failed"
    assert "insights_days" in row[1]


async def test_a_changed_plan_makes_it_outdated(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute(_EVENTS)
    async with database(dsn) as opened:
        await validate_runs.ask(opened, now=_NOW, by=None)
        with psycopg.connect(dsn, autocommit=True) as working:
            validate_runs.run(working, only_run(connection), now=lambda: _NOW)
        assert not (await validate_runs.latest(opened)).outdated
        connection.execute("update milepost.validations set score_version = score_version - 1")
        assert (await validate_runs.latest(opened)).outdated


# -- The command --------------------------------------------------------------------------------------


def milepost(dsn: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    environ |= {"MILEPOST_DATABASE_URL": dsn, "MILEPOST_DATA_DIR": str(folder), "COLUMNS": "140"}
    command = [sys.executable, "-m", "milepost", "insights", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_the_command_tells_and_keeps(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    connection.execute(_EVENTS)
    shown = milepost(dsn, tmp_path, "validate")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("Health ranks who stays active")
    for words in ("30 of 30 customers", "Competencies", "Days since last activity", "highest scores", "Slice by slice"):
        assert words in shown.stdout, words
    assert re.search("^offline outcomes +too little data *$", shown.stdout, re.MULTILINE)
    # Sentences run on; tables have their place in 80 columns, though the terminal has more.
    tables = [line for line in shown.stdout.splitlines() if not line.rstrip().endswith(".")]
    assert max(map(len, tables)) <= 80
    assert in_state(connection, "done")()

    told: dict[str, Any] = json.loads(milepost(dsn, tmp_path, "validate", "--json", "--every", "14").stdout)
    assert told["every_days"] == 14
    assert {p["predictor"] for p in told["pooled"]} == set(told["predictors"])
    for one in told["pooled"]:
        assert one["correlation"] is None or -1 <= one["correlation"] <= 1


def test_the_command_without_events(dsn: str, tmp_path: Path) -> None:
    shown = milepost(dsn, tmp_path, "validate")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("There is not enough data yet")
    refused = milepost(dsn, tmp_path, "validate", "--every", "0")
    assert refused.returncode == 2
