"""What each method puts on the wire."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost import Tracker, TrackerError
from milepost.client.capture import dump, encode, to_ns
from milepost.client.routing import WORDS, route, snake
from milepost.vocabulary import EVENT_TYPES
from tests.client.receiving import Receiver


def _only(server: Receiver) -> dict[str, Any]:
    assert len(server.stored) == 1
    return next(iter(server.stored.values()))


Case = tuple[Callable[[Tracker], str], str, str, dict[str, Any]]
_CASES: list[Case] = [
    (lambda t: t.track_tool_usage("business-case", "roi"), "tool_usage", "low", {}),
    (lambda t: t.track_export("icp-analysis", "pdf"), "export_action", "high", {"export_type": "pdf"}),
    (
        lambda t: t.track_milestone("sales_execution", "Closed one", professional_credibility=15),
        "competency_milestone",
        "high",
        {"milestone_description": "Closed one", "professional_credibility": 15},
    ),
    (
        lambda t: t.track_resource_generation("deck", resource_id="r1"),
        "resource_generation",
        "high",
        {"resource_type": "deck", "success": True, "resource_id": "r1"},
    ),
    (
        lambda t: t.track_resource_generation("deck", success=False, error=ValueError("x")),
        "resource_generation",
        "medium",
        {"resource_type": "deck", "success": False, "error": "ValueError('x')"},
    ),
    (
        lambda t: t.track_resource_share("deck", shared_with="cfo"),
        "resource_share",
        "low",
        {"resource_type": "deck", "shared_with": "cfo"},
    ),
    (
        lambda t: t.track_click("go", "Go!", metadata={"more": [1]}),
        "content_interaction",
        "low",
        {"action": "click", "button_id": "go", "button_label": "Go!", "more": [1]},
    ),
    (
        lambda t: t.track_form_submit("f1"),
        "professional_action",
        "medium",
        {"action": "form_submit", "form_id": "f1", "success": True},
    ),
    (lambda t: t.track_navigation("/tools", business_impact="high"), "navigation", "high", {}),
    (lambda t: t.track("systematic_progression"), "systematic_progression", "high", {}),
]


@pytest.mark.parametrize(("call", "event_type", "impact", "metadata"), _CASES)
def test_the_missions_methods(
    server: Receiver,
    tracker: Tracker,
    call: Callable[[Tracker], str],
    event_type: str,
    impact: str,
    metadata: dict[str, Any],
) -> None:
    event_id = call(tracker)
    assert tracker.flush()
    event = _only(server)
    assert (event["event_id"], event["event_type"], event["business_impact"]) == (event_id, event_type, impact)
    assert event.get("event_metadata", {}) == metadata
    assert event["customer_id"] == "acme"
    assert uuid.UUID(event["session_id"]).version == 7
    assert event["session_duration"] == 0
    at = datetime.fromisoformat(event["timestamp"])
    assert uuid.UUID(event_id).int >> 80 == to_ns(at) // 1_000_000
    assert "user_id" not in event


def test_every_field_goes_through_and_a_call_overrides_the_tracker(
    server: Receiver, make: Callable[..., Tracker]
) -> None:
    tracker = make(user_id="ann", current_arr="$1M", growth_stage="early_scaling")
    tracker.set_scaling_context(target_arr="$10M", growth_stage="rapid_scaling")
    fields: dict[str, Any] = {
        "customer_id": "other", "user_id": "ben", "anonymous_id": "a1", "session_id": "s1", "business_impact": "medium",
        "competency_area": "sales_execution", "session_duration": 5, "time_on_page": 6, "page_url": "https://x/y",
        "referrer": "https://z", "device_type": "mobile", "browser": "Firefox", "retention_days": 30,
    }  # fmt: skip
    tracker.track("scaling_metric", tool_id="t", tool_section="s", **fields)
    assert tracker.flush()
    event = _only(server)
    expected = fields | {"tool_id": "t", "tool_section": "s", "event_type": "scaling_metric"}
    expected |= {"current_arr": "$1M", "target_arr": "$10M", "growth_stage": "rapid_scaling"}
    assert {name: event[name] for name in expected} == expected
    assert set(event) == set(expected) | {"event_id", "timestamp"}


def test_a_backfilled_event_has_its_own_time_in_its_id(server: Receiver, tracker: Tracker) -> None:
    event_id = tracker.track_click("old", timestamp=datetime(2024, 2, 3, 4, 5, 6, 789, tzinfo=UTC))
    assert tracker.flush()
    assert _only(server)["timestamp"] == "2024-02-03T04:05:06.000789Z"
    assert uuid.UUID(event_id).int >> 80 == 1_706_933_106_000


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_an_event_types_name_goes_to_itself(name: str) -> None:
    assert route(name) == (name, True)


def test_everyday_words_and_their_spellings() -> None:
    assert all(route(word)[1] for word in WORDS)
    assert route("formSubmit")[0] == route("Form Submit")[0] == route("form-submit")[0] == "professional_action"
    assert route("PageView")[0] == "navigation"
    assert route("negotiated") == ("professional_action", False)
    assert [snake(word) for word in ("currentARR", "toolId", "tool_id")] == ["current_arr", "tool_id", "tool_id"]


def test_track_behavior_takes_the_missions_payload(server: Receiver, make: Callable[..., Tracker]) -> None:
    tracker = make(current_arr="$2M+", target_arr="$10M", growth_stage="rapid_scaling")
    payload = {
        "toolId": "icp-analysis",
        "businessImpact": "high",
        "competencyArea": "customer_intelligence",
        "currentARR": "$3M",
        "metadata": {"reportType": "x"},
        "exportType": "csv",
    }
    ids = [tracker.track_behavior(action, payload) for action in ("tool_usage", "export", "negotiated")]
    assert tracker.flush()
    usage, export, other = (server.stored[event_id] for event_id in ids)
    assert usage["event_type"] == "tool_usage"
    assert (usage["tool_id"], usage["business_impact"]) == ("icp-analysis", "high")
    assert (usage["current_arr"], usage["target_arr"], usage["growth_stage"]) == ("$3M", "$10M", "rapid_scaling")
    assert usage["event_metadata"] == {"reportType": "x", "export_type": "csv"}
    assert export["event_type"] == "export_action"
    assert other["event_type"] == "professional_action"
    assert other["event_metadata"]["action_type"] == "negotiated"


def test_identify_group_and_alias_speak_segments_dialect(server: Receiver, tracker: Tracker) -> None:
    tracker.identify("ann", {"plan": "pro"}, anonymous_id="a1")
    tracker.group(user_id="ann", traits={"name": "Acme"})
    tracker.alias("a1", "ann")
    assert tracker.flush()
    identify, group, alias = server.requests[0].body["batch"]
    assert server.requests[0].path == "/v1/batch"
    assert (identify["type"], identify["userId"], identify["anonymousId"]) == ("identify", "ann", "a1")
    assert identify["traits"] == {"plan": "pro"}
    assert (group["type"], group["userId"], group["groupId"]) == ("group", "ann", "acme")
    assert (alias["type"], alias["previousId"], alias["userId"]) == ("alias", "a1", "ann")
    assert all(call["messageId"] and call["timestamp"].endswith("Z") for call in (identify, group, alias))
    assert server.requests[0].body["sentAt"].endswith("Z")


def test_a_tool_visit_is_entry_and_exit_with_its_time(server: Receiver, tracker: Tracker) -> None:
    def work() -> None:
        with tracker.tool("cost-calculator", section="pricing", user_id="ann") as visit:
            visit.metadata["rows"] = 3
            raise RuntimeError("the host's own")

    with pytest.raises(RuntimeError, match="the host's own"):
        work()
    assert tracker.flush()
    entry, leave = server.stored.values()
    assert (entry["tool_id"], entry["tool_section"], entry["user_id"]) == ("cost-calculator", "pricing", "ann")
    assert entry["event_metadata"] == {"action": "enter"}
    assert leave["event_type"] == "tool_usage"
    assert leave["event_metadata"].pop("duration_ms") >= 0
    assert leave["event_metadata"] == {"action": "exit", "rows": 3, "error": "RuntimeError"}
    assert leave["session_id"] == entry["session_id"]


def test_what_the_host_changes_afterwards_is_not_sent(server: Receiver, tracker: Tracker) -> None:
    metadata: dict[str, Any] = {"steps": [1], "deep": {"a": 1}}
    tracker.track_click("b", metadata=metadata)
    metadata["steps"].append(2)
    metadata["deep"]["a"] = 2
    assert tracker.flush()
    assert _only(server)["event_metadata"]["steps"] == [1]
    assert _only(server)["event_metadata"]["deep"] == {"a": 1}


class _Colour(Enum):
    RED = "red"


class _Rude:
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_metadata_of_any_make_is_turned_into_json(server: Receiver, tracker: Tracker) -> None:
    odd: dict[Any, str] = {7: "seven", (1, 2): "pair"}
    tracker.track_click(
        "b",
        metadata={
            "nan": float("nan"), "when": datetime(2026, 1, 1, tzinfo=UTC), "price": Decimal("1.50"), "set": {1},
            "colour": _Colour.RED, "bytes": b"\xff", "tuple": (1, 2), "lone": "\ud800", **odd,
        },
    )  # fmt: skip
    assert tracker.flush()
    assert _only(server)["event_metadata"] == {
        "action": "click", "button_id": "b", "nan": None, "when": "2026-01-01T00:00:00+00:00", "price": "1.50",
        "set": [1], "colour": "red", "bytes": "�", "tuple": [1, 2], "7": "seven", "(1, 2)": "pair", "lone": "?",
    }  # fmt: skip


def test_what_cannot_be_sent_is_dropped_with_a_reason_and_raises_nothing(
    server: Receiver, tracker: Tracker, errors: list[TrackerError], drops: list[tuple[Any, str]]
) -> None:
    circle: dict[str, Any] = {}
    circle["again"] = circle
    tracker.track_click("circle", metadata=circle)
    tracker.track_click("rude", metadata={"rude": _Rude()})
    tracker.track_click("large", metadata={"text": "x" * 40_000})
    tracker.track_click("no mapping", metadata=5)  # type: ignore[arg-type]
    tracker.track_click("no time", timestamp="yesterday")
    tracker.track_click("unhashable", customer_id=[])  # type: ignore[arg-type]
    tracker.track_behavior(5, {"a": 1})  # type: ignore[arg-type]
    unknown = tracker.track_click("unknown word", nonsense=1)  # type: ignore[call-arg]
    assert unknown
    assert tracker.flush()
    assert tracker.stats().dropped == {"invalid": 6, "too_large": 1}
    assert sorted(reason for _, reason in drops) == ["invalid"] * 6 + ["too_large"]
    assert any("nonsense" in error.message for error in errors)
    assert "nonsense" in server.stored[unknown]
    stats = tracker.stats()
    assert stats.captured == 8 == stats.delivered + sum(stats.dropped.values())


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.none() | st.floats(), inner),
    max_leaves=20,
)


@given(_JSON)
def test_any_metadata_becomes_one_line_of_utf8(metadata: object) -> None:
    line = encode((0, "id", 0, {"event_metadata": metadata}))
    assert b"\n" not in line
    line.decode("utf-8")
    assert b"NaN" not in dump({"x": float("nan")})


def test_any_event_is_tracked_by_its_name(server: Receiver, make: Callable[..., Tracker]) -> None:
    tracker = make(actor_type="service")
    event_id = tracker.track("Invoice Sent", {"amount": 12, "dueDate": "x"}, user_id="ann", tool_id="billing")
    agent = tracker.track("Invoice Sent", actor_type="agent", metadata={"by": "bot"})
    typed = tracker.track("Report Exported", {"pages": 3}, event_type="export_action")
    by_keyword = tracker.track(event_type="navigation", business_impact="high")
    assert tracker.flush()
    event = server.stored[event_id]
    assert (event["event_name"], event["actor_type"], event["user_id"]) == ("Invoice Sent", "service", "ann")
    assert (event["tool_id"], event["event_metadata"]) == ("billing", {"amount": 12, "dueDate": "x"})
    # What it is and what it is worth is the name's to say.
    assert "event_type" not in event
    assert "business_impact" not in event
    assert server.stored[agent]["actor_type"] == "agent"
    assert server.stored[agent]["event_metadata"] == {"by": "bot"}
    assert server.stored[typed]["event_type"] == "export_action"
    assert server.stored[typed]["event_name"] == "Report Exported"
    assert "business_impact" not in server.stored[typed]
    assert server.stored[by_keyword]["event_type"] == "navigation"
    assert "event_name" not in server.stored[by_keyword]


def test_an_event_without_name_and_type_is_reported(server: Receiver, make: Callable[..., Tracker]) -> None:
    errors: list[TrackerError] = []
    tracker = make(on_error=errors.append)
    tracker.track()
    tracker.track("")
    assert tracker.flush()
    assert not server.stored
    assert "it has no name" in errors[0].message
