"""Incremental = recomputed = plain Python: whatever happens to the events, in whatever order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from milepost.plan import load_plan
from milepost.store.plan_tables import apply_plan, recompute, rescore
from milepost.vocabulary import EVENT_TYPES, IMPACTS
from tests.store.standing_model import expected, stored
from tests.support.examples import examples
from tests.support.identity import follow_now
from tests.support.postgres import Cluster
from tests.support.words import COMPETENCIES, GROWTH_STAGES, TOOLS

# Shortly before midnight, so that sessions go over it.
_START = datetime(2026, 3, 1, 23, 50, tzinfo=UTC)
_CUSTOMERS = ("acme", "Äpfel & Söhne", "z")
_IDS = st.integers(0, 30)
_SOME_IDS = st.lists(_IDS, min_size=1, max_size=8)
_NUMBERS = st.one_of(st.integers(-5, 1200), st.sampled_from([2.5, 0.4, True, "7", None]))
_METADATA = st.one_of(
    st.just({}),
    st.builds(lambda success: {"success": success}, st.sampled_from([True, False, None, "false"])),
    st.builds(lambda value: {"professional_credibility": value}, _NUMBERS),
)
_REFERRERS = ("https://www.Example.org/a?b", "http://me:secret@news.example:8080", "android-app://x", "not an address")
_EVENTS = st.fixed_dictionaries(
    {
        "id": _IDS,
        "minutes": st.sampled_from([-3000, -61, 0, 1, 9, 10, 11, 25, 1439, 1441, 90_000]),
        "customer_id": st.sampled_from([*_CUSTOMERS, *_CUSTOMERS, None]),
        "user_id": st.sampled_from([None, "u1", "u2"]),
        "anonymous_id": st.sampled_from(["a1", "a2"]),
        "session_id": st.sampled_from([None, "s1", "s2", "s3"]),
        "event_type": st.sampled_from(EVENT_TYPES),
        "business_impact": st.sampled_from(IMPACTS),
        "tool_id": st.sampled_from([None, *TOOLS[:2], "Ω"]),
        "competency_area": st.sampled_from([None, *COMPETENCIES[:2]]),
        "current_arr": st.sampled_from([None, "$2M+", "€3M"]),
        "target_arr": st.sampled_from([None, "$10M"]),
        "growth_stage": st.sampled_from([None, *GROWTH_STAGES]),
        "event_metadata": _METADATA,
        "device_type": st.sampled_from([None, "mobile"]),
        "browser": st.sampled_from([None, "Firefox"]),
        "referrer": st.sampled_from([None, None, *_REFERRERS]),
        "is_bot": st.sampled_from([False] * 7 + [True]),
    }
)
_CHANGES = st.sampled_from(
    [
        "customer_id = 'acme'",
        "session_id = 's3'",
        "session_id = null",
        '"timestamp" = "timestamp" + interval \'11 minutes\'',
        "business_impact = 'high', tool_id = null",
        "is_bot = not is_bot",
        "event_id = overlay(event_id::text placing 'abcdef' from 31)::uuid",
        "current_arr = 'more', device_type = 'tablet'",
        "time_on_page = 1",
    ]
)
_ACTS = st.one_of(
    *[st.tuples(st.just("insert"), st.lists(_EVENTS, min_size=1, max_size=25))] * 4,
    st.tuples(st.just("delete"), _SOME_IDS),
    st.tuples(st.just("soft_delete"), _SOME_IDS),
    st.tuples(st.just("restore"), _SOME_IDS),
    st.tuples(st.just("change"), st.tuples(_SOME_IDS, _CHANGES)),
    st.tuples(
        st.just("tie"), st.sampled_from([("identify", "anonymous", "a1", "u1"), ("identify", "anonymous", "a1", "u2")])
    ),
    st.tuples(st.just("tie"), st.sampled_from([("group", "user", "u1", "acme"), ("group", "anonymous", "a2", "z")])),
    st.tuples(st.just("tie"), st.sampled_from([("alias", "user", "u1", "u2"), ("alias", "user", "u2", "u1")])),
    st.tuples(st.just("undo"), st.integers(0, 3)),
    st.tuples(st.just("follow"), st.integers(1, 3)),
    st.tuples(st.just("act_offline"), st.sampled_from(_CUSTOMERS)),
    st.tuples(st.just("forget_actions"), st.just(None)),
    st.tuples(st.just("truncate"), st.just(None)),
    st.tuples(st.just("clean_up"), st.integers(300, 460)),
    st.tuples(st.just("pin"), st.sampled_from(_CUSTOMERS)),
)


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn) as connection:
        yield connection


def event_id(number: int) -> UUID:
    """The id of event `number`, a month apart."""
    millis = int((_START + timedelta(days=number * 31)).timestamp() * 1000)
    return UUID(int=millis << 80 | 0x7 << 76 | 0b10 << 62 | number)


def json_batch(events: list[dict[str, Any]]) -> str:
    """The events in the form milepost.store_events takes."""
    rows = []
    for event in events:
        row = {name: value for name, value in event.items() if name not in ("id", "minutes")}
        row["event_id"] = str(event_id(event["id"]))
        row["timestamp"] = (_START + timedelta(minutes=event["minutes"], microseconds=event["id"] % 3)).isoformat()
        row["retention_days"] = 365 + event["id"]
        rows.append(row)
    return json.dumps(rows)


def do(connection: psycopg.Connection, act: str, value: Any) -> None:
    ids = [event_id(number) for number in value] if act in ("delete", "soft_delete", "restore") else []
    if act == "insert":
        connection.execute("select milepost.store_events(%s::json)", (json_batch(value),))
    elif act == "delete":
        connection.execute("delete from public.behavior_events where event_id = any(%s)", (ids,))
    elif act == "soft_delete":
        connection.execute("update public.behavior_events set deleted_at = now() where event_id = any(%s)", (ids,))
    elif act == "restore":
        connection.execute("update public.behavior_events set deleted_at = null where event_id = any(%s)", (ids,))
    elif act == "change":
        numbers, change = value
        ids = [event_id(number) for number in numbers]
        connection.execute(f"update public.behavior_events set {change} where event_id = any(%s)", (ids,))
    elif act == "tie":
        connection.execute("select milepost.tie(%s, %s, %s, %s)", value)
    elif act == "undo":
        nth = "select tie_id from milepost.ties order by made_at, tie_id offset %s limit 1"
        connection.execute(f"select milepost.undo_tie(({nth}))", (value,))
    elif act == "follow":
        # Not to the end: what comes next meets events that have yet to follow.
        connection.execute("select milepost.list_followings()")
        connection.execute("select milepost.begin_followings()")
        connection.execute("select milepost.follow(kind, id, %s) from milepost.followings", (value,))
    elif act == "act_offline":
        insert = "insert into public.customer_actions (customer_id, action_type) values (%s, 'call'), (%s, 'deal')"
        connection.execute(insert, (value, value))
        connection.execute("update public.customer_actions set deleted_at = now() where action_type = 'deal'")
    elif act == "forget_actions":
        connection.execute("truncate public.customer_actions")
    elif act == "truncate":
        connection.execute("truncate public.behavior_events")
    elif act == "clean_up":
        as_of = _START + timedelta(days=value)
        connection.execute("select public.cleanup_expired_behavior_events(as_of => %s)", (as_of,))
    elif act == "pin":
        pin = "insert into milepost.standing (customer_id, pinned) values (%s, true)"
        connection.execute(f"{pin} on conflict (customer_id) do update set pinned = true", (value,))
    else:
        raise AssertionError(act)


def check(connection: psycopg.Connection) -> None:
    """The stored tables are what plain Python makes of the events once they have followed their ties, and what a
    recompute makes of them."""
    follow_now(connection)
    incremental = stored(connection)
    assert incremental == expected(connection)
    connection.execute("select milepost.recompute(array(select customer_id from milepost.standing))")
    assert stored(connection) == incremental


def _event(number: int, **fields: Any) -> dict[str, Any]:
    row = {"id": number, "minutes": 0, "customer_id": "acme", "event_type": "tool_usage", "business_impact": "low"}
    return row | {"anonymous_id": "a1"} | fields


@given(acts=st.lists(_ACTS, min_size=1, max_size=10))
@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(acts=[("insert", [_event(1, session_id="s1")]), ("change", ([1], "event_id = milepost.uuid7()"))])
@example(acts=[("insert", [_event(1)]), ("pin", "acme"), ("truncate", None), ("insert", [_event(1), _event(1)])])
@example(acts=[("insert", [_event(1)]), ("act_offline", "acme"), ("forget_actions", None), ("delete", [1])])
def test_standing_equals_recompute_and_plain_python(shared: psycopg.Connection, acts: list[tuple[str, Any]]) -> None:
    with shared.transaction(force_rollback=True):
        for act, value in acts:
            do(shared, act, value)
        check(shared)


@given(events=st.lists(_EVENTS, min_size=1, max_size=40), data=st.data())
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_and_batches_do_not_matter(
    shared: psycopg.Connection, events: list[dict[str, Any]], data: st.DataObject
) -> None:
    events = list({event["id"]: event for event in events}.values())
    shuffled = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(events)))
    outcomes = []
    for batches in ([events], [shuffled[:cut], shuffled[cut:], shuffled[:3]], [[event] for event in reversed(events)]):
        with shared.transaction(force_rollback=True):
            for batch in batches:
                do(shared, "insert", batch)
            outcomes.append(stored(shared))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_a_change_of_points_rebuilds_everything(connection: psycopg.Connection) -> None:
    plan = load_plan()
    do(connection, "insert", [_event(n, competency_area="sales_execution", session_id="s1") for n in range(20)])
    before = stored(connection)
    dearer = replace(plan, points=replace(plan.points, weight={"low": 7, "medium": 8, "high": 9}))
    assert apply_plan(connection, dearer)
    # Until a customer's turn comes, it keeps the version it has, and so do its new events.
    do(connection, "insert", [_event(20, competency_area="sales_execution", session_id="s1")])
    assert stored(connection)["milepost.standing"]["acme",]["total_points"] == 21 * 2
    assert stored(connection) == expected(connection)
    do(connection, "delete", [20])
    assert rescore(connection) == 1
    after = stored(connection)
    assert after == expected(connection)
    assert after["milepost.standing"]["acme",]["total_points"] == 20 * 2 * 7
    assert not apply_plan(connection, dearer)
    assert apply_plan(connection, plan)
    assert rescore(connection) == 1
    assert stored(connection) == before


def test_customers_whose_standing_was_lost_are_found(connection: psycopg.Connection) -> None:
    do(connection, "insert", [_event(n, customer_id=customer) for n, customer in enumerate(_CUSTOMERS)])
    before = stored(connection)
    connection.execute("delete from milepost.standing where customer_id <> 'acme'")
    connection.execute("delete from milepost.customer_days")
    assert recompute(connection) == 3
    assert stored(connection) == before
