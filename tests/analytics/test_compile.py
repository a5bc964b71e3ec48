"""Conditions: every value is bound, whatever it says; what cannot be asked is said where it stands."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.analytics.ask import ask
from milepost.analytics.asking import EventKind, Filter, Period, Question
from milepost.analytics.cohorts import Are, Definition
from milepost.analytics.compile import Compiler, members
from milepost.analytics.context import Store
from milepost.analytics.names import INSIGHTS
from milepost.analytics.places import FunnelPlace
from milepost.analytics.trends import Trends, TrendsAnswer
from milepost.errors import InvalidRequest
from tests.analytics.conftest import Asking
from tests.analytics.told import event, march, world
from tests.support.examples import examples

_HARD = (
    "a'b",
    'a"b',
    "a\\",
    "\\N",
    "\\'",
    "{p0:String}",
    "$events",
    "%s",
    "a\nb",
    "a\tb",
    "--",
    "/*",
    "*/",
    "`",
    "😀",
    "\x7f",
)


def _store(asking: Asking) -> Store:
    return Store(asking._columns, asking._database, lambda: world().now)


@pytest.mark.parametrize("text", _HARD)
def test_hard_texts_are_values(asking: Asking, text: str) -> None:
    story = world(event("2 10:00", tool=text, metadata={text: "yes"}), event("2 10:00", tool="other"))
    filters = (
        (Filter(field="tool_id", values=(text,)),),
        (Filter(field="tool_id", op="contains", values=(text,)),),
        (Filter(field=f"metadata.{text}", values=("yes", text)),),
    )
    for chosen in filters:
        asked = Trends(period=march(2, 2), filters=chosen)
        assert asking.surely(story, asked, TrendsAnswer).lines[0].total == 1
    lines = asking.surely(story, Trends(period=march(2, 2), breakdown="tool_id", top=1), TrendsAnswer).lines
    assert {line.value for line in lines} == {min(text, "other"), None}


@settings(max_examples=examples(80), suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1, max_size=30))
def test_no_text_is_ever_part_of_a_statement(asking: Asking, text: str) -> None:
    mark = f"<{text}>"
    compiler = Compiler(_store(asking))
    kind = EventKind(tool_id=mark, filters=(Filter(field=f"metadata.{mark}", op="not_contains", values=(mark, 5)),))
    condition = asking._runner.run(compiler.kind(kind, "series[0]"))
    assert mark not in condition
    assert mark in compiler.parameters.values()


@pytest.mark.parametrize("name", [*INSIGHTS, "competency.sales_execution"])
def test_every_insight_may_be_asked_in_every_way(asking: Asking, name: str) -> None:
    asking(world(event("2 10:00")), Trends(period=march(2, 2)))
    ways: Sequence[Filter] = (
        Filter(field=f"insight.{name}", op="is_set"),
        Filter(field=f"insight.{name}", values=("x", 5, 0.5)),
        Filter(field=f"insight.{name}", op="not_contains", values=("ü%_",)),
        Filter(field=f"insight.{name}", op="at_most", values=("1e3",)),
    )
    for way in ways:
        assert asking._runner.run(Compiler(_store(asking)).filters((way,)))


def test_what_a_cohort_cannot_be(asking: Asking) -> None:
    wrong = Definition(conditions=(Are(filter=Filter(field="tool_id", values=("a",))),))
    with pytest.raises(InvalidRequest) as raised:
        asking._runner.run(members(_store(asking), wrong))
    assert raised.value.field == "conditions[0].filter.field"


def test_questions_and_places_that_do_not_belong_together(asking: Asking) -> None:
    with pytest.raises(InvalidRequest):
        asking._runner.run(ask(_store(asking), Question()))
    with pytest.raises(InvalidRequest):
        asking.who(world(event("2 10:00")), Trends(period=Period()), FunnelPlace(step=0))
