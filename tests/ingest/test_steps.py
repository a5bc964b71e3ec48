"""Each step of the pipeline by itself: what it lets through, what it refuses and how it says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client import REGISTRY

from milepost.ingest.draft import Sender
from milepost.ingest.events import EventRow, Rejection
from milepost.ingest.ids import foreign_id, new_id
from milepost.ingest.pipeline import Accepted, accept
from milepost.plan import load_plan
from milepost.plan.model import GrowthStage
from milepost.vocabulary import MAX_EVENT_BYTES, MAX_METADATA_DEPTH

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
SENDER = Sender(load_plan(), NOW)
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)


def _run(sender: Sender = SENDER, **fields: Any) -> Accepted:
    return accept([json.dumps({"event_type": "navigation", "customer_id": "acme", **fields}).encode()], sender)


def _row(sender: Sender = SENDER, **fields: Any) -> EventRow:
    result = _run(sender, **fields)
    assert result.rejected == []
    return result.rows[0]


def _refusal(sender: Sender = SENDER, **fields: Any) -> Rejection:
    result = _run(sender, **fields)
    assert result.rows == []
    return result.rejected[0]


# -- Times ------------------------------------------------------------------------------------------


@given(st.integers(-10_000, 10_000).filter(lambda s: s <= -1 or s > 120), st.integers(0, 86_400))
def test_a_wrong_clock_is_corrected_without_touching_the_id(behind: int, ago: int) -> None:
    """Segment: timestamp + (received_at - sent_at)."""
    skew = timedelta(seconds=behind)
    theirs = NOW - timedelta(seconds=ago) - skew
    row = _row(replace(SENDER, sent_at=NOW - skew), event_id="m-1", timestamp=theirs.isoformat())
    assert row.timestamp == NOW - timedelta(seconds=ago)
    assert row.event_id == foreign_id("m-1", theirs)


@pytest.mark.parametrize("milliseconds", [0, 1, 999, -999, 1_000, 30_000, 120_000])
def test_what_a_network_may_take_is_no_clock(milliseconds: int) -> None:
    sender = replace(SENDER, sent_at=NOW - timedelta(milliseconds=milliseconds))
    assert _row(sender, timestamp="2026-05-01T11:00:00Z").timestamp == NOW - timedelta(hours=1)


def test_times_without_a_zone_are_utc_and_others_become_it() -> None:
    assert _row(timestamp="2026-05-01T10:00:00").timestamp == NOW - timedelta(hours=2)
    assert _row(timestamp="2026-05-01T12:00:00+02:00").timestamp == NOW - timedelta(hours=2)
    assert _row().timestamp == NOW


def test_late_events_are_welcome_up_to_the_year_2000() -> None:
    assert _row(timestamp="2000-01-01T00:00:00Z").timestamp.year == 2000
    refusal = _refusal(timestamp="1999-12-31T23:59:59Z")
    assert (refusal.code, refusal.field) == ("time_too_old", "timestamp")


def test_at_most_24_hours_ahead() -> None:
    assert _row(timestamp="2026-05-02T12:00:00Z").timestamp == NOW + timedelta(hours=24)
    refusal = _refusal(timestamp="2026-05-02T12:00:01Z")
    assert (refusal.code, refusal.field) == ("time_too_far_ahead", "timestamp")
    # A clock that is a week ahead says so itself in sent_at.
    sender = replace(SENDER, sent_at=NOW + timedelta(days=7))
    assert _row(sender, timestamp="2026-05-08T11:59:00Z").timestamp == NOW - timedelta(minutes=1)


@pytest.mark.parametrize("timestamp", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_times_outside_of_the_calendar(timestamp: str) -> None:
    assert _refusal(timestamp=timestamp).field == "timestamp"


@pytest.mark.parametrize("timestamp", ["yesterday", "2026-02-30T00:00:00Z", 1_777_000_000, ""])
def test_what_is_no_time(timestamp: Any) -> None:
    refusal = _refusal(timestamp=timestamp)
    assert refusal.code in ("invalid_value", "invalid_type")
    assert refusal.field == "timestamp"


# -- Ids --------------------------------------------------------------------------------------------


def test_an_own_id_is_kept_and_a_missing_one_made() -> None:
    own = new_id(NOW - timedelta(days=3))
    assert _row(event_id=own, timestamp="2026-04-01T00:00:00Z").event_id == own
    made = [_row().event_id for _ in range(2)]
    assert made[0] != made[1]
    assert UUID(made[0]).version == 7


# -- Whose, and what --------------------------------------------------------------------------------


def test_somebody_must_have_done_it() -> None:
    for ids in ({"customer_id": ""}, {"customer_id": None, "user_id": "", "anonymous_id": None}):
        assert (_refusal(**ids).code, _refusal(**ids).field) == ("missing_field", "customer_id")
    assert _row(customer_id=None, anonymous_id="a").anonymous_id == "a"


@pytest.mark.parametrize(
    ("fields", "impact"),
    [
        ({"event_type": "resource_generation"}, "high"),
        ({"event_type": "resource_generation", "event_metadata": {"success": True}}, "high"),
        ({"event_type": "resource_generation", "event_metadata": {"success": False}}, "medium"),
        ({"event_type": "resource_generation", "metadata": {"success": False}}, "medium"),
        ({"event_type": "export_action", "event_metadata": {"success": False}}, "high"),
        ({"event_type": "competency_milestone"}, "high"),
        ({"event_type": "systematic_progression"}, "high"),
        ({"event_type": "professional_action"}, "medium"),
        ({"event_type": "tool_usage", "tool_id": "cost-calculator"}, "low"),
        ({"event_type": "tool_usage", "tool_id": "KEY", "tool_section": "KEY"}, "medium"),
        ({"event_type": "navigation", "tool_id": "KEY", "tool_section": "KEY"}, "low"),
        ({"event_type": "scaling_metric"}, "low"),
        ({"event_type": "resource_share"}, "low"),
        ({"event_type": "content_interaction"}, "low"),
        ({"event_type": "export_action", "business_impact": "low"}, "low"),
    ],
)
def test_default_impact(fields: dict[str, Any], impact: str) -> None:
    tool = next(tool for tool in SENDER.plan.tools if tool.key_sections)
    names = {"tool_id": tool.id, "tool_section": tool.key_sections[0]}
    given_fields: dict[str, Any] = {key: names[key] if value == "KEY" else value for key, value in fields.items()}
    assert _row(**given_fields).business_impact == impact


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"event_type": "clicked"}, "unknown_event_type", "event_type"),
        ({"event_type": None}, "missing_field", "event_type"),
        ({"customer_id": 5}, "invalid_type", "customer_id"),
        ({"customer_id": "x" * 201}, "too_long", "customer_id"),
        ({"page_url": "x" * 2049}, "too_long", "page_url"),
        ({"business_impact": "huge"}, "invalid_value", "business_impact"),
        ({"growth_stage": "late"}, "invalid_value", "growth_stage"),
        ({"device_type": "toaster"}, "invalid_value", "device_type"),
        ({"time_on_page": -1}, "invalid_value", "time_on_page"),
        ({"time_on_page": 1.5}, "invalid_type", "time_on_page"),
        ({"retention_days": 0}, "invalid_value", "retention_days"),
        ({"retention_days": 40_000}, "invalid_value", "retention_days"),
        ({"event_metadata": [1]}, "invalid_type", "event_metadata"),
        ({"tool_id": "a\x00b"}, "invalid_unicode", None),
        ({"event_metadata": {"a\x00b": 1}}, "invalid_unicode", None),
        ({"event_metadata": {"k": "z" * MAX_EVENT_BYTES}}, "too_large", None),
        ({"event_type": "x" * 9_000}, "unknown_event_type", "event_type"),
    ],
)
def test_refusals_name_the_field(fields: dict[str, Any], code: str, field: str | None) -> None:
    refusal = _refusal(**fields)
    assert (refusal.code, refusal.field) == (code, field)
    assert 0 < len(refusal.message) < 400


def test_growth_stages_are_the_plans() -> None:
    stages = (GrowthStage("seed", "A seed"), GrowthStage("bloom"))
    ours = replace(SENDER, plan=msgspec.structs.replace(SENDER.plan, growth_stages=stages))
    none = replace(SENDER, plan=msgspec.structs.replace(SENDER.plan, growth_stages=()))
    assert [_row(ours, growth_stage=stage).growth_stage for stage in ("seed", "bloom", "", None)] == [
        "seed", "bloom", None, None,
    ]  # fmt: skip
    for sender, stage, message in (
        (ours, "rapid_scaling", "growth_stage is 'rapid_scaling'. Use one of the plan's: seed, bloom."),
        (ours, "Seed", "growth_stage is 'Seed'. Use one of the plan's: seed, bloom."),
        (ours, "x" * 200, f"growth_stage is {'x' * 50!r}. Use one of the plan's: seed, bloom."),
        (
            none,
            "seed",
            "growth_stage is 'seed'. The plan has none: leave it out, or add [[growth_stages]] to the plan.",
        ),
    ):
        refusal = _refusal(sender, growth_stage=stage)
        assert (refusal.code, refusal.field, refusal.message) == ("invalid_value", "growth_stage", message)
    assert _row(none).growth_stage is None
    assert _refusal(ours, growth_stage="x" * 201).code == "too_long"


def test_a_refused_stage_is_counted_by_its_step() -> None:
    def refused() -> float:
        asked = {"step": "check_growth_stage", "code": "invalid_value"}
        return REGISTRY.get_sample_value("milepost_ingest_step_rejections_total", asked) or 0

    before = refused()
    _refusal(growth_stage="nowhere")
    assert refused() == before + 1


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"[]", "invalid_type"),
        (b"{}", "missing_field"),
        (b'{"event_type":"navigation","customer_id":"\\ud800"}', "invalid_unicode"),
        (b'{"event_type":"navigation","customer_id":"\xff"}', "invalid_unicode"),
        (b'{"event_type":"navigation","customer_id":"a","metadata":{"n":1e999}}', "invalid_value"),
        (
            b'{"event_type":"navigation","customer_id":"a","metadata":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_001,
            "too_deep",
        ),
    ],
)
def test_raw_refusals(raw: bytes, code: str) -> None:
    (refusal,) = accept([raw], SENDER).rejected
    assert refusal.code == code


def test_an_escaped_backslash_before_u0000_is_harmless_text() -> None:
    row = _row(tool_id="a\\u0000b")
    assert row.tool_id == "a\\u0000b"


def test_metadata_up_to_its_depth() -> None:
    def nested(levels: int) -> Any:
        return {"a": nested(levels - 1)} if levels > 1 else {"a": 1}

    assert _row(event_metadata=nested(MAX_METADATA_DEPTH)).event_metadata is not None
    assert _refusal(event_metadata=nested(MAX_METADATA_DEPTH + 1)).code == "too_deep"
    # Many brackets side by side are not deep.
    assert _row(event_metadata={"list": [[] for _ in range(1_000)]}).event_metadata is not None


# -- Device and bots --------------------------------------------------------------------------------


def test_device_from_the_user_agent_unless_given() -> None:
    row = _row(replace(SENDER, user_agent=_CHROME))
    assert (row.device_type, row.browser, row.is_bot) == ("desktop", "Chrome", False)
    row = _row(replace(SENDER, user_agent=_CHROME), device_type="tablet", browser="Own")
    assert (row.device_type, row.browser) == ("tablet", "Own")
    row = _row(
        metadata={"user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1"}
    )
    assert row.device_type == "mobile"


def test_bots_are_kept_and_flagged() -> None:
    assert _row(replace(SENDER, user_agent="Mozilla/5.0 (compatible; Googlebot/2.1)")).is_bot
    assert not _row().is_bot


def test_addresses_are_kept_only_where_the_server_keeps_them() -> None:
    assert _row().ip_address is None
    assert _row(replace(SENDER, ip_address="10.0.0.1")).ip_address == "10.0.0.1"


# -- The batch --------------------------------------------------------------------------------------


def test_one_bad_event_costs_no_other() -> None:
    good = b'{"event_type":"navigation","customer_id":"a"}'
    result = accept([good, b"x", good, b'{"event_type":"x"}', good], SENDER)
    assert result.places == [0, 2, 4]
    assert [refusal.index for refusal in result.rejected] == [1, 3]
