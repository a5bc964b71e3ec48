"""Runs the exports that are due, in a process of its own: `python -m milepost.export.scheduled due`.

The job in jobs.py starts it, one at a time on all servers. What fails is written to the run and the log, and tried
again in a quarter of an hour; `/health` and Settings say so until a run comes to its end.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import dict_row

from milepost.analytics.asking import Filter
from milepost.columns.client import Columns
from milepost.errors import Problem
from milepost.export.asked import Asked, Format
from milepost.export.follow import export_into
from milepost.export.places import Place
from milepost.export.schedules import address_of
from milepost.export.who import choose_now
from milepost.processes import AGAIN, DSN, run_apart, watch_parent
from milepost.settings import load_settings
from milepost.store.queries import load

_SQL = load("milepost.export", "schedules.sql")
_AGAIN_AFTER: Final = timedelta(minutes=15)
_TELL_SECONDS: Final = 2.0
_KEPT_RUNS: Final = 200
#: Seconds that a statement may take to find out who is in a segment: nobody waits for it.
_CHOOSE_SECONDS: Final = 120
Connection = psycopg.Connection[dict[str, Any]]


class _Due(msgspec.Struct, frozen=True):
    schedule_id: UUID
    target: str
    format: Format
    data_sets: list[str]
    filters: tuple[Filter, ...]
    every_hours: int
    anew_days: int
    anew: bool


async def export_apart(dsn: str, *, stopped: Callable[[], bool]) -> None:
    """Runs what is due and waits for the end. Raises Interrupted."""
    await run_apart(__name__, "due", dsn=dsn, stopped=stopped)


def is_due(connection: psycopg.Connection, *, now: datetime) -> bool:
    """Whether any schedule is."""
    row = connection.execute(_SQL["any_due"], {"now": now}).fetchone()
    return row is not None and bool(row[0])


def run_due(dsn: str, data_dir: Path, *, now: Callable[[], datetime], say: Callable[[str], None]) -> int:
    """One after another, until none is due; answers how many failed."""
    failed = 0
    with psycopg.connect(dsn, autocommit=True, application_name="milepost-export", row_factory=dict_row) as connection:
        connection.execute(_SQL["interrupted"], {"now": now()})
        while (row := connection.execute(_SQL["due"], {"now": now()}).fetchone()) is not None:
            due = msgspec.convert(row, _Due)
            problem = _run(connection, dsn, due, data_dir, now)
            failed += problem is not None
            say(f"export to {due.target}: {problem or 'done'}")
            pause = timedelta(hours=due.every_hours) if problem is None else _AGAIN_AFTER
            values = {"id": due.schedule_id, "due": now() + pause, "now": now(), "was_anew": due.anew and not problem}
            connection.execute(_SQL["next_turn"], values)
            connection.execute(_SQL["forget_runs"], {"id": due.schedule_id, "kept": _KEPT_RUNS})
    return failed


def _run(connection: Connection, dsn: str, due: _Due, data_dir: Path, now: Callable[[], datetime]) -> str | None:
    """What went wrong, or None."""
    row = connection.execute(_SQL["begin"], {"id": due.schedule_id, "now": now()}).fetchone()
    run = (row or {})["run_id"]
    done = {"rows": 0, "bytes": 0, "files": 0}
    problem = None
    try:
        place = Place(address_of(due.target, data_dir))
        asked = [Asked(data_set=name, format=due.format, filters=due.filters) for name in due.data_sets]
        choosing = choose_now(dsn, Columns(data_dir), asked, now=now, query_seconds=_CHOOSE_SECONDS)
        for chosen in asyncio.run(choosing):
            name = chosen.asked.data_set
            tell = _telling(connection, run, name, done["rows"], now)
            manifest = export_into(dsn, chosen, place, now=now(), progress=tell, anew=due.anew)
            done["rows"] += manifest.rows
            done["bytes"] += manifest.bytes
            done["files"] += len(manifest.files)
    except Problem as error:
        problem = error.message
    except psycopg.Error as error:
        problem = f"The database did not answer: {str(error).strip().splitlines()[0]}"
    state = "done" if problem is None else "failed"
    with connection.transaction():
        connection.execute(_SQL["finish"], {**done, "run": run, "state": state, "problem": problem, "now": now()})
        if problem is not None:
            told = {"id": due.schedule_id, "run": run, "target": due.target, "problem": problem, "now": now()}
            connection.execute(_SQL["tell_failed"], told)
    return problem


def _telling(
    connection: Connection, run: int, name: str, before: int, now: Callable[[], datetime]
) -> Callable[[int, int], None]:
    told = 0.0

    def tell(rows: int, of: int) -> None:  # noqa: ARG001 -- how many there will be is not kept
        nonlocal told
        if time.monotonic() - told > _TELL_SECONDS:
            told = time.monotonic()
            connection.execute(_SQL["progress"], {"run": run, "data_set": name, "rows": before + rows, "now": now()})

    return tell


def main() -> int:
    """The process; the exit code."""
    watch_parent()
    os.nice(10)

    def say(line: str) -> None:
        sys.stderr.write(f"milepost: {line}\n")

    try:
        run_due(os.environ[DSN], load_settings().data_dir, now=lambda: datetime.now(UTC), say=say)
    except psycopg.OperationalError as error:
        say(f"exports wait: {str(error).strip().splitlines()[0]}")
        return AGAIN
    return 0


if __name__ == "__main__":
    sys.exit(main())
