"""Tools and sessions whose answers are worked out by hand."""

from __future__ import annotations

from datetime import date

import msgspec

from milepost.analytics.sessions import SessionFigures, Sessions, SessionsAnswer
from milepost.analytics.tools import Tools, ToolsAnswer, ToolUse
from tests.analytics.conftest import Asking
from tests.analytics.told import event, march, world


def test_tools(asking: Asking) -> None:
    """Monday is the 9th; the 8th is in the week before."""
    story = world(
        event("8 10:00", "a", "x", session_id="s", tool_section="one", business_impact="high"),
        event("9 10:00", "a", "x", session_id="s", tool_section="two"),
        event("9 11:00", "a", "x", session_id="t", tool_section="two"),
        event("9 10:00", "b", "x", session_id="s"),
        event("9 10:00", "b", "🧭"),
        event("9 10:00", "c", "b"),
        event("9 10:00", "d"),
        event("1 10:00", "e", "x"),
    )
    answer = asking.surely(story, Tools(period=march(8, 9)), ToolsAnswer)
    assert answer.active == 4
    assert [tool.tool_id for tool in answer.tools] == ["x", "b", "🧭"]
    assert answer.tools[0] == ToolUse(
        tool_id="x",
        units=2,
        share=0.5,
        events=4,
        sessions=3,
        median_events=2,
        median_days=1.5,
        median_sections=1,
        high_impact=1,
        weekly=[1, 2],
    )
    assert answer.together == [[2, 0, 1], [0, 1, 0], [1, 0, 1]]
    sundays = Tools(period=msgspec.structs.replace(march(8, 9), week_start="sunday"))
    assert asking.surely(story, sundays, ToolsAnswer).tools[0].weekly == [2]


def test_no_tools(asking: Asking) -> None:
    answer = asking.surely(world(event("9 10:00")), Tools(period=march(8, 9)), ToolsAnswer)
    assert (answer.active, answer.tools, answer.together) == (1, [], [])


def test_sessions(asking: Asking) -> None:
    story = world(
        # Began before the period, whose first event is what counts.
        event("1 23:59", "a", session_id="s", device_type="tablet"),
        event("2 00:10", "a", "B", session_id="s"),
        event("2 00:40", "a", "A", session_id="s", device_type="mobile", page_url="/in", event_type="export_action"),
        event("3 00:10", "a", "B", session_id="s"),
        # The same id is another session of another customer.
        event("3 10:00", "b", "C", session_id="s", page_url="/in"),
        event("3 11:00", "b", "A", session_id="t", device_type="mobile"),
        event("3 11:01", "b", "B", session_id="t", user_id="u"),
        event("3 11:01", "b", "C"),
    )
    question = Sessions(period=march(2, 3), breakdown="primary_tool", top=1)
    answer = asking.surely(story, question, SessionsAnswer)
    assert answer.buckets == [date(2026, 3, 2), date(2026, 3, 3)]
    assert answer.counts == [1, 2]
    assert answer.median_seconds == [24 * 3600, 30]
    assert answer.total == SessionFigures(
        value=None,
        sessions=3,
        units=2,
        median_seconds=60,
        p90_seconds=60 + 0.8 * (24 * 3600 - 60),
        median_events=2,
        single=1,
        with_export=1,
    )
    # t used A and B once each: the smaller text. Each tool is one session's.
    assert [(group.value, group.sessions) for group in answer.groups] == [("A", 1), (None, 2)]
    devices = asking.surely(story, Sessions(period=march(2, 3), breakdown="device_type"), SessionsAnswer)
    assert [(group.value, group.sessions) for group in devices.groups] == [("", 2), ("mobile", 1)]
    landing = asking.surely(story, Sessions(period=march(2, 3), breakdown="landing_page"), SessionsAnswer)
    assert [(group.value, group.sessions) for group in landing.groups] == [("/in", 2), ("", 1)]
    users = asking.surely(story, Sessions(period=march(2, 3), unit="user"), SessionsAnswer)
    assert (users.total.sessions, users.total.units) == (3, 1)
