"""`milepost sql` and POST /v1/sql on a server with its own PostgreSQL: what is closed there is closed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from milepost.store.embedded import attach_or_start
from tests.support.server import SECRET_KEY, SERVER_KEY, WRITE_KEY, Server, running

#: What PostgreSQL lets everybody do, and an analyst of the embedded one not.
_CLOSED = (
    "select pg_advisory_lock(1)",
    "select pg_notify('milepost_live', 'x')",
    "select lo_create(0)",
    "select pg_sleep(1)",
    "select pg_logical_emit_message(false, 'x', 'x')",
)


def _sql(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "milepost", "sql", "--data-dir", str(data_dir), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.timeout(120)
def test_the_embedded_postgresql(tmp_path: Path) -> None:
    with running(Server(tmp_path / "data")) as server:
        with server.client(WRITE_KEY) as sender:
            event = {"event_type": "navigation", "customer_id": "acme"}
            assert sender.post("/v1/events", json={"events": [event] * 3}).json()["accepted"] == 3
        with server.client(SECRET_KEY) as reader:
            answer = reader.post("/v1/sql", json={"sql": "select customer_id, count(*) as n from events group by 1"})
            assert answer.json()["rows"] == [["acme", 3]]
            assert answer.json()["columns"][1] == {"name": "n", "kind": "number"}
            for statement in _CLOSED:
                refused = reader.post("/v1/sql", json={"sql": statement})
                assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
                    400,
                    "sql_failed",
                    "sql",
                )
                assert "permission denied" in refused.json()["message"], statement
            large = reader.post(
                "/v1/sql", json={"sql": "select array_agg(n || repeat('x', 9999)) from generate_series(1, 99999) n"}
            )
            assert "more memory" in large.json()["message"]
            assert reader.post("/v1/sql", json={"sql": "select 1", "rows": 0}).status_code == 400
        for key in (WRITE_KEY, SERVER_KEY):
            with server.client(key) as other:
                assert other.post("/v1/sql", json={"sql": "select 1"}).status_code in (401, 403)
        ran = _sql(server.data_dir, "select count(*) as n from events", "--format", "csv")
        assert (ran.returncode, ran.stdout.split()) == (0, ["n", "3"])
        ran = _sql(server.data_dir, "select * from generate_series(1, 5) n", "--format", "json", "--rows", "2")
        assert json.loads(ran.stdout)["rows"] == [[1], [2]]
        assert "There are more rows" in ran.stderr
        assert "3" in _sql(server.data_dir, "select count(*) as n from events").stdout
        wrong = _sql(server.data_dir, "select nobody")
        assert (wrong.returncode, "does not exist" in wrong.stderr) == (1, True), wrong
    # It is closed once, and the server itself may do what it needs.
    with attach_or_start(server.data_dir) as dsn, psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("select pg_notify('x', 'y'), pg_advisory_lock(1)")
        owner.execute("create temporary table mine (n integer)")
