"""The list of customers: searched, filtered, sorted, and paged by key so that page 1,000 costs what page 1 does."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from psycopg import sql

from milepost.errors import InvalidRequest
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load
from milepost.vocabulary import Trend

Status = Literal["all", "active", "quiet", "improving", "declining", "at_risk"]
Sort = Literal[
    "last_seen", "-last_seen", "events", "-events", "sessions", "-sessions", "exports", "-exports",
    "resources", "-resources", "customer", "-customer", "name", "-name", "score", "-score", "rate", "-rate",
]  # fmt: skip

_SQL = load("milepost.insights", "read.sql")
#: Sort words to columns with the type their cursor is cast to; a leading minus is descending.
_COLUMNS = {
    "last_seen": ("last_event_at", sql.SQL("timestamptz")),
    "events": ("total_events", sql.SQL("bigint")),
    "sessions": ("total_sessions", sql.SQL("bigint")),
    "exports": ("total_exports_generated", sql.SQL("bigint")),
    "resources": ("total_resources_created", sql.SQL("bigint")),
    "customer": ("customer_id", sql.SQL("text")),
    "name": ("sort_name", sql.SQL("text")),
    "score": ("score", sql.SQL("double precision")),
    "rate": ("rate", sql.SQL("double precision")),
}
#: What stands in the settled snapshot, with its column there.
_SETTLED = {
    "score": sql.Identifier("n", "current_scaling_score"),
    "rate": sql.Identifier("n", "systematic_progression_rate"),
}
#: Columns that may be null; the other columns' indexes have no word on nulls.
_NULLABLE = {"last_event_at", "score"}
_STANDING = sql.SQL("milepost.standing s")
#: Where a snapshot decides, those that are not settled yet (a second at most) come when they are.
_SNAPSHOTS = sql.SQL("milepost.snapshots n join milepost.standing s using (customer_id)")
#: Joined only where a name decides: a hundred thousand names take as long as all else.
_NAMED = sql.SQL(" left join milepost.customers c using (customer_id)")
#: Found first, whatever the order: walking an index of the order would look at everybody where few match.
_MATCHES = sql.SQL(_SQL["customer_matches"])
_MATCHING = sql.SQL("s.customer_id in (select customer_id from matches)")
_TAGGED = sql.SQL("s.customer_id in (select customer_id from milepost.tags where tag_key = %(tag)s)")
_WANTED: dict[Status, sql.SQL] = {
    "all": sql.SQL("true"),
    "active": sql.SQL("s.last_event_at > %(now)s::timestamptz - interval '7 days'"),
    "quiet": sql.SQL("s.last_event_at <= %(now)s::timestamptz - interval '14 days'"),
    "improving": sql.SQL("n.professional_credibility_trend = 'improving'"),
    "declining": sql.SQL("n.professional_credibility_trend = 'declining'"),
    "at_risk": sql.SQL("(n.inconsistent_system_usage or n.low_business_impact_actions)"),
}
_OF_SNAPSHOTS = ("improving", "declining", "at_risk")


_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Score = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
_Text = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00]*\Z")]
#: What stands first in a customer's row, for the eye and for the order.
_SORT_NAME = sql.SQL("lower(coalesce(c.name, s.customer_id))")


class CustomerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which customers a list is of. `active` was seen in the last 7 days, `quiet` was seen, but not for 14 days;
    the others are as of the last settling. Scores: at least and at most; `tag`: in small letters; None is no bound."""

    q: str | None = None
    status: Status = "all"
    min_score: float | None = None
    max_score: float | None = None
    weakest: str | None = None
    tag: str | None = None


EVERYBODY = CustomerFilter()


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
    systematic_progression_rate: float | None
    weakest_competency: str | None
    score_coverage: float | None
    professional_credibility_trend: Trend | None
    inconsistent_system_usage: bool | None
    low_business_impact_actions: bool | None
    weekly_events: list[int]


