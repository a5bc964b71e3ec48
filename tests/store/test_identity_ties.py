"""Ties of identity: in rings and chains, undone in any order, beside late events and looks broken off half-way, every
event ends where a plain reading of the rules puts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from milepost.identity.follow import follow, look_again, verify_identity, waiting
from milepost.insights.verify import verify_standing
from tests.store.identity_model import Identity, Sent
from tests.store.test_standing import check
from tests.support.examples import examples
from tests.support.identity import follow_to_the_end
from tests.support.postgres import Cluster

_USERS = st.sampled_from(["a", "b", "c", "d"])
_VISITORS = st.sampled_from(["x", "y"])
_CUSTOMERS = st.sampled_from(["acme", "zeta", "a"])
_TIES = st.one_of(
    st.tuples(st.just("alias"), st.just("user"), _USERS, _USERS),
    st.tuples(st.just("identify"), st.just("anonymous"), _VISITORS, _USERS),
    st.tuples(st.just("group"), st.just("user"), _USERS, _CUSTOMERS),
    st.tuples(st.just("group"), st.just("anonymous"), _VISITORS, _CUSTOMERS),
)
_EVENTS = st.builds(
    Sent,
    customer=st.sampled_from([None, None, None, "sent"]),
    user=st.one_of(st.none(), _USERS),
    visitor=_VISITORS,
    session=st.sampled_from([None, "s", "t"]),
    day=st.integers(1, 3),
)
_ACTS = st.one_of(
    st.tuples(st.just("store"), st.lists(_EVENTS, min_size=1, max_size=4)),
    st.tuples(st.just("tie"), _TIES),
    st.tuples(st.just("tie"), _TIES),
    st.tuples(st.just("undo"), st.integers(0, 5)),
    st.tuples(st.just("follow"), st.integers(1, 3)),
)
_STORE = """
select * from milepost.store_events((select json_agg(json_build_object('event_id', milepost.uuid7(),
  'customer_id', %(customer)s::text, 'user_id', %(user)s::text, 'anonymous_id', %(visitor)s::text,
  'session_id', %(session)s::text, 'event_type', 'tool_usage', 'tool_id', 'icp-analysis', 'business_impact', 'low',
  'timestamp', format('2026-03-0%%sT12:00:00Z', %(day)s::int), 'retention_days', 365))))
