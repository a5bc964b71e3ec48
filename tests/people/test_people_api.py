"""People over HTTP: as their events and ties say, named by their traits, and nobody's but the team's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, SERVER_KEY, WRITE_KEY, Server, customer_token, running, wait_for


def _event(customer: str, days: float = 0, **fields: object) -> dict[str, object]:
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    return {"customer_id": customer, "event_type": "tool_usage", "timestamp": at, **fields}


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("people"), database_url=dsn, columns=True)) as server,
        server.client(SERVER_KEY) as client,
    ):
        events = [
            *[_event("acme", n, user_id="ann/é", tool_id="icp") for n in range(30)],
            *[_event("globex", n, user_id="ann/é", session_id="s") for n in range(3)],
            *[_event("acme", n, anonymous_id="visitor") for n in range(4)],
            *[_event("acme", n, user_id="key-1", actor_type="service") for n in range(5)],
            *[_event("robots", n, user_id="key-2", actor_type="agent") for n in range(12)],
            *[_event("crew", n, user_id="zoe", session_id=f"s{n}") for n in range(4)],
            *[_event("crew", 30 + n, user_id="bob") for n in range(9)],
            _event("crew", 2, user_id="100%_\\"),
            _event("acme", user_id="crawler", event_metadata={"user_agent": "Googlebot/2.1"}),
        ]
        receipt = client.post("/v1/events", json={"events": events}).json()
        assert receipt["accepted"] == len(events), receipt
        client.put("/v1/people/ann%2F%C3%A9", json={"traits": {"name": "Ann É", "role": "admin", "seats": 3}})
        client.put("/v1/people/zoe", json={"traits": {"name": "Adele", "role": "Buyer", "email": "z@x.example"}})
        client.put("/v1/people/told-of", json={"traits": {"role": "user"}})
        client.put("/v1/customers/nobody-yet", json={"traits": {"plan": "pro"}})

        def totals() -> list[tuple[int, int]]:
            found = [
                _get(server, f"/v1/customers/{name}/people").json() for name in ("acme", "globex", "robots", "crew")
            ]
            return [(one.get("person_events_28"), one.get("software_events_28")) for one in found]

        # Customers' events go through different connections, so they need not arrive together.
        wait_for(lambda: totals() == [(28, 5), (3, 0), (0, 12), (5, 0)], 60, "the mirror")
        yield server


def _get(server: Server, path: str, key: str = SECRET_KEY) -> httpx.Response:
    return httpx.get(server.url + path, headers={"Authorization": f"Bearer {key}"}, timeout=30)


def test_people_and_software_apart(server: Server) -> None:
    found = _get(server, "/v1/customers/acme/people").json()
    assert [one["user_id"] for one in found["people"]] == ["ann/é"]
    ann = found["people"][0]
    assert (ann["name"], ann["role"], ann["events"], ann["events_28"]) == ("Ann É", "admin", 30, 28)
    assert (ann["share"], ann["tools"]) == (1.0, [{"tool_id": "icp", "events": 30}])
    assert [(one["user_id"], one["actor_type"], one["events"]) for one in found["actors"]] == [("key-1", "service", 5)]
    assert (found["breadth"], found["visitor_events_28"], found["reasons"]) == (1, 4, [])
    assert found["customer_id"] == "acme"
    assert datetime.now(UTC) - timedelta(minutes=1) < datetime.fromisoformat(found["as_of"]) < datetime.now(UTC)


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("", ["zoe", "100%_\\", "bob"]),
        ("sort=events_28", ["bob", "100%_\\", "zoe"]),
        ("sort=-events", ["bob", "zoe", "100%_\\"]),
        ("sort=name", ["100%_\\", "zoe", "bob"]),
        ("sort=-name", ["bob", "zoe", "100%_\\"]),
        ("sort=last_seen", ["bob", "100%_\\", "zoe"]),
        ("sort=-sessions&show=active", ["zoe", "100%_\\"]),
        ("show=away", ["bob"]),
        ("show=new&sort=name", ["100%_\\", "zoe"]),
        ("show=gone_quiet", []),
        ("q=ADEL", ["zoe"]),
        ("q=buy", ["zoe"]),
        ("q=X.EXAM", ["zoe"]),
        ("q=o&sort=-name", ["bob", "zoe"]),
        ("q=o&show=active", ["zoe"]),
        ("q=%25_%5C", ["100%_\\"]),
        ("q=%25o", []),
    ],
)
def test_people_are_searched_and_sorted_while_the_numbers_are_of_all(
    server: Server, asked: str, listed: list[str]
) -> None:
    found = _get(server, f"/v1/customers/crew/people?{asked}").json()
    assert [one["user_id"] for one in found["people"]] == listed
    assert found["people_matching"] == len(listed)
    assert (found["people_total"], found["breadth"], found["person_events_28"]) == (3, 2, 5)


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [("sort=score", 400, "sort"), ("q=%00", 400, "q"), ("show=some", 400, "show"), (f"q={'a' * 201}", 400, "q")],
)
def test_a_list_of_people_there_is_none_of(server: Server, asked: str, status: int, field: str) -> None:
    answer = _get(server, f"/v1/customers/crew/people?{asked}")
    assert (answer.status_code, answer.json()["field"]) == (status, field)


def test_an_account_that_automates_is_not_quiet(server: Server) -> None:
    found = _get(server, "/v1/customers/robots/people").json()
    (reason,) = found["reasons"]
    assert (reason["code"], reason["evidence"]["software_events_28"]) == ("only_software", 12)
    assert "12 events" in reason["sentence"]
    assert found["people"] == []


def test_a_person_has_all_their_customers(server: Server) -> None:
    found = _get(server, "/v1/people/ann%2F%C3%A9").json()
    assert (found["user_id"], found["traits"]) == ("ann/é", {"name": "Ann É", "role": "admin", "seats": 3})
    assert [(one["customer_id"], one["events"], one["share"]) for one in found["customers"]] == [
        ("globex", 3, None),
        ("acme", 30, 1.0),
    ]
    assert found["customers_total"] == 2
    assert _get(server, "/v1/people/told-of").json()["customers"] == []


def test_a_visitor_who_is_told_to_be_somebody_is_one_of_the_people(server: Server) -> None:
    with server.client(SERVER_KEY) as client:
        events = [
            _event("merged", 1, user_id="old"),
            _event("merged", 2, user_id="new"),
            _event("merged", 3, anonymous_id="m"),
        ]
        assert client.post("/v1/events", json={"events": events}).json()["accepted"] == len(events)
        assert client.post("/v1/alias", json={"previousId": "m", "userId": "new"}).status_code == 200
        assert client.post("/v1/alias", json={"previousId": "old", "userId": "new"}).status_code == 200

    def people() -> list[tuple[str, int]]:
        found = _get(server, "/v1/customers/merged/people").json()
        return [(one["user_id"], one["events"]) for one in found.get("people", ())]

    wait_for(lambda: people() == [("new", 3)], 30, "the events to follow")
    assert _get(server, "/v1/people/old").status_code == 404


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/people/nobody", "user_id"),
        ("/v1/people/crawler", "user_id"),
        ("/v1/people/visitor", "user_id"),
        ("/v1/people/%00", "user_id"),
        ("/v1/people/%ff", "user_id"),
        ("/v1/customers/nothing/people", "customer_id"),
        ("/v1/customers/%00/people", "customer_id"),
    ],
)
def test_nobody(server: Server, path: str, field: str) -> None:
    answer = _get(server, path)
    assert (answer.status_code, answer.json()["field"]) == (404, field)
    assert {"code", "message"} <= answer.json().keys()


def test_a_customer_without_people(server: Server) -> None:
    found = _get(server, "/v1/customers/nobody-yet/people").json()
    assert (found["people"], found["actors"], found["breadth"], found["concentration"]) == ([], [], 0, None)


@pytest.mark.parametrize("path", ["/v1/customers/acme/people", "/v1/people/ann%2F%C3%A9"])
def test_nobody_elses(server: Server, path: str) -> None:
    assert _get(server, path, customer_token("acme")).status_code == 401
    assert _get(server, path, WRITE_KEY).status_code == 403
    assert _get(server, path, SERVER_KEY).status_code == 403
    assert httpx.get(server.url + path).status_code == 401
