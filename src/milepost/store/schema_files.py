"""The schema as files: numbered migrations change tables once, routines (functions, views) are replaced on change.

routines/base        functions that tables rest on: they come before every migration
migrations/0001_*    tables, in order, each once
routines/functions   functions with their triggers, one a file, by subject
routines/views
routines/jobs.sql    closes Procrastinate's own schema, which comes from that library
routines/access.sql  who may call and read what; last
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import LiteralString

import msgspec

_MIGRATION = re.compile(r"(\d{4})_(\w+)\.sql\Z")
#: The library's changes since a schema was made; pinned by the lock file, applied in order after an upgrade.
_JOB_MIGRATION = re.compile(r"\d\d\.\d\d\.\d\d_.*\.sql\Z")


class Migration(msgspec.Struct, frozen=True):
    """One numbered file of SQL; `checksum` tells a file that was changed after it had been applied."""

    number: int
    name: str
    sql: LiteralString
    checksum: str


class Routine(msgspec.Struct, frozen=True):
    """One file that may be run again: it replaces what it defines. `name` is its path below routines/."""

    name: str
    sql: LiteralString
    checksum: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations of this release, in order."""
    found = []
    for file in resources.files("milepost.store.migrations").iterdir():
        if match := _MIGRATION.match(file.name):
            sql = file.read_text("utf-8")
            found.append(Migration(int(match[1]), match[2], sql, _checksum(sql)))
    return tuple(sorted(found, key=lambda migration: migration.number))


@cache
def base_routines() -> tuple[Routine, ...]:
    """What tables rest on."""
    return tuple(_routines("base"))


@cache
def routines() -> tuple[Routine, ...]:
    """What rests on tables, in the order it is applied."""
    last = [_routine("jobs.sql", _folder() / "jobs.sql"), _routine("access.sql", _folder() / "access.sql")]
    return (*_routines("functions"), *_routines("views"), *last)


def job_schema() -> LiteralString:
    """Procrastinate's whole schema, as it comes, for a new database."""
    return (_job_folder() / "schema.sql").read_text("utf-8")


@cache
def job_migrations() -> tuple[Routine, ...]:
    """Procrastinate's own migrations, oldest first; its schema for a new database has them all."""
    files = sorted(file for file in (_job_folder() / "migrations").iterdir() if _JOB_MIGRATION.match(file.name))
    return tuple(_routine(f"procrastinate/{file.name}", file) for file in files)


def _job_folder() -> Path:
    """Found without importing the library, which commands that only look at the schema need not wait for."""
    found = importlib.util.find_spec("procrastinate")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "sql"


def _folder() -> Traversable:
    return resources.files("milepost.store") / "routines"


def _routines(folder: str) -> Iterator[Routine]:
    """Every SQL file of a folder and its subfolders, by name."""
    for file in sorted((_folder() / folder).iterdir(), key=lambda file: file.name):
        if file.is_dir():
            yield from _routines(f"{folder}/{file.name}")
        elif file.name.endswith(".sql"):
            yield _routine(f"{folder}/{file.name}", file)


def _routine(name: str, file: Traversable) -> Routine:
    sql = file.read_text("utf-8")
    return Routine(name, sql, _checksum(sql))


def _checksum(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()[:16]
