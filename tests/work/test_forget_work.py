"""Erasing what the team wrote of a customer, and the timeline that tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.insights.timeline import Happening, read_timeline
from milepost.store.database import Database
from tests.support.examples import examples
from tests.support.postgres import Cluster

_AT = datetime(2026, 3, 31, 12, tzinfo=UTC)
_TABLES = ("notes", "tasks", "tags")


@pytest.fixture(scope="module")
def dsn(cluster: Cluster) -> Iterator[str]:
    with cluster.database() as dsn:
        yield dsn


def _fill(connection: psycopg.Connection, customer: str) -> None:
    connection.execute("insert into milepost.notes (customer_id, text) values (%s, 'one'), (%s, 'two')", [customer] * 2)
    connection.execute("insert into milepost.tasks (customer_id, title) values (%s, 'one')", [customer])
    connection.execute("insert into milepost.tags (customer_id, tag_key, tag) values (%s, 'a', 'A')", [customer])


def test_all_that_was_written_of_a_customer_is_erased_and_nothing_else(dsn: str) -> None:
    with psycopg.connect(dsn) as connection, connection.transaction(force_rollback=True):
        for customer in ("gone", "stays"):
            _fill(connection, customer)
        assert connection.execute("select milepost.forget_work('gone')").fetchone() == (4,)
        assert connection.execute("select milepost.forget_work('gone')").fetchone() == (0,)
        left = [row for table in _TABLES for row in connection.execute(f"select customer_id from milepost.{table}")]
        assert left == [("stays",)] * 4


def test_every_table_of_the_teams_that_is_of_customers_is_erased(dsn: str) -> None:
    """A table that comes later belongs into the function, too."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select pg_get_functiondef(oid) from pg_proc where oid = 'milepost.forget_work'::regproc"
        ).fetchone()
        assert row is not None
        for table in _TABLES:
            assert f"delete from milepost.{table}" in row[0]


#: Minutes after the beginning at which something was written, and when it was done.
_WORK = st.lists(
    st.tuples(st.sampled_from(["note", "task", "tag", "event", "action"]), st.integers(0, 5), st.integers(0, 5)),
    max_size=12,
)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_WORK, st.integers(1, 5))
def test_the_timeline_tells_of_everything_once_in_order(dsn: str, work: list[tuple[str, int, int]], limit: int) -> None:
    """Whatever falls on the same moment, and wherever a page ends."""
    wanted = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in (
            "milepost.notes",
            "milepost.tasks",
            "milepost.tags",
            "public.behavior_events",
            "public.customer_actions",
        ):
            connection.execute(f"delete from {table}")
        for place, (kind, minutes, done) in enumerate(work):
            at, name = _AT + timedelta(minutes=minutes), f"{kind} {place}"
            wanted.append((at, kind, name))
            match kind:
                case "note":
                    connection.execute(
                        "insert into milepost.notes (customer_id, text, created_at) values ('acme', %s, %s)", (name, at)
                    )
                case "task":
                    done_at = at + timedelta(minutes=done - 1) if done else None
                    connection.execute(
                        "insert into milepost.tasks (customer_id, title, created_at, done_at)"
                        " values ('acme', %s, %s, %s)",
                        (name, at, done_at),
                    )
                    if done_at is not None:
                        wanted.append((done_at, "done", name))
                    if done_at == at:
                        wanted.remove((at, kind, name))
                case "tag":
                    connection.execute(
                        "insert into milepost.tags (customer_id, tag_key, tag, added_at) values ('acme', %s, %s, %s)",
                        (name, name, at),
                    )
                case "event":
                    connection.execute(
                        "insert into public.behavior_events (customer_id, event_type, tool_id, \"timestamp\")"
                        " values ('acme', 'tool_usage', %s, %s)",
                        (name, at),
                    )  # fmt: skip
                case _:
                    connection.execute(
                        'insert into public.customer_actions (customer_id, action_type, "timestamp")'
                        " values ('acme', %s, %s)",
                        (name, at),
                    )
    found = asyncio.run(_whole(dsn, limit))
    assert sorted((one.at, one.kind, _name(one)) for one in found) == sorted(wanted)
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)


def _name(one: Happening) -> str:
    return (one.description or "") if one.kind == "note" else (one.tool_id or "") if one.kind == "event" else one.what


async def _whole(dsn: str, limit: int) -> list[Happening]:
    database = Database(dsn, size=1, query_seconds=10)
    await database.open()
    try:
        found: list[Happening] = []
        cursor = None
        async with database.transaction() as connection:
            while True:
                page, cursor = await read_timeline(connection, "acme", limit=limit, before=cursor)
                found += page
                if cursor is None:
                    return found
    finally:
        await database.close()
