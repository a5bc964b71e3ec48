"""The team's actions for the preview: full, empty, absurd."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from milepost.coach.intervals import newcombe
from milepost.coach.lift import lift_of
from milepost.coach.power import in_words, smallest_found
from milepost.coach.queue import MOST_COUNTED
from milepost.coach.replay import Outcome, Replay
from milepost.coach.said import (
    Coaching,
    Difference,
    Evidence,
    Handled,
    KindReport,
    Lesson,
    PlaybookReport,
    Queued,
    State,
    TeamSide,
    percentage_points,
)
from milepost.dashboard.coach.inbox import ActionRow, Choices, InboxPage, Show, action_row
from milepost.dashboard.coach.view import (
    KindRow,
    NextSteps,
    PlaybookRow,
    PlaybooksPage,
    ReplayView,
    harm_rows,
    lesson_rows,
    playbook_row,
    replay_view,
    whisker,
)
from milepost.plan import load_plan

from .sample import ABSURD_IDS, EVIL, NOW, Scenario

_PLAN = load_plan()
_ME = "dana@example.com"
_WHO = ("Northwind Traders", "Äpfel & Söhne GmbH", "شركة النور للتجارة", "Contoso", "Fabrikam Residences")
#: Title, action and reason for the customer; action, reason and words for the team; figures.
_WHAT: tuple[tuple[str, str, str, str, str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Share what you exported",
        "Share what you exported with a colleague who decides, straight from the Resource Library",
        "You exported 7 times and shared nothing yet: a result counts once others see it.",
        "Find out who should see what they exported",
        "Exported 7 times and has shared nothing yet, so nobody else sees the result.",
        "You have exported a few results. Who on your side decides on them? I can show you how to share one straight "
        "from the Resource Library.",
        (("Exports", "7"), ("Resources shared", "0")),
    ),
    (
        "What helped others like you",
        "Use Business Case Builder",
        "Of 84 customers in your situation who used Business Case Builder next, 61% moved up in the month after; of "
        "310 who did not, 42%. Compared like with like: +19 percentage points.",
        "Suggest to them: Use Business Case Builder",
        "Of 84 customers in the same situation who used Business Case Builder next, 61% moved up in the month after; "
        "of 310 who did not, 42%. Compared like with like: +19 percentage points.",
        "Customers like you who used Business Case Builder next did better more often in the month after. It may be "
        "worth a try for you, too.",
        (("Your situation", "score 40 to 60, weakest in Sales execution"), ("Difference", "+19 percentage points")),
    ),
    (
        "Pick up where you left off",
        "Come back for ten minutes: look at where Cost Calculator stands and do the next small step",
        "Nothing happened for 21 days, after 312 events before that.",
        "Ask what keeps them away, and make coming back small",
        "Quiet for 21 days: active on 2 of the last 28, usually on 11.",
        "We have not seen you for a while. Is anything in your way? If not, ten minutes with Cost Calculator would get "
        "you going again.",
        (("Days without activity", "21"), ("Events", "312")),
    ),
)
_STATES: tuple[State, ...] = ("made", "shown", "accepted", "done", "dismissed", "expired")


def _queued(k: int, state: State, *, handled: Handled = "todo", absurd: bool) -> Queued:
    title, action, reason, todo, why, words, figures = _WHAT[k % len(_WHAT)]
    at = NOW - timedelta(hours=5 + 31 * k)
    later = at + timedelta(hours=4)
    ended = handled in ("done", "dismissed")
    return Queued(
        recommendation_id=UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + k),
        source="learned" if k % 3 == 1 else "playbook",
        playbook=None if k % 3 == 1 else ("export-not-shared", "", "went-quiet")[k % 3],
        title=EVIL * 3 if absurd else title,
        action=EVIL * 9 if absurd else action,
        tool_id="business-case",
        competency=None,
        reason=EVIL * 9 if absurd else reason,
        evidence=[Evidence(EVIL if absurd else label, EVIL if absurd else value) for label, value in figures],
        state=state,
        made_at=at,
        shown_at=later if state != "made" else None,
        accepted_at=later if state == "accepted" else None,
        dismissed_at=later if state == "dismissed" else None,
        done_at=later if state == "done" else None,
        url="https://example.org/tools/business-case" if k % 3 == 1 else None,
        customer_id=ABSURD_IDS[k % len(ABSURD_IDS)] if absurd else f"cust-{30217 + k}",
        customer_name=EVIL * 3 if absurd else _WHO[k % len(_WHO)],
        team=TeamSide(
            action=EVIL * 9 if absurd else todo,
            reason=EVIL * 9 if absurd else why,
            words=EVIL * 9 if absurd else words,
            assignee=(EVIL[:300] if absurd else (_ME, "lee@example.com")[k // 2 % 2]) if k % 2 else None,
            owner=None if k % 3 else _ME,
            snoozed_until=NOW.date() + timedelta(days=7) if handled == "snoozed" else None,
            handled=handled,
            ended_at=later if ended else None,
            ended_by="lee@example.com" if ended else None,
            why="declined" if handled == "dismissed" else None,
            note=(EVIL * 9 if absurd else "They will look at it in the new year.") if handled == "dismissed" else None,
        ),
    )


def _row(k: int, state: State, handled: Handled = "todo", *, named: bool, absurd: bool) -> ActionRow:
    return action_row(_queued(k, state, handled=handled, absurd=absurd), _PLAN, named=named)


def choices(scenario: Scenario) -> Choices:
    """What every row offers."""
    many = tuple(f"{EVIL[:40]}{k}@example.com" for k in range(60)) if scenario == "absurd" else ("lee@example.com",)
    return Choices((_ME, *many), _ME, NOW.date())


def next_steps(scenario: Scenario) -> NextSteps:
    """The section of the customer's page."""
    if scenario == "empty":
        return NextSteps((), (), choices(scenario))
    absurd = scenario == "absurd"
    return NextSteps(
        tuple(_row(k, _STATES[k], named=False, absurd=absurd) for k in range(3)),
        tuple(_row(k, _STATES[k], named=False, absurd=absurd) for k in range(3, 6)),
        choices(scenario),
    )


