"""Brings a database to the schema of this release, and tells one that is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import LiteralString

import psycopg

from milepost.errors import Conflict
from milepost.plan import Plan
from milepost.store.plan_tables import plan_as_text
from milepost.store.schema_files import (
    Migration,
    Routine,
    base_routines,
    job_migrations,
    job_schema,
    migrations,
    routines,
)

#: Two servers that start at once take turns on this lock.
_LOCK = 0x6D696C65706F7374 >> 1

_LEDGER = """\
create schema if not exists milepost;
create table if not exists milepost.migrations (
  number integer primary key,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now()
);
create table if not exists milepost.routines (
  name text primary key,
  checksum text not null,
  applied_at timestamptz not null default now()
);
"""
_NOTE_MIGRATION = "insert into milepost.migrations (number, name, checksum) values (%s, %s, %s)"
_NOTE_ROUTINE = (
    "insert into milepost.routines (name, checksum) values (%s, %s)"
    " on conflict (name) do update set checksum = excluded.checksum, applied_at = now()"
)
#: A function may name tables and functions that come after it.
_UNCHECKED = "set local check_function_bodies = off"


def migrate(connection: psycopg.Connection, report: Callable[[str], None] = lambda _: None) -> int:
    """Applies what is missing, and answers how many migrations that were. Safe to run from several servers at once.

    Each migration is one transaction with its own line in the ledger, and so are all routines together, so that an
    interruption leaves a whole number of them. `report` hears the name of each migration applied. Raises Conflict where
    the database was migrated by a newer Milepost or a migration's file was changed since.
    """
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("set client_min_messages = warning")
        cursor.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            cursor.execute(_LEDGER)
            missing = _missing(connection)
            _apply(connection, _changed(connection, base_routines()))
            for migration in missing:
                with connection.transaction():
                    cursor.execute(migration.sql, prepare=False)
                    cursor.execute(_NOTE_MIGRATION, (migration.number, migration.name, migration.checksum))
                report(f"{migration.number:04} {migration.name}")
            _bring_jobs(connection)
            # A migration may have dropped what rests on a table it changed, so after one all of them are replaced.
            if missing or _changed(connection, routines()):
                _apply(connection, routines())
            return len(missing)
        finally:
            if not connection.closed and connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
                cursor.execute("select pg_advisory_unlock(%s)", (_LOCK,))
                cursor.execute("reset client_min_messages")


def check(connection: psycopg.Connection) -> None:
    """Raises Conflict, with what to do, unless the database has the schema of this release. Changes nothing."""
    if not _exists(connection):
        raise Conflict(
            "The database has not been set up for Milepost yet. Start the server with `milepost serve`, or run "
            "`milepost migrate`."
        )
    wanted = [f"migration {migration.number:04} {migration.name}" for migration in _missing(connection)]
    wanted += [routine.name for routine in _changed(connection, (*base_routines(), *routines(), *job_migrations()))]
    if wanted:
        raise Conflict(
            f"The database was set up by an older Milepost: it lacks {wanted[0]}"
            f"{f' and {len(wanted) - 1} more' if len(wanted) > 1 else ''}. Start the server of this release, or run "
            "`milepost migrate`; a server of the older release that still runs must be stopped first."
        )


def as_text(plan: Plan) -> str:
    """The whole schema and the plan as one SQL text, for a hosted SQL editor. One transaction: all of it or nothing."""
    # File names of our own, of letters and digits.
    parts = [
        "-- Milepost's whole schema, for a new database. Paste it into the SQL editor and run it once.",
        "begin;",
        _UNCHECKED + ";",
        _LEDGER,
        *(_routine_as_text(routine) for routine in base_routines()),
    ]
    for migration in migrations():
        parts += [
            f"-- == {migration.number:04} {migration.name} ==",
            migration.sql,
            "insert into milepost.migrations (number, name, checksum) values "  # noqa: S608
            f"({migration.number}, '{migration.name}', '{migration.checksum}');",
        ]
    parts += [
        _jobs(job_schema()),
        *(_noted(routine) for routine in job_migrations()),
        *(_routine_as_text(routine) for routine in routines()),
        plan_as_text(plan),
        "commit;",
    ]
    return "\n\n".join(parts) + "\n"


def _exists(connection: psycopg.Connection) -> bool:
    row = connection.execute("select to_regclass('milepost.routines') is not null").fetchone()
    return row == (True,)


def _missing(connection: psycopg.Connection) -> list[Migration]:
    """The migrations to be applied. Raises Conflict where those that are there are not those of this release."""
    done: dict[int, str] = dict(connection.execute("select number, checksum from milepost.migrations").fetchall())
    known = {migration.number: migration for migration in migrations()}
    for number, checksum in sorted(done.items()):
        if number not in known:
            raise Conflict(
                f"The database has migration {number:04}, which this release does not know. "
                "It was migrated by a newer Milepost: upgrade this one."
            )
        if known[number].checksum != checksum:
            raise Conflict(
                f"Migration {number:04}_{known[number].name} differs from the one this database has. Restore the file "
                "as it was released; changes go into a new migration. (A database from before the first release is "
                "not carried over: export its events and import them into a new one.)"
            )
    return [migration for number, migration in known.items() if number not in done]


def _changed(connection: psycopg.Connection, these: Sequence[Routine]) -> list[Routine]:
    done: dict[str, str] = dict(connection.execute("select name, checksum from milepost.routines").fetchall())
    return [routine for routine in these if done.get(routine.name) != routine.checksum]


def _apply(connection: psycopg.Connection, these: Sequence[Routine]) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_UNCHECKED)
        for routine in these:
            cursor.execute(routine.sql, prepare=False)
            cursor.execute(_NOTE_ROUTINE, (routine.name, routine.checksum))


def _bring_jobs(connection: psycopg.Connection) -> None:
    """Procrastinate's schema: whole in a new database, else what the library has changed since."""
    row = connection.execute("select to_regnamespace('milepost_jobs') is null").fetchone()
    with connection.transaction(), connection.cursor() as cursor:
        if row == (True,):
            cursor.execute(_jobs(job_schema()), prepare=False)
            cursor.executemany(_NOTE_ROUTINE, [(routine.name, routine.checksum) for routine in job_migrations()])
        for routine in _changed(connection, job_migrations()):
            cursor.execute(_jobs(routine.sql), prepare=False)
            cursor.execute(_NOTE_ROUTINE, (routine.name, routine.checksum))


def _jobs(sql: LiteralString) -> LiteralString:
    """What Procrastinate makes, in a schema of its own."""
    return (
        "create schema if not exists milepost_jobs;\nset local search_path = milepost_jobs;\n"
        f"{sql}\nset local search_path to default;"
    )


def _routine_as_text(routine: Routine) -> str:
    return f"{routine.sql.strip()}\n{_noted(routine)}"


def _noted(routine: Routine) -> str:
    return (
        "insert into milepost.routines (name, checksum) values "  # noqa: S608 -- file names of our own
        f"('{routine.name}', '{routine.checksum}');"
    )
