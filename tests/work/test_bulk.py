"""Many customers at once over HTTP: owner, tags and a task; what became of each; and the same again changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from milepost.work.bulk import MOST_BULK
from tests.support.dashboard import EMAIL, member
from tests.support.server import SERVER_KEY, WRITE_KEY, Server, customer_token

_KIM = "kim@example.com"


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    """A member, as their browser calls the API; another is of the team."""
    with member(shared_server, "127.0.0.81", email=_KIM), member(shared_server, "127.0.0.82") as client:
        client.headers["Content-Type"] = "application/json"
        yield client


@pytest.fixture
def team(shared_server: Server) -> Iterator[httpx.Client]:
    with shared_server.client() as client:
        yield client


def known(server: Server, *customers: str) -> list[str]:
    with server.client(WRITE_KEY) as client:
        for start in range(0, len(customers), 1000):
            part = customers[start : start + 1000]
            events = [{"customer_id": name, "event_type": "navigation"} for name in part]
            assert client.post("/v1/events", json={"events": events}).json()["accepted"] == len(part)
    return list(customers)


def done(client: httpx.Client, ids: list[str], **what: object) -> dict[str, Any]:
    answer = client.post("/v1/customers/bulk", json={"customer_ids": ids, **what})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def owner_of(client: httpx.Client, customer: str) -> object:
    return client.get(f"/v1/customers/{customer}").json()["traits"].get("owner")


def test_all_of_it_at_once_and_a_stranger_costs_nobody(
    shared_server: Server, team: httpx.Client, dana: httpx.Client
) -> None:
    a, b = known(shared_server, "bulk-a", "bulk-b")
    team.put(f"/v1/customers/{a}/tags/Pilot")
    task = {"title": "Call them", "due": "2031-05-01", "assignee": _KIM}
    tags = {"add": ["Beta", "beta"], "remove": ["PILOT"]}
    ids = [a, "bulk-nobody", b, a, "bulk-nobody", "n\x00l"]
    body = done(dana, ids, owner=_KIM.upper(), tags=tags, task=task)
    assert [(one["index"], one["customer_id"], one["code"]) for one in body["rejected"]] == [
        (1, "bulk-nobody", "not_found"),
        (5, "n\x00l", "not_found"),
    ]
    counts = {name: body[name] for name in ("customers", "owners_changed", "tags_added", "tags_removed", "tasks_set")}
    assert counts == {"customers": 2, "owners_changed": 2, "tags_added": 2, "tags_removed": 1, "tasks_set": 2}
    receipts = {one["customer_id"]: one for one in body["items"]}
    assert list(receipts) == [a, b]
    assert [(r["owner_changed"], r["tags_added"], r["tags_removed"]) for r in receipts.values()] == [
        (True, 1, 1),
        (True, 1, 0),
    ]
    for name in (a, b):
        assert owner_of(team, name) == _KIM
        (was, *_) = team.get(f"/v1/customers/{name}/traits/history").json()
        assert (was["name"], was["source"]) == ("owner", EMAIL)
        assert team.get(f"/v1/customers/{name}/tags").json()["tags"] == ["Beta"]
        (kept,) = team.get(f"/v1/customers/{name}/tasks").json()["items"]
        assert (kept["task_id"], kept["title"], kept["assignee"], kept["created_by"]) == (
            receipts[name]["task_id"],
            "Call them",
            _KIM,
            EMAIL,
        )
        page = dana.get(f"/customers/{name}", headers={"Accept": "text/html"}).text
        timeline = page[page.index('id="timeline"') :]
        assert "Call them" in timeline
        assert "Beta" in timeline
        assert re.search(rf"Owner</span>\s*<bdi>{_KIM}</bdi>", timeline)


def test_the_same_again_changes_nothing(shared_server: Server, team: httpx.Client) -> None:
    ids = known(shared_server, "again-a", "again-b")
    what = {"owner": EMAIL, "tags": {"add": ["Again"]}, "task": {"title": "Once"}, "key": "list 7"}
    first, second = done(team, ids, **what), done(team, ids, **what)
    assert (first["owners_changed"], first["tags_added"], first["tasks_set"]) == (2, 2, 2)
    assert (second["owners_changed"], second["tags_added"], second["tasks_set"]) == (0, 0, 0)
    assert [one["task_id"] for one in second["items"]] == [one["task_id"] for one in first["items"]]
    assert len(team.get("/v1/customers/again-a/tasks").json()["items"]) == 1
    assert done(team, ids, **(what | {"key": "list 8"}))["tasks_set"] == 2, "another key is another task"
    assert len(team.get("/v1/customers/again-a/traits/history").json()) == 1


def test_an_owner_is_taken_away_from_who_has_one(shared_server: Server, team: httpx.Client) -> None:
    ids = known(shared_server, "own-a", "own-b")
    done(team, ids[:1], owner=EMAIL)
    body = done(team, ids, owner=None)
    assert [one["owner_changed"] for one in body["items"]] == [True, False]
    assert owner_of(team, "own-a") is None
    assert team.get("/v1/customers/own-b/traits/history").json() == []


@pytest.mark.parametrize(
    ("what", "field"),
    [
        ({}, "owner"),
        ({"owner": "stranger@example.com"}, "owner"),
        ({"owner": "a\x00b"}, "owner"),
        ({"tags": {"add": ["x" * 61]}}, None),
        ({"tags": {"add": ["One"], "remove": ["one"]}}, "remove"),
        ({"tags": {"add": ["  "]}}, "add"),
        ({"task": {"title": "  "}}, "title"),
        ({"task": {"title": "x", "assignee": "stranger@example.com"}}, "assignee"),
        ({"owner": EMAIL, "ownr": EMAIL}, None),
        ({"owner": EMAIL, "customer_ids": []}, None),
        ({"owner": EMAIL, "customer_ids": ["x"] * (MOST_BULK + 1)}, None),
    ],
)
def test_what_will_not_do_is_refused_whole(
    shared_server: Server, team: httpx.Client, what: dict[str, object], field: str | None
) -> None:
    known(shared_server, "whole")
    body = {"customer_ids": ["whole"], **({} if what == {} else {"owner": None, "tags": {"add": ["Kept not"]}}), **what}
    answer = team.post("/v1/customers/bulk", json=body)
    assert answer.status_code == 400, answer.text
    if field:
        assert answer.json()["field"] == field
    assert team.get("/v1/customers/whole/tags").json()["tags"] == []


def test_requests_beside_each_other_do_not_wait_for_each_other(shared_server: Server) -> None:
    ids = known(shared_server, *(f"beside-{n}" for n in range(300)))
    what = {"tags": {"add": ["B", "a"], "remove": ["c"]}, "task": {"title": "Once"}, "key": "beside"}

    def ask(turn: int) -> int:
        with shared_server.client() as client:
            body = {"customer_ids": ids[:: 1 if turn % 2 else -1], "owner": EMAIL if turn % 3 else None, **what}
            return client.post("/v1/customers/bulk", json=body).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(12))) == {200}
    with shared_server.client() as team:
        assert len(team.get("/v1/customers/beside-7/tasks").json()["items"]) == 1


def test_as_many_as_it_takes(shared_server: Server, team: httpx.Client) -> None:
    ids = known(shared_server, *(f"bulk-many-{n}" for n in range(MOST_BULK)))
    body = done(team, ids, owner=EMAIL, tags={"add": ["Many"]}, task={"title": "Each"}, key="many")
    assert (body["owners_changed"], body["tags_added"], body["tasks_set"]) == (MOST_BULK,) * 3
    assert done(team, ids, owner=EMAIL, tags={"add": ["Many"]}, task={"title": "Each"}, key="many")["tasks_set"] == 0


def test_it_is_the_teams_alone(shared_server: Server) -> None:
    known(shared_server, "closed")
    body = {"customer_ids": ["closed"], "tags": {"add": ["Planted"]}}
    for key in (WRITE_KEY, SERVER_KEY, customer_token("closed")):
        with shared_server.client(key) as client:
            assert client.post("/v1/customers/bulk", json=body).status_code in (401, 403)
    with shared_server.client() as team:
        assert team.get("/v1/customers/closed/tags").json()["tags"] == []


@pytest.mark.parametrize("owner", [EMAIL, "DANA@Example.COM", "me", "nobody"])
def test_customers_by_their_owner(shared_server: Server, dana: httpx.Client, team: httpx.Client, owner: str) -> None:
    known(shared_server, "mine-1", "mine-2", "mine-3", "mine-4")
    for name, told in (("mine-1", "Dana@example.com"), ("mine-2", _KIM), ("mine-3", None)):
        assert team.put(f"/v1/customers/{name}", json={"traits": {"owner": told}}).status_code == 200
    body = dana.get("/v1/customers", params={"owner": owner, "q": "mine-"}).json()
    wanted = {"mine-3", "mine-4"} if owner == "nobody" else {"mine-1"}
    assert {one["customer_id"] for one in body["items"]} == wanted
    assert body["total"] == len(wanted)


def test_a_secret_key_has_no_customers_of_its_own(team: httpx.Client) -> None:
    answer = team.get("/v1/customers", params={"owner": "me"})
    assert (answer.status_code, answer.json()["field"]) == (400, "owner")
    assert team.get("/v1/customers", params={"owner": "a\x00"}).status_code == 400
