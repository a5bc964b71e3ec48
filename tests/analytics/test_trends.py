"""Trends whose answers are worked out by hand."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from milepost.analytics.asking import Filter, Period
from milepost.analytics.trends import Series, Trends, TrendsAnswer
from tests.analytics.conftest import Asking
from tests.analytics.told import event, march, world


def _values(answer: TrendsAnswer) -> list[list[float | None]]:
    return [line.values for line in answer.lines]


def test_days_are_those_of_the_time_zone(asking: Asking) -> None:
    """Berlin is an hour ahead until the 29th at 01:00 UTC, then two."""
    story = world(*(event(when) for when in ("28 22:59:59.999999", "28 23:00", "29 21:59", "29 22:00", "30 22:00")))
    answer = asking.surely(story, Trends(period=march(28, 30, "Europe/Berlin")), TrendsAnswer)
    assert answer.buckets == [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]
    assert _values(answer) == [[1, 2, 1]]
    assert answer.lines[0].total == 4


@pytest.mark.parametrize(
    ("zone", "day", "hours", "at", "named"),
    [
        ("Europe/Berlin", "2018-03-25", 23, "2018-03-25T01:30", "2018-03-25T03:00:00+02:00"),
        ("Europe/Berlin", "2018-10-28", 25, "2018-10-28T01:30", "2018-10-28T02:00:00+01:00"),
        ("America/Sao_Paulo", "2018-11-04", 23, "2018-11-04T03:30", "2018-11-04T01:00:00-02:00"),
        ("America/Sao_Paulo", "2018-02-17", 25, "2018-02-18T02:10", "2018-02-17T23:00:00-03:00"),
        # 01:30 comes twice, in 24.5 hours; and half an hour is missing from 2 o'clock on.
        ("Australia/Lord_Howe", "2018-04-01", 25, "2018-03-31T15:10", "2018-04-01T01:30:00+10:30"),
        ("Australia/Lord_Howe", "2018-10-07", 24, "2018-10-06T15:40", "2018-10-07T02:30:00+11:00"),
    ],
)
def test_hours_where_the_clock_is_changed(asking: Asking, zone: str, day: str, hours: int, at: str, named: str) -> None:
    period = Period(first=date.fromisoformat(day), last=date.fromisoformat(day), timezone=zone)
    answer = asking.surely(world(event(at)), Trends(period=period, interval="hour"), TrendsAnswer)
    assert len(answer.buckets) == hours
    assert [
        bucket.isoformat() for bucket, value in zip(answer.buckets, answer.lines[0].values, strict=True) if value
    ] == [named]


def test_a_day_that_never_was(asking: Asking) -> None:
    """Samoa went from December 29 to 31: the 30th is a day without an instant, and without hours."""
    story = world(event("2011-12-30T09:59"), event("2011-12-30T10:00"))
    period = Period(first=date(2011, 12, 30), last=date(2011, 12, 30), timezone="Pacific/Apia")
    days = asking.surely(story, Trends(period=period), TrendsAnswer)
    assert (days.buckets, _values(days), days.lines[0].total) == ([date(2011, 12, 30)], [[0]], 0)
    hours = asking.surely(story, Trends(period=period, interval="hour"), TrendsAnswer)
    assert (hours.buckets, _values(hours), hours.lines[0].total) == ([], [[]], 0)


def test_a_week_of_which_the_period_has_a_part(asking: Asking) -> None:
    """The 1st is a Sunday; the 10th a Tuesday."""
    story = world(*(event(f"{day} 12:00") for day in (1, 2, 8, 9, 10, 11)))
    period = msgspec.structs.replace(march(1, 10), week_start="monday")
    answer = asking.surely(story, Trends(period=period, interval="week"), TrendsAnswer)
    assert answer.buckets == [date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9)]
    assert _values(answer) == [[1, 2, 2]]
    sundays = msgspec.structs.replace(march(1, 10), week_start="sunday")
    assert _values(asking.surely(story, Trends(period=sundays, interval="week"), TrendsAnswer)) == [[2, 3]]


def test_who_counts(asking: Asking) -> None:
    """A user and a visitor of the same id are two; who says neither is nobody; bots and deleted events are nowhere."""
    story = world(
        event("2 10:00", "a", user_id="x"),
        event("2 11:00", "b", user_id="x"),
        event("2 12:00", "a", anonymous_id="x"),
        event("2 13:00", "a", user_id="y", anonymous_id="x"),
        event("2 14:00", "c"),
        event("2 15:00", "d", user_id="z", is_bot=True),
        event("2 16:00", "e", user_id="w", deleted=True),
    )
    for question, total in (
        (Trends(period=march(2, 2)), 5),
        (Trends(period=march(2, 2), unit="user"), 5),
        (Trends(period=march(2, 2), measure="units"), 3),
        (Trends(period=march(2, 2), measure="units", unit="user"), 3),
    ):
        assert asking.surely(story, question, TrendsAnswer).lines[0].total == total


def test_the_largest_values_and_the_others(asking: Asking) -> None:
    """b and é are as large: the smaller text is shown. Nothing told is a value too."""
    tools = ("é", "b", "c", None, None, None, "é", "b")
    story = world(
        *(event(f"{2 + place % 2} 10:00", tool=tool) for place, tool in enumerate(tools)), event("1 09:00", tool="b")
    )
    question = Trends(period=march(2, 3), breakdown="tool_id", top=2, compare=True)
    lines = asking.surely(story, question, TrendsAnswer).lines
    assert [(line.value, line.is_other, line.total) for line in lines] == [
        ("", False, 3),
        ("b", False, 2),
        (None, True, 3),
    ]
    assert [line.values for line in lines] == [[1, 2], [0, 2], [3, 0]]
    assert [line.previous for line in lines] == [[0, 0], [0, 1], [0, 0]]


def test_percentiles_lie_between(asking: Asking) -> None:
    story = world(*(event("2 10:00", time_on_page=time) for time in (10, 20, 40, 80)), event("3 10:00"))
    answer = asking.surely(story, Trends(period=march(2, 3), measure="time_on_page", percentile=0.9), TrendsAnswer)
    assert answer.lines[0].total == pytest.approx(68)
    assert answer.lines[0].values == [pytest.approx(68), None]


def test_the_period_before_may_be_longer_or_shorter(asking: Asking) -> None:
    """March beside February, day by day, and February beside March: what is too long is in the total alone."""
    story = world(
        event("2026-01-31T10:00"), event("2026-02-01T10:00"), event("2026-02-28T23:59:59"),
        event("1 00:00"), event("28 10:00"), event("31 23:59"), event("2026-04-01T00:00"),
    )  # fmt: skip
    answer = asking.surely(story, Trends(period=march(1, 31), compare="previous"), TrendsAnswer)
    line = answer.lines[0]
    assert line.previous == [1, *[0] * 26, 1, None, None, None]
    assert (line.total, line.previous_total, answer.previous_last) == (3, 2, date(2026, 2, 28))
    february = Period(first=date(2026, 2, 1), last=date(2026, 2, 28))
    assert asking.surely(story, Trends(period=february, compare=True), TrendsAnswer).lines[0].previous_total == 1
    april = Period(first=date(2026, 4, 1), last=date(2026, 4, 30))
    line = asking.surely(story, Trends(period=april, compare="month_ago"), TrendsAnswer).lines[0]
    assert (line.previous, line.previous_total) == ([1, *[0] * 26, 1, 0, 0], 3)


def test_days_before_are_those_of_the_time_zone(asking: Asking) -> None:
    """Berlin's March has an hour less than 31 days, and begins at 23:00 UTC; its February ends there."""
    story = world(*(event(when) for when in ("2026-02-28T22:59", "2026-02-28T23:00", "31 21:59", "31 22:00")))
    answer = asking.surely(story, Trends(period=march(1, 31, "Europe/Berlin"), compare=True), TrendsAnswer)
    assert (answer.lines[0].total, answer.lines[0].previous_total) == (2, 1)


