"""A customer's insights day by day, of any plan version; and how far a new plan has come."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from milepost.errors import InvalidRequest, NotFound
from milepost.insights.customer import Component
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.vocabulary import Trend

_SQL = load("milepost.insights", "history.sql")
#: Days shown where nobody says how many.
_SHOWN = 90
_MOST_DAYS = 3660


class PlanVersion(msgspec.Struct, kw_only=True):
    """A version of the tracking plan; `score_version` is that of the formulas it was used with."""

    plan_version: int
    score_version: int
    applied_at: datetime
    is_current: bool


class InsightsDay(msgspec.Struct, kw_only=True):
    """The insights at the end of a UTC day, as events tell it now; today's so far. None: not enough data."""

    day: date
    current_scaling_score: float | None
    score_coverage: float | None
    score_components: list[Component] | None
    systematic_progression_rate: float
    professional_credibility_trend: Trend | None
    points_last_14_days: int
    points_14_days_before: int
    active_weeks: int
    inconsistent_system_usage: bool | None
    low_business_impact_actions: bool | None
    low_impact_share: float | None
    competency_scores: Annotated[dict[str, float], Meta(description="0-100, by competency.")]


class History(msgspec.Struct, kw_only=True):
    """Days oldest first, all of one plan version; `versions` are those that can be asked for."""

    customer_id: str
    plan_version: int
    versions: list[PlanVersion]
    days: list[InsightsDay]


class PlanStatus(msgspec.Struct, kw_only=True):
    """The plan in force; `rescored` of `customers` have come to it, `unsettled` wait for their turn."""

    name: str
    plan_version: int
    score_version: int
    applied_at: datetime
    customers: int
    rescored: int
    unsettled: int
    versions: list[PlanVersion]


async def read_history(
    connection: DictConnection,
    customer_id: str,
    *,
    today: date,
    start: date | None = None,
    end: date | None = None,
    plan_version: int | None = None,
) -> History:
    """The days from `start` to `end`, by default the last 90, by default of the version the customer has.

    Raises NotFound for an unknown customer or version, InvalidRequest for a range that is none.
    """
    last = end or today
    first = start or last - timedelta(days=min(_SHOWN - 1, (last - date.min).days))
    if first > last:
        raise InvalidRequest(f"start is {first} and end is {last}: start comes first.", field="start")
    if (last - first).days >= _MOST_DAYS:
        raise InvalidRequest(f"At most {_MOST_DAYS} days are answered at once. Ask for fewer.", field="start")
    asked: dict[str, object] = {"customer_id": customer_id}
    known = await (await connection.execute(_SQL["known"], asked)).fetchone()
    if known is None or not known["known"]:
        raise NotFound(f"No customer {customer_id[:200]!r}. It appears with its first event.", field="customer_id")
    rows = await (await connection.execute(_SQL["versions"], asked)).fetchall()
    versions = msgspec.convert(rows, list[PlanVersion])
    chosen = next(
        (v for v in versions if (v.is_current if plan_version is None else v.plan_version == plan_version)), None
    )
    if chosen is None:
        there = ", ".join(str(version.plan_version) for version in versions) or "none"
        raise NotFound(
            f"There is no history of plan version {plan_version}; there is of {there}.", field="plan_version"
        )
    asked |= {"plan_version": chosen.plan_version, "start": first, "end": last}
    days = await (await connection.execute(_SQL["history"], asked)).fetchall()
    return History(
        customer_id=customer_id,
        plan_version=chosen.plan_version,
        versions=versions,
        days=msgspec.convert(days, list[InsightsDay]),
    )


async def read_plan_status(connection: DictConnection) -> PlanStatus:
    """Raises NotFound before there is a plan."""
    plan = await (await connection.execute(_SQL["plan"])).fetchone()
    if plan is None:
        raise NotFound("There is no plan in the database yet; the server brings it when it starts.")
    progress = await (await connection.execute(_SQL["progress"])).fetchone() or {}
    versions = await (await connection.execute(_SQL["plans"])).fetchall()
    return msgspec.convert({**plan, **progress, "versions": versions}, PlanStatus)
