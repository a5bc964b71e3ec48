"""Row level security against the real thing: over whatever the catalogue holds, so that future tables are covered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.settling import STEPS
from milepost.store.database import Database
from milepost.store.setup import set_up
from tests.support.postgres import Cluster
from tests.support.settling import settle_all

_MINE, _THEIRS = "mine", "theirs"
_DEFAULT = load_plan()
#: Nobody held out by chance, so that both have a recommendation to read.
_PLAN = replace(_DEFAULT, coach=replace(_DEFAULT.coach, hold_out=0.0))
#: Readable by a customer though no row in it belongs to one.
_FOR_EVERYONE = {"milepost.plan", "milepost.plans", "milepost.plan_points"}
#: What a reader may call: the functions its policies and the view need, none of which changes anything.
_CALLABLE = {
    "current_customer", "assigned_customer", "claimed_customer",
    "is_server", "is_analyst", "current_plan", "plan_of", "competency_scores", "faded_outcomes", "insights_days",
    "insights_on", "practice_on", "next_actions", "monday", "streak_weeks", "streaks_of", "streak_on",
    "level_thresholds", "competency_climb", "levels_of", "levels_on", "badge_rules", "badges_of", "game_on",
    "small_number", "counts", "contribution", "results_on", "outcomes_of", "weakest", "narrow_day", "referrer_source",
    "trend_of",
}  # fmt: skip
_SCHEMAS = ["public", "milepost", "milepost_jobs", "reporting"]
_FILL = """
insert into public.behavior_events (customer_id, event_type, session_id, competency_area, tool_id, user_id)
  values ({0}, 'export_action', 's', 'sales_execution', 'business-case', 'u'),
    ({0}, 'tool_usage', 's', null, 'business-case', 'u');
insert into public.behavior_events (customer_id, event_type, deleted_at) values ({0}, 'navigation', now());
insert into public.customer_actions (customer_id, action_type) values ({0}, 'call');
insert into public.customer_actions (customer_id, action_type, role, description, competency_area, action_metadata,
    source, user_id, private)
  values ({0}, 'canary', 'outcome', 'canary', 'canary', '{{"canary": "canary"}}', 'canary', 'canary', true);
insert into milepost.notes (customer_id, text, author) values ({0}, 'canary', 'canary');
insert into milepost.tasks (customer_id, title, text, created_by, due)
  values ({0}, 'canary', 'canary', 'canary', now());
insert into milepost.tags (customer_id, tag_key, tag) values ({0}, 'canary', 'canary');
insert into milepost.segments (slug, name, conditions)
  values ('canary-' || {0}, 'canary ' || {0}, '[{{"field": "customer_id", "values": ["canary"]}}]');
insert into milepost.annotations (day, text, author) values (now(), 'canary', 'canary');
insert into milepost.saved_plans (text, saved_by, change) values ('canary', 'canary', 'canary');
insert into milepost.saved_queries (name, statement, made_at, made_by, changed_at, changed_by)
  values ('canary ' || {0}, 'canary', now(), 'canary', now(), 'canary');
insert into milepost.customers (customer_id, name) values ({0}, 'a name');
insert into milepost.game_profiles values ({0}, 'named', 'a name of ' || {0}, now());
"""
#: A row each that would be the writer's own.
_OWN_ROWS = {
    "public.behavior_events": "(customer_id, event_type) values ('mine', 'navigation')",
    "milepost.sessions": "values ('mine', 't', now(), now(), 1, 0, 0, '{}')",
    "public.customer_actions": "(customer_id, action_type) values ('mine', 'deal')",
    "milepost.standing": "(customer_id, total_points) values ('mine', 1000)",
}
#: Every relation of ours, and what is known of it.
_RELATIONS = """
select c.oid::regclass::text as name, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
  coalesce('security_invoker=true' = any (c.reloptions), false) as invoker,
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'customer_id') as of_customers,
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'customer') as of_numbers,
  has_any_column_privilege(%(role)s, c.oid, 'select') as readable
