"""What the overview shows, and how it is made of the activity that was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import islice
from typing import Literal

from markupsafe import Markup

from milepost.dashboard import charts, markup
from milepost.dashboard import format as fmt
from milepost.dashboard import views as v
from milepost.dashboard.annotations.marks import NONE, Marks, marks
from milepost.dashboard.describe import competency_names, telling
from milepost.insights.overview import Activity, MilestoneReached, Week
from milepost.plan import Plan
from milepost.work.annotations import Annotation


@dataclass(frozen=True, slots=True)
class DayCount:
    """A calendar day (in `Shell.zone`) and how many."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class DaySeries:
    """Days without a gap, oldest first, zeros included. `distinct`: the counts cannot be added up."""

    title: str
    one: str
    many: str
    days: tuple[DayCount, ...]
    kind: Literal["bars", "line"] = "bars"
    distinct: bool = False
    partial_last: bool = True
    notes: tuple[Annotation, ...] = ()

    @property
    def marks(self) -> Marks:
        days = [d.day for d in self.days]
        return marks(self.notes, days, days[-1], "slots") if days else NONE

    @property
    def chart(self) -> charts.DayChart:
        return charts.day_chart([(d.day, d.count) for d in self.days], partial_last=self.partial_last)

    @property
    def answer(self) -> Markup:
        pairs = [(d.day, d.count) for d in self.days]
        say = markup.peak_answer if self.distinct else markup.series_answer
        return say(pairs, self.one, self.many)


@dataclass(frozen=True, slots=True)
class ToolUse:
    """Events and distinct customers of a tool in the 30 days."""

    tool_id: str
    label: str
    events: int
    customers: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """A competency milestone a customer reached; `points` of credibility if the sender gave any."""

    customer_id: str
    name: str
    at: datetime
    description: str
    competency: str | None = None
    points: float | None = None


@dataclass(frozen=True, slots=True)
class QuietCustomer:
    """Active before, nothing for QUIET_DAYS. `events` of all time; `name` falls back to the id."""

    customer_id: str
    name: str
    last_seen: datetime
    events: int
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """overview.html. `active` customers sent an event in the last seven days, `active_before` in the
    seven before those (None: no data that old). Lists are already cut to what is shown (8 or so)."""

    active: int
    active_before: int | None
    figures: tuple[v.Figure, ...]
    events: DaySeries
    customers: DaySeries
    tools: tuple[ToolUse, ...]
    milestones: tuple[Milestone, ...]
    quiet: tuple[QuietCustomer, ...]
    quiet_total: int
    last_event_at: datetime | None
    counted_at: datetime | None = None

    @property
    def answer(self) -> Markup:
        return markup.activity_answer(self.active, self.active_before)

    def tool_share(self, tool: ToolUse) -> float:
        """Bar length, 0-100, against the most used tool."""
        top = max((t.events for t in self.tools), default=0)
        return round(100 * tool.events / top, 2) if top else 0.0


def overview_view(activity: Activity, plan: Plan, zone: tzinfo, notes: Sequence[Annotation] = ()) -> Overview:
    """`zone` is the reader's: where it is not UTC, the charts say that their days are. `notes` are drawn on them."""
    tools, competencies = plan.tool_names(), competency_names(plan)
    days = "" if _is_utc(zone, activity.as_of) else " (UTC)"
    return Overview(
        active=activity.active.now,
        active_before=activity.active.before,
        figures=(
            _figure("Events", activity.events),
            _figure("Sessions", activity.sessions),
            _figure("Exports", activity.exports),
            _figure("Resources made", activity.resources),
        ),
        events=DaySeries(
            f"Events per day{days}",
            "event",
            "events",
            tuple(DayCount(d.day, d.events) for d in activity.days),
            notes=tuple(notes),
        ),
        customers=DaySeries(
            f"Active customers per day{days}",
            "customer",
            "customers",
            tuple(DayCount(d.day, d.customers) for d in activity.days),
            kind="line",
            distinct=True,
            notes=tuple(notes),
        ),
        tools=tuple(
            ToolUse(t.tool_id, tools.get(t.tool_id) or fmt.words(t.tool_id), t.events, t.customers)
            for t in activity.tools
        ),
        milestones=tuple(_milestone(m, tools, competencies) for m in islice(activity.milestones, 6)),
        quiet=tuple(QuietCustomer(q.customer_id, q.name, q.last_seen, q.events, q.score) for q in activity.quiet),
        quiet_total=activity.quiet_total,
        last_event_at=activity.last_event_at,
        counted_at=activity.as_of,
    )


def _figure(label: str, week: Week) -> v.Figure:
    return v.Figure(label, week.now, week.before)


def _milestone(reached: MilestoneReached, tools: Mapping[str, str], competencies: Mapping[str, str]) -> Milestone:
    points = reached.metadata.get("professional_credibility")
    tool = tools.get(reached.tool_id, fmt.words(reached.tool_id)) if reached.tool_id else ""
    described = telling(reached.metadata)
    area = reached.competency
    return Milestone(
        reached.customer_id,
        reached.name,
        reached.at,
        ": ".join(filter(None, (tool, described))) or "Reached a milestone",
        competencies.get(area, area) if area else None,
        float(points)
        if isinstance(points, int | float) and not isinstance(points, bool) and 0 < points < 1e6
        else None,
    )


def _is_utc(zone: tzinfo, now: datetime) -> bool:
    return not now.astimezone(zone).utcoffset()
