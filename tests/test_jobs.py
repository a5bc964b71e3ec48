"""Periodic work against a real PostgreSQL: it runs, once, again after a failure, and ends when told to."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from croniter import croniter  # type: ignore[import-untyped]

from milepost import jobs as module
from milepost.jobs import CLEAN_UP, LEARN, TIDY, Jobs, cleanup_cron
from milepost.privacy.retain import delete_expired
from milepost.store.imports import ImportMark
from milepost.supervisor import Supervisor
from tests.support.ids import uuid7_at
from tests.support.waiting import until

_NOW = datetime.now(UTC)
_INSERT = f"""
insert into public.behavior_events (event_id, customer_id, event_type, "timestamp", retention_days)
select {uuid7_at("at")}, 'acme', 'tool_usage', at, 7
from generate_series(now() - interval '9 days', now() - interval '8 days', interval '1 hour') as at
"""


@asynccontextmanager
async def running(dsn: str) -> AsyncIterator[Jobs]:
    jobs, supervisor = Jobs(dsn, cleanup_minutes=60, now=lambda: _NOW, poll_seconds=0.1), Supervisor()
    jobs.start(supervisor)
    try:
        yield jobs
    finally:
        await supervisor.close()


def _count(connection: psycopg.Connection, question: str) -> int:
    row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])


def _events(connection: psycopg.Connection) -> int:
    return _count(connection, "select count(*) from public.behavior_events")


def _idle(connection: psycopg.Connection) -> bool:
    return _count(connection, "select count(*) from milepost_jobs.procrastinate_jobs where status <> 'failed'") == 0


async def test_a_start_cleans_up(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute(_INSERT)
    assert _events(connection) == 25
    async with running(dsn) as jobs:
        await until(lambda: _events(connection) == 0, "the expired events to go")
        await until(lambda: _idle(connection), "the jobs to be done")
        # And again when it is its turn.
        connection.execute(_INSERT)
        await jobs.app.configure_task(CLEAN_UP).defer_async(timestamp=1)
        await until(lambda: _events(connection) == 0, "the next cleanup")
    workers = "select count(*) from milepost_jobs.procrastinate_workers"
    assert _count(connection, workers) == 0, "a closed worker signs off"


async def test_nothing_is_learned_of_half_an_import(
    dsn: str, connection: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "milepost.jobs")
    learned = "select count(*) from milepost.coach where learned_at is not null"
    mark = ImportMark(connection, "events")
    async with running(dsn) as jobs:
        workers = "select count(*) from milepost_jobs.procrastinate_workers"
        await until(lambda: _count(connection, workers) == 1, "the worker to be there")
        await jobs.app.configure_task(LEARN).defer_async(timestamp=1)
        await until(lambda: "an import is under way" in caplog.text, "the job to say so")
        assert _count(connection, learned) == 0
        mark.end()
        await jobs.app.configure_task(LEARN).defer_async(timestamp=2)
        await until(lambda: _count(connection, learned) == 1, "it to learn")


async def test_a_failed_job_is_told_and_tried_again(
    dsn: str, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connection.execute(_INSERT)
    calls: list[int] = []

    def fails_once(*args: Any, **kwargs: Any) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise psycopg.OperationalError("the disk is full")
        return delete_expired(*args, **kwargs)

    monkeypatch.setattr(module, "delete_expired", fails_once)
    with caplog.at_level(logging.WARNING, logger="milepost.jobs"):
        async with running(dsn):
            await until(lambda: _events(connection) == 0, "the second attempt")
    # Two, and one more where the hour has just turned: a job's own turn.
    assert len(calls) in (2, 3)
    assert "the disk is full" in caplog.text


async def test_two_servers_never_run_a_kind_side_by_side(
    dsn: str, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, now_running, most, done = threading.Lock(), 0, 0, 0
    enough = threading.Event()

    def slow(*args: Any, **kwargs: Any) -> int:
        nonlocal now_running, most, done
        with lock:
            now_running += 1
            most = max(most, now_running)
        enough.wait(0.15)
        with lock:
            now_running -= 1
            done += 1
        return 0

    monkeypatch.setattr(module, "delete_expired", slow)
    workers = "select count(*) from milepost_jobs.procrastinate_workers"
    async with running(dsn) as one, running(dsn):
        await until(lambda: _count(connection, workers) == 2 and done > 0 and _idle(connection), "both to have started")
        before = done
        for number in range(6):
            await one.app.configure_task(CLEAN_UP).defer_async(timestamp=number)
        await until(lambda: done >= before + 6 and _idle(connection), "the six runs")
    assert most == 1


async def test_the_job_of_a_killed_server_is_taken_over(dsn: str, connection: psycopg.Connection) -> None:
    connection.execute(_INSERT)
    connection.execute("set search_path = milepost_jobs")
    connection.execute("insert into procrastinate_workers (last_heartbeat) values (now() - interval '10 minutes')")
    connection.execute(
        "insert into procrastinate_jobs (queue_name, task_name, lock, args, status, worker_id)"
        " select 'default', %s, %s, '{\"timestamp\": 0}', 'doing', id from procrastinate_workers",
        (CLEAN_UP, CLEAN_UP),
    )
    async with running(dsn):
        await until(lambda: _events(connection) == 0 and _idle(connection), "the left job and the new one")


async def test_it_goes_on_after_postgresql_was_away(dsn: str, connection: psycopg.Connection) -> None:
    pids = "select pid from pg_stat_activity where application_name = 'milepost-jobs' and datname = current_database()"
    async with running(dsn):
        await until(
            lambda: _idle(connection) and _count(connection, f"select count(*) from ({pids}) as p") > 0, "a start"
        )
        connection.execute(f"select pg_terminate_backend(pid) from ({pids}) as p")
        connection.execute(_INSERT)
        insert = "insert into milepost_jobs.procrastinate_jobs (queue_name, task_name, args) values ('default', %s, %s)"
        connection.execute("set search_path = milepost_jobs")
        connection.execute(insert, (CLEAN_UP, '{"timestamp": 2}'))
        await until(lambda: _events(connection) == 0, "the cleanup after the outage")


async def test_closing_ends_a_long_cleanup_between_two_batches(
    dsn: str, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, asked = threading.Event(), threading.Event()

    def endless(*args: Any, stopped: Callable[[], bool], **kwargs: Any) -> int:
        begun.set()
        while not stopped():
            asked.wait(0.02)
        return 0

    monkeypatch.setattr(module, "delete_expired", endless)
    async with asyncio.timeout(15):
        async with running(dsn):
            await until(begun.is_set, "the cleanup to begin")
    assert _count(connection, "select count(*) from milepost_jobs.procrastinate_jobs where status = 'doing'") == 0


async def test_it_waits_for_a_database_and_closes_without_one(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    nowhere = Jobs(f"host={tmp_path} dbname=none", cleanup_minutes=60, now=lambda: _NOW)
    supervisor = Supervisor()
    nowhere.start(supervisor)
    async with asyncio.timeout(5):
        await supervisor.close()


@pytest.mark.parametrize("minutes", [1, 7, 45, 59, 60, 90, 240, 1000, 1440, 100_000])
def test_the_cleanup_runs_at_least_as_often_as_asked(minutes: int) -> None:
    turns = croniter(cleanup_cron(minutes), datetime(2026, 1, 1, tzinfo=UTC))
    times = [turns.get_next(float) for _ in range(100)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) <= minutes * 60
    assert min(gaps) >= 60


def test_the_names_of_the_jobs_are_stable() -> None:
    # They stand in the queue of databases that run already.
    assert (CLEAN_UP, TIDY) == ("clean_up_expired_events", "delete_old_jobs")