from pg_class c where c.relnamespace = any (%(schemas)s::regnamespace[]) and c.relkind in ('r', 'v', 'm', 'f')
"""


@pytest.fixture(scope="module")
def owned(cluster: Cluster) -> Iterator[str]:
    """A database with two customers, whose owner is no superuser and cannot pass by policies, with Supabase's roles."""
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("create role plain_owner login createrole")
        admin.execute("grant milepost_server, milepost_reader to plain_owner")
        admin.execute("create role authenticated nologin noinherit")
        admin.execute("create role anon nologin noinherit")
        admin.execute("create role authenticator login noinherit in role authenticated, anon")
        try:
            with cluster.database(empty=True) as dsn:
                name = conninfo_to_dict(dsn)["dbname"]
                admin.execute(sql.SQL("alter database {} owner to plain_owner").format(sql.Identifier(str(name))))
                with psycopg.connect(make_conninfo(cluster.admin_dsn, dbname=name), autocommit=True) as local:
                    local.execute("alter schema public owner to plain_owner")
                    local.execute("grant all on schema public to anon, authenticated")
                owner = cluster.login("plain_owner", dsn)
                with psycopg.connect(owner, autocommit=True) as connection:
                    # As Supabase does: what comes into `public` is its roles' in full.
                    for kind in ("tables", "functions", "sequences"):
                        grant = "alter default privileges in schema public grant all on {} to anon, authenticated"
                        connection.execute(sql.SQL(grant).format(sql.SQL(kind)))
                set_up(owner, _PLAN, Settings())
                with psycopg.connect(owner, autocommit=True) as connection:
                    for customer in (_MINE, _THEIRS):
                        connection.execute(sql.SQL(_FILL).format(customer))
                    settle_all(connection, STEPS, now=datetime.now(UTC))
                yield owner
                admin.execute(sql.SQL("alter database {} owner to milepost").format(sql.Identifier(str(name))))
        finally:
            admin.execute("drop role authenticator, authenticated, anon, plain_owner")


