"""Incremental = recomputed = plain Python, for points, levels, badges, streaks and announcements, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from milepost.store.plan_tables import apply_plan
from milepost.vocabulary import EVENT_TYPES, IMPACTS
from tests.game import playing
from tests.store.test_standing import do
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.words import COMPETENCIES, TOOLS

#: Ten minutes before a Monday (UTC), as `do` of the standing's tests counts minutes from there.
_START = datetime(2026, 3, 1, 23, 50, tzinfo=UTC)
_CUSTOMERS = ("acme", "Äpfel & Söhne", "z")
_MINUTES = st.builds(
    lambda week, day, minute: (week * 7 + day) * 1440 + minute,
    st.integers(-30, 6),
    st.sampled_from([0, 0, 0, 1, 6]),
    st.sampled_from([0, 9, 10, 700]),
)
_EVENTS = st.fixed_dictionaries(
    {
        "id": st.integers(0, 60),
        "minutes": _MINUTES,
        "customer_id": st.sampled_from([*_CUSTOMERS, *_CUSTOMERS, None]),
        "user_id": st.sampled_from([None, "u1", "u2"]),
        "anonymous_id": st.sampled_from(["a1", "a2"]),
        "event_type": st.sampled_from(EVENT_TYPES),
        "business_impact": st.sampled_from(IMPACTS),
        "tool_id": st.sampled_from([None, *TOOLS, "Ω"]),
        "competency_area": st.sampled_from([None, *COMPETENCIES[:3]]),
        "event_metadata": st.sampled_from([{}, {}, {"success": False}, {"professional_credibility": 7}]),
        "is_bot": st.sampled_from([False] * 7 + [True]),
    }
)
_CHANGES = st.sampled_from(["customer_id = 'acme'", "business_impact = 'high'"])
_IDS = st.lists(st.integers(0, 60), min_size=1, max_size=12)
_TIES = st.sampled_from(
    [
        ("identify", "anonymous", "a1", "u1"),
        ("group", "user", "u1", "acme"),
        ("group", "anonymous", "a2", "z"),
        ("alias", "user", "u1", "u2"),
        ("alias", "user", "u2", "u1"),
    ]
)
_BATCHES = st.lists(_EVENTS, min_size=6, max_size=30)
#: What can happen, with how often it should.
_KINDS: dict[str, tuple[int, st.SearchStrategy[Any]]] = {
    "insert": (4, _BATCHES),
    "settle": (4, st.none()),
    "clock": (3, _MINUTES),
    "delete": (2, _IDS),
    "soft_delete": (1, _IDS),
    "restore": (1, _IDS),
    "change": (1, st.tuples(_IDS, _CHANGES)),
    "tie": (2, _TIES),
    "undo": (1, st.integers(0, 3)),
    "truncate": (1, st.none()),
    "clean_up": (1, st.integers(300, 460)),
    "pin": (1, st.sampled_from(_CUSTOMERS)),
    "outcome": (2, st.tuples(st.sampled_from(_CUSTOMERS), _MINUTES)),
    "forget_actions": (1, st.none()),
    "plan": (2, st.integers(0, len(playing.PLANS) - 1)),
    "recompute": (1, st.none()),
}
_ACTS = st.sampled_from([kind for kind, (often, _) in _KINDS.items() for _ in range(often)]).flatmap(
    lambda kind: st.tuples(st.just(kind), _KINDS[kind][1])
)


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn) as connection:
        yield connection


def _act(connection: psycopg.Connection, act: str, value: Any) -> None:
    if act == "outcome":
        at = _START + timedelta(minutes=value[1])
        connection.execute(
            'insert into public.customer_actions (customer_id, action_type, role, "timestamp")'
            " values (%s, 'deal', 'outcome', %s), (%s, 'call', 'intervention', %s)",
            (value[0], at, value[0], at),
        )
    elif act == "plan":
        apply_plan(connection, playing.PLANS[value])
    elif act == "recompute":
        connection.execute("select milepost.recompute(array(select customer_id from milepost.standing))")
    else:
        do(connection, act, value)


def _event(number: int, **fields: Any) -> dict[str, Any]:
    row = {"id": number, "minutes": 0, "customer_id": "acme", "event_type": "export_action", "business_impact": "high"}
    return row | {"anonymous_id": "a1", "competency_area": "customer_intelligence"} | fields


_WEEKS = [_event(n, minutes=n * 7 * 1440) for n in range(-5, 1) if n != -2]


@given(acts=st.builds(lambda batch, acts: [("insert", batch), *acts], _BATCHES, st.lists(_ACTS, max_size=10)))
@settings(max_examples=examples(45), suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(acts=[("insert", [_event(n, id=n + 9) for n in range(3)]), ("settle", None), ("recompute", None)])
@example(acts=[("insert", [e | {"id": n} for n, e in enumerate(_WEEKS)]), ("settle", None), ("delete", [2, 3])])
@example(
    acts=[("insert", [_event(1)]), ("settle", None), ("truncate", None), ("settle", None), ("insert", [_event(1)])]
)
@example(acts=[("insert", [_event(1)]), ("settle", None), ("clock", 14 * 1440), ("settle", None), ("clock", 9)])
def test_the_game_is_what_the_events_say(shared: psycopg.Connection, acts: list[tuple[str, Any]]) -> None:
    feed, now, turned = playing.Feed(), _START, True
    with shared.transaction(force_rollback=True):
        apply_plan(shared, playing.PLANS[0])
        for act, value in [*acts, ("settle", None), ("settle", None)]:
            if act == "clock":
                now, turned = _START + timedelta(minutes=value), True
                continue
            if act != "settle":
                _act(shared, act, value)
                turned = turned or act == "plan"
                here = {row[0] for row in shared.execute("select customer_id from milepost.standing")}
                feed.forget_all_but(here)
                continue
            customers = playing.settle(shared, now, everybody=turned)
            games = playing.expected(shared, now.date())
            feed.settled(customers, games, now.date())
            playing.check_settled(shared, games, now.date())
            feed.check(shared)
            playing.check_reading(shared, games, now.date())
            turned = False


_KEPT = (
    "select customer_id, day, points, (systematic_progression_rate * 4)::bigint, levels, badges, streak_weeks,"
    " streak_longest, streak_state from milepost.snapshots order by 1",
    "select customer_id, badge_id, earned_on from milepost.badge_awards order by 1, 2",
    "select * from milepost.points_ledger order by event_id",
)


@given(events=st.lists(_EVENTS, min_size=1, max_size=40), data=st.data())
@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_order_batches_and_repeats_do_not_matter(
    shared: psycopg.Connection, events: list[dict[str, Any]], data: st.DataObject
) -> None:
    """However the events come, and however often settling comes in between: the same awards on the same days."""
    events = list({event["id"]: event for event in events}.values())
    shuffled = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(events)))
    found = []
    for batches in ([events], [shuffled[:cut], shuffled[cut:], shuffled[:3]], [[event] for event in reversed(events)]):
        with shared.transaction(force_rollback=True):
            apply_plan(shared, playing.PLANS[0])
            for batch in batches:
                do(shared, "insert", batch)
                playing.settle(shared, _START + timedelta(days=50), everybody=True)
            found.append([shared.execute(question).fetchall() for question in _KEPT])
    assert found[0] == found[1] == found[2]
