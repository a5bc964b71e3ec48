"""Events and actions in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.dashboard.customers.view import risks
from milepost.dashboard.describe import action_in_words, event_in_words
from milepost.insights.customer import Insights
from milepost.plan import load_plan
from milepost.vocabulary import EVENT_TYPES

_TOOLS = {"icp-analysis": "ICP Analysis"}


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (("tool_usage", "icp-analysis", "rating-framework", {}, None), "Used ICP Analysis, Rating framework"),
        (("tool_usage", None, None, {}, None), "Used a tool"),
        (("export_action", "icp-analysis", None, {"export_type": "pdf"}, None), "Exported in ICP Analysis: pdf"),
        (("navigation", None, None, {}, "https://a.example/pricing?x=1"), "Opened a page, /pricing"),
        (("navigation", None, None, {}, "http://["), "Opened a page, http://["),
        (("navigation", "new-tool", None, {}, "https://a.example/x"), "Opened a page in New tool"),
        (("systematic_progression", None, None, {"score": 80}, None), "Moved ahead: Score 80"),
        (("content_interaction", None, "intro", {"title": "  "}, None), "Read content, Intro"),
    ],
)
def test_events(event: tuple[str, str | None, str | None, dict[str, object], str | None], sentence: str) -> None:
    assert event_in_words(*event, tools=_TOOLS).sentence == sentence


def test_actions() -> None:
    words = action_in_words("deal_won", "Three years", 240000.0, "USD", {})
    assert (words.title, words.detail) == ("Deal won", "240,000 USD. Three years")
    assert action_in_words("call", None, None, None, {"description": "Value story"}).detail == "Value story"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner), max_leaves=5
)


@given(
    st.sampled_from(EVENT_TYPES),
    st.none() | st.text(min_size=1),
    st.none() | st.text(min_size=1),
    st.dictionaries(st.sampled_from(["score", "title", "event", "x"]), _json),
    st.none() | st.text(),
)
def test_whatever_was_sent_has_words(
    event_type: str, tool: str | None, section: str | None, metadata: dict[str, object], url: str | None
) -> None:
    assert event_in_words(event_type, tool, section, metadata, url, _TOOLS).sentence


def test_risks_name_their_figures() -> None:
    known = msgspec.convert(
        {
            **{
                field.name: None if type(None) in get_args(field.type) else 0
                for field in msgspec.structs.fields(Insights)
            },
            "customer_id": "a",
            "as_of": datetime(2026, 1, 1, tzinfo=UTC),
            "competencies": [],
            "next_recommended_actions": [],
            "active_weeks": 1,
            "inconsistent_system_usage": True,
            "low_business_impact_actions": True,
            "low_impact_share": 0.914,
        },
        Insights,
    )
    plan = load_plan()
    # Mostly low impact is a fact, and no risk: those of whom it holds do better.
    (irregular,) = risks(known, plan)
    assert "1 week of the last 8" in irregular
    assert risks(msgspec.structs.replace(known, inconsistent_system_usage=None), plan) == ()


def test_visits_are_said_in_words() -> None:
    def said(kind: str, action: str) -> str:
        tool = "x" if kind == "tool_usage" else None
        url = None if tool else "https://example.com/tools?tab=2"
        return event_in_words(kind, tool, None, {"action": action}, url, {"x": "Cost Calculator"}).sentence

    assert said("tool_usage", "enter") == "Opened Cost Calculator"
    assert said("tool_usage", "exit") == "Left Cost Calculator"
    assert said("navigation", "page_view") == "Opened a page, /tools"
    assert said("navigation", "page_leave") == "Left a page, /tools"
