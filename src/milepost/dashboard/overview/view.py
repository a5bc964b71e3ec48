"""What Home shows, and how it is made of what was read: who needs somebody today, figures, what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Final, Literal

import msgspec
from markupsafe import Markup

from milepost.analytics.asking import Period
from milepost.dashboard import charts, markup
from milepost.dashboard import format as fmt
from milepost.dashboard.annotations.marks import NONE, Marks, marks
from milepost.dashboard.describe import competency_names, event_in_words, telling
from milepost.dashboard.questions.address import address_of
from milepost.dashboard.questions.periods import period_pairs
from milepost.dashboard.views import customer_url
from milepost.dashboard.work.rows import TaskRow
from milepost.insights.at_risk import Changed
from milepost.insights.overview import Activity, Counted, MilestoneReached, Newcomer
from milepost.plan import Plan
from milepost.predict.said import Likely
from milepost.work.annotations import Annotation

#: Accounts and tasks on the first screen.
MOST_NEEDS: Final = 7
MOST_TASKS: Final = 5
#: Charts of days have room for so many.
_MOST_DAYS: Final = 92
_FIGURES: Final = 4


class Need(msgspec.Struct, frozen=True):
    """An account that needs somebody, and why. `mine`: the reader looks after it; `coach`: what is suggested."""

    customer_id: str
    name: str
    reason: str
    owner: str = ""
    mine: bool = False
    coach: str = ""

    @property
    def url(self) -> str:
        return customer_url(self.customer_id)


class Today(msgspec.Struct, frozen=True):
    """What needs the reader today. `own` of all accounts at risk, `total`, are theirs; `owns`: they look after any;
    `due`: their open tasks up to today, of which `tasks` are the first."""

    needs: tuple[Need, ...] = ()
    own: int = 0
    total: int = 0
    owns: bool = False
    tasks: tuple[TaskRow, ...] = ()
    due: int = 0
    risen: tuple[Changed, ...] = ()
    #: Of whom it is predicted: not those in `needs`.
    likely: tuple[Likely, ...] = ()

    @property
    def answer(self) -> Markup:
        parts = [self._accounts] if self.total else []
        if self.due:
            verb = fmt.plural(self.due, "task of yours is", "tasks of yours are")
            parts.append(Markup("{} {} due").format(markup.number(self.due), verb))
        if not parts:
            return Markup("Nobody needs you today: no account fell behind its own past.")
        return Markup("{}.").format(Markup(", and ").join(parts))

    @property
    def _accounts(self) -> Markup:
        if self.own:
            one, many = ("account of yours needs", "of your accounts need")
            return Markup("{} {} you today").format(markup.number(self.own), one if self.own == 1 else many)
        shown = len(self.needs)
        verb = fmt.plural(shown, "account changed", "accounts changed")
        whose = ", none of them yours" if self.owns else ""
        return Markup("{} {} most against {} own past{}").format(
            markup.number(shown), verb, "its" if shown == 1 else "their", whose
        )

    @property
    def more(self) -> int:
        """How many of those at risk are not on the page."""
        return self.total - len(self.needs)


class DayCount(msgspec.Struct, frozen=True):
    """A calendar day (in `Shell.zone`) and how many."""

    day: date
    count: int


class DaySeries(msgspec.Struct, frozen=True):
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


class Trend(msgspec.Struct, frozen=True):
    """A figure of the period, of the one before (None: nothing is that old), and how it went: a number for each day, or
    each week of a long period."""

    label: str
    value: int
    previous: int | None
    values: tuple[int, ...] = ()
    each: str = "a day"


class Milestone(msgspec.Struct, frozen=True):
    """A competency milestone a customer reached; `points` of credibility if the sender gave any."""

    customer_id: str
    name: str
    at: datetime
    description: str
    competency: str | None = None
    points: float | None = None


class Overview(msgspec.Struct, frozen=True):
    """overview.html. Lists are already cut to what is shown. `period`, `first`, `last`: what rules the figures;
    `events` and `customers` are None where the period is too long for a chart of days."""

    today: Today
    period: Period
    first: date
    last: date
    figures: tuple[Trend, ...]
    events: DaySeries | None
    customers: DaySeries | None
    milestones: tuple[Milestone, ...] = ()
    came: tuple[Newcomer, ...] = ()
    notes: tuple[Annotation, ...] = ()
    last_event_at: datetime | None = None
    counted_at: datetime | None = None
    #: Where the figures, which are still counted, are had; "" where they are there.
    figures_url: str = ""
    #: The form of the period asks for it.
    uses_traits: bool = False

    @property
    def span(self) -> int:
        """Days."""
        return (self.last - self.first).days + 1


def overview_view(
    activity: Activity,
    today: Today,
    period: Period,
    plan: Plan,
    zone: tzinfo,
    notes: Sequence[Annotation] = (),
    names: Mapping[str, str] | None = None,
) -> Overview:
    """`zone` is the reader's: where it is not UTC, the charts say that their days are. `notes` are drawn on them;
    `names`: what events are called by the names they were sent with."""
    tools, competencies = plan.tool_names(), competency_names(plan)
    days = "" if _is_utc(zone, activity.as_of) else " (UTC)"
    running = activity.last >= activity.as_of.date()
    short = len(activity.days) <= _MOST_DAYS

    def series(title: str, noun: str, counts: Sequence[int], kind: Literal["bars", "line"]) -> DaySeries | None:
        pairs = tuple(DayCount(d.day, n) for d, n in zip(activity.days, counts, strict=True))
        many, distinct = f"{noun}s", kind == "line"
        return DaySeries(f"{title}{days}", noun, many, pairs, kind, distinct, running, tuple(notes)) if short else None

    return Overview(
        today=today,
        period=period,
        first=activity.first,
        last=activity.last,
        figures=_figures(activity),
        events=series("Events per day", "event", activity.events.days, "bars"),
        customers=series("Active customers per day", "customer", activity.active.days, "line"),
        milestones=tuple(_milestone(one, tools, competencies, names or {}) for one in activity.reached),
        came=activity.came,
        notes=tuple(reversed(notes))[:6],
        last_event_at=activity.last_event_at,
        counted_at=activity.as_of,
    )


def still_counting(today: Today, period: Period, first: date, last: date) -> Overview:
    """Home before its figures are there."""
    url = address_of("/", [*period_pairs(period), ("wait", "1")])
    return Overview(today, period, first, last, (), None, None, figures_url=url)


def _figures(activity: Activity) -> tuple[Trend, ...]:
    """The first four that anything was ever sent for."""
    sent = activity.sent
    wanted = (
        ("Active customers", activity.active, True),
        ("Events", activity.events, True),
        ("Sessions", activity.sessions, sent.sessions),
        ("New customers", activity.newcomers, True),
        ("Exports", activity.exports, sent.exports),
        ("Resources made", activity.resources, sent.resources),
        ("Milestones", activity.milestones, sent.milestones),
    )
    return tuple(_trend(label, counted) for label, counted, there in wanted if there)[:_FIGURES]


def _trend(label: str, counted: Counted) -> Trend:
    if len(counted.days) <= _MOST_DAYS:
        return Trend(label, counted.now, counted.before, counted.days)
    # Whole weeks, back from the last day; a mean, since who is active on two days is one customer.
    whole = counted.days[len(counted.days) % 7 :]
    weeks = tuple(round(sum(whole[at : at + 7]) / 7) for at in range(0, len(whole), 7))
    return Trend(label, counted.now, counted.before, weeks, "a day, by week")


def _milestone(
    reached: MilestoneReached, tools: Mapping[str, str], competencies: Mapping[str, str], names: Mapping[str, str]
) -> Milestone:
    points = reached.metadata.get("professional_credibility")
    tool = tools.get(reached.tool_id, fmt.words(reached.tool_id)) if reached.tool_id else ""
    told = ": ".join(filter(None, (tool, telling(reached.metadata)))) or "Reached a milestone"
    if reached.event_name:
        metadata, name = reached.metadata, names.get(reached.event_name, reached.event_name)
        told = event_in_words("competency_milestone", reached.tool_id, None, metadata, None, tools, name).sentence
    area = reached.competency
    return Milestone(
        reached.customer_id,
        reached.name,
        reached.at,
        told,
        competencies.get(area, area) if area else None,
        float(points)
        if isinstance(points, int | float) and not isinstance(points, bool) and 0 < points < 1e6
        else None,
    )


def _is_utc(zone: tzinfo, now: datetime) -> bool:
    return not now.astimezone(zone).utcoffset()
