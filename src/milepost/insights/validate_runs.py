"""Validations that are asked for, run in the background with progress, stopped, and kept for the page and the API."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from milepost.errors import Problem
from milepost.insights.validate_asked import EVERY_DAYS, MOST_CUSTOMERS, check
from milepost.insights.validate_report import METHOD, ValidationReport
from milepost.processes import Interrupted
from milepost.store.database import Database
from milepost.store.queries import load
from milepost.vocabulary import SCORE_VERSION

_SQL = load("milepost.insights", "validate.sql")

#: The job's name in the queue.
TASK: Final = "validate_score"
_REPORT_SECONDS: Final = 0.5
State = Literal["waiting", "running", "done", "failed", "cancelled"]


class _Cancelled(Exception):
    """Somebody did not want to wait for the end."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One validation, as it was asked for and how far it is. `after_days` None: by the data's rhythm, which is not
    known yet. `done` of `total` are steps of work."""

    validation_id: int
    state: State
    every_days: int
    after_days: int | None
    most_customers: int
    asked_at: datetime
    asked_by: str | None
    finished_at: datetime | None
    done: int
    total: int
    problem: str | None

    @property
    def under_way(self) -> bool:
        """Whether it waits for its turn or runs."""
        return self.state in ("waiting", "running")


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """The newest that was finished, with its report; and the newest of all, where that is another.

    `outdated`: the formulas or the plan have changed since the report, or it was compared in another way, and is left
    out.
    """

    finished: Run | None
    report: ValidationReport | None
    newest: Run | None
    outdated: bool


async def latest(database: Database) -> Runs:
    """What there is to show."""
    async with database.transaction() as connection:
        rows: list[dict[str, Any]] = await (await connection.execute(_SQL["latest"])).fetchall()
    runs = {row["validation_id"]: msgspec.convert(row, Run) for row in rows}
    done = next((row for row in rows if row["state"] == "done"), None)
    report = msgspec.convert(done["report"], ValidationReport) if done else None
    if report is not None and report.method != METHOD:
        report = None
    newest = runs[max(runs)] if runs else None
    finished = runs[done["validation_id"]] if done else None
    return Runs(
        finished=finished,
        report=report,
        newest=None if newest == finished else newest,
        outdated=done is not None
        and (report is None or (done["score_version"], done["plan_version"]) != (SCORE_VERSION, done["current_plan"])),
    )


async def ask(
    database: Database,
    *,
    now: datetime,
    by: str | None,
    every: int = EVERY_DAYS,
    after: int | None = None,
    most: int = MOST_CUSTOMERS,
) -> bool:
    """Puts one into the queue; False where one is under way. `after`: by the data's rhythm where it is None. Raises
    InvalidRequest."""
    check(every=every, after=after, most=most)
    values = {"now": now, "by": by, "every": every, "after": after, "most": most}
    async with database.transaction() as connection:
        await connection.execute(_SQL["give_up"], values)
        row = await (await connection.execute(_SQL["ask"], values)).fetchone()
        if row is None:
            return False
        # In the same transaction: no run waits for a job that was never queued. Its triggers look for their own tables.
        await connection.execute("select set_config('search_path', 'milepost_jobs', true)")
        await connection.execute(_SQL["defer"], {"task": TASK, "validation_id": row["validation_id"]})
    return True


async def cancel(database: Database, *, now: datetime) -> None:
    """Stops what is under way; the job notices within a moment."""
    async with database.transaction() as connection:
        await connection.execute(_SQL["cancel"], {"now": now})


def run(
    connection: psycopg.Connection[Any],
    validation_id: int,
    *,
    now: Callable[[], datetime],
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """The job: does what was asked and stores it, or nothing where it is cancelled. `connection` is in autocommit.

    Raises psycopg.OperationalError when PostgreSQL goes away and Interrupted when `stopped`, so that the job is tried
    again; anything else that goes wrong is stored as the run's problem, and raised.
    """
    from milepost.insights.validate import validate  # with numpy, which no server needs that runs none

    cursor = connection.cursor(row_factory=dict_row)
    asked = cursor.execute(_SQL["begin"], {"validation_id": validation_id, "now": now()}).fetchone()
    if asked is None:
        return
    reported_at = 0.0

    def report_progress(done: int, total: int) -> None:
        nonlocal reported_at
        if stopped():
            raise Interrupted
        if time.monotonic() - reported_at < _REPORT_SECONDS:
            return
        reported_at = time.monotonic()
        values = {"validation_id": validation_id, "now": now(), "done": done, "total": total}
        if cursor.execute(_SQL["progress"], values).fetchone() is None:
            raise _Cancelled

    try:
        report = validate(connection, now=now(), progress=report_progress, **asked)
    except _Cancelled:
        return
    except (psycopg.OperationalError, Interrupted):
        raise
    except Exception as error:
        # Whoever waits is told, whatever it was.
        problem = error.message if isinstance(error, Problem) else (str(error).strip() or repr(error)).splitlines()[0]
        cursor.execute(_SQL["fail"], {"validation_id": validation_id, "now": now(), "problem": problem})
        raise
    cursor.execute(_SQL["finish"], {"validation_id": validation_id, "now": now(), **_stored(report)})


def keep(
    connection: psycopg.Connection[Any], report: ValidationReport, *, most: int, now: datetime, by: str | None
) -> None:
    """Stores a report that was made without the queue, from the command line."""
    values = {
        "every": report.every_days,
        "after": report.after_days,
        "most": most,
        "asked_at": report.as_of,
        "now": now,
        "by": by,
    }
    connection.execute(_SQL["keep"], values | _stored(report))


def _stored(report: ValidationReport) -> dict[str, object]:
    return {
        "plan_version": report.plan_version,
        "score_version": report.score_version,
        "after": report.after_days,
        "report": Jsonb(msgspec.to_builtins(report)),
    }
