"""Actions, Alerts: one is made, told of, looked after, snoozed, switched off and removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from tests.support.dashboard import form_token, member
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, Server, running, wait_for


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("server"), database_url=dsn, columns=True)) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def page(server: Server) -> Iterator[httpx.Client]:
    with member(server, "127.0.4.8", "ann@example.com") as client:
        client.headers["x-csrftoken"] = form_token(client, "/alerts")
        yield client


def alert_id(page: httpx.Client, name: str) -> str:
    row = page.get("/alerts").text.split("What is watched</h2>")[1].split(f'title="{name}"')[1]
    found = re.search(r'action="/alerts/([0-9a-f-]{36})/', row)
    assert found is not None
    return found[1]


def test_a_segment_is_watched_told_of_and_looked_after(server: Server, page: httpx.Client) -> None:
    form = {"kind": "slack", "name": "The team", "address": "https://hooks.example.com/x", "topics": ["alert.raised"]}
    assert "Nobody is told of alerts." in page.get("/alerts").text
    assert page.post("/settings/messages", data=form).status_code == 303
    with server.client(SECRET_KEY) as client:
        conditions = [{"field": "trait.plan", "op": "is", "values": ["pro"]}]
        made = client.post("/v1/segments", json={"name": "On pro", "conditions": conditions})
        assert made.status_code == 201
        slug = made.json()["slug"]
        assert page.post("/alerts", data={"kind": "segment", "segment": slug}).status_code == 303
        alert = alert_id(page, "On pro")

        def looked() -> bool:
            with psycopg.connect(server.database_url) as connection:
                row = connection.execute(
                    "select checked_at from milepost.alerts where alert_id = %s", (alert,)
                ).fetchone()
            return row is not None and row[0] is not None

        wait_for(looked, 40, "a first look")
        client.put("/v1/customers/acme", json={"traits": {"plan": "pro", "name": "Acme & Co"}}).raise_for_status()
    wait_for(lambda: "1 alert holds just now." in page.get("/alerts").text, 60, "the alert")
    shown = page.get("/alerts").text
    assert "Acme &amp; Co" in shown
    assert "Now in On pro." in shown
    assert page.post(f"/alerts/{alert}/acknowledge").status_code == 303
    assert "Somebody looks after all that is unusual" in page.get("/alerts").text
    assert page.post(f"/alerts/{alert}/acknowledge").status_code == 404
    page.post(f"/alerts/{alert}/snooze", data={"days": "7"})
    assert "End the snooze" in page.get("/alerts").text
    page.post(f"/alerts/{alert}/snooze", data={"days": "0"})
    assert "End the snooze" not in page.get("/alerts").text
    assert page.post(f"/alerts/{alert}/snooze", data={"days": "9999"}).status_code == 400
    page.post(f"/alerts/{alert}/tell", data={})
    assert 'title="nobody"' in page.get("/alerts").text
    page.post(f"/alerts/{alert}/off")
    assert "Nothing unusual just now." in page.get("/alerts").text
    page.post(f"/alerts/{alert}/remove")
    assert "On pro" not in page.get("/alerts").text.split("What is watched")[1].split("Who enters")[0]


def test_what_will_not_do_is_said(page: httpx.Client) -> None:
    gone = "0199b6f2-0000-7000-8000-000000000000"
    for form, said in (
        ({"kind": "segment", "segment": "gone"}, "Choose the segment"),
        ({"kind": "segment", "segment": "gone", "name": "A" * 101}, "Choose the segment"),
        ({"kind": "figure", "report": "x", "way": "above", "limit": "3"}, "Choose a saved trend."),
        ({"kind": "figure", "report": gone, "way": "above", "limit": "nan"}, "Say above what: a number"),
        ({"kind": "figure", "report": gone, "way": "below"}, "Say below what: a number"),
        ({"kind": "figure", "report": gone, "way": "past"}, "question is gone"),
    ):
        answer = page.post("/alerts", data=form)
        assert answer.status_code == 400
        assert said in answer.text
    own = alert_id(page, "No events")
    assert page.post(f"/alerts/{own}/remove").status_code == 404
    assert page.post(f"/alerts/{own}/explode").status_code == 400
    assert page.post("/alerts/0199b6f2-0000-7000-8000-000000000000/off").status_code == 404


def test_a_saved_trend_is_watched(server: Server, page: httpx.Client) -> None:
    with server.client(SECRET_KEY) as client:
        events = [{"event_type": "tool_usage", "customer_id": "acme", "tool_id": "icp-analysis"}]
        client.post("/v1/events", json={"events": events}).raise_for_status()
    saved = page.post("/reports", data={"name": "Events a day", "question": "trends", "address": ""})
    assert saved.status_code in (200, 303), saved.text
    option = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>Events a day', page.get("/alerts").text)
    assert option is not None
    form = {"kind": "figure", "report": option[1], "way": "below", "limit": "5"}
    assert page.post("/alerts", data=form).status_code == 303
    wait_for(lambda: "was 0: below 5." in page.get("/alerts").text, 60, "yesterday's figure, which was none")
    # Thirty a day for ten weeks, and yesterday two.
    noon = datetime.now(UTC).replace(hour=12, minute=0)
    history = [
        {"event_type": "tool_usage", "customer_id": "acme", "timestamp": (noon - timedelta(days=day)).isoformat()}
        for day in range(1, 71) for _ in range(2 if day == 1 else 28 + day % 5)
    ]  # fmt: skip
    with server.client(SECRET_KEY) as client:
        assert client.post("/v1/events", json={"events": history}).json()["accepted"] == len(history)
    assert page.post("/alerts", data=form | {"way": "past", "limit": "", "name": "Own past"}).status_code == 303
    said = re.compile(r"On \d{4}-\d\d-\d\d Events a day was 2; usually (\d\d)\.?\d* \(")
    wait_for(lambda: said.search(page.get("/alerts").text) is not None, 60, "what is unusual of yesterday")
    found = said.search(page.get("/alerts").text)
    assert found is not None
    assert 28 <= int(found[1]) <= 32
