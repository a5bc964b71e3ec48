"""Notes, tasks and tags as the pages show them: full, empty and absurd."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from msgspec.structs import replace

from milepost.dashboard.overview.view import Overview
from milepost.dashboard.work.panel import WorkPanel, panel_view
from milepost.dashboard.work.rows import part_of, task_row
from milepost.dashboard.work.tasks import TITLES, TaskPart, TasksPage
from milepost.work.notes import Note
from milepost.work.tasks import PARTS, Task

from .sample import EVIL, NOW, Scenario

_TODAY = NOW.date()
_ME = "dana@example.com"
_MEMBERS = (_ME, "lee@example.com")
_TITLES = (
    "Ask about the renewal in May",
    "Send the workshop’s notes",
    "Introduce the new owner",
    "Call Sam",
    "Say thanks",
)
_TEXTS = (
    "They renew in May and want SSO before that. Sam decides, Kim signs.",
    "Call of today:\n- the export is what they came for\n- nobody uses the calculator yet\n- a workshop would help\n"
    "- they ask for a price per team\n- next call on Friday\n- bring the new figures",
    "Prefers e-mail.",
)


def panel(scenario: Scenario) -> WorkPanel:
    absurd = scenario == "absurd"
    filled = scenario != "empty"
    return panel_view(
        EVIL if absurd else "acme",
        tags=[(EVIL * 9)[:60] for _ in range(30)] if absurd else ["Beta", "Renewal in Q2"] if filled else [],
        known_tags=["Pilot"] if filled else [],
        notes=[_note(k, absurd=absurd) for k in range(8)] if filled else [],
        notes_total=10**9 if absurd else 8 if filled else 0,
        opened=[_task(k, absurd=absurd) for k in range(4)] if filled else [],
        more_open=absurd,
        done=[_task(k, absurd=absurd, done=True) for k in range(2)] if filled else [],
        members=[*_MEMBERS, EVIL * 5] if absurd else _MEMBERS,
        email=_ME,
        today=_TODAY,
    )


def due(view: Overview, scenario: Scenario) -> Overview:
    """Home with tasks of the reader's."""
    if scenario == "empty":
        return view
    found = tuple(task_row(_task(k, absurd=scenario == "absurd"), today=_TODAY, email=_ME) for k in range(2))
    return replace(view, today=replace(view.today, tasks=found, due=max(2, view.today.due)))


def tasks(scenario: Scenario) -> TasksPage:
    absurd = scenario == "absurd"
    found = [_task(k, absurd=absurd, done=k > 4) for k in range(7)] if scenario != "empty" else []
    parts = [
        TaskPart(
            part,
            TITLES[part],
            tuple(task_row(task, today=_TODAY, email=_ME) for task in found if part_of(task, _TODAY) == part),
            10**9 if absurd else 2,
            f"/tasks?part={part}" if absurd else "",
        )
        for part in PARTS
    ]
    return TasksPage(
        parts=tuple(part for part in parts if part.rows),
        assignee=EVIL * 5 if absurd else "",
        alone="later" if absurd else None,
        members=(*_MEMBERS, EVIL * 5) if absurd else _MEMBERS,
        email=_ME,
        open=10**9 if absurd else 5 if found else 0,
        overdue=10**9 if absurd else 1 if found else 0,
    )


def _note(k: int, *, absurd: bool) -> Note:
    return Note(
        note_id=UUID(int=k + 1),
        customer_id="acme",
        text=(EVIL * 400)[:4000] if absurd else _TEXTS[k % 3],
        author=EVIL * 5 if absurd else (_ME, "lee@example.com", None)[k % 3],
        pinned=k == 0,
        created_at=NOW - timedelta(days=k, hours=3),
        updated_at=NOW if k == 1 else None,
    )


def _task(k: int, *, absurd: bool, done: bool = False) -> Task:
    due: tuple[date | None, ...] = (_TODAY - timedelta(3), _TODAY, _TODAY + timedelta(20), None, _TODAY + timedelta(2))
    return Task(
        task_id=UUID(int=k + 100 + 50 * done),
        customer_id=EVIL if absurd else "acme",
        customer_name=EVIL * 3 if absurd else "Acme Corporation" if k % 2 else None,
        title=(EVIL * 20)[:200] if absurd else _TITLES[k % 5],
        text=(EVIL * 400)[:4000]
        if absurd
        else "Before Friday, and with the figures of last month."
        if k == 0
        else None,
        due=date(9999, 12, 31) if absurd else due[k % 5],
        assignee=EVIL * 5 if absurd else (_ME, None, "lee@example.com")[k % 3],
        created_at=NOW - timedelta(days=9),
        created_by=_ME,
        done_at=NOW - timedelta(hours=2) if done else None,
        done_by=_ME if done else None,
    )
