"""What a trend may measure of a field, worked out by hand."""

from __future__ import annotations

import math
from random import Random

import pytest

from milepost.analytics.measures import Measure
from milepost.analytics.trends import Trends, TrendsAnswer
from milepost.errors import InvalidRequest
from tests.analytics.conftest import Asking
from tests.analytics.reference.events import World
from tests.analytics.told import event, march, world

#: Of these 3, 3.0 and 1e1 are numbers.
_SAID: tuple[object, ...] = ("3", "3.0", "1e1", "inf", "nan", "12abc", "0x10", "", None, True, [1], " ")


def _total(asking: Asking, story: World, question: Trends) -> float | None:
    return asking.surely(story, question, TrendsAnswer).lines[0].total


@pytest.mark.parametrize(
    ("measure", "total"),
    [("sum", 16), ("average", 16 / 3), ("min", 3), ("max", 10), ("percentile", 3), ("distinct", 10)],
)
def test_what_is_no_finite_number_counts_for_nothing(asking: Asking, measure: Measure, total: float) -> None:
    """Nor is an empty text, or JSON's null, one of the different values."""
    story = world(*(event("2 10:00", metadata={"n": said}) for said in _SAID), event("2 11:00"))
    assert _total(asking, story, Trends(period=march(2, 2), measure=measure, of="metadata.n")) == total


@pytest.mark.parametrize(
    ("measure", "values"),
    [
        ("sum", [30, 0, 5]),
        ("average", [15, None, 5]),
        ("min", [10, None, 5]),
        ("max", [20, None, 5]),
        ("percentile", [15, None, 5]),
        ("distinct", [2, 0, 1]),
    ],
)
def test_an_interval_without_any(asking: Asking, measure: Measure, values: list[float | None]) -> None:
    """A sum, and how many there are, is 0 then; there is no average of nothing."""
    story = world(
        event("2 10:00", time_on_page=10), event("2 11:00", time_on_page=20), event("3 10:00"),
        event("4 10:00", time_on_page=5),
    )  # fmt: skip
    question = Trends(period=march(2, 4), measure=measure, of="time_on_page")
    assert asking.surely(story, question, TrendsAnswer).lines[0].values == values


def test_whole_numbers_are_summed_exactly(asking: Asking) -> None:
    """Their sum is beyond what floats that are added one after the other keep."""
    made = Random(7)
    numbers = [made.randrange(-(10**15), 10**15) for _ in range(3000)]
    story = world(*(event("2 10:00", metadata={"n": number}) for number in numbers))
    question = Trends(period=march(2, 2), measure="sum", of="metadata.n")
    assert _total(asking, story, question) == float(sum(numbers))
    times = [2**52 + made.randrange(2**50) for _ in range(300)]
    story = world(*(event("2 10:00", time_on_page=time) for time in times))
    question = Trends(period=march(2, 2), measure="sum", of="time_on_page")
    assert _total(asking, story, question) == float(sum(times))


def test_a_sum_is_the_same_in_whatever_order(asking: Asking) -> None:
    """Large amounts that cancel out leave the small ones as they are."""
    made = Random(8)
    numbers = [made.choice((1, -1)) * round(made.random() * 10 ** made.randrange(17), 2) for _ in range(500)]
    numbers += [-number for number in numbers] + [0.1] * 10
    made.shuffle(numbers)
    story = world(*(event("2 10:00", metadata={"n": number}) for number in numbers))
    question = Trends(period=march(2, 2), measure="sum", of="metadata.n")
    assert _total(asking, story, question) == math.fsum([0.1] * 10)


def test_a_sum_beyond_a_float_is_none(asking: Asking) -> None:
    """On its day alone; the largest of the same numbers is one."""
    story = world(*(event("2 10:00", metadata={"n": "1.7e308"}) for _ in range(3)), event("3 10:00", metadata={"n": 2}))
    wanted: dict[Measure, tuple[list[float | None], float | None]] = {
        "sum": ([None, 2], None),
        "average": ([None, 2], None),
        "max": ([1.7e308, 2], 1.7e308),
    }
    for measure, found in wanted.items():
        answer = asking(story, Trends(period=march(2, 3), measure=measure, of="metadata.n"))
        assert isinstance(answer, TrendsAnswer)
        assert (answer.lines[0].values, answer.lines[0].total) == found


def test_different_values_of_any_field(asking: Asking) -> None:
    """A visitor without a user id has no value of it, though they are somebody."""
    story = world(
        event("2 10:00", "a", "x", user_id="u", session_id="s"),
        event("2 10:00", "b", "x", anonymous_id="u", session_id="s"),
        event("2 10:00", "b", "y", user_id="v"),
        event("2 10:00", "b", user_id="v"),
    )
    for of, total in (("customer_id", 2), ("user_id", 2), ("tool_id", 2), ("session_id", 1), ("metadata.n", 0)):
        assert _total(asking, story, Trends(period=march(2, 2), measure="distinct", of=of)) == total


@pytest.mark.parametrize(
    ("measure", "of", "said"),
    [
        ("sum", None, "give it in `of`"),
        ("distinct", None, "give it in `of`"),
        ("events", "metadata.n", "Leave `of` out"),
        ("time_on_page", "time_on_page", "Leave `of` out"),
        ("average", "tool_id", "has no numbers"),
        ("percentile", "metadata.", "has no numbers|no field"),
        ("distinct", "nothing", "There is no field 'nothing' here"),
        ("distinct", "insight.total_events", "There is no field"),
    ],
)
def test_what_cannot_be_measured(asking: Asking, measure: Measure, of: str | None, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as raised:
        asking(world(event("2 10:00")), Trends(period=march(2, 2), measure=measure, of=of))
    assert raised.value.field == "of"