@pytest.fixture
def owner(owned: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(owned) as connection:
        yield connection


@pytest.fixture
def api(cluster: Cluster, owned: str) -> Iterator[psycopg.Connection]:
    """A connection as PostgREST has it: signed in as `authenticator`, which can do nothing by itself."""
    with psycopg.connect(cluster.login("authenticator", owned), autocommit=True) as connection:
        yield connection


@contextmanager
def as_reader(connection: psycopg.Connection, customer: str) -> Iterator[psycopg.Connection]:
    """A transaction as the server reads for a customer; undone at the end."""
    with connection.transaction(force_rollback=True):
        connection.execute("select set_config('role', 'milepost_reader', true)")
        connection.execute("select set_config('milepost.customer_id', %s, true)", (customer,))
        yield connection


@contextmanager
def with_claims(connection: psycopg.Connection, claims: object) -> Iterator[psycopg.Connection]:
    """A transaction as PostgREST runs one for a token; undone at the end."""
    with connection.transaction(force_rollback=True):
        connection.execute("set local role authenticated")
        text = claims if isinstance(claims, str) else json.dumps(claims)
        connection.execute("select set_config('request.jwt.claims', %s, true)", (text,))
        yield connection


def _relations(connection: psycopg.Connection, role: str) -> list[dict[str, object]]:
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(_RELATIONS, {"role": role, "schemas": _SCHEMAS}).fetchall()


def _customers(connection: psycopg.Connection, relation: object) -> set[str]:
    name = sql.SQL(str(relation))  # regclass has quoted it
    return {row[0] for row in connection.execute(sql.SQL("select customer_id from {}").format(name))}


def test_every_readable_relation_is_under_row_level_security(owner: psycopg.Connection) -> None:
    for role in ("milepost_reader", "authenticated"):
        readable = [relation for relation in _relations(owner, role) if relation["readable"]]
        assert {"behavior_events", "behavior_sessions", "behavior_insights"} < {str(r["name"]) for r in readable}
        for relation in readable:
            if relation["relkind"] == "v":
                assert relation["invoker"], f"{relation['name']} would read as its owner"
            else:
                assert relation["relrowsecurity"], relation["name"]
                assert relation["relforcerowsecurity"], relation["name"]
            if relation["name"] not in _FOR_EVERYONE:
                assert relation["of_customers"] or relation["of_numbers"], f"whose are the rows of {relation['name']}?"


def test_a_reader_sees_its_own_rows_alone(owner: psycopg.Connection, api: psycopg.Connection) -> None:
    relations = [r["name"] for r in _relations(owner, "milepost_reader") if r["readable"] and r["of_customers"]]
    owner.rollback()
    # Whose a person's role is, is that role's alone to read: test_sql_readers.py.
    relations.remove("milepost.sql_readers")
    for relation in relations:
        with as_reader(owner, _MINE):
            assert _customers(owner, relation) == {_MINE}, relation
        with as_reader(owner, ""):
            assert _customers(owner, relation) == set(), relation
        with with_claims(api, {"customer_id": _MINE}):
            assert _customers(api, relation) == {_MINE}, relation
        with with_claims(api, {"role": "authenticated"}):
            assert _customers(api, relation) == set(), relation
    with as_reader(owner, _MINE):
        assert owner.execute("select count(*) from public.behavior_events").fetchone() == (2,), "soft-deleted shows"


def test_a_reader_sees_its_own_numbers_alone(owner: psycopg.Connection, api: psycopg.Connection) -> None:
    relations = [r["name"] for r in _relations(owner, "milepost_reader") if r["readable"] and r["of_numbers"]]
    assert relations == ["milepost.insight_days"]
    owner.rollback()
    numbers: dict[str, int] = dict(owner.execute("select customer_id, number from milepost.snapshots").fetchall())
    for number in numbers.values():
        owner.execute(
            "insert into milepost.insight_days (customer, plan_version, day, points_28) values (%s, 1, '2026-01-01', 1)"
            " on conflict do nothing",
            (number,),
        )
    owner.commit()
    assert {_MINE, _THEIRS} <= set(numbers)
    seen = "select distinct customer from milepost.insight_days"
    with as_reader(owner, _MINE):
        assert owner.execute(seen).fetchall() == [(numbers[_MINE],)]
    with as_reader(owner, ""):
        assert owner.execute(seen).fetchall() == []
    with with_claims(api, {"customer_id": _MINE}):
        assert api.execute(seen).fetchall() == [(numbers[_MINE],)]
    with with_claims(api, {"role": "authenticated"}):
        assert api.execute(seen).fetchall() == []


def test_row_level_security_holds_the_owner_too(owner: psycopg.Connection) -> None:
    of_customers = [r for r in _relations(owner, "plain_owner") if r["of_customers"] and r["relkind"] == "r"]
    for relation in of_customers:
        assert relation["relrowsecurity"], relation["name"]
        assert relation["relforcerowsecurity"], relation["name"]
    assert _customers(owner, "public.behavior_events") == {_MINE, _THEIRS}
    # What lets it see them is to be the server, not to own them.
    owner.execute("create role no_server")
    owner.execute("grant no_server to plain_owner")
    owner.execute("grant usage on schema milepost to no_server")
    owner.execute("grant execute on all functions in schema milepost to no_server")
    owner.execute("grant create on schema public to no_server")
    owner.execute("alter table public.behavior_events owner to no_server")
    owner.execute("set local role no_server")
    assert _customers(owner, "public.behavior_events") == set()
    owner.execute("select set_config('milepost.customer_id', 'mine', true)")
    assert _customers(owner, "public.behavior_events") == {_MINE}
    owner.rollback()


@pytest.mark.parametrize("role", ["milepost_reader", "authenticated", "anon"])
def test_nothing_can_be_written(owner: psycopg.Connection, role: str) -> None:
    for relation in _relations(owner, role):
        for right in ("insert", "update", "delete", "truncate", "references", "trigger"):
            row = owner.execute("select has_table_privilege(%s, %s, %s)", (role, relation["name"], right)).fetchone()
            assert row == (False,), f"{role} may {right} {relation['name']}"
        for right in ("insert", "update"):
            question = "select has_any_column_privilege(%s, %s, %s)"
            assert owner.execute(question, (role, relation["name"], right)).fetchone() == (False,)
        if role == "anon":
            assert not relation["readable"], f"anon may read {relation['name']}"


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.behavior_events (customer_id, event_type) values ('mine', 'navigation')",
        "update public.behavior_events set customer_id = 'mine'",
        "delete from public.behavior_events",
        "truncate public.behavior_events",
        "copy public.behavior_events (customer_id, event_type) from stdin",
        "select * from public.behavior_events for update",
        "select * from milepost.sessions for share",
        "update milepost.standing set total_points = 1000",
        "select * from milepost.ties",
        "select * from milepost.keys",
        "select * from milepost_jobs.procrastinate_jobs",
        "select milepost.store_events('[]')",
        "select milepost.recompute(array['theirs'])",
        "select public.cleanup_expired_behavior_events()",
        "set role milepost_server",
        "set role plain_owner",
        "set role postgres",
        "set session authorization postgres",
        "alter table public.behavior_events disable row level security",
        "create policy more on public.behavior_events using (true)",
        "create function public.more() returns void language sql security definer as ''",
        "copy (select 1) to program 'true'",
        "select pg_read_file('PG_VERSION')",
    ],
)
def test_tricks_are_refused(owner: psycopg.Connection, api: psycopg.Connection, statement: str) -> None:
    if not statement.startswith(("set role", "create function")):  # the server's own role may do those, by design
        with as_reader(owner, _MINE), pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement)
    if statement.startswith("create function"):
        # The host lets `authenticated` make functions in public; they run with no more than its own rights.
        return
    with with_claims(api, {"customer_id": _MINE}), pytest.raises(psycopg.errors.InsufficientPrivilege):
        api.execute(statement)


