"""SQL of people's own: what docs/database.md says reads one customer, and every way round it that we know of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.support.postgres import Cluster

_MINE, _THEIRS = "acme", "theirs"
_ROLE = "acme_analyst"
_DOCS = (Path(__file__).parents[2] / "docs" / "database.md").read_text("utf-8")
_BLOCKS = re.findall(r"^```sql\n(.*?)^```", _DOCS, re.MULTILINE | re.DOTALL)
_TABLES = ("public.behavior_events", "public.behavior_insights", "public.customer_actions", "milepost.standing")


def _documented(word: str) -> list[str]:
    """The statements of the one block of the document with this word in it."""
    (block,) = [block for block in _BLOCKS if word in block]
    return [statement for statement in re.sub(r"--.*", "", block).split(";") if statement.strip()]


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[str]:
    """Two customers, a person's role as the document makes it, and one as the document said until now."""
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(cluster.admin_dsn, autocommit=True))
        stack.callback(admin.execute, f"drop role if exists {_ROLE}, old_recipe, authenticator, web_reader")
        dsn = stack.enter_context(cluster.database())
        for statement in _documented("grant_customer"):
            if "create role" in statement or "alter role" in statement:
                admin.execute(statement)
        admin.execute("create role old_recipe login")
        admin.execute("create role web_reader nologin")
        admin.execute("create role authenticator login noinherit in role web_reader")
        with psycopg.connect(dsn, autocommit=True) as owner:
            for statement in _documented("grant_customer"):
                if "grant_customer" in statement:
                    owner.execute(statement)
            for reader in ("old_recipe", "web_reader"):
                owner.execute("select milepost.grant_reading(%s)", (reader,))
            for customer in (_MINE, _THEIRS):
                owner.execute(
                    "insert into public.behavior_events (customer_id, event_type) values (%s, 'navigation')",
                    (customer,),
                )
                owner.execute(
                    "insert into public.customer_actions (customer_id, action_type) values (%s, 'call')", (customer,)
                )
        yield dsn


@pytest.fixture
def person(cluster: Cluster, database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.login(_ROLE, database), autocommit=True) as connection:
        yield connection


def _seen(connection: psycopg.Connection) -> set[str]:
    return {
        row[0]
        for table in _TABLES
        for row in connection.execute(sql.SQL("select customer_id from {}").format(sql.SQL(table)))
    }


def test_a_person_reads_the_customer_of_their_role(person: psycopg.Connection) -> None:
    assert _seen(person) == {_MINE}
    for table in _TABLES:
        count = person.execute(sql.SQL("select count(*) from {}").format(sql.SQL(table))).fetchone()
        assert count == (1,), table
    assert person.execute("select * from milepost.sql_readers").fetchall() == [(_ROLE, _MINE)]


@pytest.mark.parametrize(
    "statement",
    [
        "set milepost.customer_id = 'theirs'",
        "select set_config('milepost.customer_id', 'theirs', false)",
        """set request.jwt.claims = '{"customer_id": "theirs"}'""",
        "set role none",
        f"set role {_ROLE}",
        "create temporary table sql_readers as select session_user as role_name, 'theirs' as customer_id",
        "set search_path = pg_temp, milepost",
    ],
)
def test_nothing_they_may_set_changes_it(person: psycopg.Connection, statement: str) -> None:
    person.execute(statement)
    assert _seen(person) == {_MINE}


