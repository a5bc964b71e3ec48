"""Segments: some with where they are used, none, and absurd ones; and the form of one."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from milepost.analytics.asking import Filter
from milepost.dashboard.segments.form import SegmentForm, form_of, in_words
from milepost.dashboard.segments.pages import SegmentRow
from milepost.segments.model import Segment, Use

from .sample import EVIL, NOW, Scenario

_PLAIN = (Filter(field="trait.plan", values=("pro",)), Filter(field="status", values=("quiet",)))


def _conditions(scenario: Scenario) -> tuple[Filter, ...]:
    if scenario == "absurd":
        return tuple(Filter(field=f"trait.{EVIL}", values=(EVIL * 3, "x" * 400)) for _ in range(20))
    return _PLAIN


def segment(place: int, scenario: Scenario) -> Segment:
    absurd = scenario == "absurd"
    return Segment(
        segment_id=UUID(int=place + 1),
        slug=f"{'x' * 70 if absurd else 'segment'}-{place}",
        name=(EVIL * 5)[:200] if absurd else ("Pro, gone quiet", "Beta customers", "Renewing soon")[place % 3],
        conditions=_conditions(scenario),
        created_at=NOW,
        updated_at=NOW,
        created_by="dana@example.com",
    )


_USED: Final[tuple[Literal["cohort", "report", "playbook", "export"], ...]] = ("cohort", "report", "playbook", "export")


def rows(scenario: Scenario) -> tuple[SegmentRow, ...]:
    if scenario == "empty":
        return ()
    absurd = scenario == "absurd"
    uses = tuple(
        Use(kind=_USED[n % 4], id=str(UUID(int=n + 1)), name=EVIL if absurd else f"Weekly {n}")
        for n in range(9 if absurd else 4)
    )
    return tuple(
        SegmentRow(
            one,
            in_words(one.conditions, {}),
            None if place == 1 else 10**12 if absurd else 41 * place,
            uses if place == 0 else (),
            EVIL if absurd and place == 1 else "",
            later=not absurd and place == 1,
        )
        for place in range(3)
        for one in [segment(place, scenario)]
    )


def form(scenario: Scenario) -> SegmentForm:
    return SegmentForm((form_of(_PLAIN, "").rows[0],)) if scenario == "empty" else form_of(_conditions(scenario), "")
