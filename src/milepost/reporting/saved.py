"""Statements that the team keeps, by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec
import psycopg

from milepost.errors import Conflict, InvalidRequest, NotFound
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.reporting", "saved.sql")
Chart = Literal["none", "line", "bar"]
CHARTS: Sequence[Chart] = get_args(Chart)
_LONGEST_NAME = 100
_MOST = 500


class SavedQuery(msgspec.Struct, frozen=True):
    """A statement, how its answer is drawn, and who wrote it so."""

    query_id: UUID
    name: str
    statement: str
    chart: Chart
    changed_at: datetime
    changed_by: str


async def list_queries(connection: DictConnection) -> list[SavedQuery]:
    """All of them, by name."""
    return [msgspec.convert(row, SavedQuery) for row in await (await connection.execute(_SQL["list"])).fetchall()]


async def keep_query(
    connection: DictConnection,
    query_id: UUID | None,
    name: str,
    statement: str,
    chart: Chart,
    *,
    by: str,
    now: datetime,
) -> UUID:
    """Keeps a new one, or one as it is now. Raises InvalidRequest, Conflict for a name that is taken, and NotFound."""
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise InvalidRequest(f"Give it a name of up to {_LONGEST_NAME} characters.", field="name")
    if not statement.strip():
        raise InvalidRequest("Write a statement first.", field="sql")
    values = {"query_id": query_id, "name": name, "statement": statement, "chart": chart, "by": by, "now": now}
    try:
        async with connection.transaction():
            answer = await connection.execute(_SQL["add" if query_id is None else "change"], values | {"most": _MOST})
            row = await answer.fetchone()
    except psycopg.errors.UniqueViolation:
        raise Conflict(f"There is a query named {name!r} already. Choose another name.", field="name") from None
    if row is None and query_id is None:
        raise InvalidRequest(f"{_MOST} queries can be kept. Delete some first.", field="name")
    if row is None:
        raise NotFound("This query is gone: somebody deleted it. Save it under a name of its own.")
    return msgspec.convert(row["query_id"], UUID)


async def delete_query(connection: DictConnection, query_id: UUID) -> None:
    """Raises NotFound."""
    if await (await connection.execute(_SQL["delete"], {"query_id": query_id})).fetchone() is None:
        raise NotFound("This query is gone: somebody deleted it already.")
