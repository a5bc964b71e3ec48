"""Ties of identity: whatever is merged, in rings and chains too, every event is whose it would be if it came now."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.store.test_standing import check
from tests.support.postgres import Cluster

_USERS = st.sampled_from(["a", "b", "c", "d"])
_VISITORS = st.sampled_from(["x", "y"])
_CUSTOMERS = st.sampled_from(["acme", "zeta"])
_TIES = st.one_of(
    st.tuples(st.just("alias"), st.just("user"), _USERS, _USERS),
    st.tuples(st.just("identify"), st.just("anonymous"), _VISITORS, _USERS),
    st.tuples(st.just("group"), st.just("user"), _USERS, _CUSTOMERS),
    st.tuples(st.just("group"), st.just("anonymous"), _VISITORS, _CUSTOMERS),
)
Tie = tuple[str, str, str, str]
_SEND = """
select count(*) from milepost.store_events((select json_agg(json_build_object('event_id', milepost.uuid7(),
  'customer_id', customer, 'user_id', person, 'anonymous_id', visitor, 'event_type', 'tool_usage', 'session_id', 's',
  'business_impact', 'low', 'timestamp', '2026-03-01T12:00:00Z', 'retention_days', 365))
from (values (null, 'a', null), (null, 'b', 'x'), (null, 'c', null), (null, 'd', 'y'), (null, null, 'x'),
  (null, null, 'y'), ('sent', 'a', null)) as v(customer, person, visitor)))
"""
_OWNERS = "select event_id, customer_id, user_id, customer_source from public.behavior_events order by 1"
#: Events whose user is another than the one the sender's words lead to now.
_MISPLACED = """
select count(*) from public.behavior_events e left join milepost.sent_users n using (event_id)
cross join lateral milepost.resolve(null, case when n.event_id is null then e.user_id else n.user_id end,
  e.anonymous_id) as r
where r.user_id is distinct from e.user_id
"""


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[psycopg.Connection]:
    with cluster.database() as dsn, psycopg.connect(dsn) as connection:
        yield connection


def _tie(connection: psycopg.Connection, tie: Tie) -> str | None:
    row = connection.execute("select milepost.tie(%s, %s, %s, %s)::text", tie).fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


@given(first=st.lists(_TIES, max_size=5), then=st.lists(_TIES, min_size=1, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(first=[("alias", "user", "a", "b"), ("alias", "user", "b", "c")], then=[("alias", "user", "c", "a")])
@example(first=[("alias", "user", "a", "b")], then=[("alias", "user", "a", "c"), ("alias", "user", "b", "a")])
def test_events_follow_their_ties_and_come_back(shared: psycopg.Connection, first: list[Tie], then: list[Tie]) -> None:
    with shared.transaction(force_rollback=True):
        for tie in first:
            _tie(shared, tie)
        shared.execute(_SEND)
        owners = shared.execute(_OWNERS).fetchall()
        changes = []
        for tie in then:
            changes.append(_tie(shared, tie))
            assert shared.execute(_MISPLACED).fetchone() == (0,), tie
        check(shared)
        if any(call == "group" for call, *_ in then):
            return  # who is grouped twice leaves the first past behind, so going back is another rule
        for change in reversed([change for change in changes if change]):
            shared.execute("select milepost.undo_identity(%s::uuid)", (change,))
            assert shared.execute(_MISPLACED).fetchone() == (0,), change
        assert shared.execute(_OWNERS).fetchall() == owners
        check(shared)


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
