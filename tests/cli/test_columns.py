"""`milepost columns` and `milepost verify`, beside a running server and without one."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.cli.test_commands import Shell
from tests.columns.events import insert
from tests.support.server import Server, running

pytestmark = pytest.mark.timeout(120)
_EQUAL = "Equal: 200 events on 2 days and 0 values of traits, in PostgreSQL and in the column store."


@pytest.fixture
def shell(dsn: str, tmp_path: Path, connection: psycopg.Connection) -> Shell:
    insert(connection, 200)
    return Shell(tmp_path, dsn)


def test_without_a_server(shell: Shell, connection: psycopg.Connection) -> None:
    assert "Everything up to" in shell.ok("columns", "status")
    out = shell.ok("verify")
    assert _EQUAL in out
    assert "the sums of 11 customers" in out
    assert "The column store was built: 200 events." in shell.ok("columns", "rebuild")
    connection.execute("update milepost.customer_days set events = events + 1 where customer_id = 'customer 3'")
    different = shell.run("verify")
    assert different.returncode == 1
    assert _EQUAL in different.stdout
    assert "milepost recompute" in different.stderr
    shell.ok("recompute")
    assert "the sums of 11 customers" in shell.ok("verify")


def test_beside_a_server(shell: Shell, dsn: str) -> None:
    with running(Server(shell.folder / "data", database_url=dsn, columns=True)):
        assert _EQUAL in shell.ok("verify")
        assert "The column store was built: 200 events." in shell.ok("columns", "rebuild")
        assert _EQUAL in shell.ok("verify")


def test_the_tables_of_a_cluster(shell: Shell) -> None:
    out = shell.ok("columns", "ddl", "--cluster", "it's main", "--database", "mile`post")
    assert "on cluster `it's main`" in out
    assert "Distributed('it\\'s main', 'mile`post', 'events_local', customer)" in out
    assert (
        "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', ver, is_deleted)"
        in out
    )
    for table in ("events", "loads", "activity", "rollups"):
        assert f"create table if not exists {table} on cluster" in out
    assert "$" not in out
