"""Traits reach the column store: told, told late, taken away, erased, of people without an event."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import pytest

from milepost.traits.keep import Row, rows
from milepost.traits.values import Kind, read
from tests.columns.events import insert
from tests.support.columns import Owner

pytestmark = pytest.mark.timeout(120)

_START = datetime(2026, 1, 1, tzinfo=UTC)
_VALUES = ["pro", "fr\tee", "a\\N", "\\N", 5, 1.5, True, ["a", "b'c"], [], "2026-05-01", None, "ü" * 100, -1e300]


def _tell(connection: psycopg.Connection, told: list[Row]) -> None:
    connection.execute("select count(*) from milepost.tell_traits(%s::json)", (msgspec.json.encode(told).decode(),))


def _same(owner: Owner, connection: psycopg.Connection) -> None:
    owner.wait_until_level()
    proof = owner.verify()
    assert proof.differences == []
    row = connection.execute("select count(*) from milepost.traits").fetchone()
    assert row == (proof.traits,)


def test_whatever_is_told_is_there(owner: Owner, connection: psycopg.Connection) -> None:
    chance = random.Random(1)
    insert(connection, 20)
    for _ in range(4):
        told: list[Row] = []
        for _ in range(60):
            kind: Kind = chance.choice(("customer", "person"))
            at = _START + timedelta(days=chance.randrange(200))
            # Some have events, and so a number, already.
            whose = chance.choice(("customer 1", "customer 2", f"new {chance.randrange(30)}"))
            told += rows(kind, whose, read({f"t{chance.randrange(3)}": chance.choice(_VALUES)})[0], at, "api")
        _tell(connection, told)
        _same(owner, connection)
    connection.execute("select milepost.forget_traits('customer', 'customer 1')")
    connection.execute("select milepost.forget_traits('person', 'new 1')")
    _same(owner, connection)
    _tell(connection, rows("customer", "customer 1", read({"t1": "again"})[0], _START, "api"))
    _same(owner, connection)


def test_what_a_value_looks_like_there(owner: Owner, connection: psycopg.Connection) -> None:
    told = {"a": "pro", "b": 5.0, "c": 1200.5, "d": True, "e": ["x", "y"], "f": "2026-05-01", "g": "12"}
    _tell(connection, rows("customer", "acme", read(told)[0], _START, "api"))
    owner.wait_until_level()
    found = owner.query("select name, text, parts, ifNull(toString(figure), '') from traits final order by name").rows
    assert [row[:3] for row in found] == [
        ("a", "pro", ["pro"]),
        ("b", "5", ["5"]),
        ("c", "1200.5", ["1200.5"]),
        ("d", "true", ["true"]),
        ("e", "x, y", ["x", "y"]),
        ("f", "2026-05-01", ["2026-05-01"]),
        ("g", "12", ["12"]),
    ]
    assert [row[3] for row in found] == ["nan", "5", "1200.5", "nan", "nan", "1777593600", "12"]


def test_a_rebuild_has_them_all(owner: Owner, connection: psycopg.Connection) -> None:
    insert(connection, 20)
    _tell(connection, rows("customer", "customer 1", read({"plan": "pro"})[0], _START, "api"))
    _tell(connection, rows("person", "nobody", read({"role": "admin"})[0], _START, "api"))
    owner.wait_until_level()
    asyncio.run(owner.columns.rebuild(lambda done, of: None))
    _same(owner, connection)


def test_a_difference_is_found(owner: Owner, connection: psycopg.Connection) -> None:
    _tell(connection, rows("customer", "acme", read({"plan": "pro"})[0], _START, "api"))
    _same(owner, connection)
    connection.execute("update milepost.traits set value = '\"free\"'")
    assert [found.day for found in owner.verify().differences] == ["traits"]
