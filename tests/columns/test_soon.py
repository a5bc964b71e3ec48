"""Must hold 4: what changes in PostgreSQL shows in answers within 5 seconds; the stores are equal afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.importing.import_helpers import SHOP_MAP
from tests.support.columns import Owner
from tests.support.server import WRITE_KEY, Server, running, wait_for

pytestmark = [pytest.mark.alone, pytest.mark.timeout(120)]
_SECONDS = 5


@pytest.fixture
def server(dsn: str, tmp_path: Path) -> Iterator[Server]:
    with running(Server(tmp_path / "server", database_url=dsn, columns=True)) as server:
        Owner(server.data_dir, dsn).wait_until_level()
        yield server


class Answers:
    """What `POST /v1/query/trends` says of the last 400 days."""

    def __init__(self, server: Server) -> None:
        self._client = server.client()
        self._write = server.client(WRITE_KEY)

    def send(self, path: str, body: object) -> None:
        assert self._write.post(path, json=body).status_code == 200

    def total(self, measure: str, **filters: str) -> float:
        where = [{"field": field, "values": [value]} for field, value in filters.items()]
        asked = {"measure": measure, "interval": "month", "period": {"days": 400}, "filters": where}
        answer: httpx.Response = self._client.post("/v1/query/trends", json=asked)
        assert answer.status_code == 200, answer.text
        return float(answer.json()["lines"][0]["total"])

    def soon(self, condition: Callable[[], bool], what: str) -> None:
        wait_for(condition, _SECONDS, what)


def equal(server: Server) -> None:
    owner = Owner(server.data_dir, server.database_url)
    owner.wait_until_level()
    assert owner.verify().differences == []


def test_a_late_event_and_an_erasure(server: Server, connection: psycopg.Connection) -> None:
    answers = Answers(server)
    late = (datetime.now(UTC) - timedelta(days=200)).isoformat()
    events = [
        {"event_type": "navigation", "customer_id": "stays"},
        {"event_type": "navigation", "customer_id": "goes", "timestamp": late},
    ]
    answers.send("/v1/events", {"events": events})
    answers.soon(lambda: answers.total("events") == 2, "two events, one of them late")
    assert answers.total("events", customer_id="goes") == 1
    connection.execute("delete from public.behavior_events where customer_id = 'goes'")
    answers.soon(lambda: answers.total("events") == 1, "the erased customer's event to be gone")
    assert answers.total("events", customer_id="goes") == 0
    equal(server)


def test_a_merge(server: Server) -> None:
    answers = Answers(server)
    batch = [
        {"type": "track", "event": "One", "anonymousId": "visitor"},
        {"type": "track", "event": "Two", "userId": "one", "context": {"groupId": "acme"}},
    ]
    answers.send("/v1/batch", {"batch": batch})
    answers.soon(lambda: answers.total("units") == 2, "two customers")
    ties = [
        {"type": "identify", "anonymousId": "visitor", "userId": "one"},
        {"type": "group", "userId": "one", "groupId": "acme"},
    ]
    answers.send("/v1/batch", {"batch": ties})
    answers.soon(lambda: answers.total("units") == 1, "one customer")
    # `identify` and `group` are events too.
    assert answers.total("events", customer_id="acme") == answers.total("events") == 4
    equal(server)


def test_an_import_and_its_run_again(server: Server, tmp_path: Path) -> None:
    answers = Answers(server)
    (tmp_path / "map.toml").write_text(SHOP_MAP)
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    rows = [f"customer {n % 5},tool {n % 3},{day}T10:00:{n:02}Z,{n}" for n in range(40)]
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(["who,what,at,n", *rows]) + "\n")
    environ = {**os.environ, "MILEPOST_DATABASE_URL": server.database_url, "MILEPOST_DATA_DIR": str(tmp_path / "cli")}
    command = [sys.executable, "-m", "milepost", "import", str(file), "--map", str(tmp_path / "map.toml")]
    for run in range(2):
        # 3: everything is stored, and the plan has none of these tools.
        assert subprocess.run(command, env=environ, check=False, capture_output=True).returncode == 3
        answers.soon(lambda: answers.total("events") == 40, f"forty events after run {run + 1}")
    equal(server)
