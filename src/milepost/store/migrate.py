"""Brings a database to the schema of this release: numbered SQL files, each in its own transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import LiteralString

import psycopg

from milepost.errors import Conflict
from milepost.plan import Plan
from milepost.store.plan_tables import plan_as_text

_FILE = re.compile(r"(\d{4})_(\w+)\.sql\Z")
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
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of SQL; `checksum` tells a file that was changed after it had been applied."""

    number: int
    name: str
    sql: LiteralString
    checksum: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations of this release, in order."""
    found = []
    for file in resources.files("milepost.store.migrations").iterdir():
        if match := _FILE.match(file.name):
            sql = file.read_text("utf-8")
            checksum = hashlib.sha256(sql.encode()).hexdigest()[:16]
            found.append(Migration(int(match[1]), match[2], sql, checksum))
    return tuple(sorted(found, key=lambda migration: migration.number))


def migrate(connection: psycopg.Connection, report: Callable[[Migration], None] = lambda _: None) -> int:
    """Applies what is missing, and answers how many that were. Safe to run from several servers at once.

    Each file is one transaction with its own line in the ledger, so an interruption leaves a whole number of
    them. Raises Conflict where the database was migrated by a newer Milepost or a file was changed since.
    """
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("set client_min_messages = warning")
        cursor.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            cursor.execute(_LEDGER)
            done = _applied(connection)
            _check(done)
            missing = [migration for migration in migrations() if migration.number not in done]
            for migration in missing:
                with connection.transaction():
                    cursor.execute(migration.sql, prepare=False)
                    cursor.execute(
                        "insert into milepost.migrations (number, name, checksum) values (%s, %s, %s)",
                        (migration.number, migration.name, migration.checksum),
                    )
                report(migration)
            return len(missing)
        finally:
            if not connection.closed and connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
                cursor.execute("select pg_advisory_unlock(%s)", (_LOCK,))
                cursor.execute("reset client_min_messages")


def pending(connection: psycopg.Connection) -> list[Migration]:
    """The migrations this database still lacks."""
    exists = connection.execute("select to_regclass('milepost.migrations') is not null").fetchone()
    done = _applied(connection) if exists and exists[0] else {}
    return [migration for migration in migrations() if migration.number not in done]


def as_text(plan: Plan) -> str:
    """Every migration and the plan as one SQL text, for a hosted SQL editor. One transaction: all of it or nothing."""
    parts = [
        "-- Milepost's whole schema, for a new database. Paste it into the SQL editor and run it once.",
        "begin;",
        _LEDGER,
    ]
    for migration in migrations():
        parts += [
            f"-- == {migration.number:04} {migration.name} ==",
            migration.sql,
            # File names of our own, of letters and digits.
            "insert into milepost.migrations (number, name, checksum) values "  # noqa: S608
            f"({migration.number}, '{migration.name}', '{migration.checksum}');",
        ]
    parts += [plan_as_text(plan), "commit;"]
    return "\n\n".join(parts) + "\n"


def _applied(connection: psycopg.Connection) -> dict[int, str]:
    return dict(connection.execute("select number, checksum from milepost.migrations").fetchall())


def _check(done: dict[int, str]) -> None:
    known = {migration.number: migration for migration in migrations()}
    for number, checksum in sorted(done.items()):
        if number not in known:
            raise Conflict(
                f"The database has migration {number:04}, which this release does not know. "
                "It was migrated by a newer Milepost: upgrade this one."
            )
        if known[number].checksum != checksum:
            raise Conflict(
                f"Migration {number:04}_{known[number].name} differs from the one this database has. "
                "Restore the file as it was released; changes go into a new migration."
            )
