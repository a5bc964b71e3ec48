"""The list of customers: searched, filtered, sorted, and paged by key so that page 1,000 costs what page 1 does."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from psycopg import sql

from milepost.errors import InvalidRequest
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.vocabulary import Trend

Status = Literal["all", "active", "quiet"]
Sort = Literal["last_seen", "-last_seen", "events", "-events", "sessions", "-sessions", "customer", "-customer"]

_SQL = load("milepost.insights", "read.sql")
#: Sort words to columns with the type their cursor is cast to; a leading minus is descending.
_COLUMNS = {
    "last_seen": ("last_event_at", sql.SQL("timestamptz")),
    "events": ("total_events", sql.SQL("bigint")),
    "sessions": ("total_sessions", sql.SQL("bigint")),
    "customer": ("customer_id", sql.SQL("text")),
}


class CustomerSummary(msgspec.Struct, kw_only=True):
    """One line of the list. `weekly_events`: the last 8 weeks, oldest first. A score of None: not enough data."""

    customer_id: str
    name: str | None
    first_event_at: datetime | None
    last_event_at: datetime | None
    total_events: int
    total_sessions: int
    total_tool_sessions: int
    total_exports_generated: int
    total_resources_created: int
    total_points: int
    total_actions: int
    current_arr: str | None
    target_arr: str | None
    growth_stage: str | None
    current_scaling_score: float | None
    score_coverage: float | None
    professional_credibility_trend: Trend | None
    inconsistent_system_usage: bool | None
    low_business_impact_actions: bool | None
    weekly_events: list[int]


class CustomerPage(msgspec.Struct):
    """`next` is the cursor of the following page, None on the last; `total` counts all pages."""

    items: list[CustomerSummary]
    total: int
    next: str | None


async def list_customers(
    connection: DictConnection,
    *,
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
    sort: Sort = "-last_seen",
    q: str | None = None,
    status: Status = "all",
) -> CustomerPage:
    """One page of customers. `active` was seen in the last 7 days, `quiet` was seen, but not for 14 days.

    Raises InvalidRequest for a cursor that is not from the same sort.
    """
    column, kind = _COLUMNS[sort.removeprefix("-")]
    descending = sort.startswith("-")
    values: dict[str, object] = {
        "q": q or None,
        "like": f"%{_escape(q)}%" if q else None,
        "status": status,
        "now": now,
        "today": now.date(),
        "limit": limit + 1,
    }
    after: sql.Composable = sql.SQL("true")
    if cursor is not None:
        values["after"], values["after_id"] = _decode(cursor, sort)
        after = _after(column, kind, descending=descending, null=values["after"] is None)
    direction = sql.SQL("desc nulls last" if descending else "asc nulls first")
    order = sql.SQL("{} {}, customer_id").format(sql.Identifier(column), direction)
    total = await (await connection.execute(_SQL["customer_count"], values)).fetchone()
    query = sql.SQL(_SQL["customer_page"]).format(order=order, after=after)
    rows = await (await connection.execute(query, values)).fetchall()
    items = msgspec.convert(rows[:limit], list[CustomerSummary])
    following = _encode(rows[limit - 1], column, sort) if len(rows) > limit else None
    return CustomerPage(items, int(str(total["total"])) if total else 0, following)


def _after(column: str, kind: sql.SQL, *, descending: bool, null: bool) -> sql.Composable:
    """What comes behind the cursor, with nulls at the end (descending) or at the start (ascending)."""
    name = sql.Identifier(column)
    beyond = sql.SQL("{} {} %(after)s::{}").format(name, sql.SQL("<" if descending else ">"), kind)
    tie = sql.SQL("customer_id > %(after_id)s")
    if column == "customer_id":
        return beyond
    if null and descending:
        return sql.SQL("{} is null and {}").format(name, tie)
    if null:
        return sql.SQL("({} is not null or {})").format(name, tie)
    same = sql.SQL("{} = %(after)s::{} and {}").format(name, kind, tie)
    if descending:
        return sql.SQL("({} or ({}) or {} is null)").format(beyond, same, name)
    return sql.SQL("({} or ({}))").format(beyond, same)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\x00", "")


def _encode(row: dict[str, object], column: str, sort: str) -> str:
    text = msgspec.json.encode([sort, row[column], row["customer_id"]])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _decode(cursor: str, sort: str) -> tuple[object, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts: Sequence[object] = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[object])
        made_for, value, customer = parts
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("cursor is not one this server made. Start without it.", field="cursor") from error
    if made_for != sort or not isinstance(customer, str) or "\x00" in customer:
        raise InvalidRequest("cursor belongs to another sort order. Start without it.", field="cursor")
    if value is not None and not _fits(value, _COLUMNS[sort.removeprefix("-")][0]):
        raise InvalidRequest("cursor is not one this server made. Start without it.", field="cursor")
    return value, customer


def _fits(value: object, column: str) -> bool:
    """Whether a cursor's value has its column's type: a forged one must not reach PostgreSQL's parser."""
    if column.startswith("total"):
        return isinstance(value, int) and 0 <= value < 2**63
    if not isinstance(value, str) or "\x00" in value:
        return False
    if column.endswith("_at"):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return False
    return True
