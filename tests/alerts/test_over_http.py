"""Alerts over HTTP: made, found, changed, refused, and nobody's but the team's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.dashboard import form_token, member
from tests.support.postgres import Cluster
from tests.support.server import SERVER_KEY, Server, customer_token, running, wait_for

_NOBODY = "0190a0b0-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with cluster.database() as dsn, running(Server(tmp_path_factory.mktemp("server"), database_url=dsn)) as found:
        yield found


@pytest.fixture(scope="module")
def team(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def _segment(team: httpx.Client, name: str, plan: str) -> str:
    body = {"name": name, "conditions": [{"field": "trait.plan", "op": "is", "values": [plan]}]}
    return str(team.post("/v1/segments", json=body).raise_for_status().json()["slug"])


def _one(team: httpx.Client, alert: str, **asked: str) -> dict[str, Any]:
    found: dict[str, Any] = team.get(f"/v1/alerts/{alert}", params=asked).raise_for_status().json()
    return found


def test_an_alert_is_made_holds_is_looked_after_snoozed_and_removed(server: Server, team: httpx.Client) -> None:
    slug = _segment(team, "On gold", "gold")
    made = team.post("/v1/alerts", json={"kind": "segment", "segment": slug}).raise_for_status().json()
    assert (made["name"], made["segment"], made["holds"], made["incident"]) == ("On gold", slug, False, None)
    alert = made["alert_id"]
    wait_for(lambda: _one(team, alert)["checked_at"] is not None, 40, "a first look")
    with server.client(SERVER_KEY) as sender:
        sender.post("/v1/events", json={"events": [{"customer_id": "midas", "event_type": "tool_usage"}]})
        team.put("/v1/customers/midas", json={"traits": {"plan": "gold", "name": "King Midas"}}).raise_for_status()
    wait_for(lambda: _one(team, alert)["holds"], 60, "the next look")
    found = _one(team, alert)
    assert [(one["customer_id"], one["name"]) for one in found["customers"]] == [("midas", "King Midas")]
    assert (found["incident"]["customers"], found["incident"]["ended_at"]) == (1, None)
    assert _one(team, alert, customers="0")["customers"] == []
    (listed,) = [one for one in team.get("/v1/alerts").json() if one["alert_id"] == alert]
    assert (listed["holds"], listed["customers"]) == (True, [])

    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    changed = team.patch(f"/v1/alerts/{alert}", json={"acknowledged": True, "snoozed_until": until, "active": False})
    said = changed.raise_for_status().json()
    assert said["incident"]["acknowledged_at"] is not None
    assert (said["active"], datetime.fromisoformat(said["snoozed_until"])) == (False, datetime.fromisoformat(until))
    assert team.patch(f"/v1/alerts/{alert}", json={"snoozed_until": None}).json()["snoozed_until"] is None
    assert team.delete(f"/v1/alerts/{alert}").status_code == 204
    assert team.get(f"/v1/alerts/{alert}").status_code == 404


def test_whom_it_tells_and_no_address_is_said(server: Server, team: httpx.Client) -> None:
    secret = "https://hooks.example.com/services/a-key"
    with member(server, "127.0.4.61") as page:
        page.headers["x-csrftoken"] = form_token(page, "/alerts")
        form = {"kind": "slack", "name": "Ours", "address": secret, "topics": ["alert.raised"]}
        assert page.post("/settings/messages", data=form).status_code == 303
    answer = team.get("/v1/destinations").raise_for_status()
    (ours,) = [one for one in answer.json() if one["name"] == "Ours"]
    assert "a-key" not in answer.text
    body = {"kind": "segment", "segment": _segment(team, "On tin", "tin"), "destinations": [ours["destination_id"]]}
    made = team.post("/v1/alerts", json=body).raise_for_status().json()
    assert made["destinations"] == [ours["destination_id"]]
    alert = f"/v1/alerts/{made['alert_id']}"
    assert team.patch(alert, json={"destinations": None}).json()["destinations"] is None
    assert team.patch(alert, json={"destinations": [_NOBODY]}).json()["field"] == "destinations"


def test_a_saved_trend_is_watched_and_nothing_else(server: Server, team: httpx.Client) -> None:
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        ids = [
            str(row[0])
            for page in ("trends", "funnels")
            for row in connection.execute(
                "insert into milepost.reports (name, question, shown) values (%s, '{}', %s) returning report_id",
                (f"My {page}", f'{{"page": "{page}", "address": ""}}'),
            )
        ]
    made = team.post("/v1/alerts", json={"kind": "figure", "report_id": ids[0], "above": 9.5}).raise_for_status().json()
    assert (made["name"], made["report_id"], made["below"], made["above"]) == ("My trends", ids[0], None, 9.5)
    refused = team.post("/v1/alerts", json={"kind": "figure", "report_id": ids[1]})
    assert (refused.status_code, refused.json()["field"]) == (400, "report_id")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"kind": "segment"}, 400, "segment"),
        ({"kind": "segment", "segment": "nobody's"}, 404, "segment"),
        ({"kind": "figure"}, 400, "report_id"),
        ({"kind": "figure", "report_id": _NOBODY}, 400, "report_id"),
        ({"kind": "figure", "report_id": _NOBODY, "below": "x"}, 400, "below"),
        ({"kind": "at_risk"}, 400, "kind"),
        ({"kind": "segment", "more": 1}, 400, "data"),
    ],
)
def test_what_will_not_do_says_why(team: httpx.Client, body: dict[str, object], status: int, field: str) -> None:
    answer = team.post("/v1/alerts", json=body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)


@pytest.mark.parametrize("until", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "soon"])
def test_a_snooze_that_is_none(team: httpx.Client, until: str) -> None:
    first = team.get("/v1/alerts").json()[0]["alert_id"]
    answer = team.patch(f"/v1/alerts/{first}", json={"snoozed_until": until})
    assert (answer.status_code, answer.json()["field"]) == (400, "snoozed_until")


def test_what_is_there_from_the_start_stays(team: httpx.Client) -> None:
    first = team.get("/v1/alerts").json()[0]
    assert first["kind"] in ("at_risk", "unusual", "silence")
    assert team.delete(f"/v1/alerts/{first['alert_id']}").status_code == 404
    assert team.patch(f"/v1/alerts/{first['alert_id']}", json={"acknowledged": True}).status_code == 404
    assert team.patch(f"/v1/alerts/{_NOBODY}", json={"active": True}).status_code == 404


@pytest.mark.parametrize("path", ["/v1/alerts", "/v1/destinations"])
def test_nobody_elses(server: Server, path: str) -> None:
    for key, status in ((customer_token("midas"), 401), (SERVER_KEY, 403)):
        with server.client(key) as client:
            assert client.get(path).status_code == status