@pytest.mark.parametrize(
    "statement",
    [
        "update milepost.sql_readers set customer_id = 'theirs'",
        "insert into milepost.sql_readers values (current_user, 'theirs') on conflict do nothing",
        "delete from milepost.sql_readers",
        f"select milepost.grant_customer('{_ROLE}', 'theirs')",
        "select milepost.grant_reading(current_user)",
        "set role milepost_reader",
        "set role web_reader",
        "set session authorization milepost",
        "set row_security = off; select * from public.behavior_events",
        f"alter role {_ROLE} set milepost.customer_id = 'theirs'",
        f"alter role {_ROLE} bypassrls",
        "create function public.more() returns void language sql as ''",
    ],
)
def test_what_would_is_refused(person: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        person.execute(statement)
    assert _seen(person) == {_MINE}


def test_nobody_takes_another_name(person: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="session user cannot be renamed"):
        person.execute(f"alter role {_ROLE} rename to somebody")


_IMPOSTORS = """
create schema mine;
create function mine.pg_has_role(name, text, text) returns boolean language sql as 'select true';
create function mine.pg_has_role(name, name, text) returns boolean language sql as 'select true';
create function mine.current_setting(text, boolean) returns text language sql as $$ select 'theirs' $$;
create function mine.equals(name, name) returns boolean language sql as 'select false';
create function mine.equals(text, text) returns boolean language sql as 'select true';
create operator mine.= (leftarg = name, rightarg = name, function = mine.equals);
create operator mine.= (leftarg = text, rightarg = text, function = mine.equals);
set search_path = mine, pg_catalog, public;
set milepost.customer_id = 'theirs';
"""


def test_functions_of_their_own_are_not_asked_in_place_of_ours(
    cluster: Cluster, database: str, person: psycopg.Connection
) -> None:
    """Where a role may make a schema, as in a database that was carried over from PostgreSQL 14 it may in public."""
    name = sql.Identifier(person.info.dbname)
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("grant create on database {} to {}").format(name, sql.Identifier(_ROLE)))
        try:
            with person.transaction(force_rollback=True):
                person.execute(_IMPOSTORS)
                assert person.execute("select pg_has_role(current_user, 'milepost_server', 'member')").fetchone() == (
                    True,
                ), "the impostor is asked, by whoever does not look"
                assert _seen(person) == {_MINE}
        finally:
            admin.execute(sql.SQL("revoke create on database {} from {}").format(name, sql.Identifier(_ROLE)))


def test_to_be_in_a_gateways_role_too_changes_nothing(
    cluster: Cluster, database: str, person: psycopg.Connection
) -> None:
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute(f"grant web_reader to {_ROLE}")
        try:
            person.execute("set role web_reader")
            person.execute("set milepost.customer_id = 'theirs'")
            assert _seen(person) == {_MINE}
        finally:
            person.execute("reset role")
            admin.execute(f"revoke web_reader from {_ROLE}")


def test_whose_customer_was_taken_away_reads_nothing(
    cluster: Cluster, database: str, person: psycopg.Connection
) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("delete from milepost.sql_readers where role_name = %s", (_ROLE,))
        person.execute("set milepost.customer_id = 'acme'")
        assert _seen(person) == set()
        owner.execute("select milepost.grant_customer(%s, %s)", (_ROLE, _THEIRS))
        assert _seen(person) == {_THEIRS}
        owner.execute("select milepost.grant_customer(%s, %s)", (_ROLE, _MINE))
        assert _seen(person) == {_MINE}


def test_the_recipe_of_before_reads_nothing(cluster: Cluster, database: str) -> None:
    """`grant_reading` to a role that people signed in with: they could set whose rows they read."""
    with psycopg.connect(cluster.login("old_recipe", database), autocommit=True) as connection:
        assert _seen(connection) == set()
        for statement in (
            "set milepost.customer_id = 'theirs'",
            """set request.jwt.claims = '{"customer_id": "theirs"}'""",
        ):
            connection.execute(statement)
            assert _seen(connection) == set()


def test_a_gateways_claims_count_where_its_users_run_no_sql(cluster: Cluster, database: str) -> None:
    """As PostgREST runs a request: signed in as `authenticator`, reading as the role of the token."""
    with psycopg.connect(cluster.login("authenticator", database)) as gateway:
        for customer in (_MINE, _THEIRS):
            gateway.execute("set local role web_reader")
            claims = f'{{"role": "web_reader", "app_metadata": {{"customer_id": "{customer}"}}}}'
            gateway.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
            assert _seen(gateway) == {customer}
            gateway.commit()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):  # between requests it is nobody
                _seen(gateway)
            gateway.rollback()
        # As a server of one's own does.
        gateway.execute("set local role web_reader")
        gateway.execute("select set_config('milepost.customer_id', %s, true)", (_THEIRS,))
        assert _seen(gateway) == {_THEIRS}
        # What an API over the schema `public` could call for its users: nothing.
        callable_ = gateway.execute(
            "select proname from pg_proc where pronamespace = 'public'::regnamespace"
            " and has_function_privilege('web_reader', oid, 'execute')"
        ).fetchall()
        assert callable_ == []


@pytest.mark.parametrize(
    ("role", "why"), [("nobody_has_it", "no role"), ("web_reader", "signs in"), ("milepost", "every policy")]
)
def test_a_customer_is_fixed_only_where_that_holds(database: str, role: str, why: str) -> None:
    with psycopg.connect(database) as owner, pytest.raises(psycopg.errors.RaiseException, match=why):
        owner.execute("select milepost.grant_customer(%s, 'acme')", (role,))


def test_the_document_tells_nobody_to_say_whose_rows_they_read() -> None:
    assert _BLOCKS
    assert not [block for block in _BLOCKS if "milepost.customer_id" in block or "jwt.claims" in block]
