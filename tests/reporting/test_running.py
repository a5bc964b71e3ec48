"""Statements of the team's own: what they answer, what they cannot do, and that none holds up the others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from milepost.errors import InvalidRequest
from milepost.reporting.running import MOST_AT_ONCE, Analyst, SqlBusy, SqlFailed, SqlOff, SqlTooLong
from tests.support.postgres import Cluster
from tests.support.server import wait_for

_ROLE = "milepost_sql"


@pytest.fixture
def analyst(cluster: Cluster, dsn: str, tmp_path: Path) -> Analyst:
    return Analyst(cluster.login(_ROLE, dsn), tmp_path)


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


async def test_an_answer_has_names_kinds_and_as_many_rows_as_wanted(analyst: Analyst) -> None:
    answer = await analyst.run(
        "select n, n / 4.0 as quarter, n > 1 as more, 'x' as text, null::text as none, date '2026-01-31' as day,"
        " timestamptz '2026-01-31 12:00+01' as at, 'NaN'::float8 as nan, '{\"a\": 1}'::jsonb as j"
        " from generate_series(1, 5) n; -- a comment",
        rows=2,
    )
    kinds = [(column.name, column.kind) for column in answer.columns]
    assert kinds == [
        ("n", "number"), ("quarter", "number"), ("more", "boolean"), ("text", "text"), ("none", "text"),
        ("day", "day"), ("at", "time"), ("nan", "number"), ("j", "json"),
    ]  # fmt: skip
    assert answer.rows == [
        [1, 0.25, False, "x", None, "2026-01-31", "2026-01-31 11:00:00+00", "NaN", '{"a": 1}'],
        [2, 0.5, True, "x", None, "2026-01-31", "2026-01-31 11:00:00+00", "NaN", '{"a": 1}'],
    ]
    assert answer.more
    whole = await analyst.run("select * from generate_series(1, 2500)", rows=2500)
    assert ([row[0] for row in whole.rows], whole.more) == (list(range(1, 2501)), False)
    none = await analyst.run("select customer_id from events", rows=10)
    assert (none.columns[0].name, none.rows, none.more) == ("customer_id", [], False)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("selec 1", 'syntax error at or near "selec" (at character 1)'),
        ("select nobody from events", 'column "nobody" does not exist (at character 8)'),
        ("select 1; drop table x", "cannot insert multiple commands"),
        ("select 1; commit; create table public.x (n int)", "cannot insert multiple commands"),
        ("delete from events", "syntax error"),
        ("with gone as (delete from actions returning 1) select * from gone", "data-modifying statements"),
        ("insert into actions default values", "syntax error"),
        ("create table x (n int)", "syntax error"),
        ("select * from milepost.members", "permission denied for table members"),
        ("select set_config('role', 'milepost', false)", "permission denied to set role"),
        ("select set_config('transaction_read_only', 'off', false)", "read-write mode must be set before"),
        ("select * into x from events", "INTO is not allowed here"),
        ("select lo_from_bytea(0, 'x')", "cannot execute lo_from_bytea"),
        ("select 1 from events for update", "permission denied"),
    ],
)
async def test_what_cannot_be_run_is_said_in_postgresqls_words(
    analyst: Analyst, connection: psycopg.Connection, statement: str, says: str
) -> None:
    with pytest.raises(SqlFailed) as failed:
        await analyst.run(statement, rows=10)
    assert says in failed.value.message
    assert connection.execute("select to_regclass('public.x'), to_regclass('reporting.x')").fetchone() == (None, None)


async def test_too_long_and_too_large_is_said_and_ends(
    cluster: Cluster, dsn: str, tmp_path: Path, connection: psycopg.Connection
) -> None:
    analyst = Analyst(cluster.login(_ROLE, dsn), tmp_path, seconds=0.3)
    for slow in ("select pg_sleep(60)", "select count(*) from generate_series(1, 1000000000) n",
                 "select pg_sleep(0.02) from generate_series(1, 1000000)",
                 "select set_config('statement_timeout', '0', true) from generate_series(1, 1000000000)"):  # fmt: skip
        with pytest.raises(SqlTooLong, match=r"longer than 0.3 s"):
            await analyst.run(slow, rows=1_000_000_000)
    wait_for(lambda: _running(connection) == 0, 10, "nothing of it to be left")
    large = await Analyst(cluster.login(_ROLE, dsn), tmp_path).run(
        "select repeat('x', 1000000) from generate_series(1, 100)", rows=100
    )
    assert (len(large.rows) < 100, large.more) == (True, True), "no more than fits"


async def test_memory_is_limited_where_postgresql_is_our_own(cluster: Cluster, dsn: str) -> None:
    """What wants too much fails by itself; the other processes of the server stay."""
    analyst = Analyst(cluster.login(_ROLE, dsn), cluster.data_dir)
    with psycopg.connect(dsn) as other:
        with pytest.raises(SqlFailed, match="more memory"):
            await analyst.run("select array_agg(repeat('x', 100000) || n) from generate_series(1, 20000) n", rows=1)
        assert other.execute("select 1").fetchone() == (1,)


async def test_some_at_a_time_and_who_leaves_stops_theirs(analyst: Analyst, connection: psycopg.Connection) -> None:
    running = [asyncio.create_task(analyst.run("select pg_sleep(60)", rows=1)) for _ in range(MOST_AT_ONCE)]
    await asyncio.to_thread(wait_for, lambda: _running(connection) == MOST_AT_ONCE, 10, "them to run")
    with pytest.raises(SqlBusy):
        await analyst.run("select 1", rows=1)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await asyncio.to_thread(wait_for, lambda: _running(connection) == 0, 10, "them to end")
    assert (await analyst.run("select 1", rows=1)).rows == [[1]]


async def test_a_role_that_may_more_or_less_runs_nothing(cluster: Cluster, dsn: str, tmp_path: Path) -> None:
    for role in ("milepost", "postgres"):
        with pytest.raises(SqlOff, match="passes every policy"):
            await Analyst(cluster.login(role, dsn), tmp_path).run("select 1", rows=1)
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("create role plain_reader login")
        try:
            with pytest.raises(SqlOff, match=r"grant_analysis\('plain_reader'\)"):
                await Analyst(cluster.login("plain_reader", dsn), tmp_path).run("select 1", rows=1)
        finally:
            admin.execute("drop role plain_reader")
    with pytest.raises(SqlOff, match="There is no role for SQL"):
        await Analyst("", tmp_path).run("select 1", rows=1)
    with pytest.raises(SqlOff, match="cannot be used"):
        await Analyst("postgresql://nobody@/x?host=/nowhere", tmp_path).run("select 1", rows=1)
    for nothing in ("", "  ;", "select '\0'"):
        with pytest.raises(InvalidRequest, match="Write a statement"):
            await Analyst(cluster.login(_ROLE, dsn), tmp_path).run(nothing, rows=1)


def _running(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "select count(*) from pg_stat_activity"
        " where usename = %s and state = 'active' and datname = current_database()",
        (_ROLE,),
    ).fetchone()
    assert row is not None
    return int(row[0])
