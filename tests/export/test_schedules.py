"""Exports by schedule: they run when they are due, tell what came of them, and go on after what went wrong."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pyarrow import parquet

from milepost.analytics.context import Store
from milepost.columns.client import Columns
from milepost.errors import Conflict, InvalidRequest, NotFound
from milepost.export.scheduled import run_due
from milepost.export.schedules import (
    NewSchedule,
    create_schedule,
    delete_schedule,
    failing_exports,
    list_runs,
    list_schedules,
    run_now,
)
from milepost.jobs import Jobs
from milepost.segments.compile import finder
from milepost.store.database import Database
from milepost.supervisor import Supervisor
from tests.columns.events import insert
from tests.export.test_follow import held_by, held_in
from tests.support.waiting import until

_NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


class _Clock:
    now = _NOW

    def __call__(self) -> datetime:
        return self.now


async def test_a_schedule_and_its_runs(
    dsn: str, connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    clock, said = _Clock(), list[str]()
    insert(connection, 300)
    database = Database(dsn, size=2, query_seconds=10)
    await database.open()

    store = Store(Columns(tmp_path), database, clock, finder(database, clock))

    async def run() -> int:
        # As in its own process: it waits for the database itself.
        return await asyncio.to_thread(run_due, dsn, tmp_path, now=clock, say=said.append)

    try:
        wanted = NewSchedule(target="warehouse", data_sets=["events", "customers"], every_hours=6, anew_days=2)
        made = await create_schedule(store, wanted, by="a@example.org")
        with pytest.raises(Conflict, match="There is a schedule into 'warehouse'"):
            await create_schedule(store, wanted, by=None)
        for target in ("/etc", "..", "a/b", "s3://", "s3://bucket/../other", "file:///etc", "a..b", ""):
            with pytest.raises(InvalidRequest, match="A schedule writes to"):
                await create_schedule(store, NewSchedule(target=target, data_sets=["events"]), by=None)
        with pytest.raises(InvalidRequest, match="no data set 'nonsense'"):
            await create_schedule(store, NewSchedule(target="x", data_sets=["nonsense"]), by=None)
        folder = tmp_path / "exports" / "warehouse"
        assert await run() == 0
        assert held_in(folder) == held_by(connection)
        assert parquet.read_table(folder / "customers" / "customers.parquet").num_rows == 11
        # Nothing is due before its hour.
        assert (await run(), said) == (0, ["export to warehouse: done"])
        # A server that ended while one ran.
        connection.execute(
            "insert into milepost.export_runs (schedule_id, begun_at, progress_at) values (%s, %s, %s)",
            (made, clock.now, clock.now),
        )
        connection.execute("delete from public.behavior_events where customer_id = 'customer 1'")
        clock.now += timedelta(hours=6)
        assert await run() == 0
        assert held_in(folder) == held_by(connection)
        # Everything anew after its days: what was erased is nowhere.
        clock.now += timedelta(days=2)
        await run()
        assert not list((folder / "events").glob("*/000001.parquet"))
        async with database.transaction() as reading:
            runs = await list_runs(reading, made, limit=10)
            states = [(one.state, (one.problem or "")[:17]) for one in runs]
            assert states == [("done", ""), ("done", ""), ("failed", "The server ended "), ("done", "")]
            assert runs[-1].rows == 311
            (listed,) = await list_schedules(reading)
            assert (listed.state, listed.last_done_at, listed.due_at) == (
                "done",
                clock.now,
                clock.now + timedelta(hours=6),
            )
            assert await failing_exports(reading) == []
        away = NewSchedule(target="s3://nowhere/x", data_sets=["people"])
        failing = await create_schedule(store, away, by=None)
        assert await run() == 1
        async with database.transaction() as reading:
            (one,) = await failing_exports(reading)
            assert (one.target, "Could not connect" in one.problem) == ("s3://nowhere/x", True)
            listed = (await list_schedules(reading))[1]
            assert (listed.state, listed.due_at) == ("failed", clock.now + timedelta(minutes=15))
            await delete_schedule(reading, failing)
            with pytest.raises(NotFound):
                await run_now(reading, failing, now=clock.now)
            await run_now(reading, made, now=clock.now)
        await _check_job(dsn, connection, tmp_path, monkeypatch)
    finally:
        await database.close()


async def _check_job(dsn: str, connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own job starts what is due."""
    monkeypatch.setenv("MILEPOST_DATA_DIR", str(tmp_path))
    connection.execute("update milepost.export_schedules set due_at = now() - interval '1 minute'")

    def runs() -> Any:
        return connection.execute("select count(*) from milepost.export_runs where state = 'done'").fetchone()

    jobs, supervisor = Jobs(dsn, cleanup_minutes=60, now=lambda: datetime.now(UTC), poll_seconds=0.1), Supervisor()
    jobs.start(supervisor)
    try:
        await until(lambda: runs() == (4,), "the job to run what is due", 60)
    finally:
        await supervisor.close()
