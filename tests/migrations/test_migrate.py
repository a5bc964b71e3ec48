"""The schema: from empty, from an earlier release with data, twice at once, interrupted; PostgreSQL 15 and 18."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import LiteralString

import psycopg
import pytest
from msgspec.structs import replace
from procrastinate.schema import SchemaManager

from milepost.errors import Conflict
from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.store import migrate as module
from milepost.store.migrate import check, migrate
from milepost.store.schema_files import Migration, Routine, migrations, routines
from milepost.store.setup import set_up
from tests.migrations.catalogue import JOBS, catalogue
from tests.store.standing_model import expected, stored
from tests.support.server import wait_for

_ALL = migrations()
_SET_UP = """\
import sys
from milepost.plan import load_plan
from milepost.settings import Settings
from milepost.store.setup import set_up
sys.stdin.readline()
set_up(sys.argv[1], load_plan(), Settings())
"""


@contextmanager
def _release(
    monkeypatch: pytest.MonkeyPatch, these: tuple[Migration, ...] = _ALL, those: tuple[Routine, ...] = routines()
) -> Iterator[None]:
    """An earlier or another release: one with these migrations, and those routines on them."""
    with monkeypatch.context() as patch:
        patch.setattr(module, "migrations", lambda: these)
        patch.setattr(module, "routines", lambda: those)
        yield


def _routine(name: str, sql: LiteralString) -> Routine:
    """A file as another release may have it."""
    return Routine(name, sql, str(hash(sql)))


def _count(connection: psycopg.Connection, question: LiteralString) -> int:
    row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])


_FILL: LiteralString = """
insert into public.behavior_events (customer_id, event_type, session_id, tool_id, "timestamp")
select 'customer ' || n % 3, 'tool_usage', 's', 'icp-analysis', now() - n * interval '1 day'
from generate_series(0, 60) as n
"""


def _applied(connection: psycopg.Connection) -> list[int]:
    exists = connection.execute("select to_regclass('milepost.migrations') is not null").fetchone()
    if exists == (False,):
        return []
    return [row[0] for row in connection.execute("select number from milepost.migrations order by 1")]


def test_numbers_are_whole_and_files_short() -> None:
    assert [migration.number for migration in _ALL] == list(range(1, len(_ALL) + 1))
    for migration in _ALL:
        assert migration.sql.count("\n") < 450, migration.name


def test_from_empty(empty: str) -> None:
    set_up(empty, load_plan(), Settings(admin_customer_id="dru78DR9789SDF862"))
    with psycopg.connect(empty, autocommit=True) as connection:
        check(connection)
        assert migrate(connection) == 0
        connection.execute(
            "insert into public.behavior_events (customer_id, event_type, session_id)"
            " values ('a', 'export_action', 's')"
        )
        connection.execute("update public.behavior_events set session_id = 't'")
        assert stored(connection) == expected(connection)
        rows = connection.execute(
            "select customer_id, total_events from public.behavior_insights order by 1"
        ).fetchall()
        assert rows == [("a", 1), ("dru78DR9789SDF862", 0)]
        connection.execute("set role milepost_reader")
        connection.execute("set milepost.customer_id = 'a'")
        assert len(connection.execute("select * from public.behavior_insights").fetchall()) == 1


def test_from_an_earlier_release_with_data(dsn_empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration changes a table under a view: what rests on it is replaced, and what was stored stays."""
    with psycopg.connect(dsn_empty, autocommit=True) as connection:
        set_up(dsn_empty, load_plan(), Settings())
        connection.execute(_FILL)
        before = stored(connection)
        change = Migration(
            len(_ALL) + 1,
            "longer_names",
            "drop view public.behavior_insights, reporting.customers;"
            " alter table milepost.standing alter column total_actions type numeric;"
            " drop function milepost.monday(date) cascade",
            "1",
        )
        with _release(monkeypatch, (*_ALL, change)):
            assert migrate(connection) == 1
            check(connection)
        assert stored(connection) == before == expected(connection)
        assert _count(connection, "select count(*) from public.behavior_insights") == 3
        assert _count(connection, "select milepost.monday('2026-11-29') - date '2026-11-23'") == 0


