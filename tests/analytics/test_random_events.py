"""Small random sets of events, with ties wherever they can be: every question is answered as the reference does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.analytics.asking import EventKind, Filter, Period
from tests.analytics.comparing import differences, expected
from tests.analytics.conftest import Asking
from tests.analytics.data import world
from tests.analytics.reference.events import Event
from tests.analytics.requests import QUESTIONS, Palette
from tests.support.examples import examples

T = TypeVar("T")
#: Four weeks with the night in which Berlin's clock is put back, on a coarse grid: most moments are several events'.
_BEGIN = datetime(2018, 10, 14, 21, 30, tzinfo=UTC)
_NOW = datetime(2018, 11, 8, 12, tzinfo=UTC)
_PALETTE = Palette(
    periods=[
        Period(first=date(2018, 10, 20), last=date(2018, 11, 4), timezone="Europe/Berlin"),
        Period(days=20),
        Period(first=date(2018, 10, 17), last=date(2018, 10, 30), timezone="Australia/Lord_Howe", week_start="sunday"),
        Period(first=date(2018, 10, 27), last=date(2018, 11, 20), timezone="America/Sao_Paulo", week_start="saturday"),
    ],
    short=[Period(first=date(2018, 10, 27), last=date(2018, 10, 29), timezone="Europe/Berlin")],
    kinds=[
        EventKind(),
        EventKind(tool_id="a"),
        EventKind(tool_id="b"),
        EventKind(event_type="export_action"),
        EventKind(filters=(Filter(field="tool_id", values=("a", "b")),)),
        EventKind(filters=(Filter(field="metadata.n", op="at_least", values=(1,)),)),
    ],
    filters=[
        Filter(field="tool_id", op="is_set"),
        Filter(field="metadata.n", op="is_not", values=(1,)),
        Filter(field="user_id", op="is_set"),
        Filter(field="session_id", op="is_not", values=("s",)),
        Filter(field="trait.plan", values=("free",)),
        Filter(field="trait.tags", op="is_not", values=("b",)),
        Filter(field="person.role", op="is_set"),
    ],
    fields=("tool_id", "event_type", "metadata.n", "customer_id", "user_id", "trait.plan", "person.role"),
    windows=(1, 1800, 3600, 86_400, 30 * 86_400),
)

_MOMENTS = st.builds(
    lambda days, halves: _BEGIN + timedelta(days=days, minutes=30 * halves),
    st.one_of(st.integers(12, 14), st.integers(0, 28)),
    st.integers(0, 8),
)


@st.composite
def _events(draw: st.DrawFn) -> list[Event]:
    moments = draw(st.lists(_MOMENTS, max_size=30))
    # In no order, and different ones.
    ids = draw(st.permutations(range(1, len(moments) + 1)))
    return [
        Event(
            event_id=str(UUID(fields=(number % 3, number % 2, 0x4000, 0x80, 0, number))),
            at=at,
            customer_id=draw(st.sampled_from(("c", "é"))),
            user_id=draw(st.sampled_from((None, "u", "v"))),
            anonymous_id=draw(st.sampled_from((None, "u"))),
            session_id=draw(st.sampled_from(("s", "t", None))),
            tool_id=draw(st.sampled_from(("a", "b", "é", None))),
            tool_section=draw(st.sampled_from(("one", None))),
            event_type=draw(st.sampled_from(("navigation", "export_action"))),
            time_on_page=draw(st.sampled_from((None, 0, 10))),
            metadata={"n": draw(st.sampled_from((None, 0, 1, 2.5, "x")))},
            deleted=draw(st.sampled_from((False, False, False, False, True))),
        )
        for at, number in zip(moments, ids, strict=True)
    ]


@dataclass
class _Drawing:
    """Lets hypothesis pick, so that it can make a failing question simpler."""

    draw: st.DataObject

    def choice(self, options: Sequence[T], /) -> T:
        return self.draw.draw(st.sampled_from(options))


@pytest.mark.parametrize("question", QUESTIONS)
@given(events=_events(), data=st.data())
@settings(max_examples=examples(12))
def test_questions(asking: Asking, question: str, events: list[Event], data: st.DataObject) -> None:
    stored = world(events, _NOW)
    for _ in range(2):
        asked = QUESTIONS[question](_Drawing(data), _PALETTE)
        assert differences(asking(stored, asked), expected(stored, asked)) == [], asked
