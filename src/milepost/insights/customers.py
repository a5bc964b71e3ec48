"""The list of customers: searched, filtered, sorted, and paged by key so that page 1,000 costs what page 1 does."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec
from psycopg import sql

from milepost.insights import by_figures
from milepost.insights.at_risk import Fall, at_risk_among
from milepost.insights.by_figures import FigureCondition, check_targets
from milepost.insights.by_owner import owned_by
from milepost.insights.by_traits import TraitCondition, conditions, found, looked_up, order_by, values_of
from milepost.insights.conditions import IN_STATUS, OF_SNAPSHOTS, SNAPSHOTS, STANDING, Status, matches, pattern
from milepost.insights.early import why_no_score
from milepost.insights.ordering import Ordering, ordering_of
from milepost.store.database import DictConnection, Row
from milepost.store.predicted import check_target, target_of
from milepost.store.queries import load
from milepost.traits.keep import read_now
from milepost.traits.values import Value as TraitValue
from milepost.vocabulary import Trend

_SQL = load("milepost.insights", "read.sql")
#: Found first, whatever the order: walking an index of the order would look at everybody where few match.
_MATCHES = matches()
_MATCHING = sql.SQL("s.customer_id in (select customer_id from matches)")
_WHERE = sql.SQL("{} where {}")
_CHOSEN = sql.SQL(", chosen as materialized (select s.customer_id from {})")
_AMONG = sql.SQL("s.customer_id in (select customer_id from chosen)")
_TAGGED = sql.SQL("s.customer_id in (select customer_id from milepost.tags where tag_key = %(tag)s)")


class Within(NamedTuple):
    """Some customers: a condition on `s.customer_id`, and the values that it takes, named as no others are."""

    condition: sql.Composable
    values: dict[str, object]


class CustomerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which customers a list is of. `active` was seen in the last 7 days, `quiet` was seen, but not for 14 days;
    the others are as of the last settling. Scores: at least and at most; `tag`, `owner` (a member's address, or
    `nobody`): in small letters; `within`: a segment, compiled. None is no bound."""

    q: str | None = None
    status: Status = "all"
    min_score: float | None = None
    max_score: float | None = None
    weakest: str | None = None
    tag: str | None = None
    owner: str | None = None
    traits: tuple[TraitCondition, ...] = ()
    figures: tuple[FigureCondition, ...] = ()
    within: Within | None = None


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
    #: Why there is no score, where there is none.
    score_reason: str | None = None
    #: Why the customer is at risk, where it is.
    at_risk: Fall | None = None
    #: What is known of the customer now.
    traits: dict[str, TraitValue] = {}


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
    sort: str = "-last_seen",
    wanted: CustomerFilter = EVERYBODY,
) -> CustomerPage:
    """One page of customers, behind `cursor` or else right in front of `before`. Names are sorted without regard to
    case, ids where there is none; scores by the last settling. `sort` is a Sort, or `trait.NAME` or `prediction.ID`,
    with a minus for downwards.

    Raises InvalidRequest for another sort, for a prediction that the plan does not ask for, and for a cursor that is
    not from the same one.
    """
    name = sort.removeprefix("-").removeprefix("trait.")
    by_trait = bool(name) and sort.removeprefix("-") == f"trait.{name}"
    order = await order_by(connection, name, sort) if by_trait else ordering_of(sort)
    wanted = msgspec.structs.replace(wanted, traits=await looked_up(connection, wanted.traits))
    if (target := target_of(sort.removeprefix("-"))) is not None:
        await check_target(connection, target, "sort")
    await check_targets(connection, wanted.figures)
    asked = _Asked(wanted, order)
    values = _values(wanted, now) | {"today": now.date(), "limit": limit + 1, "as_settled": asked.by_snapshot}
    if before is not None and cursor is None:
        rows = await _rows(connection, asked, values, before, backwards=True)
        if len(rows) > limit:
            rows = rows[:limit][::-1]
            return await _page(connection, asked, values, now, rows, order.encode(rows[-1]), order.encode(rows[0]))
        # The first page is reached: it is shown whole, whatever was left of it.
    rows = await _rows(connection, asked, values, cursor, backwards=False)
    following = order.encode(rows[limit - 1]) if len(rows) > limit else None
    previous = order.encode(rows[0]) if cursor is not None and rows else None
    return await _page(connection, asked, values, now, rows[:limit], following, previous)


async def count_customers(connection: DictConnection, *, now: datetime, wanted: CustomerFilter = EVERYBODY) -> int:
    """How many there are."""
    return await _count(connection, _Asked(wanted, ordering_of("-last_seen")), _values(wanted, now))


async def ids_of(connection: DictConnection, *, now: datetime, limit: int, wanted: CustomerFilter) -> list[str]:
    """Who they are, at most `limit`, by their ids."""
    wanted = msgspec.structs.replace(wanted, traits=await looked_up(connection, wanted.traits))
    asked = _Asked(wanted, ordering_of("customer"))
    query = sql.SQL(_SQL["customer_ids"]).format(
        matches=_MATCHES, found=found(wanted.traits), counted=asked.source, wanted=asked.condition
    )
    rows = await (await connection.execute(query, _values(wanted, now) | {"limit": limit})).fetchall()
    return [str(row["customer_id"]) for row in rows]


async def count_waiting(connection: DictConnection, *, now: datetime) -> int:
    """Customers whose settled figures are older than what is stored: for a second, or while a plan is taken over."""
    row = await (await connection.execute(_SQL["waiting"], {"today": now.date()})).fetchone()
    return int(str(row["waiting"])) if row else 0