def test_a_changed_function_is_replaced(dsn_empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = _routine(
        "functions/game/monday.sql",
        "create or replace function milepost.monday(day date) returns date language sql immutable as 'select day'",
    )
    others = tuple(routine for routine in routines() if routine.name != earlier.name)
    monday: LiteralString = "select milepost.monday('2026-11-29') - date '2026-11-23'"
    with psycopg.connect(dsn_empty, autocommit=True) as connection:
        with _release(monkeypatch, those=(earlier, *others)):
            migrate(connection)
        assert _count(connection, monday) == 6
        with pytest.raises(Conflict, match=r"functions/game/monday\.sql.*milepost migrate"):
            check(connection)
        assert _count(connection, monday) == 6, "looking changes nothing"
        assert migrate(connection) == 0
        check(connection)
        assert _count(connection, monday) == 0


def test_a_database_without_milepost_is_told_apart(dsn_empty: str) -> None:
    with psycopg.connect(dsn_empty, autocommit=True) as connection:
        with pytest.raises(Conflict, match="not been set up for Milepost yet"):
            check(connection)
        assert _count(connection, "select count(*) from pg_namespace where nspname = 'milepost'") == 0


def test_routines_that_fail_leave_all_of_them_as_they_were(dsn_empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (*routines(), _routine("functions/broken.sql", "create function milepost.broken() returns integer"))
    with psycopg.connect(dsn_empty, autocommit=True) as connection:
        with _release(monkeypatch, those=broken), pytest.raises(psycopg.errors.InvalidFunctionDefinition):
            migrate(connection)
        assert _applied(connection) == [migration.number for migration in _ALL]
        assert _count(connection, "select count(*) from pg_proc where proname = 'monday'") == 0
        assert migrate(connection) == 0
        check(connection)


def test_three_servers_at_once(dsn_empty: str) -> None:
    servers = [
        subprocess.Popen([sys.executable, "-c", _SET_UP, dsn_empty], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    with ThreadPoolExecutor(3) as threads:
        for output in threads.map(lambda server: server.communicate(b"go\n", timeout=60), servers):
            assert b"Traceback" not in output[1], output[1].decode()
    assert [server.returncode for server in servers] == [0, 0, 0]
    with psycopg.connect(dsn_empty, autocommit=True) as connection:
        assert _applied(connection) == [migration.number for migration in _ALL]
        assert connection.execute("select count(*) from milepost.plan").fetchone() == (1,)


@pytest.mark.parametrize("number", [1, 3, len(_ALL)])
def test_killed_in_the_middle(dsn_empty: str, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    half = _ALL[number - 1].sql + "\n;select pg_sleep(60);"
    waiting = tuple(replace(m, sql=half) if m.number == number else m for m in _ALL)
    asleep = "select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    with psycopg.connect(dsn_empty, autocommit=True) as watcher, ThreadPoolExecutor(1) as thread:
        with _release(monkeypatch, waiting):
            broken = thread.submit(_migrate_anew, dsn_empty)
            wait_for(lambda: watcher.execute(asleep).fetchone() is not None, 30, "the migration to be in its middle")
            assert watcher.execute(f"select pg_terminate_backend(pid) from ({asleep}) as s").fetchone() == (True,)
            with pytest.raises(psycopg.OperationalError):
                broken.result(timeout=20)
        wait_for(lambda: _applied(watcher) == list(range(1, number)), 10, "a whole number of migrations")
        assert (watcher.execute("select to_regclass('public.behavior_events')").fetchone() == (None,)) == (number < 3)
        set_up(dsn_empty, load_plan(), Settings())
        assert _applied(watcher) == [migration.number for migration in _ALL]


def _migrate_anew(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        migrate(connection)


def test_a_newer_database_and_a_changed_file_are_refused(dsn_empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(dsn_empty, autocommit=True) as connection:
        migrate(connection)
        with _release(monkeypatch, _ALL[:-1]), pytest.raises(Conflict, match="newer Milepost"):
            migrate(connection)
        changed = (replace(_ALL[0], checksum="0" * 16), *_ALL[1:])
        with _release(monkeypatch, changed), pytest.raises(Conflict, match="differs"):
            migrate(connection)
        assert migrate(connection) == 0, "the lock was let go after each refusal"


def test_the_job_tables_are_procrastinates_own(two_empty: tuple[str, str]) -> None:
    ours, theirs = two_empty
    with psycopg.connect(ours, autocommit=True) as one, psycopg.connect(theirs, autocommit=True) as other:
        migrate(one)
        other.execute("create schema milepost_jobs")
        other.execute("set search_path = milepost_jobs")
        other.execute(SchemaManager.get_schema())
        mine, its = catalogue(one, JOBS), catalogue(other, JOBS)
    # Ours are pinned to their schema and closed to everyone; all else is as Procrastinate ships it.
    for kind in ("columns", "constraints", "indexes", "triggers", "types"):
        assert mine[kind] == its[kind], f"Procrastinate changed its {kind}: its schema is applied as it comes"
    assert mine["functions"].keys() == its["functions"].keys()
    for name, definition in its["functions"].items():
        assert definition.partition("AS $function$")[2].rpartition("$function$")[0] in mine["functions"][name]
