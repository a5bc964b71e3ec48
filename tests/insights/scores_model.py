"""The formulas of docs/scores.md in plain Python, written from that page and not from the SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

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
    if age >= 27 and found.recent + found.before >= rules.trend_min_points:
        up, down = found.before * (1 + rules.dead_band), found.before * (1 - rules.dead_band)
        found.trend = "improving" if found.recent > up else "declining" if found.recent < down else "stable"
    known = {competency.id for competency in plan.competencies}
    earned = sum(told.points for _, told in ago if told.competency in known)
    used = {told.tool for days, told in ago if days < 30} & {tool.id for tool in plan.tools}
    now_a_day, then_a_day = points(0, 28) / 28, points(28, 112) / max(1, min(84, age - 27))
    parts = {
        "competencies": sum(found.competencies.values()) / len(found.competencies) if earned else None,
        "breadth": 100 * len(used) / len(plan.tools),
        "consistency": _consistency({days // 7 for days, _ in ago if days < 56}, weeks, plan) if age >= 14 else None,
        "recency": _recency([days for days, _ in ago if days < 112], plan),
        "momentum": 100 * now_a_day / (now_a_day + then_a_day) if age >= 41 and now_a_day + then_a_day else None,
        "outcomes": _outcomes([((as_of - day).days, impact) for day, impact in outcomes if day <= as_of], plan),
    }
    weights = {name: float(getattr(rules.components, name)) for name in parts}
    there = sum(weights[name] for name, value in parts.items() if value is not None)
    found.components = parts
    found.coverage = there / sum(weights.values())
    if found.coverage >= 1 / 3:
        found.score = sum(weights[name] * value for name, value in parts.items() if value is not None) / there
    return found


def _outcomes(found: list[tuple[int, Impact]], plan: Plan) -> float | None:
    """100 * (1 - e ^ (-faded / outcome_saturation)), each outcome weighing as its impact does."""
    faded = sum(plan.points.weight[impact] * 0.5 ** (days / plan.scoring.half_life_days) for days, impact in found)
    return 100 * (1 - 2.718281828459045 ** (-faded / plan.scoring.outcome_saturation)) if found else None


def _consistency(active: set[int], weeks: int, plan: Plan) -> float:
    """Active weeks of those that could be, each counting half of one `consistency_half_life_weeks` later."""
    counts = [0.5 ** (week / plan.scoring.consistency_half_life_weeks) for week in range(8)]
    return float(100 * sum(counts[week] for week in active) / sum(counts[:weeks]))


def _recency(ago: list[int], plan: Plan) -> float:
    """100 on a day with an event, half of it every `recency_half_life_days` after."""
    return 100 * float(0.5 ** (min(ago) / plan.scoring.recency_half_life_days)) if ago else 0.0
