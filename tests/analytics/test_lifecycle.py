"""Lifecycle and stickiness whose answers are worked out by hand."""

from __future__ import annotations

from datetime import date

from milepost.analytics.asking import EventKind
from milepost.analytics.lifecycle import Lifecycle, LifecycleAnswer
from milepost.analytics.stickiness import Stickiness, StickinessAnswer
from tests.analytics.conftest import Asking
from tests.analytics.told import event, march, world


def test_lifecycle(asking: Asking) -> None:
    """Weeks begin on Mondays: February 23, March 2, 9 and 16. The period begins on a Tuesday."""
    story = world(
        event("2026-02-24T10:00", "stays"),
        event("4 10:00", "stays"),
        event("3 10:00", "away for a week"),
        event("17 10:00", "away for a week"),
        event("2026-02-20T10:00", "back after two"),
        event("10 10:00", "back after two"),
        event("11 10:00", "once"),
        event("11 11:00", "once"),
        # New in this week, though its first event is not in the period.
        event("2 10:00", "early"),
        event("4 10:00", "early"),
        event("2026-02-25T10:00", "gone"),
        # Not active in the period's part of the week.
        event("2 10:00", "too early"),
    )
    answer = asking.surely(story, Lifecycle(period=march(3, 22)), LifecycleAnswer)
    assert answer.buckets == [date(2026, 3, 2), date(2026, 3, 9), date(2026, 3, 16)]
    assert answer.new == [2, 1, 0]
    assert answer.returning == [1, 0, 0]
    assert answer.resurrected == [0, 1, 1]
    assert answer.dormant == [1, 3, 2]


def test_lifecycle_of_one_kind_of_event(asking: Asking) -> None:
    """What else somebody did before makes them neither old nor active."""
    story = world(event("1 10:00", tool="other"), event("2 10:00", tool="ours"), event("3 10:00", tool="other"))
    question = Lifecycle(period=march(2, 3), activity=EventKind(tool_id="ours"), interval="day")
    answer = asking.surely(story, question, LifecycleAnswer)
    assert (answer.new, answer.returning, answer.resurrected, answer.dormant) == ([1, 0], [0, 0], [0, 0], [0, 1])


def test_stickiness(asking: Asking) -> None:
    story = world(
        event("2 10:00", "a"),
        event("2 11:00", "a"),
        event("3 10:00", "a"),
        event("4 10:00", "b"),
        event("5 10:00", "c"),
    )
    answer = asking.surely(story, Stickiness(period=march(2, 4)), StickinessAnswer)
    assert (answer.counts, answer.active, answer.median) == ([1, 1, 0], 2, 1.5)
    weekly = asking.surely(story, Stickiness(period=march(1, 4), interval="week"), StickinessAnswer)
    assert (weekly.counts, weekly.active, weekly.median) == ([2, 0], 2, 1)
    nobody = asking.surely(world(), Stickiness(period=march(2, 4)), StickinessAnswer)
    assert (nobody.counts, nobody.active, nobody.median) == ([0, 0, 0], 0, None)
