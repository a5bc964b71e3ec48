"""Which tracking plan is in force: that of a file, else the newest that was saved here, else the default."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import psycopg

from milepost.errors import Conflict, NotFound, PlanError
from milepost.plan import Plan, parse_plan
from milepost.plan.load import default_text, plan_file, read_plan_file
from milepost.store.database import DictConnection
from milepost.store.plan_tables import apply_plan
from milepost.store.queries import load
from milepost.store.retry import retried

_log = logging.getLogger(__name__)
_SQL = load("milepost.store", "saved_plans.sql")
#: The number of the plan that comes with Milepost, among those that were saved.
DEFAULT: Final = 0


class PlanInForce(msgspec.Struct, frozen=True):
    """A plan as it was written. `file`: it is read from there, so nothing can be saved; else `saved` is its number,
    DEFAULT where it comes with Milepost. `newest`: the number of the newest that was saved; where that is not `saved`,
    this release cannot read it, and `trouble` says why and how to go back."""

    plan: Plan
    text: str
    file: Path | None = None
    saved: int = DEFAULT
    newest: int = DEFAULT
    trouble: str = ""


class SavedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that was saved: by which member, when, and what changed."""

    saved_plan_id: int
    saved_at: datetime
    saved_by: str
    change: str


class _Newest(msgspec.Struct):
    newest: int


def plan_without_database(file: Path | None) -> PlanInForce:
    """The plan of the file named, of ./milepost.toml, or the default. Raises PlanError."""
    if (path := plan_file(file)) is not None:
        text = read_plan_file(path)
        return PlanInForce(parse_plan(text, str(path)), text, file=path)
    text = default_text()
    return PlanInForce(parse_plan(text, "the default plan"), text)


def plan_in_force(connection: psycopg.Connection, file: Path | None) -> PlanInForce:
    """The plan in force on this database, of whatever release. One that was saved and cannot be read gives way to the
    one before it. Raises PlanError where a file cannot be read, and psycopg.Error."""
    without = plan_without_database(file)
    if without.file is not None or connection.execute(_SQL["is_there"]).fetchone() != (True,):
        return without
    newest, trouble = DEFAULT, ""
    for number, text in connection.execute(_SQL["newest"]):
        newest = newest or int(number)
        try:
            found = PlanInForce(parse_plan(text, "the plan"), text, None, int(number), newest, trouble)
        except PlanError as error:
            trouble = trouble or _unreadable(error)
            continue
        break
    else:
        found = PlanInForce(without.plan, without.text, None, DEFAULT, newest, trouble)
    if trouble:
        _log.error(trouble)
    return found


def _unreadable(error: PlanError) -> str:
    return (
        f"The plan that was saved last cannot be read by this release, so an older one is in force ({error.message})"
        " Run the release that saved it, or save a plan under Settings, Plan: it takes the place of that one."
    )


def save_plan(
    connection: psycopg.Connection, text: str, *, onto: int, by: str, change: str, now: datetime
) -> PlanInForce:
    """Checks a plan, keeps it and takes it over: from now on it counts, and customers are rescored in the background.

    `onto`: the number of the newest that whoever changed it had seen. Raises PlanError, with the line, for a text that
    is no plan; Conflict where somebody saved another one meanwhile; psycopg.Error. Then nothing was changed.
    """
    plan = parse_plan(text, "the plan")

    def write() -> int:
        with connection.transaction():
            connection.execute("select pg_advisory_xact_lock(hashtext('milepost.plan'))")
            if connection.execute(_SQL["newest_id"]).fetchone() != (onto,):
                raise Conflict("Somebody saved another plan meanwhile. Look at theirs, and make your change again.")
            row = connection.execute(_SQL["save"], {"text": text, "now": now, "by": by, "change": change}).fetchone()
            assert row is not None
            apply_plan(connection, plan)
            return int(row[0])

    number = retried(connection, write)
    return PlanInForce(plan, text, None, number, number)


async def newest_id(connection: DictConnection) -> int:
    """The number of the newest plan that was saved; DEFAULT where none was."""
    row = await (await connection.execute(_SQL["newest_id"])).fetchone()
    return msgspec.convert(row, _Newest).newest


async def list_saved(connection: DictConnection, *, limit: int) -> list[SavedPlan]:
    """The plans that were saved, the newest first."""
    rows = await (await connection.execute(_SQL["history"], {"limit": limit})).fetchall()
    return msgspec.convert(rows, list[SavedPlan])


async def saved_text(connection: DictConnection, number: int) -> str:
    """A plan as it was written; DEFAULT is the one that comes with Milepost. Raises NotFound."""
    if number == DEFAULT:
        return default_text()
    row = await (await connection.execute(_SQL["text"], {"saved": number})).fetchone()
    if row is None:
        raise NotFound("There is no saved plan of this number. Settings, Plan, lists them.")
    return str(row["text"])
