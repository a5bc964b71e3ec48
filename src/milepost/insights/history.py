"""A customer's insights day by day, of any plan version; and how far a new plan has come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Final

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
#: The parts of a score in their order, by the version of the formulas.
_PARTS: Final = {
    1: ("competencies", "breadth", "consistency", "recency", "momentum", "outcomes"),
    2: ("competencies", "breadth", "consistency", "recency", "momentum", "outcomes"),
    3: ("competencies", "breadth", "consistency", "lately", "recency", "habit", "outcomes"),
}
_TRENDS: Final[dict[int | None, Trend | None]] = {None: None, -1: "declining", 0: "stable", 1: "improving"}


class PlanVersion(msgspec.Struct, kw_only=True):
    """A version of the tracking plan; `score_version` is that of the formulas it was used with."""

    plan_version: int
    score_version: int
    applied_at: datetime
    is_current: bool


class _NarrowDay(msgspec.Struct):
    """A row of milepost.insight_days."""

    points_28: int
    score: float | None
    competencies: float | None
    breadth: float | None
    consistency: float | None
    recency: float | None
    momentum: float | None
    outcomes: float | None
    trend: int | None
    inconsistent_system_usage: bool | None
    low_business_impact_actions: bool | None
    lately: float | None
    habit: float | None


class InsightsDay(msgspec.Struct, kw_only=True):
    """The insights at the end of a UTC day, as events tell it now; today's so far. None: not enough data. Of a past day
    score, parts, rate, trend and risks are what was written of it, where events have expired since."""

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
        raise InvalidRequest(f"start is {first} and end is {last}: start must not be after end.", field="start")
    if (last - first).days >= _MOST_DAYS:
        raise InvalidRequest(f"At most {_MOST_DAYS} days can be asked for at once. Ask for fewer.", field="start")
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
            f"There is no history for plan version {plan_version}; there is for {there}.", field="plan_version"
        )
    asked |= {"plan_version": chosen.plan_version, "start": first, "end": last, "today": today}
    plan = await (await connection.execute(_SQL["weights"], asked)).fetchone() or {}
    weights = msgspec.convert(plan["weights"], dict[str, float])
    asked["oldest"] = today - timedelta(days=int(str(plan["history"])) - 1)
    days = await (await connection.execute(_SQL["history" if chosen.is_current else "old_history"], asked)).fetchall()
    parts = _PARTS[chosen.score_version]
    return History(
        customer_id=customer_id,
        plan_version=chosen.plan_version,
        versions=versions,
        days=[
            msgspec.convert(
                row if row["day"] == today and chosen.is_current else _remembered(row, weights, parts),
                InsightsDay,
            )
            for row in days
        ],
    )


def _remembered(row: Mapping[str, object], weights: Mapping[str, float], parts: tuple[str, ...]) -> dict[str, object]:
    """A past day: what is not written of it is as `row` has it."""
    narrow = msgspec.convert(row["narrow"], _NarrowDay)
    values: dict[str, float | None] = {part: getattr(narrow, part) for part in parts}
    there = sum(weights.get(part, 0) for part, value in values.items() if value is not None)
    whole = sum(weights.get(part, 0) for part in values)
    components = [
        {
            "name": part,
            "weight": (weight := weights.get(part, 0)),
            "value": value,
            "contribution": weight * value / there if value is not None and there else None,
        }
        for part, value in values.items()
    ]
    # Whoever was there has a recency.
    was_there = narrow.recency is not None
    return {
        **row,
        "current_scaling_score": narrow.score,
        "score_coverage": (there / whole if whole else None) if was_there else None,
        "score_components": components if was_there else None,
        "systematic_progression_rate": narrow.points_28 / 4,
        "professional_credibility_trend": _TRENDS[narrow.trend],
        "inconsistent_system_usage": narrow.inconsistent_system_usage,
        "low_business_impact_actions": narrow.low_business_impact_actions,
    }


async def read_plan_status(connection: DictConnection) -> PlanStatus:
    """Raises NotFound before there is a plan."""
    plan = await (await connection.execute(_SQL["plan"])).fetchone()
    if plan is None:
        raise NotFound("There is no plan in the database yet; the server stores it when it starts.")
    progress = await (await connection.execute(_SQL["progress"])).fetchone() or {}
    versions = await (await connection.execute(_SQL["plans"])).fetchall()
    return msgspec.convert({**plan, **progress, "versions": versions}, PlanStatus)
