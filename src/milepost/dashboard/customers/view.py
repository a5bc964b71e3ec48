"""What is known of a customer as its page shows it: score and why, counters, sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from markupsafe import Markup

from milepost.dashboard import charts, markup
from milepost.dashboard import format as fmt
from milepost.dashboard import views as v
from milepost.dashboard.annotations.marks import NONE, Marks, marks
from milepost.dashboard.customers.timeline import Timeline
from milepost.dashboard.customers.ways import Way, ways_to_ask
from milepost.dashboard.describe import competency_names, stage_name
from milepost.insights.customer import Component, Insights, Session
from milepost.insights.customer import Customer as StoredCustomer
from milepost.insights.history import InsightsDay
from milepost.plan import Plan
from milepost.vocabulary import SESSION_IDLE_SECONDS, Trend
from milepost.work.annotations import Annotation

_PARTS: Final = {
    "competencies": "Competencies",
    "breadth": "Tools in use",
    "consistency": "Active weeks",
    "lately": "Active days lately",
    "recency": "How recent",
    "habit": "Active days over months",
    "outcomes": "Outcomes",
}


class Bar(msgspec.Struct, frozen=True):
    """A named value of 0-100, e.g. a competency."""

    label: str
    value: float | None


class ScorePart(msgspec.Struct, frozen=True):
    """What one component adds to the score: `value` 0-100, `weight` 0-1 after sharing out what had no
    data, `points` = value x weight. All None: no data for it."""

    label: str
    value: float | None
    weight: float | None
    points: float | None


class Insight(msgspec.Struct, frozen=True):
    """`score` 0-100; `coverage` 0-1 is the share of the weights that had data; `rate` points a week.
    `risks` are whole sentences with the figures behind them."""

    score: float | None
    coverage: float | None = None
    trend: Trend | None = None
    rate: float | None = None
    competencies: tuple[Bar, ...] = ()
    parts: tuple[ScorePart, ...] = ()
    risks: tuple[str, ...] = ()
    history: tuple[tuple[date, float | None], ...] = ()
    """The score at the end of each of the last days, oldest first, today's so far."""
    versions: str = ""
    notes: tuple[Annotation, ...] = ()
    reason: str = ""
    """Why there is no score."""

    @property
    def line(self) -> charts.ScoreLine | None:
        return charts.score_line([score for _, score in self.history])

    @property
    def marks(self) -> Marks:
        days = [day for day, _ in self.history]
        return marks(self.notes, days, days[-1], "points") if days else NONE

    @property
    def months(self) -> tuple[tuple[date, float | None, Markup], ...]:
        """Every seventh day, newest first, for the table, with what happened in the seven days that end with it."""
        days = self.history[::-1][::7]
        told = marks(self.notes, [day - timedelta(days=6) for day, _ in days[::-1]], self.history[-1][0], "slots")
        return tuple((day, score, told.of(len(days) - 1 - place)) for place, (day, score) in enumerate(days))


class SessionRow(msgspec.Struct, frozen=True):
    """`duration` in ms; None while it runs. `tools` as labels. `device` e.g. 'Desktop, Firefox'."""

    session_id: str
    started_at: datetime
    duration: int | None
    events: int
    tools: tuple[str, ...] = ()
    exports: int = 0
    device: str | None = None
    referrer: str | None = None


class Customer(msgspec.Struct, frozen=True):
    """customer.html. ARR as the product sent it (text, e.g. '$2M+'). `sessions` newest first, cut to
    what is shown (10); `sessions_total` all of them."""

    customer_id: str
    name: str
    first_seen: datetime | None
    last_seen: datetime | None
    counters: tuple[v.Figure, ...]
    insight: Insight
    sessions: tuple[SessionRow, ...]
    sessions_total: int
    timeline: Timeline
    current_arr: str | None = None
    target_arr: str | None = None
    growth_stage: str = ""

    @property
    def answer(self) -> Markup:
        return markup.score_answer(self.insight.score, self.insight.trend, self.insight.rate, self.insight.reason)

    @property
    def ways(self) -> tuple[Way, ...]:
        return ways_to_ask(self.customer_id)