def inbox(scenario: Scenario, show: Show = "open") -> InboxPage:
    """The inbox."""
    empty, absurd = scenario == "empty", scenario == "absurd"
    rows = [_row(k, _STATES[k % 3], named=True, absurd=absurd) for k in range(8)]
    if show == "snoozed":
        rows = [_row(k, "made", "snoozed", named=True, absurd=absurd) for k in range(3)]
    elif show == "closed":
        ended: tuple[tuple[State, Handled], ...] = (
            ("shown", "done"),
            ("expired", "dismissed"),
            ("done", "todo"),
            ("expired", "todo"),
        )
        rows = [_row(k, *ways, named=True, absurd=absurd) for k, ways in enumerate(ended)]
    return InboxPage(
        rows=() if empty else tuple(rows),
        choices=choices(scenario),
        show=show,
        whose="",
        playbook="",
        playbooks=() if empty else (("went-quiet", EVIL if absurd else "Went quiet"),),
        total=0 if empty else MOST_COUNTED if absurd else 128,
        open=0 if empty else MOST_COUNTED if absurd else 845,
        mine=0 if empty else 12,
        most=MOST_COUNTED,
        after=None if empty or show == "closed" else "cursor",
        first=not absurd,
        nothing_ever=empty and show == "open",
    )


def playbooks(scenario: Scenario) -> PlaybooksPage:
    """The second tab."""
    empty, absurd = scenario == "empty", scenario == "absurd"
    lessons = [] if empty else [_lesson(k, absurd=absurd) for k in range(7)]
    known = Coaching(playbooks=[], kinds=[], compared=6, learned=lessons, counted_at=None, learned_at=None)
    return PlaybooksPage(
        playbooks=tuple(_books(scenario)),
        kinds=() if empty else _kinds(absurd=absurd),
        compared=0 if empty else 6,
        learned=lesson_rows(known),
        harms=harm_rows(known),
        looked_at=len(lessons),
        learned_from=30,
        counted_at=None if empty else NOW - timedelta(minutes=3),
        learned_at=None if empty else NOW - timedelta(hours=9),
        replay=None if empty else _replay(absurd=absurd),
        segments={"big-spenders": EVIL if absurd else "Big spenders"},
    )


