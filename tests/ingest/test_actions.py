"""Offline actions: plain, in a batch, and as CloudEvents in all three modes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from milepost.vocabulary import MAX_EVENT_BYTES
from tests.support.server import Server

_CLOUD = {"specversion": "1.0", "id": "42", "source": "https://crm.example/a", "type": "com.example.crm.workshop"}


@pytest.fixture
def client(shared_server: Server) -> Iterator[httpx.Client]:
    with shared_server.client() as client:
        yield client


def _post(client: httpx.Client, body: Any, **headers: str) -> dict[str, Any]:
    response = client.post("/v1/actions", content=json.dumps(body), headers=headers)
    assert response.status_code == 200, response.text
    receipt: dict[str, Any] = response.json()
    return receipt


def _stored(server: Server, customer: str) -> list[dict[str, Any]]:
    with psycopg.connect(server.database_url, row_factory=dict_row) as connection:
        query = 'select * from public.customer_actions where customer_id = %s order by "timestamp"'
        return connection.execute(query, [customer]).fetchall()


def test_a_plain_action_and_its_retry(client: httpx.Client, shared_server: Server) -> None:
    action = {
        "customer_id": "plain", "action_type": "deal_closed", "action_id": "crm-1",
        "timestamp": "2026-03-01T10:00:00+01:00",
        "role": "outcome", "value": 12_500.5, "currency": "EUR", "business_impact": "high", "metadata": {"by": "ann"},
        "competency_area": "sales_execution", "description": "Won", "user_id": "u", "source": "crm",
    }  # fmt: skip
    assert _post(client, action) == {"accepted": 1, "duplicates": 0, "rejected": [], "notices": []}
    assert _post(client, action) == {"accepted": 0, "duplicates": 1, "rejected": [], "notices": []}
    (row,) = _stored(shared_server, "plain")
    assert (row["role"], float(row["value"]), row["currency"], row["source"]) == ("outcome", 12_500.5, "EUR", "crm")
    assert row["timestamp"].isoformat() == "2026-03-01T09:00:00+00:00"
    assert row["action_metadata"] == {"by": "ann"}


def test_a_batch_with_bad_neighbours(client: httpx.Client, shared_server: Server) -> None:
    good = {"customer_id": "batch", "action_type": "call"}
    receipt = _post(
        client, {"actions": [good, {"customer_id": "batch"}, {**good, "action_id": "x"}, {**good, "action_id": "x"}, 5]}
    )
    assert (receipt["accepted"], receipt["duplicates"]) == (2, 1)
    assert [(r["index"], r["code"], r["field"]) for r in receipt["rejected"]] == [
        (1, "missing_field", "action_type"),
        (4, "invalid_type", None),
    ]
    assert len(_stored(shared_server, "batch")) == 2


def test_a_private_action(client: httpx.Client, shared_server: Server) -> None:
    action = {"customer_id": "private", "action_type": "call"}
    receipt = _post(client, {"actions": [action, {**action, "private": True}, {**action, "private": "yes"}]})
    assert receipt["accepted"] == 2
    assert [(r["index"], r["code"], r["field"]) for r in receipt["rejected"]] == [(2, "invalid_type", "private")]
    event = {**_CLOUD, "subject": "private", "id": "43", "data": {"private": True}}
    assert _post(client, event)["accepted"] == 1
    assert sorted(row["private"] for row in _stored(shared_server, "private")) == [False, True, True]
    read = client.get("/v1/customers/private/actions").json()["items"]
    assert sorted(item["private"] for item in read) == [False, True, True]
    assert client.get("/v1/customers/private").json()["insights"]["total_actions"] == 3


def test_a_cloud_event(client: httpx.Client, shared_server: Server) -> None:
    event = {**_CLOUD, "subject": "cloud", "time": "2026-03-01T10:00:00Z", "data": {"value": 5}, "traceparent": "00-ab"}
    assert _post(client, event, **{"Content-Type": "application/cloudevents+json"})["accepted"] == 1
    assert _post(client, event)["duplicates"] == 1
    # The same id of another source is another event.
    assert _post(client, {**event, "source": "https://other.example/"})["accepted"] == 1
    first, second = sorted(_stored(shared_server, "cloud"), key=lambda row: str(row["source"]))
    assert (first["action_type"], first["source"]) == ("workshop", "https://crm.example/a")
    assert second["source"] == "https://other.example/"
    assert first["action_metadata"] == {"cloudevent": {"traceparent": "00-ab"}}


def test_a_cloud_event_with_encoded_data(client: httpx.Client, shared_server: Server) -> None:
    data = base64.b64encode(b'{"value": 5, "currency": "EUR"}').decode()
    event = {**_CLOUD, "id": "base64", "type": "com.example.crm.workshop.v2", "subject": "encoded"}
    assert _post(client, {**event, "data_base64": data})["accepted"] == 1
    (row,) = _stored(shared_server, "encoded")
    assert (row["action_type"], row["value"], row["currency"]) == ("workshop", 5, "EUR")
    for odd in ("?", 5, base64.b64encode(b"text").decode()):
        (refusal,) = _post(client, {**event, "id": "odd", "data_base64": odd})["rejected"]
        assert (refusal["code"], refusal["field"]) == ("invalid_value", "data_base64")


def test_a_batch_of_cloud_events(client: httpx.Client, shared_server: Server) -> None:
    events = [{**_CLOUD, "id": str(n), "subject": "clouds"} for n in range(3)]
    events.append({**_CLOUD, "specversion": "0.3", "subject": "clouds"})
    receipt = _post(client, events, **{"Content-Type": "application/cloudevents-batch+json"})
    assert receipt["accepted"] == 3
    assert [(r["index"], r["field"]) for r in receipt["rejected"]] == [(3, "specversion")]
    assert len(_stored(shared_server, "clouds")) == 3


def test_a_cloud_event_in_binary_mode(client: httpx.Client, shared_server: Server) -> None:
    headers = {f"ce-{name}": value for name, value in _CLOUD.items()}
    headers |= {"ce-subject": "M%C3%BCller%20%26%20Co", "ce-id": "binary", "Content-Type": "application/json"}
    assert _post(client, {"description": "Day one", "metadata": {"room": 3}}, **headers)["accepted"] == 1
    assert _post(client, {"description": "Day one", "metadata": {"room": 3}}, **headers)["duplicates"] == 1
    (row,) = _stored(shared_server, "Müller & Co")
    assert (row["description"], row["action_metadata"]) == ("Day one", {"room": 3})
    broken = client.post("/v1/actions", content=b"{]", headers=headers)
    assert (broken.status_code, broken.json()["code"], broken.json()["field"]) == (400, "invalid_json", "data")


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"id": None}, "id"),
        ({"source": ""}, "source"),
        ({"type": 5}, "type"),
        ({"subject": None}, "subject"),
        ({"data": [1]}, "data"),
        ({"subject": 5}, "customer_id"),
        ({"time": "soon"}, "timestamp"),
        ({"time": "1999-01-01T00:00:00Z"}, "timestamp"),
        ({"time": "2099-01-01T00:00:00Z"}, "timestamp"),
        ({"data": {"value": "much"}}, "value"),
        ({"data": {"currency": "euro"}}, "currency"),
        ({"data": {"role": "hero"}}, "role"),
    ],
)
def test_refusals_name_the_field(client: httpx.Client, event: dict[str, Any], field: str) -> None:
    (refusal,) = _post(client, {**_CLOUD, "subject": "bad", **event})["rejected"]
    assert refusal["field"] == field


def test_too_large_and_too_deep(client: httpx.Client) -> None:
    action: dict[str, Any] = {"customer_id": "limits", "action_type": "call"}
    (refusal,) = _post(client, {**action, "metadata": {"k": "z" * MAX_EVENT_BYTES}})["rejected"]
    assert refusal["code"] == "too_large"
    deep: dict[str, Any] = {}
    for _ in range(30):
        deep = {"a": deep}
    (refusal,) = _post(client, {**action, "metadata": deep})["rejected"]
    assert (refusal["code"], refusal["field"]) == ("too_deep", "action_metadata")


def test_metadata_may_have_a_key_called_actions(client: httpx.Client, shared_server: Server) -> None:
    action = {"customer_id": "nested", "action_type": "call", "metadata": {"actions": [1, 2]}}
    assert _post(client, action)["accepted"] == 1
    assert _stored(shared_server, "nested")[0]["action_metadata"] == {"actions": [1, 2]}
