"""The questions' HTTP interface, on a running server with its column store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, running, wait_for

_QUESTIONS: dict[str, dict[str, Any]] = {
    "trends": {"measure": "units", "breakdown": "tool_id", "compare": True},
    "funnel": {"steps": [{"event_type": "navigation"}, {"event_type": "export_action"}]},
    "retention": {"interval": "day", "intervals": 2},
    "paths": {"label": "event_type"},
    "lifecycle": {"interval": "day"},
    "stickiness": {},
    "tools": {},
    "sessions": {"breakdown": "device_type"},
}
_PLACES: dict[str, dict[str, Any]] = {
    "trends": {"series": 0, "value": "icp-analysis"},
    "funnel": {"step": 0, "outcome": "dropped"},
    "paths": {"step": 1, "label": "navigation"},
    "lifecycle": {"bucket": 29, "state": "new"},
    "stickiness": {"n": 1},
    "tools": {"tool_id": "icp-analysis"},
    "sessions": {},
}


@pytest.fixture(scope="module")
def client(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A secret key's, of a server that knows what two customers did a moment ago."""
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("server"), database_url=dsn, columns=True)) as server,
        server.client(WRITE_KEY) as writing,
        server.client(SECRET_KEY) as reading,
    ):
        now = datetime.now(UTC)
        events = [
            {"event_type": kind, "customer_id": customer, "session_id": f"s-{customer}", "tool_id": "icp-analysis",
             "timestamp": (now - timedelta(seconds=place)).isoformat()}
            for customer, kinds in (("Ä & Söhne", ("export_action", "navigation")), ("zeta", ("navigation",)))
            for place, kind in enumerate(kinds)
        ]  # fmt: skip
        writing.post("/v1/events", json={"events": events}).raise_for_status()
        wait_for(lambda: _total(reading) == 3, 30, "the events to be in the column store")
        yield reading


def _total(client: httpx.Client) -> float | None:
    answer = client.post("/v1/query/trends", json={})
    return None if answer.status_code != 200 else answer.json()["lines"][0]["total"]


@pytest.mark.parametrize("question", _QUESTIONS)
def test_every_question_and_who_is_behind_it(client: httpx.Client, question: str) -> None:
    answer = client.post(f"/v1/query/{question}", json=_QUESTIONS[question])
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["unit"], body["timezone"]) == ("customer", "UTC")
    assert datetime.fromisoformat(body["fresh_as_of"]).tzinfo is not None
    place = _PLACES[question] if question != "retention" else {"start": body["groups"][-1]["start"], "k": 0}
    behind = client.post(f"/v1/query/{question}/who", json={"asked": _QUESTIONS[question], "place": place})
    assert behind.status_code == 200, behind.text
    people = behind.json()
    assert people["total"] == len(people["items"]) >= 1, people
    assert {person["customer_id"] for person in people["items"]} <= {"Ä & Söhne", "zeta"}


def test_the_figures(client: httpx.Client) -> None:
    funnel = client.post("/v1/query/funnel", json=_QUESTIONS["funnel"]).json()["total"]
    assert [(step["count"], step["median_seconds"]) for step in funnel["steps"]] == [(2, None), (1, 1.0)]
    left = client.post(
        "/v1/query/funnel/who", json={"asked": _QUESTIONS["funnel"], "place": {"step": 0, "outcome": "dropped"}}
    ).json()
    assert [(person["customer_id"], person["events"]) for person in left["items"]] == [("zeta", 1)]
    hours = client.post("/v1/query/trends", json={"interval": "hour", "period": {"days": 1}}).json()
    assert datetime.fromisoformat(hours["buckets"][0]).utcoffset() == timedelta()


