"""Coaching for the preview: full, empty, absurd."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from milepost.coach.intervals import newcombe
from milepost.coach.lift import lift_of
from milepost.coach.read import MOST_COUNTED
from milepost.coach.said import Evidence, Lesson, PlaybookReport, Recommendation, State
from milepost.dashboard.coach.view import (
    CoachingPage,
    Hook,
    NextSteps,
    PlaybookRow,
    RecommendationRow,
    lesson_row,
    playbook_row,
    row_of,
)
from milepost.plan import load_plan

from .sample import ABSURD_IDS, EVIL, NOW, Scenario

_PLAN = load_plan()
_WHO = ("Northwind Traders", "Äpfel & Söhne GmbH", "شركة النور للتجارة", "Contoso", "Fabrikam Residences")
_WHAT: tuple[tuple[str, str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Exported, never shared",
        "Share what you exported with a colleague who decides, straight from the Resource Library",
        "You exported 7 times and shared nothing yet: a result counts once others see it.",
        (("Exports", "7"), ("Resources shared", "0")),
    ),
    (
        "What helped others like you",
        "Use Business Case Builder",
        "Of 84 customers in your situation who used Business Case Builder next, 61% moved up in the month after; of "
        "310 who did not, 42%.",
        (("Your situation", "score 40 to 60, weakest in Sales execution"), ("Difference", "+19 percentage points")),
    ),
    (
        "Went quiet",
        "Come back for ten minutes: look at where Cost Calculator stands and do the next small step",
        "Nothing happened for 21 days, after 312 events before that.",
        (("Days without activity", "21"), ("Events", "312")),
    ),
)
_STATES: tuple[State, ...] = ("made", "shown", "accepted", "done", "dismissed", "expired")


def _recommendation(k: int, state: State, *, absurd: bool) -> Recommendation:
    title, action, reason, figures = _WHAT[k % len(_WHAT)]
    at = NOW - timedelta(hours=5 + 31 * k)
    later = at + timedelta(hours=4)
    return Recommendation(
        recommendation_id=UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + k),
        source="learned" if k % 3 == 1 else "playbook",
        playbook=None if k % 3 == 1 else "book",
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
    )


def _row(k: int, state: State, *, named: bool, absurd: bool) -> RecommendationRow:
    name = EVIL * 3 if absurd else _WHO[k % len(_WHO)]
    customer = ABSURD_IDS[k % len(ABSURD_IDS)] if absurd else f"cust-{30217 + k}"
    return row_of(_recommendation(k, state, absurd=absurd), customer, name if named else "", _PLAN)


def next_steps(scenario: Scenario) -> NextSteps:
    """The section of the customer's page."""
    if scenario == "empty":
        return NextSteps((), ())
    absurd = scenario == "absurd"
    return NextSteps(
        tuple(_row(k, _STATES[k], named=False, absurd=absurd) for k in range(3)),
        tuple(_row(k, _STATES[k], named=False, absurd=absurd) for k in range(3, 6)),
    )


def coaching(scenario: Scenario) -> CoachingPage:
    """The page."""
    empty, absurd = scenario == "empty", scenario == "absurd"
    rows = [] if empty else [_row(k, _STATES[k % 6], named=True, absurd=absurd) for k in range(8)]
    return CoachingPage(
        rows=tuple(rows),
        total=0 if empty else MOST_COUNTED if absurd else 128,
        opened=0 if empty else MOST_COUNTED if absurd else 845,
        most=MOST_COUNTED,
        which="open",
        playbook="",
        after=None if empty else "cursor",
        first=not absurd,
        playbooks=tuple(_books(scenario)),
        learned=() if empty else tuple(lesson_row(_lesson(k, absurd=absurd)) for k in range(5)),
        learned_more=0 if empty else 31,
        learned_from=30,
        counted_at=None if empty else NOW - timedelta(minutes=3),
        learned_at=None if empty else NOW - timedelta(hours=9),
        hook=None if empty else Hook(312, 2, 1, EVIL * 9 if absurd else "It answered 503."),
    )


def _books(scenario: Scenario) -> list[PlaybookRow]:
    if scenario == "empty":
        return []
    huge = 10**12 if scenario == "absurd" else 1
    figures = (
        ("First week", 90, 412, (380, 190), (41, 14)),
        ("Went quiet", 85, 96, (210, 80), (24, 10)),
        ("Exported, never shared", 75, 230, (300, 90), (33, 17)),
        ("Momentum is falling", 70, 41, (18, 4), (2, 1)),
        ("A tool not tried yet", 50, 0, (0, 0), (0, 0)),
        ("Learned from other customers", 45, 66, (60, 30), (11, 3)),
    )
    return [
        playbook_row(
            PlaybookReport(
                playbook=f"book-{number}",
                name=EVIL * 3 if scenario == "absurd" else name,
                in_plan=number != 3,
                priority=priority,
                open=opened * huge,
                made=2 * opened * huge,
                shown=(opened + 20) * huge,
                accepted=opened // 2 * huge,
                dismissed=opened // 9 * huge,
                done=opened // 4 * huge,
                held_out=opened // 10,
                lift=lift_of(_arm(*one), _arm(*other), 4),
            )
        )
        for number, (name, priority, opened, one, other) in enumerate(figures)
    ]


def _arm(measured: int, moved_up: int) -> dict[str, float]:
    return {"measured": measured, "moved_up": moved_up, "points_sum": 30 * measured, "points_squares": 1200 * measured}


def _lesson(k: int, *, absurd: bool) -> Lesson:
    did, did_not = 84 + 9 * k, 310 - 20 * k
    moved, others = 51 - 3 * k, 130 - 4 * k
    return Lesson(
        situation=EVIL if absurd else "Score 40 to 60, weakest in Sales execution",
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
        f"after; of {did_not} who did not, {100 * others / did_not:.0f}%.",
    )