def customer_view(
    customer: StoredCustomer,
    sessions: Sequence[Session],
    timeline: Timeline,
    plan: Plan,
    *,
    now: datetime,
    days: Sequence[InsightsDay] = (),
    notes: Sequence[Annotation] = (),
) -> Customer:
    """`sessions`: the newest, newest first. `days`: the score's history, oldest first. `notes`: what is drawn on it."""
    known = customer.insights
    tools = plan.tool_names()
    return Customer(
        customer_id=customer.customer_id,
        name=customer.name or customer.customer_id,
        first_seen=known.first_event_at,
        last_seen=known.last_activity_timestamp,
        counters=_counters(known),
        insight=Insight(
            score=known.current_scaling_score,
            reason=known.score_reason or "",
            coverage=known.score_coverage,
            trend=known.professional_credibility_trend,
            rate=known.systematic_progression_rate if known.total_events else None,
            competencies=_competencies(known, competency_names(plan)),
            parts=_parts(known.score_components or []) if known.current_scaling_score is not None else (),
            risks=risks(known, plan),
            # Today's row is settled a moment after a change; what is read is true now.
            history=(
                *((d.day, d.current_scaling_score) for d in days if d.day < now.date()),
                (now.date(), known.current_scaling_score),
            )
            if days
            else (),
            versions=f"Formulas of version {known.score_version}, plan of version {known.plan_version}.",
            notes=tuple(notes),
        ),
        sessions=tuple(_session(s, tools, now) for s in sessions),
        sessions_total=known.total_sessions,
        timeline=timeline,
        current_arr=known.current_arr,
        target_arr=known.target_arr,
        growth_stage=stage_name(plan, known.growth_stage) if known.growth_stage else "",
    )


def risks(known: Insights, plan: Plan) -> tuple[str, ...]:
    """The risk factors as sentences, each with the figures behind it."""
    said = []
    if known.inconsistent_system_usage:
        weeks = fmt.plural(known.active_weeks, "week")
        said.append(
            f"Irregular use: active in {known.active_weeks} {weeks} of the last 8; "
            f"the plan expects {plan.risk.active_weeks}."
        )
    return tuple(said)


def _counters(known: Insights) -> tuple[v.Figure, ...]:
    actions = (v.Figure("Offline actions", known.total_actions),) if known.total_actions else ()
    credibility = (
        (v.Figure("Credibility", known.professional_credibility, hint="points"),)
        if known.professional_credibility
        else ()
    )
    return (
        v.Figure("Events", known.total_events),
        v.Figure("Sessions", known.total_sessions),
        v.Figure("Exports", known.total_exports_generated),
        v.Figure("Resources made", known.total_resources_created),
        v.Figure("Milestones", known.total_milestones),
        v.Figure("Points in 14 days", known.points_last_14_days, known.points_14_days_before),
        *actions,
        *credibility,
    )


def _competencies(known: Insights, names: Mapping[str, str]) -> tuple[Bar, ...]:
    if not any(c.points for c in known.competencies):
        return ()
    return tuple(Bar(names.get(c.competency, c.competency), c.score if c.points else None) for c in known.competencies)


def _parts(components: Sequence[Component]) -> tuple[ScorePart, ...]:
    """What had no data gave its weight to the others."""
    whole = sum(c.weight for c in components if c.value is not None)
    return tuple(
        ScorePart(
            _PARTS.get(c.name, fmt.words(c.name)),
            c.value,
            c.weight / whole if c.value is not None and whole else None,
            c.contribution,
        )
        for c in components
    )


def _session(session: Session, tools: Mapping[str, str], now: datetime) -> SessionRow:
    running = now - session.ended_at < timedelta(seconds=SESSION_IDLE_SECONDS)
    device = session.device_type if session.device_type != "other" else None
    return SessionRow(
        session.session_id,
        session.started_at,
        None if running else session.session_duration,
        session.events_count,
        tuple(tools.get(tool) or fmt.words(tool) for tool in session.tools_accessed),
        session.exports_generated,
        ", ".join(filter(None, (device.capitalize() if device else "", session.browser))) or None,
        session.referrer_source,
    )
