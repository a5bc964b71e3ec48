"""Settled while the server runs: the history over HTTP, a new plan taken over, announcements on the live feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from milepost.access.tokens import Tokens
from milepost.settings import Settings
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, running, wait_for

_PLAN = Path(__file__).parents[2] / "src" / "milepost" / "plan" / "default.toml"


@pytest.fixture
def dsn(cluster: Cluster) -> Iterator[str]:
    with cluster.database() as dsn:
        yield dsn


def tell(server: Server, customer: str, days_ago: int, kind: str = "export_action") -> None:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    event = {"customer_id": customer, "event_type": kind, "timestamp": at.isoformat(), "tool_id": "icp-analysis"}
    event["competency_area"] = "sales_execution"
    with server.client(WRITE_KEY) as client:
        assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1


def history(client: httpx.Client, customer: str = "acme", **asked: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/customers/{customer}/insights/history", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_history_follows_what_is_stored(dsn: str, tmp_path: Path) -> None:
    with running(Server(tmp_path / "data", database_url=dsn)) as server, server.client() as client:
        tell(server, "acme", 20)
        tell(server, "acme", 0)
        wait_for(lambda: len(history(client)["days"]) == 21, 20, "21 days of history")
        now = client.get("/v1/customers/acme/insights").json()
        wait_for(
            lambda: history(client)["days"][-1]["current_scaling_score"] == now["current_scaling_score"], 10, "today"
        )
        last = history(client)["days"][-1]
        assert last["score_components"] == now["score_components"]
        assert last["competency_scores"] == {one["competency"]: one["score"] for one in now["competencies"]}
        # An event that comes late writes the days since anew, and none before.
        before = history(client)["days"]
        tell(server, "acme", 5, "competency_milestone")
        today = datetime.now(UTC).date()
        wait_for(lambda: history(client)["days"][-1] != before[-1], 10, "the late event")
        after = history(client)["days"]
        changed = {day["day"] for day, old in zip(after, before, strict=True) if day != old}
        assert changed == {str(today - timedelta(days=ago)) for ago in range(6)}
        middle = history(client, **{"start": str(today - timedelta(days=3)), "end": str(today - timedelta(days=2))})
        assert middle["days"] == after[-4:-2]

        token = Tokens(Settings(token_secret="a secret that is only for tests, of 32 bytes or more")).make(
            "acme", now=datetime.now(UTC), valid=timedelta(minutes=5)
        )
        with server.client(token) as own:
            assert own.get("/v1/me/insights/history").json() == history(client)
        for wrong, status, field in (
            ({"start": "2026-02-02", "end": "2026-02-01"}, 400, "start"),
            ({"start": "0001-01-01"}, 400, "start"),
            ({"start": "yesterday"}, 400, "start"),
            ({"plan_version": 99}, 404, "plan_version"),
        ):
            answer = client.get("/v1/customers/acme/insights/history", params=wrong)
            assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
        assert client.get("/v1/customers/nobody/insights/history").status_code == 404
        # A customer whose last event is erased has no history left.
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("delete from public.behavior_events where customer_id = 'acme'")
        assert client.get("/v1/customers/acme/insights/history").status_code == 404


def test_a_new_plan_is_taken_over_and_the_old_one_stays_readable(dsn: str, tmp_path: Path) -> None:
    with running(Server(tmp_path / "data", database_url=dsn)) as server, server.client() as client:
        tell(server, "acme", 15)
        wait_for(lambda: client.get("/v1/plan").json()["unsettled"] == 0, 20, "the customer to be settled")
        assert len(history(client)["days"]) == 16
        first = history(client)
        status = client.get("/v1/plan").json()
        assert (status["customers"], status["rescored"], len(status["versions"])) == (1, 1, 1)
    dearer = tmp_path / "milepost.toml"
    dearer.write_text(_PLAN.read_text().replace("export_action = 5", "export_action = 50"))
    again = Server(tmp_path / "data", database_url=dsn, environ={"MILEPOST_PLAN_FILE": str(dearer)})
    with running(again) as server, server.client() as client:
        wait_for(lambda: client.get("/v1/plan").json()["rescored"] == 1, 20, "the new plan")
        wait_for(lambda: client.get("/v1/plan").json()["unsettled"] == 0, 20, "the customer to be settled again")
        assert len(history(client)["days"]) == 16
        second = history(client)
        assert (first["plan_version"], second["plan_version"]) == (1, 2)
        assert second["days"][0]["points_last_14_days"] == 10 * first["days"][0]["points_last_14_days"]
        old = history(client, plan_version=1)["days"]
        assert old[:-1] == first["days"][:-1]
        # Today's was remembered when the version was left, to seven digits.
        assert old[-1]["current_scaling_score"] == pytest.approx(first["days"][-1]["current_scaling_score"], rel=1e-6)
        rounded = {"current_scaling_score", "score_components"}
        assert {k: v for k, v in old[-1].items() if k not in rounded} == {
            k: v for k, v in first["days"][-1].items() if k not in rounded
        }
        assert [version["plan_version"] for version in second["versions"]] == [2, 1]
        assert client.get("/v1/customers/acme/insights").json()["plan_version"] == 2


def test_a_badge_is_told_on_the_live_feed(dsn: str, tmp_path: Path) -> None:
    with running(Server(tmp_path / "data", database_url=dsn)) as server, server.client() as client:
        with client.stream("GET", "/v1/live", timeout=30) as feed:
            lines = feed.iter_lines()
            told: list[dict[str, Any]] = []
            sent = False
            for line in lines:
                if not line.startswith("data:"):
                    continue
                if not sent:
                    # The first batch is the state of things: from here on nothing is missed.
                    tell(server, "acme", 0)
                    sent = True
                told += json.loads(line.removeprefix("data:"))["announcements"]
                if told:
                    break
        assert told[0]["customer_id"] == "acme"
        assert told[0]["kind"] in ("badge", "level", "recommendation")
        assert told[0]["title"]
