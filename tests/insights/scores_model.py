"""The formulas of docs/scores.md in plain Python, written from that page and not from the SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import comb, log

from milepost.plan import Plan
from milepost.vocabulary import Impact


@dataclass(frozen=True)
class CountedEvent:
    """An event as far as scores care: its UTC day, points, impact, tool and competency."""

    day: date
    points: int
    impact: str = "low"
    tool: str | None = None
    competency: str | None = None


@dataclass
class Scores:
    """What milepost.insights_on answers."""

    score: float | None = None
    coverage: float | None = None
    components: dict[str, float | None] = field(default_factory=dict)
    competencies: dict[str, float] = field(default_factory=dict)
    rate: float = 0.0
    trend: str | None = None
    recent: int = 0
    before: int = 0
    active_weeks: int = 0
    inconsistent: bool | None = None
    low_impact: bool | None = None
    low_share: float | None = None


def scores(events: list[CountedEvent], as_of: date, plan: Plan, outcomes: Sequence[tuple[date, Impact]] = ()) -> Scores:
    """The scores of a customer with these events and offline outcomes (day and impact), on a day."""
    rules = plan.scoring
    first = min((told.day for told in events), default=None)
    age = None if first is None else (as_of - first).days
    ago = [((as_of - told.day).days, told) for told in events if told.day <= as_of]

    def points(start: int, end: int) -> int:
        """Points of days start to end - 1 before as_of."""
        return sum(told.points for days, told in ago if start <= days < end)

    found = Scores()
    for competency in plan.competencies:
        own = [(days, told.points) for days, told in ago if told.competency == competency.id]
        faded = sum(number * 0.5 ** (days / rules.half_life_days) for days, number in own)
        found.competencies[competency.id] = 100 * (1 - 2.718281828459045 ** (-faded / rules.saturation_points))
    found.rate = points(0, 28) / 4
    found.recent, found.before = points(0, 14), points(14, 28)
    found.active_weeks = len({days // 7 for days, _ in ago if days < 56})
    month = [told for days, told in ago if days < 28]
    low = sum(told.impact == "low" for told in month)
    found.low_share = low / len(month) if month else None
    if len(month) >= 10:
        found.low_impact = low / len(month) > plan.risk.low_impact_share
    if age is None or age < 0:
        return found
    weeks = min(8, age // 7 + 1)
    if age >= 28:
        found.inconsistent = found.active_weeks < plan.risk.active_weeks * weeks / 8
    if age >= 55:
        active = {days for days, _ in ago}
        now, then = len([days for days in active if days < 28]), len([days for days in active if 28 <= days < 112])
        found.trend = trend(now, then, min(84, age - 27))
    known = {competency.id for competency in plan.competencies}
    earned = sum(told.points for _, told in ago if told.competency in known)
    tools = {tool.id for tool in plan.tools}
    used = {told.tool for days, told in ago if days < 30} & tools
    parts = {
        "competencies": sum(found.competencies.values()) / len(found.competencies) if earned else None,
        "breadth": 100 * len(used) / len(tools) if any(told.tool in tools for _, told in ago) else None,
        "consistency": _weeks({days // 7 for days, _ in ago}, age // 7 + 1, rules.consistency_half_life_weeks),
        "lately": _of_every_day({days for days, _ in ago}, rules.lately_half_life_days),
        "recency": 100 * rules.recency_days / (rules.recency_days + min(days for days, _ in ago)),
        "habit": _of_every_day({days for days, _ in ago}, rules.habit_half_life_days),
        "outcomes": _outcomes([((as_of - day).days, impact) for day, impact in outcomes if day <= as_of], plan),
    }
    weights = {name: float(getattr(rules.components, name)) for name in parts}
    there = sum(weights[name] for name, value in parts.items() if value is not None)
    found.components = parts
    found.coverage = there / sum(weights.values())
    if age >= 14 and found.coverage >= 1 / 3:
        found.score = sum(weights[name] * value for name, value in parts.items() if value is not None) / there
    return found


def trend(recent: int, earlier: int, before: int) -> str | None:
    """Whether so few or so many of the active days fell into the last 28 by more than chance: 2.5 % each way."""
    if not (active := recent + earlier):
        return None
    ways = [comb(active, k) * comb(before + 28 - active, 28 - k) for k in range(min(active, 28) + 1)]
    if 1000 * sum(ways[: recent + 1]) <= 25 * comb(before + 28, 28):
        return "declining"
    return "improving" if 1000 * sum(ways[recent:]) <= 25 * comb(before + 28, 28) else "stable"


def _outcomes(found: list[tuple[int, Impact]], plan: Plan) -> float | None:
    """100 * (1 - e ^ (-faded / outcome_saturation)), each outcome weighing as its impact does."""
    faded = sum(plan.points.weight[impact] * 0.5 ** (days / plan.scoring.half_life_days) for days, impact in found)
    return 100 * (1 - 2.718281828459045 ** (-faded / plan.scoring.outcome_saturation)) if found else None


def _weeks(active: set[int], there: int, half_life: float) -> float:
    """Active weeks of those that the customer was there for, each counting half of one a half-life later."""
    return float(
        100 * sum(0.5 ** (week / half_life) for week in active) / sum(0.5 ** (k / half_life) for k in range(there))
    )


def _of_every_day(active: set[int], half_life: float) -> float:
    """Active days so many days ago, each counting half of one a half-life later, on the scale of ln(1 + 10 x days);
    100 is every day, for ever."""
    faded = sum(0.5 ** (days / half_life) for days in active)
    return 100 * min(1, log(1 + 10 * faded) / log(1 + 10 / (1 - 0.5 ** (1 / half_life))))