class CustomerPage(msgspec.Struct):
    """`next` is the cursor of the following page, None on the last; `previous`, to be given as `before`, that of
    the page before, None on the first; `total` counts all pages."""

    items: list[CustomerSummary]
    total: int
    next: str | None
    previous: str | None = None


async def list_customers(
    connection: DictConnection,
    *,
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
    before: str | None = None,
    sort: Sort = "-last_seen",
    wanted: CustomerFilter = EVERYBODY,
) -> CustomerPage:
    """One page of customers, behind `cursor` or else right in front of `before`. Names are sorted without regard to
    case, ids where there is none; scores by the last settling.

    Raises InvalidRequest for a cursor that is not from the same sort.
    """
    asked = _Asked(wanted, sort)
    values = _values(wanted, now) | {"today": now.date(), "limit": limit + 1, "as_settled": asked.by_snapshot}
    if before is not None and cursor is None:
        rows = await _rows(connection, asked, values, before, backwards=True)
        if len(rows) > limit:
            rows = rows[:limit][::-1]
            return await _page(connection, asked, values, rows, _encode(rows[-1], sort), _encode(rows[0], sort))
        # The first page is reached: it is shown whole, whatever was left of it.
    rows = await _rows(connection, asked, values, cursor, backwards=False)
    following = _encode(rows[limit - 1], sort) if len(rows) > limit else None
    previous = _encode(rows[0], sort) if cursor is not None and rows else None
    return await _page(connection, asked, values, rows[:limit], following, previous)


async def count_customers(connection: DictConnection, *, now: datetime, wanted: CustomerFilter = EVERYBODY) -> int:
    """How many there are."""
    return await _count(connection, _Asked(wanted, "-last_seen"), _values(wanted, now))


async def count_waiting(connection: DictConnection, *, now: datetime) -> int:
    """Customers whose settled figures are older than what is stored: for a second, or while a plan is taken over."""
    row = await (await connection.execute(_SQL["waiting"], {"today": now.date()})).fetchone()
    return int(str(row["waiting"])) if row else 0


class _Asked(NamedTuple):
    """A filter and an order, and what both mean for the tables to read."""

    wanted: CustomerFilter
    sort: Sort

    @property
    def by_snapshot(self) -> bool:
        wanted = self.wanted
        settled = self.sort.removeprefix("-") in _SETTLED or wanted.status in _OF_SNAPSHOTS
        scored = (wanted.min_score, wanted.max_score, wanted.weakest) != (None, None, None)
        return settled or scored

    @property
    def source(self) -> sql.Composable:
        source = _SNAPSHOTS if self.by_snapshot else _STANDING
        return source + _NAMED if self.sort.removeprefix("-") == "name" else source

    @property
    def counted(self) -> sql.Composable:
        """What to count in: a snapshot has a standing, so the two are joined only where both decide."""
        wanted = self.wanted
        if self.by_snapshot and not wanted.q and not wanted.tag and wanted.status not in ("active", "quiet"):
            return sql.SQL("milepost.snapshots n")
        return _SNAPSHOTS if self.by_snapshot else _STANDING

    @property
    def condition(self) -> sql.Composable:
        parts = [_WANTED[self.wanted.status]]
        if self.wanted.q:
            parts.append(_MATCHING)
        if self.wanted.tag is not None:
            parts.append(_TAGGED)
        if self.wanted.min_score is not None:
            parts.append(sql.SQL("n.current_scaling_score >= %(min_score)s"))
        if self.wanted.max_score is not None:
            parts.append(sql.SQL("n.current_scaling_score <= %(max_score)s"))
        if self.wanted.weakest is not None:
            parts.append(sql.SQL("n.weakest_competency = %(weakest)s"))
        return sql.SQL(" and ").join(parts)


def _values(wanted: CustomerFilter, now: datetime) -> dict[str, object]:
    like = f"%{_escape(wanted.q)}%" if wanted.q else None
    return {
        "like": like,
        "now": now,
        "min_score": wanted.min_score,
        "max_score": wanted.max_score,
        "weakest": wanted.weakest,
        "tag": wanted.tag,
    }


