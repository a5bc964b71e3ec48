"""A server that is killed in the middle of a scheduled export, while events come in: the next one goes on, and what the
folder holds in the end is what the table holds."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import psycopg

from milepost.export.manifest import Manifest
from tests.acceptance.load import Load
from tests.columns.events import insert
from tests.export.test_follow import run, same
from tests.export.test_schedules_of_whom import turn
from tests.support.server import Server, wait_for

#: The day at whose file a run is held up: eleven of the days of `insert` lie before it.
_HELD_UP = "day=2026-04-08"


def _states(connection: psycopg.Connection) -> list[str]:
    """What became of the runs, the first one first."""
    return [row[0] for row in connection.execute("select state from milepost.export_runs order by run_id")]


def _kill_in_run(server: Server, connection: psycopg.Connection, folder: Path, run_number: int) -> None:
    """kill -9 of the server while it writes the run's file of that day, and has written those of the days before."""
    name = f"{run_number:06}"
    wait_for(lambda: len(list(folder.glob(f"day=*/{name}.parquet"))) >= 10, 30, f"run {run_number} to write files")
    assert not (folder / "_runs" / f"{name}.json").exists()
    server.kill()
    exports = "select from pg_stat_activity where application_name = 'milepost-export' and datname = current_database()"
    wait_for(lambda: not connection.execute(exports).fetchall(), 30, "the export to end with its server")
    (folder / _HELD_UP / f"_part-{name}.parquet").unlink()
    # A job goes to another server when its own was silent for a minute: so long ago was that.
    connection.execute("update milepost_jobs.procrastinate_workers set last_heartbeat = now() - interval '2 minutes'")


def _hold_up(folder: Path, run_number: int) -> None:
    """Who opens this file to write waits until somebody reads it, which nobody does."""
    (folder / _HELD_UP).mkdir(parents=True, exist_ok=True)
    os.mkfifo(folder / _HELD_UP / f"_part-{run_number:06}.parquet")


def test_a_server_is_killed_in_a_first_run_and_in_an_increment(
    dsn: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    insert(connection, 3_000)
    connection.execute(
        """insert into milepost.export_schedules (target, format, data_sets, every_hours, anew_days, anew_at, due_at,
          created_at)
        values ('kept', 'parquet', '{events}', 1, 30, now() + interval '30 days', now(), now())"""
    )
    place = tmp_path / "exports" / "kept"
    folder = place / "events"
    server = Server(tmp_path, database_url=dsn)
    load = Load(tmp_path, server.url, senders=1)
    try:
        _hold_up(folder, 1)
        server.start_quickly()
        _kill_in_run(server, connection, folder, 1)
        server.start_quickly()
        wait_for(lambda: _states(connection) == ["failed", "done"], 30, lambda: f"it to go on: {_states(connection)}")
        # The first run, and what changed since it began: what came in meanwhile.
        assert sorted(path.name for path in (folder / "_runs").iterdir()) == ["000001.json", "000002.json"]
        connection.execute(
            "update public.behavior_events set customer_id = 'customer 1' where customer_id = 'customer 2'"
        )
        connection.execute("delete from public.behavior_events where customer_id = 'customer 3'")
        _hold_up(folder, 3)
        connection.execute("update milepost.export_schedules set due_at = now()")
        turn(dsn)
        _kill_in_run(server, connection, folder, 3)
        server.start_quickly()
        ended = ["failed", "done", "failed", "done"]
        wait_for(lambda: _states(connection) == ended, 30, lambda: f"it to go on again: {_states(connection)}")
        outcome = load.finish()
        assert outcome.delivered == len(outcome.tracked) > 0
    finally:
        load.kill()
        server.stop()
    # Two runs by the killed servers' successors, and one more for what came in since.
    last = run(dsn, place)
    assert (last.kind, last.run) == ("increment", 4)
    same(place, connection)
    manifests = [msgspec.json.decode(path.read_bytes(), type=Manifest) for path in (folder / "_runs").iterdir()]
    listed = [file.path for manifest in manifests for file in manifest.files]
    there = [str(path.relative_to(folder)) for path in folder.glob("day=*/*")]
    assert sorted(listed) == sorted(there)
