"""Annotations of days: some, none, and fifty of the longest, several on one day and one at the right edge."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from msgspec.structs import replace

from milepost.dashboard.annotations.pages import AnnotationsPage, Typed
from milepost.dashboard.customers.view import Customer
from milepost.dashboard.overview.view import Overview
from milepost.work.annotations import MAX_ANNOTATION, Annotation

from .sample import EVIL, NOW, Scenario

_FULL = ((0, "Outage of the export service"), (3, "New prices"), (12, "Onboarding e-mails changed"), (12, "Release"))


def _note(place: int, day: date, text: str) -> Annotation:
    author = None if place % 3 == 2 else "dana@example.com"
    changed = NOW - timedelta(hours=1) if place == 1 else None
    return Annotation(
        annotation_id=UUID(int=place + 1),
        day=day,
        text=text,
        author=author,
        created_at=NOW - timedelta(days=1),
        updated_at=changed,
    )


def notes(scenario: Scenario) -> tuple[Annotation, ...]:
    today = NOW.date()
    if scenario == "empty":
        return ()
    if scenario == "full":
        return tuple(_note(n, today - timedelta(days=ago), text) for n, (ago, text) in enumerate(_FULL))
    long = (EVIL * 20)[:MAX_ANNOTATION]
    texts = [long, "x" * MAX_ANNOTATION, "Änderung 价格 تغيير " * 8]
    return tuple(_note(n, today - timedelta(days=n * 3 // 5), texts[n % 3][:MAX_ANNOTATION]) for n in range(50))


def page(scenario: Scenario) -> AnnotationsPage:
    rows = notes(scenario)
    typed = Typed("", "", EVIL, "Give a day from 2000 to 2199, such as 2026-05-01.")
    absurd = scenario == "absurd"
    return AnnotationsPage(rows, NOW.date(), after="cursor" if absurd else None, typed=typed if absurd else None)


def on_overview(view: Overview, scenario: Scenario) -> Overview:
    """The same with annotations in its charts."""
    own = notes(scenario)
    assert view.events
    assert view.customers
    events, customers = replace(view.events, notes=own), replace(view.customers, notes=own)
    return replace(view, notes=own[:6], events=events, customers=customers)


def on_customer(view: Customer, scenario: Scenario) -> Customer:
    """The same with a score's history, and annotations in it."""
    if scenario == "empty":
        return view
    history = tuple(
        (NOW.date() - timedelta(days=89 - k), None if scenario == "absurd" and k % 9 < 4 else 20.0 + k / 2)
        for k in range(90)
    )
    return replace(view, insight=replace(view.insight, history=history, notes=notes(scenario)))
