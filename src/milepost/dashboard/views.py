"""What each page's template takes, as frozen dataclasses: the routes build these, the templates only
lay them out. The pages around them (sign-in, keys, errors, getting started) are in account/views.py.

Everywhere: datetimes are aware; `None` means "not enough data" (shown as a dash) unless a field says
otherwise; texts are as the customer sent them, the templates escape them; sequences are tuples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final, Literal
from urllib.parse import quote, urlencode

from markupsafe import Markup

from milepost.dashboard import charts, markup
from milepost.dashboard.format import in_zone
from milepost.vocabulary import EVENT_TYPES, ActionRole, EventType, GrowthStage, Impact, Trend

Section = Literal[
    "overview", "live", "customers", "trends", "funnels", "retention", "paths", "lifecycle", "tools", "sessions",
    "cohorts", "dashboards", "coaching", "practice", "game", "score", "keys",
]  # fmt: skip
Show = Literal["all", "active", "quiet", "improving", "declining", "at_risk"]
CustomerSort = Literal["name", "last_seen", "events", "sessions", "exports", "resources", "rate", "score"]

CUSTOMER_SORTS: Final[tuple[CustomerSort, ...]] = (
    "name", "last_seen", "events", "sessions", "exports", "resources", "rate", "score",
)  # fmt: skip
SHOWS: Final[tuple[Show, ...]] = ("all", "active", "quiet", "improving", "declining", "at_risk")
#: A customer is quiet who was active before and sent nothing for this many days.
QUIET_DAYS: Final = 14


def default_descending(sort: CustomerSort) -> bool:
    """The order of a column when the address names none: names from A, everything else from the top."""
    return sort != "name"


def customer_url(customer_id: str) -> str:
    """The page of a customer, whose id may hold any character but NUL."""
    return f"/customers/{quote(customer_id, safe='')}"


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame around every signed-in page needs. `section` is None on error pages."""

    section: Section | None
    email: str
    now: datetime
    zone: tzinfo
    """The reader's zone, from the cookie `tz` that locale.js sets (an IANA name); UTC before that."""


# -- Parts ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Figure:
    """A headline number: `value` and, for its change, `previous` from the period just before."""

    label: str
    value: float | None
    previous: float | None = None
    digits: int = 0
    hint: str = ""


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

    @property
    def chart(self) -> charts.DayChart:
        return charts.day_chart([(d.day, d.count) for d in self.days], partial_last=self.partial_last)

    @property
    def answer(self) -> Markup:
        pairs = [(d.day, d.count) for d in self.days]
        say = markup.peak_answer if self.distinct else markup.series_answer
        return say(pairs, self.one, self.many)


# -- Overview -------------------------------------------------------------------------------------
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
    figures: tuple[Figure, ...]
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


# -- Customers ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`weeks`: events of the last eight weeks, oldest first, the running one last. `score` 0-100."""

    customer_id: str
    name: str
    last_seen: datetime | None
    events: int
    sessions: int
    exports: int
    resources: int
    score: float | None
    rate: float | None = None
    """Points a week."""
    weeks: tuple[int, ...] = ()

    @property
    def url(self) -> str:
        return customer_url(self.customer_id)


@dataclass(frozen=True, slots=True)
class Customers:
    """customers.html. `total` match query and filter, `everyone` is all. `before`/`after` are opaque
    cursors of the neighbouring pages, None at the ends; where `before` is not to be had, `first=False`
    offers the way back to the first page. `sortable` columns get a link in the header.
    GET /customers?q&show&sort&dir&after&before."""

    rows: tuple[CustomerRow, ...]
    total: int
    everyone: int
    query: str = ""
    show: Show = "all"
    sort: CustomerSort = "last_seen"
    descending: bool = True
    after: str | None = None
    before: str | None = None
    first: bool = True
    waiting: int = 0
    """Customers whose scores are just being worked out anew; 0 where they are few."""
    sortable: tuple[CustomerSort, ...] = CUSTOMER_SORTS

    @property
    def answer(self) -> Markup:
        return markup.customers_answer(self.total, self.everyone, self.query, self.show)

    @property
    def nobody(self) -> tuple[str, str]:
        """What a filter that leaves nobody says: that, and what it means."""
        return markup.NOBODY[self.show]

    def url(self, **changes: str) -> str:
        """This page's address with some parameters changed; paging starts over unless it is named.
        Parameters at their default are left out."""
        state = {"q": self.query, "show": self.show, "sort": self.sort, "dir": self._direction} | changes
        defaults = {"q": "", "show": "all", "sort": "last_seen"}
        defaults["dir"] = "asc" if state["sort"] == "name" else "desc"  # as default_descending
        chosen = {name: value for name, value in state.items() if value != defaults.get(name)}
        return f"/customers?{urlencode(chosen)}" if chosen else "/customers"

    def sort_url(self, column: CustomerSort) -> str:
        """Sorts by `column`; on the column already sorted by, turns the order round."""
        first = "desc" if default_descending(column) else "asc"
        turned = "asc" if self.descending else "desc"
        return self.url(sort=column, dir=turned if column == self.sort else first)

    def aria_sort(self, column: CustomerSort) -> str:
        if column != self.sort:
            return "none"
        return "descending" if self.descending else "ascending"

    @property
    def _direction(self) -> str:
        return "desc" if self.descending else "asc"