class _Asked(NamedTuple):
    """A filter and an order, and what both mean for the tables to read."""

    wanted: CustomerFilter
    order: Ordering

    @property
    def by_snapshot(self) -> bool:
        wanted = self.wanted
        settled = self.order.settled or wanted.status in OF_SNAPSHOTS
        scored = (wanted.min_score, wanted.max_score, wanted.weakest) != (None, None, None)
        return settled or scored or any(one.settled for one in wanted.figures)

    @property
    def source(self) -> sql.Composable:
        return (SNAPSHOTS if self.by_snapshot else STANDING) + self.order.join

    @property
    def counted(self) -> sql.Composable:
        """What to count in: a snapshot has a standing, so the two are joined only where both decide."""
        wanted = self.wanted
        narrowing = (wanted.q, wanted.tag, wanted.owner, wanted.traits, wanted.figures, wanted.within)
        if self.by_snapshot and not any(narrowing) and wanted.status not in ("active", "quiet", "at_risk"):
            return sql.SQL("milepost.snapshots n")
        return SNAPSHOTS if self.by_snapshot else STANDING

    @property
    def costs(self) -> bool:
        """Whether it takes more than a look at a row to find who matches. Who is at risk is found by all of them; who
        is quiet comes last by what is settled, downwards."""
        wanted = self.wanted
        last = wanted.status == "quiet" and self.by_snapshot and self.order.descending
        return bool(wanted.q or wanted.traits or wanted.within) or wanted.status == "at_risk" or last

    @property
    def condition(self) -> sql.Composable:
        parts: list[sql.Composable] = [IN_STATUS[self.wanted.status]]
        if self.wanted.q:
            parts.append(_MATCHING)
        if self.wanted.tag is not None:
            parts.append(_TAGGED)
        if self.wanted.owner is not None:
            parts.append(owned_by(self.wanted.owner))
        if self.wanted.min_score is not None:
            parts.append(sql.SQL("n.current_scaling_score >= %(min_score)s"))
        if self.wanted.max_score is not None:
            parts.append(sql.SQL("n.current_scaling_score <= %(max_score)s"))
        if self.wanted.weakest is not None:
            parts.append(sql.SQL("n.weakest_competency = %(weakest)s"))
        if self.wanted.within is not None:
            parts.append(self.wanted.within.condition)
        parts += [*conditions(self.wanted.traits), *by_figures.conditions(self.wanted.figures)]
        return sql.SQL(" and ").join(parts)


def _values(wanted: CustomerFilter, now: datetime) -> dict[str, object]:
    return {
        **(wanted.within.values if wanted.within else {}),
        "like": pattern(wanted.q) if wanted.q else None,
        "now": now,
        "min_score": wanted.min_score,
        "max_score": wanted.max_score,
        "weakest": wanted.weakest,
        "tag": wanted.tag,
        "owner": wanted.owner,
        **values_of(wanted.traits),
        **by_figures.values_of(wanted.figures),
    }


async def _count(connection: DictConnection, asked: _Asked, values: dict[str, object]) -> int:
    query = sql.SQL(_SQL["customer_count"]).format(
        matches=_MATCHES, found=found(asked.wanted.traits), counted=asked.counted, wanted=asked.condition
    )
    row = await (await connection.execute(query, values)).fetchone()
    return int(str(row["total"])) if row else 0


async def _page(
    connection: DictConnection,
    asked: _Asked,
    values: dict[str, object],
    now: datetime,
    rows: list[Row],
    following: str | None,
    previous: str | None,
) -> CustomerPage:
    items = msgspec.convert(rows, list[CustomerSummary])
    known = await read_now(connection, "customer", [item.customer_id for item in items])
    flagged = asked.wanted.status == "at_risk"
    falls = await at_risk_among(connection, [item.customer_id for item in items], now=now, all_are=flagged)
    for item in items:
        item.traits, item.at_risk = known[item.customer_id], falls.get(item.customer_id)
        item.score_reason = why_no_score(item.current_scaling_score, item.first_event_at, now)
    total = int(str(rows[0]["total"])) if rows else await _count(connection, asked, values)
    return CustomerPage(items, total, following, previous)


async def _rows(
    connection: DictConnection, asked: _Asked, values: dict[str, object], cursor: str | None, *, backwards: bool
) -> list[Row]:
    """Rows behind the cursor in the order asked for, or, backwards, in front of it in the reverse order."""
    order = asked.order
    beyond: sql.Composable = sql.SQL("true")
    if cursor is not None:
        values["after"], values["after_id"] = order.decode(cursor)
        beyond = order.beyond(backwards=backwards, null=values["after"] is None)
    # Where it takes a while to find who matches, that is done once for the page and for how many there are.
    everybody = _WHERE.format(asked.counted, asked.condition)
    once = (_CHOSEN.format(everybody), _AMONG, sql.SQL("chosen")) if asked.costs else None
    chosen, among, all_chosen = once or (sql.SQL(""), asked.condition, everybody)
    query = sql.SQL(_SQL["customer_page"]).format(
        matches=_MATCHES,
        found=found(asked.wanted.traits),
        chosen=chosen,
        source=asked.source,
        among=among,
        all_chosen=all_chosen,
        order=order.by(backwards=backwards),
        after=beyond,
        sort_key=order.key,
    )
    return await (await connection.execute(query, values)).fetchall()
