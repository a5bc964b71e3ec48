"""Exports by schedule: kept, listed with what came of their runs. scheduled.py runs them."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from milepost.analytics.asking import Filter
from milepost.analytics.context import Store
from milepost.errors import Conflict, InvalidRequest, NotFound
from milepost.export.asked import MOST_FILTERS, Asked, Format, conditions
from milepost.export.data_sets import data_set
from milepost.export.who import choose_all
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.export", "schedules.sql")
_MOST: Final = 20
_TARGET: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,62}(/[A-Za-z0-9._=-]+)*|[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
RunState = Literal["running", "done", "failed"]


class NewSchedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`target`: `s3://BUCKET/PREFIX`, or the name of a folder below `exports` in the server's data folder. Every
    `every_hours` what changed follows; after `anew_days` days everything is written once more, so that what was erased
    is nowhere in it. `filters`, `segment` (slug or id) and `cohort` (id) as in an export asked for once; each run asks
    anew who is in. With conditions on what is known of customers each run writes everything."""

    target: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    data_sets: Annotated[list[str], msgspec.Meta(min_length=1, max_length=20)]
    format: Format = "parquet"
    filters: Annotated[tuple[Filter, ...], msgspec.Meta(max_length=MOST_FILTERS)] = ()
    segment: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    cohort: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    every_hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 24
    anew_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 30

    @property
    def asked(self) -> list[Asked]:
        """What each run exports, by data set."""
        holds = conditions(self.filters, self.segment, self.cohort)
        return [Asked(data_set=name, format=self.format, filters=holds) for name in self.data_sets]


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """One that is kept. `filters`: all of its conditions, those on a segment and a cohort among them. `state`,
    `begun_at`, `finished_at`, `problem`: of its newest run; null: there was none. `last_done_at`: when one last came to
    its end."""

    schedule_id: UUID
    target: str
    format: str
    data_sets: list[str]
    filters: tuple[Filter, ...]
    every_hours: int
    anew_days: int
    due_at: datetime
    created_at: datetime
    created_by: str | None
    state: RunState | None
    begun_at: datetime | None
    finished_at: datetime | None
    problem: str | None
    last_done_at: datetime | None


class ScheduledRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `data_set`: which it is at, or was at last."""

    run_id: int
    state: RunState
    begun_at: datetime
    finished_at: datetime | None
    data_set: str | None
    rows: int
    bytes: int
    files: int
    problem: str | None


class RecentRun(ScheduledRun, frozen=True, kw_only=True):
    """One run, with where it went."""

    target: str


class FailingExport(msgspec.Struct, frozen=True):
    """A schedule whose newest run failed."""

    target: str
    problem: str
    finished_at: datetime


async def list_schedules(connection: DictConnection) -> list[Schedule]:
    """In the order of their making."""
    rows = await (await connection.execute(_SQL["list"])).fetchall()
    return [msgspec.convert(row, Schedule) for row in rows]


async def create_schedule(store: Store, wanted: NewSchedule, *, by: str | None) -> UUID:
    """It runs at once, and then by its hours. Raises InvalidRequest, Conflict, ColumnsUnavailable for a cohort that
    cannot be asked for just now."""
    check_target(wanted.target)
    for name in wanted.data_sets:
        data_set(name)
    if len(set(wanted.data_sets)) < len(wanted.data_sets):
        raise InvalidRequest("A data set is named twice. Name each once.", field="data_sets")
    # What a run would say no to is said now.
    (chosen, *_) = await choose_all(store, wanted.asked)
    values = {
        "target": wanted.target,
        "format": wanted.format,
        "data_sets": wanted.data_sets,
        "filters": Jsonb(msgspec.to_builtins(chosen.asked.filters)),
        "every_hours": wanted.every_hours,
        "anew_days": wanted.anew_days,
        "by": by,
        "now": store.now(),
    }
    async with store.database.transaction() as connection:
        return await _create(connection, wanted.target, values)


async def _create(connection: DictConnection, target: str, values: dict[str, object]) -> UUID:
    await connection.execute(_SQL["hold"])
    found = await (await connection.execute(_SQL["count"], {"target": target})).fetchone()
    counts = msgspec.convert(found, dict[str, int])
    if counts["same"]:
        raise Conflict(f"There is a schedule into {target!r}. Delete it, or choose another place.", field="target")
    if counts["schedules"] >= _MOST:
        raise InvalidRequest(f"There are {_MOST} schedules, which is all there can be. Delete one first.")
    row = await (await connection.execute(_SQL["create"], values)).fetchone()
    return msgspec.convert((row or {})["schedule_id"], UUID)


async def delete_schedule(connection: DictConnection, schedule_id: UUID) -> None:
    """What it wrote stays. Raises NotFound."""
    await _one(connection, "delete", {"id": schedule_id})


async def run_now(connection: DictConnection, schedule_id: UUID, *, now: datetime) -> None:
    """Within a minute. Raises NotFound."""
    await _one(connection, "run_now", {"id": schedule_id, "now": now})


async def list_runs(connection: DictConnection, schedule_id: UUID, *, limit: int) -> list[ScheduledRun]:
    """The newest first."""
    rows = await (await connection.execute(_SQL["runs"], {"id": schedule_id, "limit": limit})).fetchall()
    return [msgspec.convert(row, ScheduledRun) for row in rows]


async def recent_runs(connection: DictConnection, *, limit: int) -> list[RecentRun]:
    """Of all schedules, the newest first."""
    rows = await (await connection.execute(_SQL["recent"], {"limit": limit})).fetchall()
    return [msgspec.convert(row, RecentRun) for row in rows]


async def failing_exports(connection: DictConnection) -> list[FailingExport]:
    """By target."""
    rows = await (await connection.execute(_SQL["failing"])).fetchall()
    return [msgspec.convert(row, FailingExport) for row in rows]


def check_target(target: str) -> None:
    """Raises InvalidRequest for what is neither a bucket nor a folder's name: a schedule does not choose where on the
    server's disk it writes."""
    if not _TARGET.fullmatch(target) or ".." in target:
        raise InvalidRequest(
            "A schedule writes to s3://BUCKET/PREFIX, or to a folder below `exports` in the data folder: give its name"
            " (letters, digits, dots, hyphens).",
            field="target",
        )


def address_of(target: str, data_dir: Path) -> str:
    """The place it means."""
    return target if target.startswith("s3://") else str(data_dir.expanduser().absolute() / "exports" / target)


async def _one(connection: DictConnection, name: str, values: dict[str, object]) -> None:
    if await (await connection.execute(_SQL[name], values)).fetchone() is None:
        raise NotFound("There is no such schedule. GET /v1/export-schedules lists them.", field="schedule_id")