# -- Customer -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Bar:
    """A named value of 0-100, e.g. a competency."""

    label: str
    value: float | None


@dataclass(frozen=True, slots=True)
class ScorePart:
    """What one component adds to the score: `value` 0-100, `weight` 0-1 after sharing out what had no
    data, `points` = value x weight. All None: no data for it."""

    label: str
    value: float | None
    weight: float | None
    points: float | None


@dataclass(frozen=True, slots=True)
class Insight:
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

    @property
    def line(self) -> charts.ScoreLine | None:
        return charts.score_line([score for _, score in self.history])

    @property
    def months(self) -> tuple[tuple[date, float | None], ...]:
        """Every seventh day, newest first, for the table."""
        return self.history[::-1][::7]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """`duration` in ms; None while it runs. `tools` as labels. `device` e.g. 'Desktop, Firefox'."""

    session_id: str
    started_at: datetime
    duration: int | None
    events: int
    tools: tuple[str, ...] = ()
    exports: int = 0
    device: str | None = None
    referrer: str | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """An online event or an offline action. `title` in plain words ('Used ICP analysis'), `detail` a
    short addition, `where` tool and section. `role` is set for actions alone. `raw_url` answers the
    fragment partials/event_detail.html; None where there is nothing more to show."""

    entry_id: str
    at: datetime
    title: str
    detail: str = ""
    where: str = ""
    impact: Impact | None = None
    role: ActionRole | None = None
    user_id: str | None = None
    raw_url: str | None = None

    @property
    def offline(self) -> bool:
        return self.role is not None


@dataclass(frozen=True, slots=True)
class TimelineDay:
    """`continued`: the page before this one has shown the day's heading already."""

    day: date
    entries: tuple[TimelineEntry, ...]
    continued: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """partials/timeline.html, also alone: GET /customers/{id}/timeline?before=CURSOR&day=YYYY-MM-DD.
    `more_url` is that address for the next page, None at the end."""

    days: tuple[TimelineDay, ...]
    more_url: str | None = None


def make_timeline(
    entries: Sequence[TimelineEntry], zone: tzinfo, *, more_url: str | None = None, shown: date | None = None
) -> Timeline:
    """Groups entries, newest first, by day in `zone`. `shown` is the last day already on the page.
    The last day is added to `more_url` as `day`, to be handed back as `shown`."""
    groups: dict[date, list[TimelineEntry]] = {}
    for entry in entries:
        groups.setdefault(in_zone(entry.at, zone).date(), []).append(entry)
    days = tuple(TimelineDay(day, tuple(group), day == shown) for day, group in groups.items())
    if more_url and days:
        more_url += f"{'&' if '?' in more_url else '?'}day={days[-1].day.isoformat()}"
    return Timeline(days, more_url)


@dataclass(frozen=True, slots=True)
class EventDetail:
    """partials/event_detail.html: every stored field that has a value, and the metadata as indented JSON."""

    fields: tuple[tuple[str, str], ...]
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """customer.html. ARR as the product sent it (text, e.g. '$2M+'). `sessions` newest first, cut to
    what is shown (10); `sessions_total` all of them."""

    customer_id: str
    name: str
    first_seen: datetime | None
    last_seen: datetime | None
    counters: tuple[Figure, ...]
    insight: Insight
    sessions: tuple[SessionRow, ...]
    sessions_total: int
    timeline: Timeline
    current_arr: str | None = None
    target_arr: str | None = None
    growth_stage: GrowthStage | None = None

    @property
    def answer(self) -> Markup:
        return markup.score_answer(self.insight.score, self.insight.trend, self.insight.rate)


# -- Live -----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class LiveEvent:
    """A row of the stream, as GET /v1/live sends it; `summary` is the plain sentence about it."""

    event_id: str
    customer_id: str
    customer_name: str
    event_type: str
    timestamp: datetime
    business_impact: Impact | None = None
    summary: str = ""

    @property
    def url(self) -> str:
        return customer_url(self.customer_id)


@dataclass(frozen=True, slots=True)
class Live:
    """live.html?customer&type. `events` newest first (50 at most), `per_minute` 60 counts, oldest first.
    The page filters by itself, so `events` are unfiltered."""

    events: tuple[LiveEvent, ...]
    per_minute: tuple[int, ...]
    customer: str = ""
    event_type: str = ""
    event_types: tuple[EventType, ...] = EVENT_TYPES
