"""Cohorts: saved sets of customers, by what they did or by their insights, usable as a filter everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from milepost.analytics.asking import EventKind, Filter, QuestionPart
from milepost.errors import NotFound
from milepost.store.database import Database, Row
from milepost.store.queries import load

_SQL = load("milepost.analytics", "cohorts.sql")


class Did(QuestionPart, frozen=True, tag="did", tag_field="kind"):
    """Customers with at least (or at most) so many events of a kind in the last `days` days; 0 at most: none."""

    event: EventKind = EventKind()
    at_least: Annotated[int, msgspec.Meta(ge=1)] | None = None
    at_most: Annotated[int, msgspec.Meta(ge=0)] | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 30


class Are(QuestionPart, frozen=True, kw_only=True, tag="are", tag_field="kind"):
    """Customers whose insight satisfies a filter (`insight.NAME`), or who are one of a list (`customer_id`), or are
    in a `segment`."""

    filter: Filter


class Definition(QuestionPart, frozen=True, kw_only=True):
    match: Literal["all", "any"] = "all"
    conditions: Annotated[tuple[Did | Are, ...], msgspec.Meta(min_length=1, max_length=20)]


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    cohort_id: UUID
    name: str
    definition: Definition
    created_at: str
    updated_at: str
    created_by: str | None


class CohortCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A member. `last_event_at` is an ISO time, None without any event."""

    customer_id: str
    name: str | None
    total_events: int
    last_event_at: str | None


class CohortCustomers(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the members, by id; `total` counts all."""

    total: int
    items: list[CohortCustomer]


async def list_cohorts(database: Database) -> list[Cohort]:
    """All of them, by name."""
    async with database.transaction() as connection:
        rows = await (await connection.execute(_SQL["list"])).fetchall()
    return [_cohort(row) for row in rows]


async def read_cohort(database: Database, cohort_id: UUID) -> Cohort:
    """Raises NotFound."""
    return await _one(database, "read", {"id": cohort_id})


async def create_cohort(database: Database, name: str, definition: Definition, *, by: str | None) -> Cohort:
    """Saves a definition that `compile.members` can work out; that is for the caller to try."""
    return await _one(database, "create", {"name": name, "definition": _json(definition), "by": by})


async def change_cohort(database: Database, cohort_id: UUID, name: str, definition: Definition) -> Cohort:
    """Raises NotFound."""
    return await _one(database, "change", {"id": cohort_id, "name": name, "definition": _json(definition)})


async def delete_cohort(database: Database, cohort_id: UUID) -> None:
    """Raises NotFound."""
    async with database.transaction() as connection:
        cursor = await connection.execute(_SQL["delete"], {"id": cohort_id})
        if not cursor.rowcount:
            raise _missing()


async def number_everybody(database: Database) -> None:
    """Gives a number to every customer who has none yet: one with offline actions or traits alone."""
    async with database.transaction() as connection:
        await connection.execute(_SQL["number_everybody"])


async def everybody(database: Database) -> set[int]:
    """The numbers of all customers who have an event or an offline action."""
    async with database.transaction() as connection:
        await connection.execute(_SQL["number_everybody"])
        rows = await (await connection.execute(_SQL["everybody"])).fetchall()
    return {int(str(row["number"])) for row in rows}


async def customers_of(database: Database, numbers: set[int], *, limit: int, offset: int) -> CohortCustomers:
    """Who these numbers are, by id."""
    values = {"numbers": sorted(numbers), "limit": limit, "offset": offset}
    async with database.transaction() as connection:
        rows = await (await connection.execute(_SQL["customers"], values)).fetchall()
    items = [
        CohortCustomer(
            customer_id=str(row["customer_id"]),
            name=None if row["name"] is None else str(row["name"]),
            total_events=int(str(row["total_events"])),
            last_event_at=row["last_event_at"].isoformat() if isinstance(row["last_event_at"], datetime) else None,
        )
        for row in rows
    ]
    return CohortCustomers(total=len(numbers), items=items)


async def _one(database: Database, statement: str, values: dict[str, object]) -> Cohort:
    async with database.transaction() as connection:
        row = await (await connection.execute(_SQL[statement], values)).fetchone()
    if row is None:
        raise _missing()
    return _cohort(row)


def _missing() -> NotFound:
    return NotFound("There is no such cohort. GET /v1/cohorts lists them.", field="cohort_id")


def _json(definition: Definition) -> str:
    return msgspec.json.encode(definition).decode()


def _cohort(row: Row) -> Cohort:
    return Cohort(
        cohort_id=UUID(str(row["cohort_id"])),
        name=str(row["name"]),
        definition=msgspec.convert(row["definition"], Definition),
        created_at=_iso(row["created_at"]),
        updated_at=_iso(row["updated_at"]),
        created_by=None if row["created_by"] is None else str(row["created_by"]),
    )


def _iso(at: object) -> str:
    return at.isoformat() if isinstance(at, datetime) else str(at)
