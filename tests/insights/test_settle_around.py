"""Who cannot be settled is set aside and loses nothing by it; what is nobody's fault sets nobody aside."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from milepost.insights.aside import PAUSES, Aside
from milepost.insights.settle import PlanUnreadable, Settled, Settling, SettlingStep, settle_around
from tests.insights.test_settle import store
from tests.support.settling import settle_all

_NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Mark(NamedTuple):
    unsettled: bool
    changed_from: date | None


def marks(connection: psycopg.Connection) -> dict[str, Mark]:
    found = connection.execute("select customer_id, unsettled, changed_from from milepost.standing")
    return {customer: Mark(unsettled, day) for customer, unsettled, day in found}


def snapshots(connection: psycopg.Connection) -> list[str]:
    return [name for (name,) in connection.execute("select customer_id from milepost.snapshots order by 1")]


class Fault:
    """A step that some cannot be settled by, as long as they are `bad`; counts who was tried, and with how many."""

    def __init__(self, *bad: str, sql: str | None = None) -> None:
        self.bad = set(bad)
        self._sql = sql
        self.tried = Counter[str]()
        self.batches: list[list[str]] = []

    def __call__(self, connection: psycopg.Connection, settling: Settling) -> None:
        self.tried.update(settling.customers)
        self.batches.append(settling.customers)
        if self.bad & set(settling.customers):
            if self._sql is not None:
                connection.execute(self._sql.encode())
            raise KeyError("bad")


@pytest.mark.parametrize("fault", ["select 1 / 0", None])
def test_one_who_cannot_be_settled_keeps_nobody_else_from_it(connection: psycopg.Connection, fault: str | None) -> None:
    for name in ("a", "bad", "c"):
        store(connection, name, _NOON)
    aside, step = Aside(chance=lambda: 0.0), Fault("bad", sql=fault)
    settle_around(connection, [step], now=_NOON, aside=aside)
    assert snapshots(connection) == ["a", "c"]
    assert (list(aside), len(step.batches)) == (["bad"], 4)
    settle_around(connection, [step], now=_NOON + timedelta(seconds=4), aside=aside)
    assert len(step.batches) == 4, "not tried again at once"
    # Another change neither hurries it nor costs the others anything.
    for name in ("bad", "c"):
        store(connection, name, _NOON)
    settle_around(connection, [step], now=_NOON + timedelta(seconds=4), aside=aside)
    assert step.batches[4:] == [["c"]]
    step.bad.clear()
    settle_around(connection, [step], now=_NOON + timedelta(seconds=5), aside=aside)
    assert step.batches[5:] == [["bad"]]
    assert (snapshots(connection), list(aside)) == (["a", "bad", "c"], [])


def test_who_is_set_aside_keeps_its_mark_and_from_when_it_changed(connection: psycopg.Connection) -> None:
    for name in ("bad", "good"):
        store(connection, name, _NOON)
        store(connection, name, _NOON - timedelta(days=5))
    settle_all(connection, [], now=_NOON)
    for name in ("bad", "good"):
        store(connection, name, _NOON - timedelta(days=3))
    before = marks(connection)
    assert before["bad"] == Mark(True, (_NOON - timedelta(days=3)).date())
    aside, step = Aside(), Fault("bad")
    settle_around(connection, [step], now=_NOON, aside=aside)
    assert marks(connection) == {"bad": before["bad"], "good": Mark(False, None)}
    # The next process knows nothing of what this one has set aside, and still finds all of it to be done.
    settle_around(connection, [], now=_NOON, aside=Aside())
    history = (
        "select d.day, d.points_28 from milepost.insight_days d join milepost.snapshots n on n.number = d.customer"
        " where n.customer_id = %s union all"
        " select day, systematic_progression_rate * 4 from milepost.snapshots where customer_id = %s order by day"
    )
    bad, good = (connection.execute(history, (name, name)).fetchall() for name in ("bad", "good"))
    assert len(bad) == 6
    assert bad == good
    assert len({points for _, points in bad}) == 3, "each of the three days counts"


def test_who_is_due_for_a_new_day_is_set_aside_as_well(connection: psycopg.Connection) -> None:
    for name in ("bad", "good"):
        store(connection, name, _NOON)
    settle_all(connection, [], now=_NOON)
    tomorrow, aside, step = _NOON + timedelta(days=1), Aside(), Fault("bad")
    settle_around(connection, [step], now=tomorrow, aside=aside)
    settle_around(connection, [step], now=tomorrow, aside=aside)
    assert step.tried == {"bad": 2, "good": 2}
    days = connection.execute("select customer_id, day from milepost.snapshots order by 1").fetchall()
    assert days == [("bad", _NOON.date()), ("good", tomorrow.date())]


def test_more_bad_ones_than_a_batch_has_room_for_hold_up_nobody(connection: psycopg.Connection) -> None:
    names = [f"bad {number:02}" for number in range(12)]
    for name in (*names, "good"):
        store(connection, name, _NOON)
    aside, step, done = Aside(), Fault(*names), Settled(0, "", more=True)
    for _ in range(4):
        done = settle_around(connection, [step], now=_NOON, aside=aside, limit=5, after=done.last)
    assert (snapshots(connection), sorted(aside)) == (["good"], names)
    assert all(step.tried[name] == 2 for name in names), "with the others, then alone"


def test_one_who_is_gone_is_not_set_aside_for_ever(connection: psycopg.Connection) -> None:
    store(connection, "bad", _NOON)
    aside = Aside()
    settle_around(connection, [Fault("bad")], now=_NOON, aside=aside)
    connection.execute("delete from public.behavior_events")
    settle_around(connection, [], now=_NOON + timedelta(seconds=5), aside=aside)
    assert list(aside) == []


_UNREADABLE = """update milepost.plan set document = '{"points": "of another kind"}'"""


def test_an_unreadable_plan_is_no_customers_fault(connection: psycopg.Connection) -> None:
    for name in ("a", "b"):
        store(connection, name, _NOON)
    before, (document,) = marks(connection), connection.execute("select document::text from milepost.plan").fetchall()
    connection.execute(_UNREADABLE)
    aside, tried = Aside(), Fault()
    with pytest.raises(PlanUnreadable, match=r"tracking plan, version 1, cannot be read: .*\$\.points.*newer version"):
        settle_around(connection, [tried], now=_NOON, aside=aside)
    assert (list(aside), marks(connection), tried.batches) == ([], before, [])
    connection.execute("update milepost.plan set document = %s::jsonb", document)
    settle_around(connection, [], now=_NOON, aside=aside)
    assert snapshots(connection) == ["a", "b"]


@pytest.mark.parametrize("alone", [True, False])
def test_a_connection_that_breaks_is_no_customers_fault(dsn: str, connection: psycopg.Connection, alone: bool) -> None:
    """While the batch is settled, or while its customers are, one by one."""
    for name in ("a", "b"):
        store(connection, name, _NOON)
    before, aside = marks(connection), Aside()

    def cut(one: psycopg.Connection, settling: Settling) -> None:
        if alone and len(settling.customers) > 1:
            raise KeyError("one by one, then")
        connection.execute("select pg_terminate_backend(%s, 5000)", (one.info.backend_pid,))
        one.execute("select 1")

    with psycopg.connect(dsn, autocommit=True) as settling, pytest.raises(psycopg.OperationalError):
        settle_around(settling, [cut], now=_NOON, aside=aside)
    assert (list(aside), marks(connection)) == ([], before)


def test_a_step_that_tells_nothing_of_a_broken_connection_sets_nobody_aside(
    dsn: str, connection: psycopg.Connection
) -> None:
    store(connection, "a", _NOON)
    aside = Aside()

    def hide(one: psycopg.Connection, settling: Settling) -> None:
        one.close()
        raise KeyError("something else")

    with psycopg.connect(dsn, autocommit=True) as settling, pytest.raises(KeyError):
        settle_around(settling, [hide], now=_NOON, aside=aside)
    assert list(aside) == []


_SECONDS = st.one_of(st.integers(0, 30), st.integers(0, 2000))
_DEEDS = st.tuples(st.sampled_from(["fails", "settles", "a clock put back"]), st.sampled_from("abc"), _SECONDS)


@given(deeds=st.lists(_DEEDS, max_size=30), chance=st.floats(0, 1))
def test_each_is_left_alone_for_its_own_time(deeds: list[tuple[str, str, int]], chance: float) -> None:
    """Against a plain account of who has failed how often, and when last."""
    aside, now = Aside(chance=lambda: chance), _NOON
    account: dict[str, tuple[int, datetime]] = {}
    for deed, name, seconds in deeds:
        now += timedelta(seconds=-seconds if deed == "a clock put back" else seconds)
        if deed == "fails":
            account[name] = (account.get(name, (0, now))[0] + 1, now)
            aside.failed(name, KeyError(name), now)
            assert REGISTRY.get_sample_value("milepost_customers_set_aside") == len(account)
        elif deed == "settles":
            account.pop(name, None)
            aside.settled(name)
        due = {
            name
            for name, (failures, at) in account.items()
            if not at <= now < at + timedelta(seconds=PAUSES.pause(failures, chance))
        }
        assert set(aside.due(now, 10)) == due
        assert len(aside.due(now, 1)) == min(len(due), 1)
        assert set(aside) == set(account)


def never(_: psycopg.Connection, __: Settling) -> None:
    raise AssertionError("nobody is settled")


def test_where_another_settles_nobody_is_set_aside(dsn: str, connection: psycopg.Connection) -> None:
    store(connection, "a", _NOON)
    aside, steps = Aside(), list[SettlingStep]([never])
    with psycopg.connect(dsn) as other:
        other.execute("select pg_advisory_xact_lock(hashtext('milepost.settle'))")
        assert settle_around(connection, steps, now=_NOON, aside=aside) == Settled(0, "", more=False)
    assert list(aside) == []
