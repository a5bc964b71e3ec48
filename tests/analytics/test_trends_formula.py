"""Series with measures of their own, formulas over them, and breakdowns by two fields, worked out by hand."""

from __future__ import annotations

import pytest

from milepost.analytics.places import TrendsPlace
from milepost.analytics.trends import Series, Trends, TrendsAnswer
from milepost.errors import InvalidRequest
from tests.analytics.conftest import Asking
from tests.analytics.reference.events import World
from tests.analytics.told import event, march, world

_PAID = Series(event_type="export_action", measure="sum", of="metadata.paid")
_BUYERS = Series(measure="units")


def _shop() -> World:
    """Two days: of the first Ada and Ben are, of the second Ben alone."""
    return world(
        event("2 10:00", "ada", "cart", event_type="export_action", metadata={"paid": 30}),
        event("2 11:00", "ada", "cart"),
        event("2 12:00", "ben", "search"),
        event("3 10:00", "ben", "cart", event_type="export_action", metadata={"paid": 12}),
        event("3 11:00", "ben", "help"),
    )


def test_a_formula_of_two_measures(asking: Asking) -> None:
    """Its total is that of the totals, 42 of 2, and neither the buckets' sum nor their mean."""
    question = Trends(period=march(2, 4), series=(_PAID, _BUYERS), formula="A / B", formula_name="Paid by each")
    answer = asking.surely(_shop(), question, TrendsAnswer)
    [line] = answer.lines
    assert (line.name, line.values, line.total) == ("Paid by each", [15, 12, None], 21)


def test_a_measure_is_the_question_s_where_a_series_has_none(asking: Asking) -> None:
    series = (Series(), Series(measure="max"), Series(of="time_on_page"), Series(measure="events"))
    question = Trends(period=march(2, 3), measure="sum", of="metadata.paid", series=series)
    lines = asking.surely(_shop(), question, TrendsAnswer).lines
    assert [line.total for line in lines] == [42, 30, 0, 5]


def test_the_values_of_a_formula_are_those_of_all_its_series(asking: Asking) -> None:
    """The first series has a cart alone; then the second's come, the smaller text first where they are as large."""
    question = Trends(
        period=march(2, 3), series=(_PAID, Series()), formula="A / B * 100", breakdown="tool_id", top=2, compare=True
    )
    lines = asking.surely(_shop(), question, TrendsAnswer).lines
    assert [(line.value, line.is_other, line.total) for line in lines] == [
        ("cart", False, 1400),
        ("help", False, 0),
        (None, True, 0),
    ]
    assert lines[0].values == [1500, 1200]
    assert lines[1].values == [None, 0]
    assert lines[0].previous == [None, None]


def test_pairs_of_values(asking: Asking) -> None:
    """Most events first, then by the first text, then by the second."""
    question = Trends(period=march(2, 3), breakdown=("tool_id", "customer_id"), top=3)
    lines = asking.surely(_shop(), question, TrendsAnswer).lines
    assert [(line.value, line.value2, line.total) for line in lines] == [
        ("cart", "ada", 2),
        ("cart", "ben", 1),
        ("help", "ben", 1),
        (None, None, 1),
    ]
    of_few = Trends(period=march(2, 3), breakdown=("event_type", "tool_id"), top=1)
    lines = asking.surely(_shop(), of_few, TrendsAnswer).lines
    assert [(line.value, line.value2, line.values) for line in lines] == [
        ("export_action", "cart", [1, 1]),
        (None, None, [2, 1]),
    ]
    assert asking(_shop(), Trends(breakdown=("tool_id",))) == asking(_shop(), Trends(breakdown="tool_id"))


def test_who_is_behind_a_formula_and_a_pair(asking: Asking) -> None:
    formula = Trends(period=march(2, 3), series=(_PAID, _BUYERS), formula="A / B", breakdown="tool_id", top=1)
    pair = Trends(period=march(2, 3), breakdown=("tool_id", "event_type"), top=2)

    def people(question: Trends, place: TrendsPlace) -> list[tuple[str, int]]:
        return [(person.customer_id, person.events) for person in asking.who(_shop(), question, place).items]

    assert people(formula, TrendsPlace(series=0, value="cart", bucket=1)) == [("ben", 1)]
    assert people(formula, TrendsPlace(series=1, value="cart")) == [("ada", 2), ("ben", 1)]
    assert people(formula, TrendsPlace(series=1, is_other=True)) == [("ben", 2)]
    assert people(pair, TrendsPlace(value="cart", value2="export_action")) == [("ada", 1), ("ben", 1)]
    assert people(pair, TrendsPlace(is_other=True, bucket=1)) == [("ben", 1)]
    for place, field in (
        (TrendsPlace(value="cart"), "place.value2"),
        (TrendsPlace(value="cart", value2="love"), "place.value"),
        (TrendsPlace(series=1, value="cart", value2="export_action"), "place.series"),
    ):
        with pytest.raises(InvalidRequest) as raised:
            asking.who(_shop(), pair, place)
        assert raised.value.field == field


@pytest.mark.parametrize(
    ("question", "field"),
    [
        (Trends(formula="A / B"), "formula"),
        (Trends(formula=""), "formula"),
        (Trends(formula="A", series=(Series(),) * 6), "series"),
        (Trends(series=(Series(measure="sum"),)), "series[0].of"),
        (Trends(series=(Series(), Series(of="metadata.x"))), "series[1].of"),
        (Trends(series=(Series(), Series(measure="min", of="tool_id"))), "series[1].of"),
        (Trends(measure="sum", series=(Series(measure="events"), Series())), "of"),
        (Trends(of="metadata.x"), "of"),
        (Trends(breakdown=("tool_id", "insight.total_events")), "breakdown[1]"),
    ],
)
def test_what_cannot_be_asked(asking: Asking, question: Trends, field: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        asking(_shop(), question)
    assert raised.value.field == field