def test_hours_beside_a_period_with_a_few_more(asking: Asking) -> None:
    """93 days, the most that are shown by the hour, beside 94."""
    period = Period(first=date(2026, 3, 31), last=date(2026, 7, 1))
    answer = asking.surely(
        world(event("1 10:00")), Trends(period=period, interval="hour", compare="month_ago"), TrendsAnswer
    )
    assert len(answer.lines[0].previous or ()) == len(answer.buckets) == 93 * 24
    assert answer.lines[0].previous_total == 1


def test_sessions_are_a_customer_s(asking: Asking) -> None:
    story = world(
        event("2 10:00", "a", session_id="s"),
        event("2 11:00", "b", session_id="s"),
        event("3 11:00", "b", session_id="s"),
        event("3 12:00", "b"),
    )
    answer = asking.surely(story, Trends(period=march(2, 3), measure="sessions"), TrendsAnswer)
    assert (_values(answer), answer.lines[0].total) == ([[2, 1]], 2)


def test_series_are_steps(asking: Asking) -> None:
    story = world(
        event("2 10:00", tool="a", metadata={"n": 3}),
        event("2 10:00", tool="a", metadata={"n": "x"}),
        event("2 10:00", tool="b"),
    )
    answer = asking.surely(
        story,
        Trends(
            period=march(2, 2),
            series=(
                Series(tool_id="a", name="A 🧭"),
                Series(filters=(Filter(field="metadata.n", op="above", values=(2,)),)),
                Series(tool_id="none"),
            ),
        ),
        TrendsAnswer,
    )
    assert [(line.series, line.total) for line in answer.lines] == [(0, 2), (1, 1), (2, 0)]
    assert answer.lines[0].name == "A 🧭"