async def _count(connection: DictConnection, asked: _Asked, values: dict[str, object]) -> int:
    query = sql.SQL(_SQL["customer_count"]).format(matches=_MATCHES, counted=asked.counted, wanted=asked.condition)
    row = await (await connection.execute(query, values)).fetchone()
    return int(str(row["total"])) if row else 0


async def _page(
    connection: DictConnection,
    asked: _Asked,
    values: dict[str, object],
    rows: list[Row],
    following: str | None,
    previous: str | None,
) -> CustomerPage:
    items = msgspec.convert(rows, list[CustomerSummary])
    total = int(str(rows[0]["total"])) if rows else await _count(connection, asked, values)
    return CustomerPage(items, total, following, previous)


async def _rows(
    connection: DictConnection, asked: _Asked, values: dict[str, object], cursor: str | None, *, backwards: bool
) -> list[Row]:
    """Rows behind the cursor in the order of `sort`, or, backwards, in front of it in the reverse order."""
    sort = asked.sort
    column, kind = _COLUMNS[sort.removeprefix("-")]
    descending = sort.startswith("-") != backwards
    beyond: sql.Composable = sql.SQL("true")
    if cursor is not None:
        values["after"], values["after_id"] = _decode(cursor, sort)
        beyond = _beyond(column, kind, descending=descending, id_down=backwards, null=values["after"] is None)
    first, last = (sql.SQL(" nulls first"), sql.SQL(" nulls last")) if column in _NULLABLE else (sql.SQL(""),) * 2
    direction = sql.SQL("desc") + last if descending else sql.SQL("asc") + first
    tie = sql.SQL("desc" if backwards else "asc")
    order = sql.SQL("sort_key {}, customer_id {}").format(direction, tie)
    query = sql.SQL(_SQL["customer_page"]).format(
        matches=_MATCHES,
        source=asked.source,
        counted=asked.counted,
        wanted=asked.condition,
        order=order,
        after=beyond,
        sort_key=_key(column),
    )
    return await (await connection.execute(query, values)).fetchall()


def _key(column: str) -> sql.Composable:
    return _SORT_NAME if column == "sort_name" else _SETTLED.get(column, sql.Identifier("s", column))


def _beyond(column: str, kind: sql.SQL, *, descending: bool, id_down: bool, null: bool) -> sql.Composable:
    """What comes behind the cursor, with nulls at the end (descending) or at the start (ascending)."""
    name = _key(column)
    beyond = sql.SQL("{} {} %(after)s::{}").format(name, sql.SQL("<" if descending else ">"), kind)
    tie = sql.SQL("s.customer_id < %(after_id)s" if id_down else "s.customer_id > %(after_id)s")
    if column == "customer_id":
        return beyond
    if null and descending:
        return sql.SQL("{} is null and {}").format(name, tie)
    if null:
        return sql.SQL("({} is not null or {})").format(name, tie)
    same = sql.SQL("{} = %(after)s::{} and {}").format(name, kind, tie)
    if descending and column in _NULLABLE:
        return sql.SQL("({} or ({}) or {} is null)").format(beyond, same, name)
    return sql.SQL("({} or ({}))").format(beyond, same)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\x00", "")


def _encode(row: dict[str, object], sort: str) -> str:
    text = msgspec.json.encode([sort, row["sort_key"], row["customer_id"]])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _decode(cursor: str, sort: str) -> tuple[object, str]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts: Sequence[object] = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[object])
        made_for, value, customer = parts
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error
    if made_for != sort or not isinstance(customer, str) or "\x00" in customer:
        raise InvalidRequest("cursor belongs to another sort order. Start without one.", field="cursor")
    try:
        return None if value is None else msgspec.convert(value, _kind(sort)), customer
    except msgspec.ValidationError as error:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error


def _kind(sort: str) -> Any:
    """What a cursor's value must be: a forged one must not reach PostgreSQL's parser."""
    column = _COLUMNS[sort.removeprefix("-")][0]
    if column in _SETTLED:
        return _Score
    return _Count if column.startswith("total") else datetime if column.endswith("_at") else _Text