def test_leaving_the_role_leaves_nothing_to_read(api: psycopg.Connection) -> None:
    with with_claims(api, {"customer_id": _MINE}):
        api.execute("reset role")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), api.transaction():
            api.execute("select * from public.behavior_events")


def test_a_host_that_grants_everything_changes_nothing(owner: psycopg.Connection, api: psycopg.Connection) -> None:
    tables = list(_OWN_ROWS)
    names = sql.SQL(", ").join(sql.SQL(name) for name in tables)
    owner.execute(sql.SQL("grant insert, update, delete, select on {} to authenticated").format(names))
    owner.commit()
    try:
        for table in tables:
            with with_claims(api, {"customer_id": _MINE}):
                assert _customers(api, table) == {_MINE}
                for write in ("delete from {}", "update {} set customer_id = 'mine'"):
                    try:
                        with api.transaction():
                            assert api.execute(sql.SQL(write).format(sql.SQL(table))).rowcount == 0
                    except psycopg.errors.InsufficientPrivilege:
                        pass  # its trigger may not even look: as good
                insert = sql.SQL("insert into {} {}").format(sql.SQL(table), sql.SQL(_OWN_ROWS[table]))
                with pytest.raises(psycopg.errors.InsufficientPrivilege), api.transaction():
                    api.execute(insert)
    finally:
        owner.rollback()
        owner.execute(sql.SQL("revoke all on {} from authenticated").format(names))
        owner.execute("select milepost.grant_reading('authenticated')")
        owner.commit()


def test_functions(owner: psycopg.Connection) -> None:
    found = owner.execute(
        "select proname, prosecdef, has_function_privilege('milepost_reader', oid, 'execute'),"
        " has_function_privilege('authenticated', oid, 'execute'), has_function_privilege('anon', oid, 'execute')"
        " from pg_proc where pronamespace = any (%s::regnamespace[])",
        (_SCHEMAS,),
    ).fetchall()
    assert len(found) > 40
    assert not [name for name, definer, *_ in found if definer], "would run as the owner"
    assert {name for name, _, reader, *_ in found if reader} == _CALLABLE
    assert {name for name, _, _, signed_in, _ in found if signed_in} == _CALLABLE
    # Policies ask it of whoever reads, and it tells them of themselves alone.
    assert [name for name, *_, anyone in found if anyone] == ["is_analyst"]


#: What nobody reads as a customer, whatever it is of.
_OF_THE_TEAM = (
    "milepost.notes", "milepost.tasks", "milepost.tags", "milepost.annotations", "milepost.segments",
    "milepost.action_authors", "milepost.recommendation_work", "milepost.recommendation_acts",
    "milepost.saved_plans",
)  # fmt: skip
_NUMBERS_OF = (
    "practice_on(%s, current_date)", "results_on(%s, current_date)", "insights_on(%s, current_date)",
    "game_on(%s, current_date)", "levels_on(%s, current_date)", "outcomes_of(array[%s])", "next_actions(%s)",
)  # fmt: skip


def test_what_the_team_keeps_to_itself_is_never_seen(owner: psycopg.Connection, api: psycopg.Connection) -> None:
    """A text that stands in its notes, tasks, tags and private actions, through everything that a reader may read."""
    relations = [str(relation["name"]) for relation in _relations(owner, "milepost_reader") if relation["readable"]]
    assert "milepost.private_outcomes" in relations
    for name in ("public.customer_actions", *_OF_THE_TEAM[:5]):
        planted = owner.execute(sql.SQL("select string_agg(r::text, '') from {} r").format(sql.SQL(name))).fetchone()
        assert planted is not None
        assert "canary" in planted[0], name
    owner.rollback()

    def see(connection: psycopg.Connection) -> None:
        for name in relations:
            rows = connection.execute(sql.SQL("select r::text from {} r").format(sql.SQL(name))).fetchall()
            assert "canary" not in str(rows), name
        for call in _NUMBERS_OF:
            rows = connection.execute(
                sql.SQL("select r::text from milepost.{} r").format(sql.SQL(call)), [_MINE]
            ).fetchall()
            assert "canary" not in str(rows), call
        for name in _OF_THE_TEAM:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(sql.SQL("select from {}").format(sql.SQL(name)))

    with as_reader(owner, _MINE):
        see(owner)
    with with_claims(api, {"customer_id": _MINE}):
        see(api)


