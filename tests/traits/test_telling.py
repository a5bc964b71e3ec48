"""What each trait was and is, in whatever order that was heard; compared with a plain list of what was told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from random import Random

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.traits.keep import Row, rows
from milepost.traits.values import Kind, Value, read

_START = datetime(2026, 1, 1, tzinfo=UTC)
_History = list[tuple[datetime, Value]]


def _tell(connection: psycopg.Connection, told: Sequence[Row]) -> int:
    cursor = connection.execute(
        "select kind, id from milepost.tell_traits(%s::json)", (msgspec.json.encode(told).decode(),)
    )
    return len(cursor.fetchall())


def _row(whose: str, at: datetime, value: object, name: str = "plan", kind: Kind = "customer") -> list[Row]:
    return rows(kind, whose, read({name: value})[0], at, "api")


def _history(connection: psycopg.Connection, whose: str, name: str = "plan") -> _History:
    cursor = connection.execute(
        "select since, until, nullif(value, 'null') from milepost.traits where id = %s and name = %s order by since",
        (whose, name),
    )
    found = cursor.fetchall()
    for (_, until, _), (following, _, _) in pairwise(found):
        assert until == following
    assert not found or found[-1][1] is None
    # The same value told twice is one stretch.
    return [
        (row[0], row[2])
        for before, row in zip([None, *found], found, strict=False)
        if before is None or before[2] != row[2]
    ]


@contextmanager
def _rolled_back(connection: psycopg.Connection) -> Iterator[None]:
    with connection.transaction(force_rollback=True):
        yield


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


_TELLINGS = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(["free", "pro", "team", None])),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one[0],
)


@given(tellings=_TELLINGS, chance=st.randoms(use_true_random=False), size=st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_the_order_in_which_it_is_heard_does_not_matter(
    connection: psycopg.Connection, tellings: list[tuple[int, str | None]], chance: Random, size: int
) -> None:
    """Two days apart, so that the last telling of a value is known to have been one."""
    told: _History = sorted(((_START + timedelta(days=2 * day), value) for day, value in tellings), key=itemgetter(0))
    different: _History = [(at, f"{value}-{n}") for n, (at, value) in enumerate(told)]
    for tells in (different, told):
        heard = chance.sample(tells, len(tells))
        with _rolled_back(connection):
            for place in range(0, len(heard), size):
                part = heard[place : place + size]
                _tell(connection, [row for at, value in part for row in _row("acme", at, value)])
            history = _history(connection, "acme")
            assert history[-1][1] == tells[-1][1]
            # Of what was told of one value again and again, the last time alone is known: when something else came in
            # between may be found late.
            assert history == different or tells is told


def test_what_is_told_again_changes_nothing(connection: psycopg.Connection) -> None:
    told = rows("customer", "acme", read({"plan": "pro", "seats": 5, "tags": ["a", "b"], "ok": True})[0], _START, "api")
    assert _tell(connection, told) == 1
    before = connection.execute("select *, xmin from milepost.traits order by name").fetchall()
    later = [msgspec.structs.replace(row, since=_START + timedelta(hours=5)) for row in told]
    assert _tell(connection, told) == 0
    assert _tell(connection, later) == 0
    assert connection.execute("select *, xmin from milepost.traits order by name").fetchall() == before


def test_what_comes_late_does_not_take_the_place_of_what_stands(connection: psycopg.Connection) -> None:
    """The plan was told day by day; a phone that was off tells of the third one afterwards."""
    for day in range(10):
        _tell(connection, _row("acme", _START + timedelta(days=day, hours=1), "pro"))
    _tell(connection, _row("acme", _START + timedelta(days=3), "free"))
    history = _history(connection, "acme")
    assert history[0] == (_START + timedelta(hours=1), "pro")
    assert history[1] == (_START + timedelta(days=3), "free")
    assert history[-1][1] == "pro"


def test_of_two_for_the_same_moment_the_greater_counts(connection: psycopg.Connection) -> None:
    for values in (["a", "b"], ["b", "a"]):
        with _rolled_back(connection):
            for value in values:
                _tell(connection, _row("acme", _START, value))
            assert _history(connection, "acme") == [(_START, "b")]


def test_names_and_types(connection: psycopg.Connection) -> None:
    _tell(connection, _row("acme", _START, "Acme, Inc.", "name") + _row("acme", _START, 5, "seats"))
    _tell(connection, _row("u1", _START, "2026-01-01", "seats", "person"))
    _tell(connection, _row("acme", _START + timedelta(days=1), "five", "seats"))
    assert connection.execute("select customer_id, name from milepost.customers").fetchall() == [("acme", "Acme, Inc.")]
    seen = connection.execute("select kind, name, seen from milepost.trait_names order by kind, name").fetchall()
    assert seen == [
        ("customer", "name", ["text"]),
        ("customer", "seats", ["number", "text"]),
        ("person", "seats", ["date"]),
    ]
    _tell(connection, _row("acme", _START + timedelta(days=1), None, "name"))
    assert connection.execute("select name from milepost.customers").fetchall() == [(None,)]


def test_two_at_once_write_one_history(dsn: str, connection: psycopg.Connection) -> None:
    """Each from a connection of its own: whoever comes second waits, and sees what the first wrote."""

    def tell(of: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as own:
            for n in range(25):
                _tell(own, _row("acme", _START + timedelta(days=2 * (n * 4 + of)), f"{of}-{n}"))

    threads = [threading.Thread(target=tell, args=(of,)) for of in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _history(connection, "acme") == [(_START + timedelta(days=2 * n), f"{n % 4}-{n // 4}") for n in range(100)]


def test_forgotten(connection: psycopg.Connection) -> None:
    connection.execute("insert into milepost.numbers (kind, id) values ('customer', 'acme'), ('user', 'acme')")
    _tell(connection, _row("acme", _START, "pro") + _row("acme", _START, "pro", kind="person"))
    connection.execute("select milepost.forget_traits('customer', 'acme')")
    assert connection.execute("select kind from milepost.traits").fetchall() == [("person",)]
    assert connection.execute("select number from milepost.traits_gone").fetchall() == [(1,)]


def test_who_tells_of_a_known_trait_waits_for_nobody(dsn: str, connection: psycopg.Connection) -> None:
    """A transaction that has told of one customer holds up nobody who tells the same trait of another."""
    _tell(connection, _row("first", _START, "pro"))
    with psycopg.connect(dsn) as slow:
        _tell(slow, _row("acme", _START, "pro"))
        connection.execute("set lock_timeout = '2s'")
        assert _tell(connection, _row("zeta", _START, "free")) == 1
        slow.rollback()
