"""Forged cursors, odd ids and odd limits: refused with a reason, never a 5xx."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from milepost.vocabulary import MAX_EVENT_BYTES
from tests.support.examples import examples, repeatable
from tests.support.server import WRITE_KEY, Server

_SETTINGS = settings(
    derandomize=repeatable(),
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_LISTS = ["/v1/customers", *(f"/v1/customers/reader/{what}" for what in ("events", "sessions", "actions"))]
_UUID = "01940000-0000-7000-8000-000000000000"
_parts: st.SearchStrategy[object] = st.sampled_from(
    ["-last_seen", "last_seen", "-events", "events", "customer", True, None, 5, -1, 2**63, 1.5, "", "x", "\x00", _UUID,
     [], {}, "2026-01-01T00:00:00Z",
     "2026-W01-1", "2026-01-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
     "2026-01-01T00:00:00+23:59:59.999", "infinity", "now", "24:00"]
)  # fmt: skip


@pytest.fixture(scope="module")
def client(shared_server: Server) -> Iterator[httpx.Client]:
    with shared_server.client() as client:
        events = [{"event_type": "navigation", "customer_id": "reader", "session_id": f"s{n}"} for n in range(5)]
        client.post("/v1/events", json={"events": events}).raise_for_status()
        actions = [{"customer_id": "reader", "action_type": "call"} for _ in range(3)]
        client.post("/v1/actions", json={"actions": actions}).raise_for_status()
        yield client


def _check(response: httpx.Response, *statuses: int) -> None:
    assert response.status_code in statuses, (response.status_code, response.text, str(response.url))
    if response.status_code >= 400:
        body = response.json()
        assert set(body) == {"code", "message", "field", "detail"}
        assert body["code"]
        assert body["message"]


@pytest.mark.hypothesis
@pytest.mark.parametrize("path", _LISTS)
def test_forged_cursors(client: httpx.Client, path: str) -> None:
    @settings(_SETTINGS, max_examples=examples(150))
    @given(
        st.lists(_parts, max_size=4) | st.tuples(_parts, _parts, _parts),
        st.sampled_from(["last_seen", "-events", "customer"]),
    )
    def run(parts: Any, sort: str) -> None:
        cursor = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
        params = {"cursor": cursor} | ({"sort": sort} if path == "/v1/customers" else {})
        _check(client.get(path, params=params), 200, 400)

    run()


@_SETTINGS
@given(st.text(max_size=30))
def test_text_that_is_no_cursor(client: httpx.Client, text: str) -> None:
    for path in _LISTS:
        _check(client.get(path, params={"cursor": text.encode("utf-8", "replace")}), 200, 400)


@pytest.mark.parametrize("path", _LISTS)
@pytest.mark.parametrize("limit", ["0", "-1", "501", "9" * 30, "1.5", "x", "", "1e2", "\x00", "٣"])
def test_odd_limits(client: httpx.Client, path: str, limit: str) -> None:
    _check(client.get(path, params={"limit": limit}), 200, 400)


@pytest.mark.parametrize(
    "raw",
    ["%00", "a%00b", "%FF", "%ED%A0%80", "a%2Fb", "..%2F..%2Fetc", "%252F", "%", "%zz", "a%0Ab", "%20", "é", "😀",
     "x" * 201, "x" * 5_000, "%25", "'", "%22", "a;b", "a?b", "a%3Fb", "%C0%AF", "-", "null"],
)  # fmt: skip
@pytest.mark.parametrize("what", ["", "/insights", "/events", "/sessions", "/actions"])
def test_odd_customer_ids(client: httpx.Client, raw: str, what: str) -> None:
    _check(client.get(f"/v1/customers/{raw}{what}"), 200, 400, 404)


@pytest.mark.parametrize(
    "customer", ["50%", "a b", "Müller & Söhne", "x?y#z", "😀", "a+b", "'quoted'", "a.b", "q" * 200]
)
def test_customers_with_unusual_ids_are_found(client: httpx.Client, customer: str) -> None:
    event = {"event_type": "navigation", "customer_id": customer}
    assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
    found = client.get(f"/v1/customers/{quote(customer, safe='')}/insights")
    assert found.status_code == 200
    assert found.json()["customer_id"] == customer
    assert customer in [c["customer_id"] for c in client.get("/v1/customers", params={"q": customer}).json()["items"]]


def test_paging_visits_everything_once(client: httpx.Client) -> None:
    for what, size in (("events", 5), ("sessions", 5), ("actions", 3)):
        seen: list[str] = []
        params: dict[str, str] = {"limit": "2"}
        while True:
            page = client.get(f"/v1/customers/reader/{what}", params=params).json()
            seen += [json.dumps(item, sort_keys=True) for item in page["items"]]
            if page["next"] is None:
                break
            params["cursor"] = page["next"]
        assert len(seen) == len(set(seen)) == size


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/events", 405), ("PUT", "/v1/batch", 405), ("GET", "/v1/nothing", 404), ("GET", "/v1/../v1/x", 404),
     ("POST", "/v1/x", 404), ("POST", "/v1/customers", 405), ("POST", "/v1/identity/changes/%00/undo", 404)],
)  # fmt: skip
def test_what_is_not_there(client: httpx.Client, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    _check(response, status)
    assert response.headers["content-type"].startswith("application/json")
    assert ("allow" in response.headers) == (status == 405)


def test_a_write_key_reads_nothing(shared_server: Server) -> None:
    with shared_server.client(WRITE_KEY) as client:
        for path in _LISTS:
            _check(client.get(path), 403)
        _check(client.get("/v1/me"), 403)


def test_the_same_event_from_many_requests_at_once(shared_server: Server, client: httpx.Client) -> None:
    events = [{"event_type": "navigation", "customer_id": "crowd", "event_id": f"same-{n}"} for n in range(20)]

    def send(_: int) -> tuple[int, int]:
        with shared_server.client(WRITE_KEY) as mine:
            receipt = mine.post("/v1/events", json={"events": events}).json()
        return receipt["accepted"], receipt["duplicates"]

    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(send, range(8)))
    assert sum(accepted for accepted, _ in receipts) == 20
    assert sum(duplicates for _, duplicates in receipts) == 7 * 20
    assert client.get("/v1/customers/crowd/insights").json()["total_events"] == 20


def test_the_largest_event_and_one_byte_more(client: httpx.Client) -> None:
    event = '{"event_type":"navigation","customer_id":"largest","event_metadata":{"k":"%s"}}'
    fits = event % ("z" * (MAX_EVENT_BYTES - len(event) + 2))
    assert len(fits) == MAX_EVENT_BYTES
    body = f'{{"events":[{fits},{fits.replace("zz", "zzz", 1)}]}}'
    receipt = client.post("/v1/events", content=body).json()
    assert receipt["accepted"] == 1
    assert [(r["index"], r["code"]) for r in receipt["rejected"]] == [(1, "too_large")]


def test_events_of_one_type_page_by_page(client: httpx.Client, shared_server: Server) -> None:
    kinds = ["competency_milestone", "navigation", "navigation"] * 5
    events = [{"event_type": kind, "customer_id": "typed"} for kind in kinds]
    with shared_server.client(WRITE_KEY) as writer:
        writer.post("/v1/events", json={"events": events}).raise_for_status()
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"event_type": "competency_milestone", "limit": 2}
    for _ in range(3):
        page = client.get("/v1/customers/typed/events", params=asked).raise_for_status().json()
        found += page["items"]
        asked["cursor"] = page["next"]
    assert asked["cursor"] is None
    assert [event["event_type"] for event in found] == ["competency_milestone"] * 5
    assert len({event["event_id"] for event in found}) == 5
    _check(client.get("/v1/customers/typed/events", params={"event_type": "page_view"}), 400)
