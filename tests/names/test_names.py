"""A name that is mapped later gives the same as one that meant it from the start; the plan's rules, and hands."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.identity.follow import follow_all, verify_identity
from milepost.ingest.draft import Sender
from milepost.ingest.events import EventRow
from milepost.ingest.pipeline import accept
from milepost.plan import Plan, load_plan, parse_plan
from milepost.plan.names import EventRule, NameMeans
from milepost.store.plan_tables import apply_plan
from tests.store.test_standing import check
from tests.support.examples import examples
from tests.support.server import wait_for

_NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
_PLAN = load_plan()
_NAMES = ("Invoice Sent", "Report Exported", "export action", "Ünï")
_MEANINGS = (
    NameMeans(),
    NameMeans(type="export_action"),
    NameMeans(type="tool_usage", tool="icp-analysis", competency="customer_intelligence"),
    NameMeans(type="resource_generation", impact="low"),
    NameMeans(competency="sales_execution", impact="high"),
    NameMeans(type="tool_usage", tool="cost-calculator"),
)


def _rows(sent: Sequence[dict[str, Any]], plan: Plan = _PLAN) -> list[EventRow]:
    accepted = accept([json.dumps(one).encode() for one in sent], Sender(plan, _NOW))
    assert accepted.rejected == []
    return accepted.rows


def _store(connection: psycopg.Connection, rows: Sequence[EventRow]) -> None:
    connection.execute("select * from milepost.store_events(%s::json)", (msgspec.json.encode(rows).decode(),))


def _map(connection: psycopg.Connection, name: str, means: NameMeans, by: str | None = "ann@example.com") -> None:
    values = (name, means.type, means.tool, means.competency, means.impact, by)
    connection.execute("select milepost.map_name(%s, %s, %s, %s, %s, %s)", values)


def _as_it_is(connection: psycopg.Connection) -> tuple[list[Any], list[Any]]:
    events = connection.execute(
        "select event_id, event_name, event_type, tool_id, competency_area, business_impact, filled"
        " from public.behavior_events order by event_id"
    ).fetchall()
    standing = connection.execute(
        "select customer_id, total_events, total_points, total_exports_generated, high_impact_events,"
        " medium_impact_events, low_impact_events, total_tool_sessions from milepost.standing order by customer_id"
    ).fetchall()
    return events, standing


_EVENTS = st.fixed_dictionaries(
    {
        "event_name": st.sampled_from(_NAMES),
        "customer_id": st.sampled_from(["acme", "zeta"]),
        "session_id": st.sampled_from(["s", "t"]),
        "days": st.integers(0, 3),
    },
    optional={
        "event_type": st.sampled_from(["navigation", "tool_usage", "resource_generation"]),
        "tool_id": st.sampled_from(["icp-analysis", "other"]),
        "tool_section": st.sampled_from(["results", "rating-framework"]),
        "competency_area": st.just("value_communication"),
        "business_impact": st.just("medium"),
        "event_metadata": st.sampled_from([{"success": False}, {"success": True}]),
    },
)


def _sent(drawn: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in one.items() if key != "days"}
        | {"event_id": f"e{n}", "timestamp": (_NOW - timedelta(days=one["days"])).isoformat()}
        for n, one in enumerate(drawn)
    ]


def _follow_to_the_end(connection: psycopg.Connection, *, at_once: int = 200) -> None:
    """What waits for somebody else's transaction to end, in another database even, is waited for."""

    def done() -> bool:
        follow_all(connection, at_once=at_once)
        return connection.execute("select count(*) from milepost.event_names where changed").fetchone() == (0,)

    wait_for(done, 20, "the stored events to be what their names mean")