def test_a_host_that_grants_the_teams_tables_shows_nothing_of_them(
    owner: psycopg.Connection, api: psycopg.Connection
) -> None:
    names = sql.SQL(", ").join(sql.SQL(name) for name in _OF_THE_TEAM)
    owner.execute(sql.SQL("grant select on {} to authenticated").format(names))
    owner.commit()
    try:
        with with_claims(api, {"customer_id": _MINE}):
            for name in _OF_THE_TEAM:
                assert api.execute(sql.SQL("select 1 from {}").format(sql.SQL(name))).fetchall() == [], name
    finally:
        owner.execute(sql.SQL("revoke all on {} from authenticated").format(names))
        owner.commit()


def test_another_customers_scores_are_those_of_nobody(api: psycopg.Connection) -> None:
    questions = (
        "select * from milepost.insights_on(%s, current_date)",
        "select * from milepost.competency_scores(%s, current_date)",
        "select * from milepost.practice_on(%s, current_date)",
        "select * from milepost.game_on(%s, current_date)",
        "select * from milepost.levels_on(%s, current_date)",
        "select * from milepost.streak_on(%s, current_date)",
        "select * from milepost.points_ledger where customer_id = %s",
    )
    with with_claims(api, {"customer_id": _MINE}):
        for question in questions:
            theirs = api.execute(question, (_THEIRS,)).fetchall()
            assert theirs == api.execute(question, ("nobody at all",)).fetchall()
            assert theirs != api.execute(question, (_MINE,)).fetchall()


def test_an_error_tells_nothing_of_hidden_rows(api: psycopg.Connection) -> None:
    with with_claims(api, {"customer_id": _MINE}):
        trap = "select count(*) from {} where 1 / (case when customer_id = 'theirs' then 0 else 1 end) = 1"
        for table in ("public.behavior_events", "public.behavior_sessions", "public.behavior_insights"):
            api.execute(sql.SQL(trap).format(sql.SQL(table)))  # dividing by zero would tell


@pytest.mark.parametrize(
    ("claims", "seen"),
    [
        ({"customer_id": _MINE}, {_MINE}),
        ({"app_metadata": {"customer_id": _MINE}}, {_MINE}),
        ({"sub": _MINE}, {_MINE}),
        ({"customer_id": _MINE, "app_metadata": {"customer_id": _THEIRS}, "sub": _THEIRS}, {_MINE}),
        ({"app_metadata": {"customer_id": _MINE}, "sub": _THEIRS}, {_MINE}),
        # What a user may write about themselves is no proof.
        ({"user_metadata": {"customer_id": _THEIRS}}, set()),
        ({"customer_id": ""}, set()),
        ({"customer_id": [_THEIRS]}, set()),
        ({"customer_id": None, "sub": None}, set()),
        ([_THEIRS], set()),
        ("", set()),
    ],
)
def test_claims(api: psycopg.Connection, claims: object, seen: set[str]) -> None:
    with with_claims(api, claims):
        assert _customers(api, "public.behavior_events") == seen


def test_claims_that_are_no_json_read_nothing(api: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation), with_claims(api, "theirs"):
        _customers(api, "public.behavior_events")


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan", "auto"])
def test_a_prepared_statement_follows_the_customer(owner: psycopg.Connection, mode: str) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("select set_config('plan_cache_mode', %s, true)", (mode,))
        owner.execute("prepare mine as select customer_id from public.behavior_events")
        for _ in range(7):  # past the five runs after which PostgreSQL may keep a plan
            with owner.transaction():
                assert {row[0] for row in owner.execute("execute mine")} == {_MINE, _THEIRS}
            for customer in (_MINE, _THEIRS):
                with as_reader(owner, customer):
                    assert {row[0] for row in owner.execute("execute mine")} == {customer}
        owner.execute("deallocate mine")


async def test_pooled_connections_forget_the_customer(owned: str) -> None:
    database = Database(owned, size=1, query_seconds=10)
    await database.open()
    question = "select current_user, coalesce(current_setting('milepost.customer_id', true), '') as customer"
    ids = "select distinct customer_id from public.behavior_events"

    async def read(customer: str) -> None:
        async with database.customer(customer) as connection:
            rows = await (await connection.execute(ids)).fetchall()
            assert [row["customer_id"] for row in rows] == [customer]
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                await connection.execute("create temporary table t (n integer)")
            await connection.rollback()

    try:
        await asyncio.gather(*[read(customer) for customer in (_MINE, _THEIRS) * 10])
        with pytest.raises(ZeroDivisionError):
            async with database.customer(_MINE):
                raise ZeroDivisionError
        async with database.transaction() as connection:
            row = await (await connection.execute(question)).fetchone()
            assert row == {"current_user": "plain_owner", "customer": ""}
            assert len(await (await connection.execute(ids)).fetchall()) == 2
    finally:
        await database.close()