"""
_OWNERS = "select event_id, customer_id, user_id, customer_source from public.behavior_events"


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def _tie(connection: psycopg.Connection, tie: tuple[str, str, str, str]) -> str | None:
    row = connection.execute("select milepost.tie(%s, %s, %s, %s)::text", tie).fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


def _store(connection: psycopg.Connection, event: Sent) -> str:
    row = connection.execute(_STORE, event._asdict()).fetchone()
    assert row is not None
    return str(row[0])


def _owners(connection: psycopg.Connection) -> dict[str, tuple[str, str | None, str]]:
    return {str(event): (customer, user, source) for event, customer, user, source in connection.execute(_OWNERS)}


def _do(connection: psycopg.Connection, identity: Identity, act: str, value: Any) -> None:
    if act == "store":
        for event in value:
            identity.store(_store(connection, event), event)
    elif act == "tie":
        changes = identity.changes(*value)
        tie = _tie(connection, value)
        assert (tie is not None) == changes
        if tie is not None:
            identity.tie(tie, *value)
    elif act == "undo":
        if ties := identity.standing():
            tie = ties[value % len(ties)]
            assert connection.execute("select milepost.undo_tie(%s)", (tie,)).fetchone() == (True,)
            identity.undo(tie)
    else:
        # A batch of so few that what follows is always left half-way.
        follow(connection, at_once=value)


def _empty(connection: psycopg.Connection) -> None:
    connection.execute("truncate public.behavior_events, milepost.ties, milepost.followings, milepost.leavings")


@given(acts=st.lists(_ACTS, min_size=3, max_size=16))
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(
    acts=[
        ("store", [Sent(None, "a", "x", "s", 1)]),
        ("tie", ("group", "user", "a", "acme")),
        ("store", [Sent(None, "a", "x", "s", 1)]),
        ("tie", ("group", "user", "a", "zeta")),
        ("store", [Sent(None, "a", "x", "s", 1)]),
        ("undo", 0),
    ]
)
@example(
    acts=[
        ("store", [Sent(None, user, "x", "s", 1) for user in ("a", "b", "c", None)]),
        ("tie", ("alias", "user", "a", "b")),
        ("tie", ("alias", "user", "b", "c")),
        ("follow", 1),
        ("tie", ("alias", "user", "c", "a")),
        ("tie", ("identify", "anonymous", "x", "b")),
        ("undo", 1),
    ]
)
def test_events_end_where_the_ties_put_them(shared: psycopg.Connection, acts: list[tuple[str, Any]]) -> None:
    _empty(shared)
    identity = Identity()
    for act, value in acts:
        _do(shared, identity, act, value)
    follow_to_the_end(shared.info.dsn)
    assert _owners(shared) == identity.owners()
    assert not verify_standing(shared).differing
    check(shared)


def test_what_is_stored_beside_a_tie_follows_it_too(connection: psycopg.Connection) -> None:
    """A transaction that has read the ties of before, and stores its event after everything else has followed."""
    with psycopg.connect(connection.info.dsn) as late:
        event = _store(late, Sent(None, "a", "x", "s", 1))
        assert _tie(connection, ("group", "user", "a", "acme"))
        for _ in range(3):
            follow(connection)
        assert waiting(connection).ids == 1, "the look waits for whoever may not have seen the tie"
        late.commit()
    follow_to_the_end(connection.info.dsn)
    assert _owners(connection) == {event: ("acme", "a", "user")}
    check(connection)


def test_a_look_goes_on_where_it_was_broken_off(connection: psycopg.Connection) -> None:
    events = {_store(connection, Sent(None, "a", "x", f"s{n}", 1 + n % 3)) for n in range(10)}
    assert _tie(connection, ("group", "user", "a", "acme"))
    follow(connection, at_once=3)
    assert sum(owner[0] == "acme" for owner in _owners(connection).values()) == 3
    half_way = waiting(connection)
    assert (half_way.ids, half_way.looked_at, half_way.moved, half_way.to_recount) == (1, 3, 3, 6)
    follow_to_the_end(connection.info.dsn)
    assert _owners(connection) == dict.fromkeys(events, ("acme", "a", "user"))
    check(connection)


def test_two_that_follow_at_once_share_the_work(connection: psycopg.Connection) -> None:
    for n in range(40):
        _store(connection, Sent(None, "ab"[n % 2], "xy"[n % 2], "s", 1))
    for user in "ab":
        _tie(connection, ("group", "user", user, "acme"))
    with psycopg.connect(connection.info.dsn, autocommit=True) as other:
        while waiting(connection):
            follow(connection, at_once=3)
            follow(other, at_once=2)
    assert {owner[0] for owner in _owners(connection).values()} == {"acme"}
    check(connection)


def test_the_newest_merge_of_a_ring_decides(connection: psycopg.Connection) -> None:
    def final(user: str) -> str:
        row = connection.execute("select milepost.final_user(%s)", (user,)).fetchone()
        assert row is not None
        return str(row[0])

    for tie, winner in ((("a", "b"), "b"), (("b", "a"), "a"), (("a", "b"), "b"), (("b", "c"), "c"), (("c", "a"), "a")):
        assert _tie(connection, ("alias", "user", *tie)) is not None
        assert {final(user) for user in ("a", "b")} == {winner}, tie
    assert _tie(connection, ("alias", "user", "b", "c")) is None, "repeats of what stands change nothing"
    assert {final(user) for user in ("a", "b", "c")} == {"a"}


def test_verify_finds_what_is_not_where_it_belongs(connection: psycopg.Connection) -> None:
    _tie(connection, ("alias", "user", "a", "b"))
    _store(connection, Sent(None, "a", "x", "s", 1))
    follow_to_the_end(connection.info.dsn)
    assert verify_identity(connection).is_equal
    # By SQL, past everything that knows of ties.
    connection.execute(
        "insert into public.behavior_events (customer_id, user_id, event_type) values ('c', 'a', 'navigation')"
    )
    proof = verify_identity(connection)
    assert (proof.misplaced, proof.is_equal) == (1, False)
    assert look_again(connection) == 1
    assert verify_identity(connection).is_equal, "it is on its way"
    follow_to_the_end(connection.info.dsn)
    assert verify_identity(connection) == (0, waiting(connection), 0)
    check(connection)


def test_sessions_are_known_until_they_are_counted_anew(connection: psycopg.Connection) -> None:
    """Its only day is counted off a customer before its session is; then that session goes on."""
    _store(connection, Sent(None, "a", "x", "s", 1))
    assert _tie(connection, ("group", "user", "a", "acme"))
    connection.execute("select milepost.list_followings()")
    connection.execute("select milepost.begin_followings()")
    connection.execute("select milepost.follow('user', 'a', 10)")
    assert connection.execute("select milepost.recount_left(1)").fetchone() == (1,)
    _store(connection, Sent("a", "b", "y", "s", 2))
    follow_to_the_end(connection.info.dsn)
    assert not verify_standing(connection).differing
    check(connection)