@given(
    drawn=st.lists(_EVENTS, min_size=1, max_size=12),
    meanings=st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_MEANINGS), min_size=1),
    before=st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_MEANINGS)),
    at_once=st.integers(1, 5),
)
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mapped_later_is_mapped_from_the_start(
    connection: psycopg.Connection,
    drawn: list[dict[str, Any]],
    meanings: dict[str, NameMeans],
    before: dict[str, NameMeans],
    at_once: int,
) -> None:
    rows = _rows(_sent(drawn))
    with psycopg.connect(connection.info.dsn, autocommit=True) as other:
        _empty(other)
        names = [(name,) for name in _NAMES]
        with other.cursor() as cursor:
            cursor.executemany("insert into milepost.event_names (name) values (%s)", names)
        for name, means in meanings.items():
            _map(other, name, means)
        _store(other, rows)
        _follow_to_the_end(other)
        wanted = _as_it_is(other)
        # Now the other way round: half of them are there, something else was said first, and said again half-way.
        _empty(other)
        for name, means in before.items():
            _store(other, rows[:1])
            _map(other, name, means)
        _store(other, rows[: len(rows) // 2])
        for name in _NAMES:
            other.execute("insert into milepost.event_names (name) values (%s) on conflict do nothing", (name,))
        other.execute("select milepost.follow_names(1)")
        for name in _NAMES:
            _map(other, name, meanings.get(name, NameMeans()), "bob@example.com" if name in meanings else "nobody")
        _store(other, rows)
        _follow_to_the_end(other, at_once=at_once)
        assert _as_it_is(other) == wanted
        assert verify_identity(other).is_equal
        check(other)


def _empty(connection: psycopg.Connection) -> None:
    connection.execute("truncate public.behavior_events, milepost.event_names")


def test_a_batch_beside_the_mapping_follows_too(connection: psycopg.Connection) -> None:
    """A transaction that has read what a name meant before, and stores its event after everything else has followed."""
    rows = _rows([{"event_id": f"e{n}", "event_name": "Invoice Sent", "customer_id": "acme"} for n in range(3)])
    _store(connection, rows[:1])
    with psycopg.connect(connection.info.dsn) as late:
        _store(late, rows[1:2])
        _map(connection, "Invoice Sent", NameMeans(type="export_action"))
        for _ in range(3):
            follow_all(connection)
        late.commit()
    _follow_to_the_end(connection)
    _store(connection, rows[2:])
    types = connection.execute("select distinct event_type, business_impact from public.behavior_events").fetchall()
    assert types == [("export_action", "high")]
    check(connection)


def test_many_senders_beside_many_mappings(dsn: str, connection: psycopg.Connection) -> None:
    stop = threading.Event()

    def send(of: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as own:
            for n in range(40):
                sent = [{"event_id": f"{of}-{n}", "event_name": _NAMES[n % 4], "customer_id": f"c{n % 3}"}]
                _store(own, _rows(sent))

    def follow() -> None:
        with psycopg.connect(dsn, autocommit=True) as own:
            while not stop.is_set():
                follow_all(own, at_once=7)

    senders = [threading.Thread(target=send, args=(of,)) for of in range(3)]
    follower = threading.Thread(target=follow)
    for thread in (*senders, follower):
        thread.start()
    chance = Random(1)
    while any(thread.is_alive() for thread in senders):
        _map(connection, chance.choice(_NAMES), chance.choice(_MEANINGS))
    for thread in senders:
        thread.join()
    stop.set()
    follower.join()
    _follow_to_the_end(connection)
    assert connection.execute("select count(*) from public.behavior_events").fetchone() == (120,)
    assert verify_identity(connection).misnamed == 0
    check(connection)


_RULES = """
[[events]]
name = "invoice *"
type = "export_action"

[[events]]
name = "ICP Opened"
tool = "icp-analysis"
type = "tool_usage"
"""


def test_rules_of_the_plan(connection: psycopg.Connection) -> None:
    plan = parse_plan(_default() + _RULES, "a plan")
    assert plan.name_means("Invoice Sent") == NameMeans(type="export_action")
    assert plan.name_means("icp opened") == NameMeans("tool_usage", "icp-analysis", "customer_intelligence")
    assert plan.name_means("Export Action") == NameMeans(type="export_action")
    assert plan.name_means("Other") is None
    sent = [
        {"event_id": f"e{n}", "event_name": name, "customer_id": "acme"}
        for n, name in enumerate(("Invoice Sent", "ICP Opened", "Other"))
    ]
    _store(connection, _rows(sent))
    by_default = connection.execute("select event_type from public.behavior_events order by event_name").fetchall()
    assert by_default == [("content_interaction",)] * 3
    # Said by hand, which the plan's rules leave alone.
    _map(connection, "Other", NameMeans(type="resource_share"))
    apply_plan(connection, plan)
    _follow_to_the_end(connection)
    found = connection.execute(
        "select event_name, event_type, tool_id, competency_area, business_impact from public.behavior_events"
        " order by event_name"
    ).fetchall()
    assert found == [
        ("ICP Opened", "tool_usage", "icp-analysis", "customer_intelligence", "low"),
        ("Invoice Sent", "export_action", None, None, "high"),
        ("Other", "resource_share", None, None, "low"),
    ]
    apply_plan(connection, _PLAN)
    _follow_to_the_end(connection)
    assert connection.execute("select event_type from public.behavior_events order by event_name").fetchall() == [
        ("content_interaction",),
        ("content_interaction",),
        ("resource_share",),
    ]
    check(connection)


def _default() -> str:
    from importlib import resources

    return resources.files("milepost.plan").joinpath("default.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (EventRule(name="x", tool="nowhere"), "events[0].tool"),
        (EventRule(name="x", competency="nowhere"), "events[0].competency"),
        (EventRule(name=""), "events[0].name"),
    ],
)
def test_rules_that_cannot_be(rule: EventRule, field: str) -> None:
    from milepost.plan.check import faults

    assert field in [path for path, _ in faults(msgspec.structs.replace(_PLAN, events=(rule,)))]


def test_what_is_not_said_and_what_is() -> None:
    row, typed, silent = _rows(
        [
            {"event_name": "  Invoice Sent ", "customer_id": "a", "actor_type": "agent"},
            {"event_name": "x", "event_type": "navigation", "tool_id": "t", "customer_id": "a"},
            {"event_type": "navigation", "event_name": "", "customer_id": "a"},
        ]
    )
    assert (row.event_name, row.event_type, row.filled, row.actor_type) == (
        "Invoice Sent",
        "content_interaction",
        15,
        "agent",
    )
    assert (typed.event_name, typed.filled) == ("x", 4 | 8)
    assert (silent.event_name, silent.filled, silent.actor_type) == (None, 0, None)
    refused = accept(
        [b'{"customer_id": "a"}', b'{"customer_id": "a", "event_name": "%s"}' % (b"x" * 201)], Sender(_PLAN, _NOW)
    )
    assert [(one.code, one.field) for one in refused.rejected] == [
        ("missing_field", "event_type"),
        ("too_long", "event_name"),
    ]
