"""Empty databases on the oldest and the newest PostgreSQL, owned by a role that is no superuser."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.support.debian import BIN, debian_postgres
from tests.support.postgres import Cluster


@pytest.fixture(scope="session")
def postgres15() -> Iterator[str]:
    if not BIN.exists() and not os.environ.get("CI"):
        pytest.skip("PostgreSQL 15 is not installed (apt-get install postgresql-15)")
    with debian_postgres() as dsn:
        yield dsn


@contextmanager
def _empty(admin_dsn: str) -> Iterator[str]:
    name = f"hosted_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        # What a hosted PostgreSQL gives: the right to make roles, and a database.
        if not admin.execute("select 1 from pg_roles where rolname = 'hosted'").fetchone():
            admin.execute("create role hosted login createrole createdb")
            admin.execute(
                "do $$ begin if exists (select from pg_roles where rolname = 'milepost_server') then"
                " grant milepost_server, milepost_reader to hosted; end if; end $$"
            )
        admin.execute(sql.SQL("create database {} owner hosted template template0").format(sql.Identifier(name)))
        try:
            yield make_conninfo(admin_dsn, dbname=name, user="hosted")
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(params=["PostgreSQL 15", "PostgreSQL 18"])
def empty(request: pytest.FixtureRequest) -> Iterator[str]:
    """The dsn of an empty database, as its plain owner."""
    if request.param == "PostgreSQL 15":
        admin_dsn = request.getfixturevalue("postgres15")
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        admin_dsn = cluster.admin_dsn
    with _empty(admin_dsn) as dsn:
        yield dsn


@pytest.fixture
def two_empty(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Two empty databases of one cluster and owner, to be compared."""
    with ExitStack() as stack:
        yield stack.enter_context(_empty(cluster.admin_dsn)), stack.enter_context(_empty(cluster.admin_dsn))


@pytest.fixture
def dsn_empty(cluster: Cluster) -> Iterator[str]:
    """An empty database of the newest PostgreSQL."""
    with _empty(cluster.admin_dsn) as dsn:
        yield dsn
