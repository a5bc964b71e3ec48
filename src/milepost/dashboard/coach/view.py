"""What the page of playbooks takes, lifts as dots with whiskers; and the next steps on a customer's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup

from milepost.coach.replay import Replay
from milepost.coach.said import LEARNED, Coaching, Difference, KindReport, Lesson, PlaybookReport
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.coach.inbox import ActionRow, Choices
from milepost.plan.coach import Playbook

#: Of what was learned, as much as one reads.
_LESSONS: Final = 12
_HARMS: Final = 5
#: Most differences fit into these points to either side; a longer whisker ends at the edge.
_SCALE: Final = 0.5


class Whisker(msgspec.Struct, frozen=True):
    """A difference on a line of 100: `dot`, and its interval from `low` to `high`; zero is in the middle."""

    dot: float
    low: float
    high: float
    kind: str
    """better, worse, or nothing where chance could have made it."""

    label: str


class PlaybookRow(msgspec.Struct, frozen=True):
    """A playbook with its counts; `whisker` None: not enough data yet."""

    report: PlaybookReport
    whisker: Whisker | None

    @property
    def url(self) -> str:
        return f"/actions?{urlencode({'playbook': self.report.playbook})}"

    @property
    def replay_url(self) -> str | None:
        """Where it is replayed on the past; None of what was learned, and of one that is no longer in the plan."""
        if not self.report.in_plan or self.report.playbook == LEARNED:
            return None
        return f"/actions/playbooks?{urlencode({'replay': self.report.playbook})}#replay"


class KindRow(msgspec.Struct, frozen=True):
    """Playbooks of one kind together."""

    report: KindReport
    whisker: Whisker


class ReplayRow(msgspec.Struct, frozen=True):
    """An outcome of a replay: shares of those it would have picked and of everybody, and their difference."""

    label: str
    picked: float
    everybody: float
    whisker: Whisker


class ReplayView(msgspec.Struct, frozen=True):
    """A playbook on the past; no rows where too little is known."""

    name: str
    found: Replay
    rows: tuple[ReplayRow, ...]


class LessonRow(msgspec.Struct, frozen=True):
    """Something learned, with its difference."""

    lesson: Lesson
    whisker: Whisker


class PlaybooksPage(msgspec.Struct, frozen=True):
    """coach/playbooks.html. `learned`: what surely went with moving up, `harms`: what surely went with the opposite;
    whatever chance could have made is in neither."""

    playbooks: tuple[PlaybookRow, ...]
    kinds: tuple[KindRow, ...]
    compared: int
    learned: tuple[LessonRow, ...]
    harms: tuple[Lesson, ...]
    looked_at: int
    """Comparisons there were, of which the few that are clear of zero are shown."""

    learned_from: int
    counted_at: datetime | None
    learned_at: datetime | None
    replay: ReplayView | None = None
    segments: Mapping[str, str] = {}
    """Names by slug."""

    @property
    def answer(self) -> Markup:
        """What is known to help."""
        helps = [row for row in self.playbooks if row.whisker and row.whisker.kind == "better"]
        harms = [row for row in self.playbooks if row.whisker and row.whisker.kind == "worse"]
        if helps:
            what = Markup("{} {}").format(markup.number(len(helps)), fmt.plural(len(helps), "playbook"))
            said = Markup('<span class="better">{} proved to help</span>').format(what)
        elif any(row.whisker for row in self.playbooks):
            said = Markup("No playbook has proved to help yet")
        elif any(row.report.made or row.report.held_out for row in self.playbooks):
            said = Markup("What helps is still being measured")
        else:
            said = Markup("Nothing was recommended yet")
        if harms:
            said += Markup(', <span class="worse">{} {} to do harm</span>').format(
                markup.number(len(harms)), fmt.plural(len(harms), "seems", "seem")
            )
        return Markup("{}.").format(said)


class NextSteps(msgspec.Struct, frozen=True):
    """coach/next_steps.html, on the customer's page. `past` newest first."""

    rows: tuple[ActionRow, ...]
    past: tuple[ActionRow, ...]
    choices: Choices


def playbook_row(report: PlaybookReport) -> PlaybookRow:
    found = report.lift.moved_up
    return PlaybookRow(report, whisker(found) if found else None)


def replay_view(playbook: Playbook, found: Replay) -> ReplayView:
    """Neither outcome is better or worse here: a playbook about risk is to pick those who go quiet."""
    outcomes = (("Gone quiet", found.went_quiet), ("Moved up", found.moved_up))
    rows = [
        ReplayRow(label, one.picked, one.everybody, msgspec.structs.replace(whisker(one.difference), kind=""))
        for label, one in outcomes
        if one is not None
    ]
    return ReplayView(playbook.name or playbook.id, found, tuple(rows))


def kind_rows(coaching: Coaching) -> tuple[KindRow, ...]:
    return tuple(KindRow(report, whisker(report.moved_up)) for report in coaching.kinds)


def lesson_rows(coaching: Coaching) -> tuple[LessonRow, ...]:
    """What surely went with moving up, the surest first."""
    surely = [one for one in coaching.learned if one.moved_up.low > 0 and one.did_share > one.did_not_share]
    return tuple(map(lesson_row, surely))[:_LESSONS]


def harm_rows(coaching: Coaching) -> tuple[Lesson, ...]:
    """What surely went with the opposite, the surest first: bad news is no advice."""
    surely = [one for one in coaching.learned if one.moved_up.high < 0]
    return tuple(sorted(surely, key=lambda one: one.moved_up.high)[:_HARMS])


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
