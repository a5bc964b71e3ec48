"""The views of the schema `reporting`: what they have, and all that an analyst's role can reach besides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from milepost.export.data_sets import DATA_SETS, DataSet
from tests.support.postgres import Cluster

_ROLE = "milepost_sql"
_SQL_TYPES = {
    "text": {"text", "uuid", "character varying"},
    "integer": {"integer", "bigint", "smallint"},
    "number": {"double precision", "numeric", "real"},
    "boolean": {"boolean"},
    "time": {"timestamp with time zone"},
    "day": {"date"},
    "json": {"json", "jsonb"},
}
#: Each is refused: another's table, a change of anything, a way round the role, a way out of the database.
_REFUSED = (
    "select * from public.behavior_events",
    "select * from public.customer_actions",
    "select * from milepost.members",
    "select * from milepost.keys",
    "select * from milepost.traits",
    "select * from milepost.messages",
    "select * from pg_catalog.pg_authid",
    "select milepost.grant_analysis('milepost_sql')",
    "select milepost.grant_customer('milepost_sql', 'acme')",
    "select milepost.tell('badge.earned', null, null, '{}', now())",
    "select public.cleanup_expired_behavior_events()",
    "insert into reporting.actions (action_id) values (gen_random_uuid())",
    "update reporting.actions set description = 'mine'",
    "delete from reporting.customers",
    "create view reporting.mine as select 1",
    "create table public.mine (n integer)",
    "create schema mine",
    "set role milepost",
    "set session authorization milepost",
    "select set_config('role', 'milepost_server', false)",
    "copy (select 1) to program 'true'",
    "copy (select 1) to '/tmp/leak'",
    "select pg_read_file('/etc/passwd')",
    "select lo_import('/etc/passwd')",
    "select pg_ls_dir('.')",
    "alter role milepost_sql superuser",
    "alter system set fsync = off",
    "do $$ begin perform count(*) from milepost.members; end $$",
    "select query_to_xml('select email from milepost.members', true, true, '')",
)


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[str]:
    with cluster.database() as dsn:
        with psycopg.connect(dsn, autocommit=True) as owner:
            for customer in ("acme", "other"):
                owner.execute(
                    "insert into public.behavior_events (customer_id, event_type, session_id, ip_address)"
                    " values (%s, 'navigation', 's', '10.0.0.1')",
                    (customer,),
                )
                owner.execute(
                    "insert into public.customer_actions (customer_id, action_type) values (%s, 'call')", (customer,)
                )
            owner.execute("update public.customer_actions set deleted_at = now() where customer_id = 'other'")
        yield dsn


@pytest.fixture
def analyst(cluster: Cluster, database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.login(_ROLE, database), autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("of", DATA_SETS.values(), ids=lambda one: one.name)
def test_a_view_has_the_columns_of_its_data_set(analyst: psycopg.Connection, of: DataSet) -> None:
    found = analyst.execute(
        "select attname, format_type(atttypid, null) from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 order by attnum",
        (f"reporting.{of.name}",),
    ).fetchall()
    assert [name for name, _ in found] == [column.name for column in of.columns]
    for (_, kind), column in zip(found, of.columns, strict=True):
        assert kind in _SQL_TYPES[column.kind], column.name
    analyst.execute(sql.SQL("select * from reporting.{}").format(sql.Identifier(of.name))).fetchall()


def test_an_analyst_reads_all_customers_and_nothing_that_was_deleted(analyst: psycopg.Connection) -> None:
    assert analyst.execute("select customer_id, ip_address from reporting.events order by 1").fetchall() == [
        ("acme", "10.0.0.1"),
        ("other", "10.0.0.1"),
    ]
    assert analyst.execute("select customer_id, primary_tool from reporting.sessions order by 1").fetchall() != []
    assert analyst.execute("select customer_id from reporting.actions").fetchall() == [("acme",)]
    assert analyst.execute("select total_events from reporting.customers order by customer_id").fetchall() == [(1,)] * 2


def test_sessions_are_those_that_customers_read(analyst: psycopg.Connection, database: str) -> None:
    """Two views say it, as one reads with the rights of who asks and the other does not."""
    columns = ", ".join(column.name for column in DATA_SETS["sessions"].columns if column.name != "tools_accessed")
    theirs = f"select {columns}, to_json(tools_accessed)::text from public.behavior_sessions order by 1"
    ours = f"select {columns}, tools_accessed::text from reporting.sessions order by 1"
    with psycopg.connect(database) as owner:
        assert analyst.execute(ours.encode()).fetchall() == owner.execute(theirs.encode()).fetchall() != []


@pytest.mark.parametrize("read_only", [True, False])
def test_an_analyst_reaches_nothing_else(analyst: psycopg.Connection, read_only: bool) -> None:
    """With the role's defaults, and with what a session of its own may set back."""
    analyst.execute("set default_transaction_read_only = off" if not read_only else "select 1")
    for statement in _REFUSED:
        with pytest.raises(psycopg.Error) as refused:
            analyst.execute(statement.encode())
        # Refused as they have no right, and not for another mistake in the statement.
        assert refused.value.sqlstate in ("42501", "25006", "42809", "55000"), (statement, refused.value)


def test_no_table_but_the_views_can_be_read(analyst: psycopg.Connection) -> None:
    readable = analyst.execute(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
        " and c.relkind in ('r', 'p', 'v', 'm', 'f') and has_table_privilege(c.oid, 'select')"
    ).fetchall()
    views = {f"reporting.{name}" for name in DATA_SETS}
    assert {name for (name,) in readable} == {*views, "milepost.plans", "milepost.sql_readers"}


def test_a_role_that_may_more_is_not_made_an_analyst(cluster: Cluster, database: str, tmp_path: Path) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        for role in ("milepost", "postgres"):
            with pytest.raises(psycopg.errors.RaiseException, match="passes every policy"):
                owner.execute("select milepost.grant_analysis(%s)", (role,))
        with pytest.raises(psycopg.errors.RaiseException, match="There is no role nobody_there"):
            owner.execute("select milepost.grant_analysis('nobody_there')")
