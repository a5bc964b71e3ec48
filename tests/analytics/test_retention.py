"""Retention whose answers are worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

from milepost.analytics.asking import EventKind, Period
from milepost.analytics.retention import Retention, RetentionAnswer
from tests.analytics.conftest import Asking
from tests.analytics.told import event, march, world

_LATER = datetime(2026, 4, 10, 12, tzinfo=UTC)
#: Weeks begin on the 2nd, 9th, 16th and 23rd; the period's last day, the 24th, cuts the last one short.
_STORY = world(
    event("2 10:00", "a"),
    event("9 10:00", "a"),
    event("24 10:00", "a"),
    event("25 10:00", "b"),
    event("3 10:00", "b"),
    event("16 10:00", "b"),
    event("10 10:00", "c"),
    event("11 10:00", "c"),
    event("24 10:00", "c"),
    now=_LATER,
)


def _told(answer: RetentionAnswer) -> list[tuple[int, list[int | None], int | None]]:
    return [(group.start.day, group.counts, group.open_from) for group in answer.groups]


def test_first_time(asking: Asking) -> None:
    answer = asking.surely(_STORY, Retention(period=march(2, 24), intervals=3), RetentionAnswer)
    assert _told(answer) == [
        (2, [2, 1, 1, 1], 3),
        (9, [1, 0, 1, None], 2),
        (16, [0, 0, None, None], 1),
        (23, [0, None, None, None], 0),
    ]
    assert [group.size for group in answer.groups] == [2, 1, 0, 0]
    assert answer.average == [1, 1 / 3, 1 / 2, None]


def test_recurring_and_not_bounded(asking: Asking) -> None:
    question = Retention(period=march(2, 24), intervals=2, kind="recurring", bounded=False)
    answer = asking.surely(_STORY, question, RetentionAnswer)
    assert _told(answer) == [(2, [2, 2, 2], None), (9, [2, 2, 2], 2), (16, [1, 0, None], 1), (23, [2, None, None], 0)]
    assert answer.average == [1, 1, 1]


def test_the_first_time_is_the_first_of_all(asking: Asking) -> None:
    """Who began before the period, were it in the same week, is in no group; another kind of event is no beginning."""
    story = world(
        event("2 10:00", "a", "start"),
        event("3 10:00", "a", "start"),
        event("2 10:00", "b", "back"),
        event("3 10:00", "b", "start"),
        event("10 10:00", "b", "back"),
        event("11 10:00", "a", "back"),
        now=_LATER,
    )
    question = Retention(
        period=march(3, 15),
        start=EventKind(tool_id="start"),
        back=EventKind(tool_id="back"),
        intervals=1,
        kind="first_time",
    )
    answer = asking.surely(story, question, RetentionAnswer)
    assert _told(answer) == [(2, [1, 1], None), (9, [0, None], None)]


def test_today_is_not_over(asking: Asking) -> None:
    story = world(event("2 10:00"), event("3 10:00"), event("4 10:00"), now=datetime(2026, 3, 4, 12, tzinfo=UTC))
    question = Retention(period=Period(days=3), interval="day", intervals=2, kind="recurring")
    answer = asking.surely(story, question, RetentionAnswer)
    assert (answer.first, answer.last) == (date(2026, 3, 2), date(2026, 3, 4))
    assert _told(answer) == [(2, [1, 1, 1], 2), (3, [1, 1, None], 1), (4, [1, None, None], 0)]
    assert answer.average == [1, 1, None]


def test_months(asking: Asking) -> None:
    story = world(event("2025-12-31T23:30"), event("2026-01-31T22:59"), event("1 10:00"), now=_LATER)
    period = Period(first=date(2026, 1, 1), last=date(2026, 3, 31), timezone="Europe/Berlin")
    question = Retention(period=period, interval="month", intervals=2)
    answer = asking.surely(story, question, RetentionAnswer)
    assert [(group.start, group.counts) for group in answer.groups] == [
        (date(2026, 1, 1), [1, 0, 1]),
        (date(2026, 2, 1), [0, 0, None]),
        (date(2026, 3, 1), [0, None, None]),
    ]
