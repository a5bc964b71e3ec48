"""Funnels whose answers are worked out by hand."""

from __future__ import annotations

import pytest

from milepost.analytics.asking import EventKind, Filter
from milepost.analytics.funnel import Funnel, FunnelAnswer, FunnelGroup
from tests.analytics.conftest import Asking
from tests.analytics.told import event, march, world

_ABC = (EventKind(tool_id="A", name="first"), EventKind(tool_id="B"), EventKind(tool_id="C"))
_HOUR = 3600


def _counts(group: FunnelGroup) -> list[int]:
    return [step.count for step in group.steps]


def _ids(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def test_ordered(asking: Asking) -> None:
    story = world(
        # At one instant any order will do, whatever the ids say.
        event("2 10:00", "at once", "C"),
        event("2 10:00", "at once", "B"),
        event("2 10:00", "at once", "A"),
        event("2 10:00", "begins only", "A"),
        event("2 10:00", "the wrong way", "B"),
        event("2 10:01", "the wrong way", "A"),
        # From its first A the window is over before B; from its second before C.
        event("2 10:00", "too slow", "A"),
        event("2 11:00", "too slow", "A"),
        event("2 11:30", "too slow", "B"),
        event("2 12:00:00.000001", "too slow", "C"),
        event("2 10:00", "just in time", "A"),
        event("2 11:00", "just in time", "B"),
        event("2 10:00", "never begins", "B"),
        event("2 10:01", "never begins", "C"),
    )
    total = asking.surely(story, Funnel(period=march(2, 2), steps=_ABC, window_seconds=_HOUR), FunnelAnswer).total
    assert _counts(total) == [5, 3, 1]
    assert [step.of_first for step in total.steps] == [1, 0.6, 0.2]
    assert [step.of_previous for step in total.steps] == [None, 0.6, pytest.approx(1 / 3)]
    assert [step.median_seconds for step in total.steps] == [None, 1800, 0]
    assert total.steps[1].p90_seconds == pytest.approx(3240)
    assert total.median_seconds == 0
    assert total.steps[0].name == "first"


def test_every_step_needs_an_event_of_its_own(asking: Asking) -> None:
    """One event may be of two steps, but only one of them is reached by it, whichever helps more."""
    second = EventKind(filters=(Filter(field="metadata.of", op="contains", values=("2",)),))
    third = EventKind(filters=(Filter(field="metadata.of", op="contains", values=("3",)),))
    story = world(
        event("2 10:00", "both", "A"),
        event("2 10:05", "both", metadata={"of": "23"}),
        event("2 10:05", "both", metadata={"of": "2"}),
        event("2 10:00", "one", "A"),
        event("2 10:05", "one", metadata={"of": "23"}),
        event("2 10:00", "later", "A"),
        event("2 10:05", "later", metadata={"of": "23"}),
        event("2 10:06", "later", metadata={"of": "2"}),
    )
    question = Funnel(period=march(2, 2), steps=(_ABC[0], second, third))
    assert _counts(asking.surely(story, question, FunnelAnswer).total) == [3, 3, 1]
    again = Funnel(period=march(2, 2), steps=(EventKind(), EventKind(), EventKind(), EventKind()))
    assert _counts(asking.surely(story, again, FunnelAnswer).total) == [3, 3, 2, 0]


def test_the_way_that_begins_first_of_those_that_get_furthest(asking: Asking) -> None:
    story = world(
        event("2 10:00", "twice", "A"),
        event("2 10:10", "twice", "A"),
        event("2 10:20", "twice", "B"),
        # The first A gets to B alone, the second to C.
        event("2 08:00", "further later", "A"),
        event("2 08:30", "further later", "B"),
        event("2 10:00", "further later", "A"),
        event("2 10:10", "further later", "B"),
        event("2 10:30", "further later", "C"),
    )
    total = asking.surely(story, Funnel(period=march(2, 2), steps=_ABC, window_seconds=_HOUR), FunnelAnswer).total
    assert _counts(total) == [2, 2, 1]
    assert [step.median_seconds for step in total.steps] == [None, 900, 1200]
    assert total.median_seconds == 1800


def test_strict(asking: Asking) -> None:
    story = world(
        event("2 10:00", "direct", "A"),
        event("2 10:01", "direct", "B"),
        event("2 10:02", "direct", "C"),
        event("2 10:00", "something between", "A"),
        event("2 10:01", "something between", "X"),
        event("2 10:02", "something between", "B"),
        event("2 10:00", "twice", "A"),
        event("2 10:01", "twice", "A"),
        event("2 10:03", "twice", "B"),
        # At one instant the ids give the order.
        event("2 10:00", "by id", "A", event_id=_ids(1)),
        event("2 10:00", "by id", "X", event_id=_ids(3)),
        event("2 10:00", "by id", "B", event_id=_ids(2)),
        event("2 10:00", "by id, not", "A", event_id=_ids(5)),
        event("2 10:00", "by id, not", "X", event_id=_ids(6)),
        event("2 10:00", "by id, not", "B", event_id=_ids(7)),
    )
    question = Funnel(period=march(2, 2), steps=_ABC, order="strict", window_seconds=_HOUR)
    total = asking.surely(story, question, FunnelAnswer).total
    assert _counts(total) == [5, 3, 1]
    # Direct after a minute, twice after two, by id at once.
    assert total.steps[1].median_seconds == 60
    # What the filters leave out lies nowhere.
    without = Funnel(
        period=march(2, 2),
        steps=_ABC,
        order="strict",
        filters=(Filter(field="tool_id", op="is_not", values=("X",)),),
    )
    assert _counts(asking.surely(story, without, FunnelAnswer).total) == [5, 5, 1]


def test_any_order(asking: Asking) -> None:
    either = EventKind(filters=(Filter(field="tool_id", values=("A", "D")),))
    story = world(
        event("2 10:00", "backwards", "C"),
        event("2 10:10", "backwards", "B"),
        event("2 10:30", "backwards", "A"),
        event("2 10:00", "two at most", "C"),
        event("2 10:30", "two at most", "A"),
        event("2 11:10", "two at most", "B"),
        event("2 10:00", "the same again", "B"),
        event("2 10:00", "the same again", "B"),
    )
    question = Funnel(period=march(2, 2), steps=_ABC, order="any", window_seconds=_HOUR)
    total = asking.surely(story, question, FunnelAnswer).total
    assert _counts(total) == [3, 2, 1]
    assert [step.median_seconds for step in total.steps] == [None, 1200, 1200]
    # An A is of both steps at once.
    twice = Funnel(period=march(2, 2), steps=(_ABC[0], either), order="any")
    assert _counts(asking.surely(story, twice, FunnelAnswer).total) == [2, 2]


def test_a_breakdown_goes_by_the_first_event_of_the_first_step(asking: Asking) -> None:
    """Also where the way that gets furthest begins with another one."""
    story = world(
        event("1 10:00", "a", "A", device_type="tablet"),
        event("2 10:00", "a", "B", device_type="server"),
        event("2 10:00", "a", "A", device_type="desktop"),
        event("2 20:00", "a", "A", device_type="mobile"),
        event("2 20:01", "a", "B", device_type="mobile"),
        event("2 10:00", "b", "A", device_type="mobile"),
        event("2 10:00", "c", "A"),
        event("2 10:00", "d", "B", device_type="mobile"),
    )
    question = Funnel(period=march(2, 2), steps=_ABC[:2], window_seconds=60, breakdown="device_type", top=2)
    answer = asking.surely(story, question, FunnelAnswer)
    assert [(group.value, group.is_other, _counts(group)) for group in answer.groups] == [
        ("", False, [1, 0]),
        ("desktop", False, [1, 1]),
        (None, True, [1, 0]),
    ]
    assert _counts(answer.total) == [3, 1]


def test_nobody(asking: Asking) -> None:
    answer = asking.surely(world(), Funnel(period=march(2, 2), steps=_ABC, breakdown="tool_id"), FunnelAnswer)
    assert _counts(answer.total) == [0, 0, 0]
    assert [step.of_first for step in answer.total.steps] == [None, None, None]
    assert answer.groups == []
