"""What the embedded cluster holds from the start: the server's role and its database."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
from psycopg import sql

from milepost.errors import EmbeddedPostgresError
from milepost.store.embedded_cluster import Cluster
from milepost.store.embedded_config import ADMIN_ROLE, APP_DATABASE, APP_ROLE, SQL_ROLE
from milepost.store.queries import load

log = logging.getLogger("milepost.postgres")
_SQL = load("milepost.store", "embedded_database.sql")


def admin_dsn(cluster: Cluster) -> str:
    return cluster.dsn(ADMIN_ROLE, "postgres")


def says_ready(cluster: Cluster, pid: int | None) -> bool:
    """Whether postmaster `pid` has written that it takes connections: cheaper than trying one, and nothing
    an earlier postmaster left can be mistaken for it."""
    try:
        lines = cluster.pid_file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def ensure_database(cluster: Cluster) -> bool:
    """Makes the role and the database where missing. False when that failed: PostgreSQL went away, or its disk is full.

    The role owns its database and may make roles, but is no superuser: what works here works on a hosted
    PostgreSQL, and no hole in a query reaches the machine.
    """
    role, database = sql.Identifier(APP_ROLE), sql.Identifier(APP_DATABASE)
    try:
        with psycopg.connect(admin_dsn(cluster), autocommit=True, connect_timeout=10) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone():
                make = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB BYPASSRLS REPLICATION")
                connection.execute(make.format(role))
            # At each start, as a kill may have come between two of these statements.
            connection.execute(sql.SQL("GRANT pg_monitor, pg_signal_backend TO {}").format(role))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [APP_DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [SQL_ROLE]).fetchone():
                with connection.transaction():
                    for statement in ("analysts", "sql_role"):
                        connection.execute(_SQL[statement])
        with psycopg.connect(cluster.dsn(ADMIN_ROLE), autocommit=True, connect_timeout=10) as connection:
            if connection.execute(_SQL["is_open"]).fetchone() == (True,):
                connection.execute(_SQL["close"])
    except psycopg.Error as error:
        log.warning("PostgreSQL runs, but its database could not be checked yet: %s", error)
        return False
    return True


def running_dsn(cluster: Cluster) -> str | None:
    """The DSN of the PostgreSQL somebody runs in this cluster, None while none accepts connections."""
    try:
        # Its own record of the socket's folder: TMPDIR may be another one for this process.
        lines = cluster.pid_file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise EmbeddedPostgresError(f"{error}. Run this as the user who runs the server.") from error
    if len(lines) < 8 or not lines[4]:
        return None
    dsn = cluster.dsn(at=Path(lines[4]))
    try:
        psycopg.connect(dsn, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        log.debug("The running PostgreSQL is not ready yet: %s", error)
        return None
    return dsn
