"""A customer's token over every endpoint the server has, found in its own OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from milepost.access.tokens import Tokens
from milepost.settings import Settings
from tests.support.server import WRITE_KEY, Server

_CUSTOMERS = ("isolated-alpha", "isolated-beta")
#: Lists whose entries name no customer at all.
_NAMELESS = ("/v1/me/leaderboard", "/v1/me/recommendations")
#: Where an action can have a text; the team's own have this one in all of them, as notes, tasks and tags do.
_TEXTS = ("action_type", "description", "competency_area", "source", "user_id")
_EVENT = {"event_type": "export_action", "session_id": "s", "event_metadata": {}}


@pytest.fixture(scope="module")
def filled(shared_server: Server) -> Server:
    """The server with an event, a session and an action of each customer, told over HTTP."""
    with shared_server.client() as client:
        for customer in _CUSTOMERS:
            secret = {"note": f"secret of {customer}"}
            event = _EVENT | {"customer_id": customer, "event_metadata": secret}
            assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
            action = {"customer_id": customer, "action_type": "call", "description": f"secret of {customer}"}
            private = action | dict.fromkeys(_TEXTS, "canary") | {"private": True, "role": "outcome"}
            assert client.post("/v1/actions", json={"actions": [action, private]}).json()["accepted"] == 2
            home = f"/v1/customers/{customer}"
            assert client.post(f"{home}/notes", json={"text": "canary"}).status_code == 201
            assert client.post(f"{home}/tasks", json={"title": "canary", "text": "canary"}).status_code == 201
            assert client.put(f"{home}/tags/canary").status_code == 200
        segment = {"name": "canary", "conditions": [{"field": "tag", "values": ["canary"]}]}
        assert client.post("/v1/segments", json=segment).status_code == 201
        assert client.post("/v1/annotations", json={"day": "2026-05-01", "text": "canary"}).status_code == 201
    return shared_server


def _token(customer: str) -> str:
    tokens = Tokens(Settings(token_secret="a secret that is only for tests, of 32 bytes or more"))
    return tokens.make(customer, now=datetime.now(UTC), valid=timedelta(minutes=5))


def _endpoints(server: Server) -> Iterator[tuple[str, str]]:
    with server.client() as client:
        document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method in methods:
            if path.startswith("/v1/"):
                yield method.upper(), path


def _address(path: str, customer: str) -> str:
    """The path with a customer's id in it, and with an id that is none where it wants another."""
    nothing = "0190a0b0-0000-7000-8000-000000000000"
    return re.sub(r"\{\w+\}", nothing, path.replace("{customer_id}", customer))


@pytest.mark.parametrize(("own", "other"), [_CUSTOMERS, _CUSTOMERS[::-1]])
def test_a_token_reads_its_customer_alone_and_writes_nothing(filled: Server, own: str, other: str) -> None:
    endpoints = sorted(_endpoints(filled))
    assert len(endpoints) >= 20
    read = 0
    with filled.client(_token(own)) as client:
        for method, path in endpoints:
            for named in (own, other):
                address = _address(path, named)
                asked = f"{address}?customer_id={other}&q={other}" if method == "GET" else address
                body = {"events": [_EVENT | {"customer_id": other}]} if method != "GET" else None
                answer = client.request(method, asked, json=body)
                if path.startswith("/v1/me") and method != "GET":
                    # What a customer may change of its own, here with a body that says nothing of it.
                    assert answer.status_code == 400, (method, path, answer.text)
                elif path.startswith("/v1/me"):
                    assert answer.status_code == 200, (method, path, answer.text)
                    assert own in answer.text or path in _NAMELESS, (method, path)
                    read += 1
                else:
                    assert answer.status_code == 401, (method, path, answer.status_code)
                assert f"secret of {other}" not in answer.text, (method, path)
                assert "canary" not in answer.text, (method, path)
                assert f'"customer_id":"{other}"' not in answer.text, (method, path)
    assert read >= 8


def test_nothing_was_written(filled: Server) -> None:
    with filled.client() as client:
        for customer in _CUSTOMERS:
            assert client.get(f"/v1/customers/{customer}/insights").json()["total_events"] == 1


@pytest.mark.parametrize("key", [WRITE_KEY, "", "mps_wrong", "not.a.token"])
def test_without_a_token_there_is_no_way_to_a_customer(filled: Server, key: str) -> None:
    with httpx.Client(base_url=filled.url, headers={"Authorization": f"Bearer {key}"} if key else {}) as client:
        for method, path in _endpoints(filled):
            if "customer" in path or path.startswith(("/v1/me", "/v1/live", "/v1/identity")):
                answer = client.request(method, _address(path, _CUSTOMERS[0]))
                # A key is known by its looks where a token is wanted; a write key is known, and not enough, elsewhere.
                forbidden = key == WRITE_KEY or (key.startswith("mps_") and path.startswith("/v1/me"))
                assert answer.status_code == (403 if forbidden else 401), (method, path, answer.status_code)


def test_a_forged_token_is_refused(filled: Server) -> None:
    head, body, signature = _token(_CUSTOMERS[0]).split(".")
    _, other_body, _ = _token(_CUSTOMERS[1]).split(".")
    old = Tokens(Settings(token_secret="a secret that is only for tests, of 32 bytes or more")).make(
        _CUSTOMERS[0], now=datetime.now(UTC) - timedelta(hours=2), valid=timedelta(hours=1)
    )
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for token in (f"{head}.{other_body}.{signature}", f"{unsigned}.{body}.", f"{unsigned}.{body}.{signature}", old):
        with filled.client(token) as client:
            assert client.get("/v1/me/events").status_code == 401


def test_tokens_side_by_side_never_mix(filled: Server) -> None:
    """The pool hands one connection to one customer after another."""
    with filled.client(_token(_CUSTOMERS[0])) as first, filled.client(_token(_CUSTOMERS[1])) as second:
        for _ in range(25):
            for client, customer in ((first, _CUSTOMERS[0]), (second, _CUSTOMERS[1])):
                items = client.get("/v1/me/events").json()["items"]
                assert [item["customer_id"] for item in items] == [customer]