def test_trends_of_two_measures(client: httpx.Client) -> None:
    """A formula, two fields and a comparison, as a client says them."""
    asked: dict[str, Any] = {
        "series": [{"event_type": "navigation"}, {"measure": "distinct", "of": "session_id"}],
        "formula": "A / B * 100",
        "formula_name": "Navigations a session, %",
        "breakdown": ["tool_id", "event_type"],
        "compare": "year_ago",
    }
    answer = client.post("/v1/query/trends", json=asked)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    lines = [(line["name"], line["value"], line["value2"], line["total"]) for line in body["lines"]]
    assert lines == [
        ("Navigations a session, %", "icp-analysis", "navigation", 100),
        ("Navigations a session, %", "icp-analysis", "export_action", 0),
    ]
    assert body["previous_last"] < body["first"]
    place = {"series": 0, "value": "icp-analysis", "value2": "navigation"}
    behind = client.post("/v1/query/trends/who", json={"asked": asked, "place": place}).json()
    assert behind["total"] == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", None),
        (b"[]", None),
        (b'{"measure": "love"}', "measure"),
        (b'{"nonsense": 1}', None),
        (b'{"measure": "sum"}', "of"),
        (b'{"of": "metadata.x"}', "of"),
        (b'{"measure": "sum", "of": "tool_id"}', "of"),
        (b'{"series": [{"measure": "distinct"}]}', "series[0].of"),
        (b'{"formula": "A / B"}', "formula"),
        (b'{"breakdown": ["tool_id", "nothing"]}', "breakdown[1]"),
        (b'{"breakdown": []}', "breakdown"),
        (b'{"breakdown": ["tool_id", "event_type", "browser"]}', "breakdown"),
        (b'{"compare": "tomorrow"}', "compare"),
        (b'{"period": {"timezone": "Mars/Olympus"}}', "period.timezone"),
        (b'{"period": {"timezone": "../../etc/passwd"}}', "period.timezone"),
        (b'{"period": {"first": "2026-02-02", "last": "2026-02-01"}}', "period.first"),
        (b'{"period": {"first": "0001-01-01", "last": "2026-02-01"}}', "period"),
        (b'{"period": {"last": "9999-12-31"}}', "period.last"),
        (b'{"interval": "hour", "period": {"days": 3000}}', "interval"),
        (b'{"breakdown": "insight.total_events"}', "breakdown"),
        (b'{"filters": [{"field": "nothing"}]}', "filters[0].field"),
        (b'{"filters": [{"field": "tool_id"}]}', "filters[0].values"),
        (b'{"filters": [{"field": "tool_id", "values": ["a\\u0000"]}]}', "filters[0].values[0]"),
        (b'{"filters": [{"field": "metadata.x\\u0000", "op": "is_set"}]}', "filters[0].field"),
        (b'{"filters": [{"field": "time_on_page", "op": "above", "values": ["much"]}]}', "filters[0].values"),
        (b'{"filters": [{"field": "cohort", "values": ["mine"]}]}', "filters[0].values[0]"),
        (
            b'{"filters": [{"field": "cohort", "values": ["00000000-0000-4000-8000-000000000000"]}]}',
            "filters[0].values[0]",
        ),
        (b'{"series": [{"filters": [{"field": "tool_id", "op": "is_set", "values": ["a"]}]}]}',
         "series[0].filters[0].values"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(client: httpx.Client, body: bytes, field: str | None) -> None:
    answer = client.post("/v1/query/trends", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert problem["message"]
    assert field is None or problem["field"] == field, problem


@pytest.mark.parametrize(
    "place", [{"series": 3}, {"bucket": 400}, {"value": "no tool"}, {"bucket": -1}, {"mood": "good"}]
)
def test_places_that_are_not_there(client: httpx.Client, place: dict[str, Any]) -> None:
    answer = client.post("/v1/query/trends/who", json={"asked": _QUESTIONS["trends"], "place": place})
    assert answer.status_code == 400, answer.text


def test_only_readers_may_ask(client: httpx.Client) -> None:
    for path in ("/v1/query/trends", "/v1/query/trends/who", "/v1/cohorts"):
        body: dict[str, Any] = {"asked": {}, "place": {}} if path.endswith("who") else {}
        assert client.post(path, json=body, headers={"Authorization": ""}).status_code == 401
    write = {"Authorization": f"Bearer {WRITE_KEY}"}
    assert client.post("/v1/query/trends", json={}, headers=write).status_code == 403
    assert client.get("/v1/cohorts", headers={"Authorization": ""}).status_code == 401


def test_a_cohort_s_life(client: httpx.Client) -> None:
    exported = {"conditions": [{"kind": "did", "event": {"event_type": "export_action"}}]}
    made = client.post("/v1/cohorts", json={"name": "Exporters 🧭", "definition": exported})
    assert made.status_code == 201, made.text
    cohort = made.json()["cohort_id"]
    assert [one["cohort_id"] for one in client.get("/v1/cohorts").json()] == [cohort]
    inside = client.get(f"/v1/cohorts/{cohort}/customers").json()
    assert [(one["customer_id"], one["total_events"]) for one in inside["items"]] == [("Ä & Söhne", 2)]
    of_it = {"filters": [{"field": "cohort", "values": [cohort]}]}
    assert client.post("/v1/query/trends", json=of_it).json()["lines"][0]["total"] == 2

    none = {"conditions": [{"kind": "did", "event": {"event_type": "export_action"}, "at_most": 0}]}
    changed = client.put(f"/v1/cohorts/{cohort}", json={"name": "Others", "definition": none})
    assert changed.json()["name"] == "Others"
    inside = client.get(f"/v1/cohorts/{cohort}/customers", params={"limit": 1}).json()
    assert (inside["total"], inside["items"][0]["customer_id"]) == (1, "zeta")

    itself = {"conditions": [{"kind": "did", "event": {"filters": [{"field": "cohort", "values": [cohort]}]}}]}
    ring = client.put(f"/v1/cohorts/{cohort}", json={"name": "Ring", "definition": itself})
    assert (ring.status_code, ring.json()["field"]) == (400, "conditions[0].event.filters[0].values[0]")
    assert client.delete(f"/v1/cohorts/{cohort}").status_code == 204
    assert client.get(f"/v1/cohorts/{cohort}").status_code == 404
    assert client.post("/v1/query/trends", json=of_it).status_code == 400
