"""Filters, and cohorts as filters, whose answers are worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from milepost.analytics import compile as compile_
from milepost.analytics.asking import EventKind, Filter, Operator
from milepost.analytics.cohorts import Are, Definition, Did
from milepost.analytics.tools import Tools, ToolsAnswer
from milepost.analytics.trends import Trends, TrendsAnswer
from milepost.errors import InvalidRequest
from tests.analytics.conftest import Asking
from tests.analytics.told import event, march, world

#: Each customer's one event, named after what it says.
_SAYING: dict[str, object] = {
    "three": 3, "three point": "3.0", "text three": "3", "ten": 10, "thousand": "1e3", "Größe": "GRÖSSE ÄÖÜ",
    "true": True, "null": None, "empty": "", "infinite": "inf", "list": [1, 2],
}  # fmt: skip
_STORY = world(
    *(event("2 10:00", name, metadata={"x": value}) for name, value in _SAYING.items()), event("2 10:00", "without")
)
_NONE = {"null", "empty", "without"}
_ALL = {*_SAYING, "without"}


def _who(asking: Asking, condition: Filter) -> set[str]:
    question = Trends(period=march(2, 2), filters=(condition,), breakdown="customer_id", top=50)
    return {line.value or "" for line in asking.surely(_STORY, question, TrendsAnswer).lines}


@pytest.mark.parametrize(
    ("op", "values", "who"),
    [
        ("is", ("3",), {"three", "text three"}),
        ("is", (3,), {"three", "text three", "three point"}),
        ("is", ("true", 1000), {"true", "thousand"}),
        ("is", ("[1, 2]",), {"list"}),
        ("is", ("",), _NONE),
        ("is_not", ("3",), _ALL - {"three", "text three"}),
        ("is_not", ("3", ""), _ALL - {"three", "text three"} - _NONE),
        ("contains", ("öß",), set()),
        ("contains", ("äö", "INF"), {"Größe", "infinite"}),
        ("not_contains", ("äö",), _ALL - {"Größe"}),
        ("is_set", (), _ALL - _NONE),
        ("is_not_set", (), _NONE),
        ("above", (3,), {"ten", "thousand"}),
        ("at_least", (3,), {"three", "text three", "three point", "ten", "thousand"}),
        ("below", (10,), {"three", "text three", "three point"}),
        ("at_most", (10,), {"three", "text three", "three point", "ten"}),
    ],
)
def test_filters(asking: Asking, op: Operator, values: tuple[str | float, ...], who: set[str]) -> None:
    assert _who(asking, Filter(field="metadata.x", op=op, values=values)) == who


def test_a_visitor_has_no_user_id(asking: Asking) -> None:
    story = world(event("2 10:00", "a", user_id="x"), event("2 10:00", "b", anonymous_id="x"), event("2 10:00", "c"))
    for condition, total in (
        (Filter(field="user_id", values=("x",)), 1),
        (Filter(field="user_id", op="is_not", values=("x",)), 2),
        (Filter(field="user_id", op="is_set"), 1),
        (Filter(field="user_id", op="is_not_set"), 2),
    ):
        answer = asking.surely(story, Trends(period=march(2, 2), filters=(condition,)), TrendsAnswer)
        assert answer.lines[0].total == total
    by_user = asking.surely(story, Trends(period=march(2, 2), breakdown="user_id"), TrendsAnswer)
    assert [(line.value, line.total) for line in by_user.lines] == [("", 2), ("x", 1)]


def test_cohorts(asking: Asking) -> None:
    """Now is March 20 at 12:00: seven days ago was the 13th at 12:00, which is still within."""
    story = world(
        event("13 12:00", "at the edge", "export"),
        event("13 11:59:59.999999", "too early", "export"),
        event("19 10:00", "twice", "export"),
        event("20 12:00", "twice", "export"),
        event("20 12:00:00.000001", "in the future", "export"),
        event("19 10:00", "another tool", "other"),
        event("19 10:00", "a bot", "export", is_bot=True),
        event("19 10:00", "a bot", "other"),
    )
    export = EventKind(tool_id="export")
    somebody = Are(filter=Filter(field="customer_id", values=("another tool", "too early", "nobody")))
    often = Are(filter=Filter(field="insight.total_events", op="at_least", values=(2,)))
    for definition, who in (
        (Definition(conditions=(Did(event=export, days=7),)), {"at the edge", "twice"}),
        (Definition(conditions=(Did(event=export, days=7, at_least=2),)), {"twice"}),
        (Definition(conditions=(Did(event=export, days=7, at_least=1, at_most=1),)), {"at the edge"}),
        (
            Definition(conditions=(Did(event=export, days=7, at_most=0),)),
            {"too early", "in the future", "another tool", "a bot"},
        ),
        (Definition(conditions=(somebody, Did(event=export, days=8))), {"too early"}),
        (Definition(match="any", conditions=(somebody, often)), {"another tool", "too early", "twice", "a bot"}),
    ):
        stored, inside = asking.with_cohort(story, definition)
        question = Trends(period=march(1, 31), filters=(inside,), breakdown="customer_id", top=50)
        assert {line.value for line in asking.surely(stored, question, TrendsAnswer).lines} == who


def test_a_cohort_with_filters_of_its_own(asking: Asking) -> None:
    """The question's filters say nothing about who is in it; those of its kind of event do."""
    story = world(
        event("19 10:00", "a", "x", device_type="mobile"),
        event("19 10:00", "a", "y", device_type="desktop"),
        event("19 10:00", "b", "x", device_type="desktop"),
    )
    kind = EventKind(tool_id="x", filters=(Filter(field="device_type", values=("mobile",)),))
    stored, inside = asking.with_cohort(story, Definition(conditions=(Did(event=kind),)))
    desktop = Filter(field="device_type", values=("desktop",))
    answer = asking.surely(stored, Tools(period=march(1, 20), filters=(desktop, inside)), ToolsAnswer)
    assert [(tool.tool_id, tool.units) for tool in answer.tools] == [("y", 1)]


def _nested(asking: Asking, levels: int, width: int = 10) -> Filter:
    """A cohort whose conditions name another one, `width` times each, so many levels deep."""
    world, filter_ = asking.with_cohort(_STORY, Definition(conditions=(Did(),)))
    for _ in range(levels - 1):
        same = tuple(Did(event=EventKind(filters=(filter_,)), at_least=number + 1) for number in range(width))
        world, filter_ = asking.with_cohort(world, Definition(match="any", conditions=same))
    return filter_


def test_each_cohort_is_worked_out_once(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out = 0
    members = compile_.members

    async def counted(*arguments: Any) -> set[int]:
        nonlocal worked_out
        worked_out += 1
        return await members(*arguments)

    monkeypatch.setattr(compile_, "members", counted)
    question = Trends(period=march(2, 2), filters=(_nested(asking, 5),))
    assert isinstance(asking(_STORY, question), TrendsAnswer)
    assert worked_out == 5, "each of ten conditions would ask for the one below, ten times on each level"


def test_cohorts_within_each_other_have_an_end(asking: Asking) -> None:
    question = Trends(period=march(2, 2), filters=(_nested(asking, 6, width=1),))
    with pytest.raises(InvalidRequest, match="5 within each other"):
        asking(_STORY, question)
    many = tuple(str(asking.with_cohort(_STORY, Definition(conditions=(Did(),)))[1].values[0]) for _ in range(21))
    with pytest.raises(InvalidRequest, match="may use 20 cohorts"):
        asking(_STORY, Trends(period=march(2, 2), filters=(Filter(field="cohort", values=many),)))
