"""The Segment dialect in our words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from milepost.ingest.draft import Sender
from milepost.ingest.events import EventRow, Rejection, Tie
from milepost.ingest.ids import foreign_id
from milepost.ingest.pipeline import Accepted, accept
from milepost.ingest.segment import SEGMENT_STEPS
from milepost.plan import SegmentEvents, load_plan
from milepost.plan.model import GrowthStage
from milepost.traits.values import Told

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
SENDER = Sender(load_plan(), NOW)


def _run(sender: Sender = SENDER, **message: Any) -> Accepted:
    raw = json.dumps({"type": "track", "event": "x", "userId": "u", "messageId": "m", **message})
    return accept([raw.encode()], sender, SEGMENT_STEPS)


def _row(sender: Sender = SENDER, **message: Any) -> EventRow:
    result = _run(sender, **message)
    assert result.rejected == []
    return result.rows[0]


def _refusal(**message: Any) -> Rejection:
    result = _run(**message)
    assert result.rows == []
    return result.rejected[0]


@pytest.mark.parametrize(
    ("event", "properties", "expected"),
    [
        ("Report Exported", {}, "export_action"),
        ("report exported", {}, "export_action"),
        ("Document Shared", {}, "resource_share"),
        ("Competency Milestone", {}, "competency_milestone"),
        ("resource_generation", {}, "resource_generation"),
        ("  Tool -- Usage ", {}, "tool_usage"),
        ("Anything", {"tool_id": "t"}, "tool_usage"),
        ("Anything", {}, "content_interaction"),
        ("Ünïcödé", {}, "content_interaction"),
    ],
)
def test_the_name_of_a_track_is_its_type(event: str, properties: dict[str, Any], expected: str) -> None:
    assert _row(event=event, properties=properties).event_type == expected


def test_the_plan_says_what_names_mean() -> None:
    events = SegmentEvents({"Deal Won": "systematic_progression", "Tool Usage": "navigation"})
    plan = msgspec.structs.replace(SENDER.plan, segment=events)
    sender = replace(SENDER, plan=plan)
    assert _row(sender, event="deal won").event_type == "systematic_progression"
    assert _row(sender, event="Tool Usage").event_type == "navigation"


@pytest.mark.parametrize("call", ["identify", "page", "screen", "alias"])
def test_every_other_call_is_navigation_that_says_what_it_was(call: str) -> None:
    row = _row(type=call, anonymousId="a", previousId="p", name="Home", traits={"plan": "pro"})
    assert row.event_type == "navigation"
    assert row.event_metadata is not None
    said = json.loads(bytes(row.event_metadata))
    assert said["call"] == call
    assert said["name"] == "Home"
    assert said["traits"] == {"plan": "pro"}


def _said(**message: Any) -> dict[str, Any]:
    metadata = _row(**message).event_metadata
    assert metadata is not None
    said: dict[str, Any] = json.loads(bytes(metadata))
    return said


def test_properties_take_nothing_from_what_the_call_says() -> None:
    said = _said(event="Report Exported", properties={"event": "conference", "name": "Q3", "call": "sales"})
    assert said == {"event": "Report Exported", "name": "Q3", "call": "sales", "properties": {"event": "conference"}}
    said = _said(type="page", name="Home", properties={"name": "other", "call": "x", "title": "T"})
    assert said == {"name": "Home", "call": "page", "title": "T", "properties": {"name": "other", "call": "x"}}
    # analytics.js repeats the name of a page among its properties.
    assert _said(type="page", name="Home", properties={"name": "Home"}) == {"name": "Home", "call": "page"}


def test_campaign_language_and_app_are_kept() -> None:
    context = {
        "campaign": {"name": "spring", "source": "mail", "medium": "letter"},
        "locale": "de-DE",
        "app": {"name": "Shop", "version": "2.1"},
    }
    said = _said(event="Signed Up", context=context, properties={"utm_source": "own"})
    assert said == {
        "event": "Signed Up", "utm_campaign": "spring", "utm_medium": "letter", "utm_source": "own", "locale": "de-DE",
        "app_name": "Shop", "app_version": "2.1",
    }  # fmt: skip
    assert _said(event="x", context={"campaign": "spring", "app": 5, "locale": {}}) == {"event": "x"}


def test_where_each_column_comes_from() -> None:
    row = _row(
        anonymousId=7,
        groupId="acme",
        properties={
            "session_id": 1_777_000, "tool_id": "t", "tool_section": "s", "competency_area": "c", "current_arr": "$1M",
            "target_arr": "$2M", "growth_stage": "rapid_scaling", "business_impact": "high", "url": "https://a/",
            "referrer": "https://b/", "own": [1],
        },
        context={"device": {"type": "tablet"}, "page": {"url": "https://other/"}},
    )  # fmt: skip
    assert (row.customer_id, row.user_id, row.anonymous_id, row.session_id) == ("acme", "u", "7", "1777000")
    assert (row.tool_id, row.tool_section, row.competency_area) == ("t", "s", "c")
    assert (row.current_arr, row.target_arr, row.growth_stage, row.business_impact) == (
        "$1M",
        "$2M",
        "rapid_scaling",
        "high",
    )
    assert (row.page_url, row.referrer, row.device_type) == ("https://a/", "https://b/", "tablet")
    assert row.event_metadata is not None
    assert json.loads(bytes(row.event_metadata))["own"] == [1]


def test_the_batch_context_is_overridden_by_the_messages_own() -> None:
    sender = replace(SENDER, context={"groupId": "batch", "page": {"url": "https://batch/"}})
    assert _row(sender).customer_id == "batch"
    row = _row(sender, context={"groupId": "own"})
    assert (row.customer_id, row.page_url) == ("own", "https://batch/")


def test_the_customer_in_order_of_who_knows_best() -> None:
    known: dict[str, Any] = {
        "groupId": "group",
        "context": {"groupId": "context"},
        "properties": {"customer_id": "property"},
    }
    assert _row(**known).customer_id == "group"
    assert _row(**{**known, "groupId": None}).customer_id == "context"
    assert _row(properties={"customer_id": "property"}).customer_id == "property"
    assert _row().customer_id is None


def test_times_and_ids() -> None:
    theirs = NOW - timedelta(hours=3)
    sent: dict[str, Any] = {"sentAt": (NOW - timedelta(hours=1)).isoformat()}
    row = _row(timestamp=theirs.isoformat(), **sent)
    assert row.timestamp == theirs + timedelta(hours=1)
    assert row.event_id == foreign_id("m", theirs)
    assert _row(originalTimestamp=theirs.isoformat(), **sent) == row
    # A replay brings both: `timestamp` was corrected when it first arrived, and the id must be the one of then.
    replayed = _row(originalTimestamp=theirs.isoformat(), timestamp="2026-04-01T00:00:00Z", **sent)
    assert replayed.timestamp == datetime(2026, 4, 1, tzinfo=UTC)
    assert replayed.event_id == row.event_id


def test_the_messages_own_sent_at_wins_over_the_batchs() -> None:
    sender = replace(SENDER, sent_at=NOW - timedelta(days=1))
    row = _row(sender, timestamp="2026-05-01T10:00:00Z", sentAt=NOW.isoformat())
    assert row.timestamp == NOW - timedelta(hours=2)
    assert _row(sender, timestamp="2026-04-30T10:00:00Z").timestamp == NOW - timedelta(hours=2)


def test_ties_and_traits() -> None:
    (call,) = _run(type="identify", anonymousId="a", traits={"name": "Ann"}).identity_calls
    assert call.ties == (Tie("identify", "anonymous", "a", "u"),)
    assert (call.traits[0].kind, call.traits[0].id) == ("person", "u")
    assert call.traits[0].told == (Told("name", "Ann", None, "text"),)
    assert call.at == NOW
    (call,) = _run(type="group", groupId="acme", anonymousId="a", traits={"name": "Acme"}).identity_calls
    assert call.ties == (Tie("group", "user", "u", "acme"), Tie("group", "anonymous", "a", "acme"))
    assert (call.traits[0].kind, call.traits[0].id) == ("customer", "acme")
    (call,) = _run(type="alias", previousId="p").identity_calls
    assert call.ties == (Tie("alias", "anonymous", "p", "u"), Tie("alias", "user", "p", "u"))
    assert call.event_id == _row(type="alias", previousId="p").event_id
    assert _run().identity_calls == []
    assert _run(type="identify").identity_calls == []


def test_a_person_address_is_kept_only_where_addresses_are() -> None:
    context = {"ip": "203.0.113.9"}
    assert _row(context=context).ip_address is None
    keeping = replace(SENDER, ip_address="10.0.0.1")
    assert _row(keeping, context=context).ip_address == "203.0.113.9"
    for odd in ("nonsense", "fe80::1%eth0", 5, None):
        assert _row(keeping, context={"ip": odd}).ip_address == "10.0.0.1"


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        ({"type": "purchase"}, "invalid_value", "type"),
        ({"type": []}, "invalid_value", "type"),
        ({"type": {}}, "invalid_value", "type"),
        ({"type": None}, "invalid_value", "type"),
        ({"event": None}, "missing_field", "event"),
        ({"event": ["x"]}, "missing_field", "event"),
        ({"userId": None}, "missing_field", "customer_id"),
        ({"userId": True}, "invalid_type", "userId"),
        ({"userId": 1.5}, "invalid_type", "userId"),
        ({"userId": 10**40}, "too_long", "userId"),
        ({"userId": "x" * 201}, "too_long", "userId"),
        ({"messageId": {}}, "invalid_type", "messageId"),
        ({"properties": []}, "invalid_type", "properties"),
        ({"traits": "x"}, "invalid_type", "traits"),
        ({"context": 5}, "invalid_type", "context"),
        ({"timestamp": "soon"}, "invalid_value", "timestamp"),
        ({"timestamp": 1_777_000_000_000}, "invalid_type", "timestamp"),
        ({"originalTimestamp": "soon"}, "invalid_value", "originalTimestamp"),
        ({"type": "group"}, "missing_field", "groupId"),
        ({"type": "alias"}, "missing_field", "previousId"),
        ({"properties": {"a": "\x00"}}, "invalid_unicode", None),
        ({"type": "identify", "traits": {"a": "\x00"}}, "invalid_unicode", None),
    ],
)
def test_refusals(message: dict[str, Any], code: str, field: str | None) -> None:
    refusal = _refusal(**message)
    assert (refusal.code, refusal.field) == (code, field)


def test_growth_stages_are_the_plans() -> None:
    ours = replace(SENDER, plan=msgspec.structs.replace(SENDER.plan, growth_stages=(GrowthStage("bloom"),)))
    assert _row(ours, properties={"growth_stage": "bloom"}).growth_stage == "bloom"
    assert _row(ours, type="identify", traits={"growth_stage": "bloom"}).growth_stage == "bloom"
    row = _row(ours, properties={"growth_stage": "rapid_scaling"})
    assert row.growth_stage is None
    assert msgspec.json.decode(row.event_metadata or b"")["growth_stage"] == "rapid_scaling", "nothing said is lost"


@pytest.mark.parametrize(
    "message",
    [
        {"sentAt": "never"},
        {"sentAt": 5},
        {"context": {"userAgent": 5, "page": [], "device": "x", "traits": 7}},
        {"properties": {"tool_id": 5, "business_impact": "huge", "url": {}, "growth_stage": []}},
        {"integrations": "all"},
        {"timestamp": ""},
    ],
)
def test_what_is_optional_and_odd_costs_no_event(message: dict[str, Any]) -> None:
    assert _row(**message).event_type == "content_interaction"
