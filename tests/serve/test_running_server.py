"""A running server: health, metrics, logs, clean shutdown, what the settings ask for."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.server import WRITE_KEY, Server, running


def batch(customer: str, count: int = 1) -> dict[str, object]:
    return {"events": [{"event_type": "tool_usage", "customer_id": customer, "tool_id": "x"}] * count}


def test_health_ready_and_metrics(lone_server: Server) -> None:
    assert httpx.get(lone_server.url + "/health").json()["status"] == "ok"
    assert httpx.get(lone_server.url + "/ready").json()["status"] == "ready"
    with lone_server.client(WRITE_KEY) as client:
        client.post("/v1/events", json={"events": [batch("metrics")["events"][0], {"event_type": "nonsense"}]})  # type: ignore[index]
    text = httpx.get(lone_server.url + "/metrics").text
    samples = {
        (
            sample.name,
            sample.labels.get("outcome") or sample.labels.get("step"),
            sample.labels.get("code"),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["milepost_events_total", "accepted", None] >= 1
    assert samples["milepost_events_total", "rejected", None] >= 1
    assert samples["milepost_ingest_step_events_total", "decode_event", None] >= 2
    assert samples["milepost_ingest_step_rejections_total", "decode_event", "unknown_event_type"] >= 1


def test_logs_are_lines_of_json(lone_server: Server) -> None:
    lines = [line for line in lone_server.log().splitlines() if line.startswith("{")]
    assert lines, lone_server.log()
    for line in lines:
        entry = json.loads(line)
        assert {"timestamp", "level", "logger", "message"} <= set(entry)
    others = [line for line in lone_server.log().splitlines() if line.strip() and not line.startswith("{")]
    # The one thing for people: the way in, at the first start.
    assert all("link" in line or "/welcome/" in line for line in others), others


def test_what_was_accepted_before_a_stop_is_stored(dsn: str, tmp_path: Path) -> None:
    server = Server(tmp_path / "server", database_url=dsn)
    server.start()
    answers: Counter[int] = Counter()
    enough, lock = threading.Event(), threading.Lock()

    def post(number: int) -> None:
        with server.client(WRITE_KEY) as client:
            while True:
                try:
                    status = client.post("/v1/events", json=batch(f"customer-{number}", 20)).status_code
                except httpx.HTTPError:
                    return
                with lock:
                    answers[status] += 1
                    if answers[200] > 30:
                        enough.set()
                if status != 200:
                    return

    threads = [threading.Thread(target=post, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    assert enough.wait(30)
    assert server.stop() == 0
    for thread in threads:
        thread.join(10)
    with psycopg.connect(dsn) as connection:
        stored = connection.execute("select count(*) from public.behavior_events").fetchone()
    assert stored is not None
    assert stored[0] >= answers[200] * 20, "every answer of 200 was committed"
    assert set(answers) <= {200, 503}


def test_the_admin_customer_has_insights_from_the_start(dsn: str, tmp_path: Path) -> None:
    customer = "dru78DR9789SDF862"
    server = Server(tmp_path / "server", database_url=dsn, environ={"MILEPOST_ADMIN_CUSTOMER_ID": customer})
    with running(server), psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select total_events, next_recommended_actions from behavior_insights where customer_id = %s", (customer,)
        ).fetchone()
        assert row == (0, [])
        with server.client() as client:
            assert client.get(f"/v1/customers/{customer}/insights").json()["current_scaling_score"] is None


def test_a_limit_on_requests_answers_429_with_retry_after(dsn: str, tmp_path: Path) -> None:
    server = Server(tmp_path / "server", database_url=dsn, environ={"MILEPOST_REQUESTS_PER_SECOND": "5"})
    with running(server), server.client(WRITE_KEY) as client:
        answers = [client.post("/v1/events", json=batch("limited")) for _ in range(40)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert int(refused[0].headers["Retry-After"]) >= 1
        assert refused[0].json()["code"] == "too_many_requests"
        assert httpx.get(server.url + "/health").status_code == 200


@pytest.mark.parametrize("origin", ["https://app.example.com"])
def test_browsers_of_other_origins_may_send(lone_server: Server, origin: str) -> None:
    asked = "authorization,anonymousid,sentat,x-retry-count,rsa-retry-attempt,rsa-since-last-attempt,rsa-retry-reason"
    asked += ",rsa-since-first-attempt,rsa-recovered,x-of-an-sdk-to-come"
    answer = httpx.options(
        lone_server.url + "/v1/batch",
        headers={"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": asked},
    )
    assert answer.status_code == 204
    allowed = answer.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in asked.split(","))
    sent = httpx.post(
        lone_server.url + "/v1/events",
        json=batch("cors"),
        headers={"Origin": origin, "Authorization": f"Bearer {WRITE_KEY}"},
    )
    assert sent.headers["access-control-allow-origin"] in ("*", origin)
