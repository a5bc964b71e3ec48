"""What the coach's templates take: recommendations as rows, lifts as dots with whiskers, and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from milepost.coach.said import Coaching, Difference, Evidence, Lesson, PlaybookReport, Queued, Recommendation, Which
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.plan import Plan

#: The queue's tabs; `open` is where it begins.
TABS: Final[tuple[tuple[Which, str], ...]] = (
    ("open", "Open"),
    ("accepted", "Accepted"),
    ("done", "Done"),
    ("dismissed", "Dismissed"),
    ("expired", "Ran out"),
    ("all", "All"),
)
_STATES: Final = {
    "made": "New",
    "shown": "Seen",
    "accepted": "Accepted",
    "dismissed": "Dismissed",
    "done": "Done",
    "expired": "Ran out",
}
#: Most differences fit into these points to either side; a longer whisker ends at the edge.
_SCALE: Final = 0.5


@dataclass(frozen=True, slots=True)
class RecommendationRow:
    """A recommendation in a list. `name` is empty on the customer's own page; `closes` while it can be marked."""

    recommendation_id: str
    customer_id: str
    name: str
    title: str
    action: str
    reason: str
    evidence: tuple[Evidence, ...]
    state: str
    state_words: str
    since: datetime
    at: datetime
    url: str | None
    playbook: str
    open: bool

    @property
    def mark_url(self) -> str:
        return f"/coaching/recommendations/{self.recommendation_id}"


@dataclass(frozen=True, slots=True)
class Whisker:
    """A difference on a line of 100: `dot`, and its interval from `low` to `high`; zero is in the middle."""

    dot: float
    low: float
    high: float
    kind: str
    """better, worse, or nothing where chance could have made it."""

    label: str


@dataclass(frozen=True, slots=True)
class PlaybookRow:
    """A playbook with its counts; `whisker` None: not enough data yet."""

    report: PlaybookReport
    whisker: Whisker | None

    @property
    def url(self) -> str:
        return f"/coaching?{urlencode({'playbook': self.report.playbook})}"


@dataclass(frozen=True, slots=True)
class LessonRow:
    """Something learned, with its difference."""

    lesson: Lesson
    whisker: Whisker


@dataclass(frozen=True, slots=True)
class Hook:
    """The last week of the webhook."""

    delivered: int
    waiting: int
    gave_up: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class CoachingPage:
    """coach/coaching.html. `most` is how far `total`, of what is chosen, and `opened` count; `after` a cursor."""

    rows: tuple[RecommendationRow, ...]
    total: int
    opened: int
    most: int
    which: Which
    playbook: str
    after: str | None
    first: bool
    playbooks: tuple[PlaybookRow, ...]
    learned: tuple[LessonRow, ...]
    learned_more: int
    learned_from: int
    counted_at: datetime | None
    learned_at: datetime | None
    hook: Hook | None
    tabs: tuple[tuple[Which, str], ...] = TABS

    @property
    def answer(self) -> Markup:
        """What the page says at a glance: how much is open, and what is known to help."""
        count = self.opened
        if count >= self.most:
            # So many are not counted for each page: as many as they were when all were counted.
            count = max(count, sum(row.report.open for row in self.playbooks))
        helps = [row.report.name for row in self.playbooks if row.whisker and row.whisker.kind == "better"]
        harms = [row.report.name for row in self.playbooks if row.whisker and row.whisker.kind == "worse"]
        said = (
            Markup("{} {} open").format(
                markup.number(count), fmt.plural(count, "recommendation is", "recommendations are")
            )
            if count
            else Markup("Nothing is recommended right now")
        )
        if helps:
            what = Markup("{} {}").format(markup.number(len(helps)), fmt.plural(len(helps), "playbook"))
            said += Markup('; <span class="better">{} proved to help</span>').format(what)
        elif any(row.whisker for row in self.playbooks):
            said += "; none has proved to help yet"
        elif not self.nothing_ever:
            said += "; what helps is still being measured"
        if harms:
            said += Markup(', <span class="worse">{} {} harm</span>').format(
                markup.number(len(harms)), fmt.plural(len(harms), "does", "do")
            )
        return Markup("{}.").format(said)

    @property
    def nothing_ever(self) -> bool:
        counted = any(row.report.made or row.report.held_out for row in self.playbooks)
        return not (counted or self.rows or self.playbook) and self.which in ("open", "all")

    def url(self, **changes: str) -> str:
        """This page's address with some parameters changed; paging starts over unless it is named."""
        state = {"state": self.which, "playbook": self.playbook} | changes
        chosen = {name: value for name, value in state.items() if value and (name, value) != ("state", "open")}
        return f"/coaching?{urlencode(chosen)}" if chosen else "/coaching"


@dataclass(frozen=True, slots=True)
class NextSteps:
    """coach/next_steps.html, on the customer's page. `past` newest first."""

    rows: tuple[RecommendationRow, ...]
    past: tuple[RecommendationRow, ...]


def row_of(one: Recommendation, customer_id: str, name: str, plan: Plan) -> RecommendationRow:
    """`name` empty: the page says whose it is. The team reads the playbook's name, the customer its title."""
    names = plan.playbook_names()
    ends = {"accepted": one.accepted_at, "dismissed": one.dismissed_at, "done": one.done_at, "shown": one.shown_at}
    is_open = one.state in ("made", "shown", "accepted")
    return RecommendationRow(
        recommendation_id=str(one.recommendation_id),
        customer_id=customer_id,
        name=name,
        title=names.get(one.playbook or "", one.title),
        action=one.action,
        reason=one.reason,
        evidence=tuple(one.evidence),
        state=one.state,
        state_words=_STATES[one.state],
        since=one.made_at,
        at=ends.get(one.state) or one.made_at,
        # An address of the product, from the plan: a path leads nowhere from here.
        url=one.url if one.url and one.url.startswith(("https://", "http://")) else None,
        playbook=one.playbook or "learned",
        open=is_open,
    )


def queue_row(one: Queued, plan: Plan) -> RecommendationRow:
    return row_of(one, one.customer_id, one.customer_name or one.customer_id, plan)


def playbook_row(report: PlaybookReport) -> PlaybookRow:
    found = report.lift.moved_up
    return PlaybookRow(report, whisker(found) if found else None)


def lesson_row(lesson: Lesson) -> LessonRow:
    return LessonRow(lesson, whisker(lesson.moved_up))


def whisker(found: Difference) -> Whisker:
    """In percentage points, as `+12 points, 95% interval +3 to +21`."""
    kind = "better" if found.low > 0 else "worse" if found.high < 0 else ""
    estimate, low, high = found.in_percentage_points()
    label = f"{estimate} percentage points, 95% interval {low} to {high}"
    return Whisker(_place(found.estimate), _place(found.low), _place(found.high), kind, label)


def shown_playbooks(coaching: Coaching) -> tuple[PlaybookRow, ...]:
    """Those of the plan, and what else was ever made."""
    return tuple(
        playbook_row(report) for report in coaching.playbooks if report.in_plan or report.made or report.held_out
    )


def _place(difference: float) -> float:
    return round(50 + 50 * max(-1.0, min(difference / _SCALE, 1.0)), 2)