def _books(scenario: Scenario) -> list[PlaybookRow]:
    if scenario == "empty":
        return []
    huge = 10**12 if scenario == "absurd" else 1
    figures = (
        ("First week", 90, 412, (380, 190), (41, 14)),
        ("Went quiet", 85, 96, (210, 80), (24, 10)),
        ("Exported, never shared", 75, 230, (300, 90), (33, 17)),
        ("Less than usual", 70, 41, (18, 4), (2, 1)),
        ("A tool not tried yet", 50, 0, (0, 0), (0, 0)),
        ("Learned from other customers", 45, 66, (60, 30), (11, 3)),
    )
    return [
        playbook_row(
            PlaybookReport(
                playbook=f"book-{number}",
                name=EVIL * 3 if scenario == "absurd" else name,
                kind="rhythm",
                segment=("big-spenders", "gone")[number] if number < 2 else None,
                in_plan=number != 3,
                active=number != 4,
                priority=priority,
                open=opened * huge,
                made=2 * opened * huge,
                shown=(opened + 20) * huge,
                accepted=opened // 2 * huge,
                dismissed=opened // 9 * huge,
                done=opened // 4 * huge,
                held_out=opened // 10,
                hold_out=0.1 if number != 3 else None,
                finds=smallest_found(1000, 0.1) if number != 3 else None,
                finds_says=in_words(1000, 0.1) if number != 3 else None,
                lift=lift_of(_arm(*one), _arm(*other), 4),
            )
        )
        for number, (name, priority, opened, one, other) in enumerate(figures)
    ]


def _replay(*, absurd: bool) -> ReplayView:
    playbook = msgspec.structs.replace(_PLAN.playbooks[1], name=EVIL * 3 if absurd else "Went quiet")
    quiet = Outcome(0.61, 0.22, Difference(0.39, 0.31, 0.47))
    moved = Outcome(0.31, 0.4, Difference(-0.09, -0.17, -0.01))
    found = Replay(
        playbook="book-1",
        days=[NOW.date() - timedelta(days=29 + 28 * k) for k in range(6)],
        customers=1000,
        looks=4812,
        picked=412,
        picked_customers=310,
        went_quiet=quiet,
        moved_up=moved,
        unknown=[],
        says=EVIL * 9
        if absurd
        else "It would have picked 310 customers, 412 times on 6 days. 61% went quiet in the 28 days after, of "
        "everyone who was there 22% (+39 percentage points, 95% interval +31 to +47); 31% moved up, of everyone 40% "
        "(−9 percentage points, 95% interval −17 to −1).",
    )
    return replay_view(playbook, found)


def _kinds(*, absurd: bool) -> tuple[KindRow, ...]:
    found = newcombe(590, 800, 270, 460)
    report = KindReport(
        kind=EVIL[:60] if absurd else "rhythm",
        playbooks=["book-1", "book-3"],
        names=[EVIL * 3] * 9 if absurd else ["Went quiet", "Less than usual"],
        customers=1260,
        moved_up=found,
        says="2 playbooks, 1,260 customers measured: they help (+15 percentage points, 95% interval +10 to +20).",
    )
    return (KindRow(report, whisker(found)),)


def _arm(measured: int, moved_up: int) -> dict[str, float]:
    return {"measured": measured, "moved_up": moved_up, "points_sum": 30 * measured, "points_squares": 1200 * measured}


def _lesson(k: int, *, absurd: bool) -> Lesson:
    did, did_not = 84 + 9 * k, 310 - 20 * k
    # From what surely helps over what nobody can tell to what surely harms.
    moved, others = 51 - 3 * k, 130 + 9 * k
    return Lesson(
        situation=EVIL if absurd else "Health 40 to 60, weakest in Sales execution",
        step=EVIL * 3 if absurd else ("Use Business Case Builder", "Share a resource with a decision-maker")[k % 2],
        tool_id=None,
        did=did,
        did_share=moved / did,
        did_not=did_not,
        did_not_share=others / did_not,
        moved_up=newcombe(moved, did, others, did_not),
        says=EVIL * 9
        if absurd
        else f"Of {did} customers in this situation who did it next, {100 * moved / did:.0f}% moved up in the month "
        f"after; of {did_not} who did not, {100 * others / did_not:.0f}%. Compared like with like: "
        f"{percentage_points(moved / did - others / did_not)} percentage points.",
    )
