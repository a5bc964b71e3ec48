"""Segments over HTTP: kept as conditions, found by slug or id, named where they are used, and the team's alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.dashboard import EMAIL, member
from tests.support.server import SERVER_KEY, Server, customer_token

_PRO = [{"field": "trait.segtier", "values": ["pro"]}]


@pytest.fixture
def team(shared_server: Server) -> Iterator[httpx.Client]:
    with shared_server.client() as client:
        yield client


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    with member(shared_server, "127.0.0.67") as client:
        client.headers["Content-Type"] = "application/json"
        yield client


@pytest.fixture(scope="module", autouse=True)
def known(shared_server: Server) -> None:
    with shared_server.client(SERVER_KEY) as client:
        for place, tier in enumerate(("pro", "pro", "free")):
            answer = client.put(f"/v1/customers/seg{place}", json={"traits": {"segtier": tier}})
            assert answer.status_code == 200, answer.text
    with shared_server.client() as team:
        assert team.put("/v1/customers/seg0/tags/segvip").status_code == 200


def _made(client: httpx.Client, name: str, conditions: list[dict[str, Any]]) -> dict[str, Any]:
    answer = client.post("/v1/segments", json={"name": name, "conditions": conditions})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _refused(answer: httpx.Response, status: int, field: str) -> str:
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    return str(answer.json()["message"])


def test_a_segment_is_kept_and_follows_who_it_is_about(
    team: httpx.Client, dana: httpx.Client, shared_server: Server
) -> None:
    made = _made(dana, "  Größe:  Pro  ", _PRO)
    assert (made["slug"], made["name"], made["customers"], made["used_in"]) == ("groe-pro", "Größe: Pro", 2, [])
    assert (made["created_by"], made["conditions"]) == (EMAIL, _PRO)
    for named in (made["slug"], made["segment_id"], made["segment_id"].upper()):
        assert team.get(f"/v1/segments/{named}").json() == made
        listed = team.get("/v1/customers", params={"segment": named, "sort": "customer"}).json()
        assert [one["customer_id"] for one in listed["items"]] == ["seg0", "seg1"]
        assert listed["total"] == 2
    both = team.get("/v1/customers", params={"segment": "groe-pro", "tag": "segvip", "sort": "-trait.segtier"}).json()
    assert [one["customer_id"] for one in both["items"]] == ["seg0"]
    page = team.get("/v1/customers", params={"segment": "groe-pro", "sort": "customer", "limit": 1}).json()
    again = {"segment": "groe-pro", "sort": "customer", "limit": 1, "cursor": page["next"]}
    assert [one["customer_id"] for one in team.get("/v1/customers", params=again).json()["items"]] == ["seg1"]
    with shared_server.client(SERVER_KEY) as server:
        server.put("/v1/customers/seg2", json={"traits": {"segtier": "pro"}})
        assert team.get("/v1/segments/groe-pro").json()["customers"] == 3
        server.put("/v1/customers/seg2", json={"traits": {"segtier": "free"}})
    conditions = [*_PRO, {"field": "tag", "op": "is_not", "values": ["SEGVIP"]}]
    changed = team.patch("/v1/segments/groe-pro", json={"name": "Pro", "conditions": conditions}).json()
    assert (changed["slug"], changed["name"], changed["customers"]) == ("groe-pro", "Pro", 1)
    assert team.patch("/v1/segments/groe-pro", json={}).json()["conditions"] == conditions
    assert team.delete("/v1/segments/groe-pro").status_code == 204
    for answer in (
        team.get("/v1/segments/groe-pro"),
        team.patch("/v1/segments/groe-pro", json={"name": "x"}),
        team.delete("/v1/segments/groe-pro"),
        team.get("/v1/customers", params={"segment": "groe-pro"}),
    ):
        _refused(answer, 404, "segment")


def test_names_are_each_ones_own(team: httpx.Client) -> None:
    one = _made(team, "Enterprise", _PRO)
    _refused(team.post("/v1/segments", json={"name": "enterPRISE", "conditions": _PRO}), 409, "name")
    other = _made(team, "Enterprise!", _PRO)
    assert (one["slug"], other["slug"]) == ("enterprise", "enterprise-2")
    _refused(team.patch("/v1/segments/enterprise-2", json={"name": "Enterprise"}), 409, "name")
    assert team.patch("/v1/segments/enterprise", json={"name": "ENTERPRISE"}).json()["name"] == "ENTERPRISE"
    unnamed = _made(team, "价格", _PRO)
    assert unnamed["slug"] == "segment"
    names = [item["name"] for item in team.get("/v1/segments").json()]
    assert names == sorted(names, key=str.lower)
    for item in team.get("/v1/segments").json():
        assert team.delete(f"/v1/segments/{item['slug']}").status_code == 204


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " \n"}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"conditions": []}, "conditions"),
        ({"conditions": _PRO * 21}, "conditions"),
        ({"conditions": [{"field": "segment", "values": ["x"]}]}, "conditions[0].field"),
        ({"conditions": [{"field": "cohort", "values": ["x"]}]}, "conditions[0].field"),
        ({"conditions": [*_PRO, {"field": "status", "values": ["asleep"]}]}, "conditions[1].values[0]"),
        ({"conditions": [{"field": "tool_id", "values": ["x"]}]}, "conditions[0].field"),
    ],
)
def test_what_is_no_segment_is_refused(team: httpx.Client, said: dict[str, Any], field: str) -> None:
    _refused(team.post("/v1/segments", json={"name": "x", "conditions": _PRO} | said), 400, field)
    assert team.get("/v1/segments").json() == []


def test_where_it_is_used_is_said_before_it_goes(team: httpx.Client) -> None:
    one = _made(team, "Used", _PRO)
    free = _made(team, "Free", _PRO)
    are = {"kind": "are", "filter": {"field": "segment", "values": ["used"]}}
    cohort = {"name": "In it", "definition": {"conditions": [are]}}
    kept = team.post("/v1/cohorts", json=cohort)
    assert kept.status_code == 201, kept.text
    use = {"kind": "cohort", "id": kept.json()["cohort_id"], "name": "In it"}
    assert team.get(f"/v1/segments/{one['segment_id']}").json()["used_in"] == [use]
    assert team.patch("/v1/segments/used", json={"name": "Used still"}).json()["used_in"] == [use]
    refused = team.delete("/v1/segments/used")
    assert "the cohort 'In it'" in _refused(refused, 409, "segment")
    assert refused.json()["code"] == "segment_used"
    assert team.delete(f"/v1/segments/{free['slug']}").status_code == 204
    assert team.delete("/v1/segments/used", params={"anyway": True}).status_code == 204
    gone = team.get(f"/v1/cohorts/{use['id']}/customers")
    assert "used" in _refused(gone, 400, "conditions[0].filter.values[0]")
    assert team.delete(f"/v1/cohorts/{use['id']}").status_code == 204


def test_no_customer_reads_them(shared_server: Server, team: httpx.Client) -> None:
    _made(team, "canary of a segment", _PRO)
    address = "/v1/segments/canary-of-a-segment"
    with shared_server.client(customer_token("seg0")) as theirs:
        answers = [
            theirs.get("/v1/segments"),
            theirs.get(address),
            theirs.post("/v1/segments", json={"name": "x", "conditions": _PRO}),
            theirs.patch(address, json={"name": "x"}),
            theirs.delete(address),
            theirs.get("/v1/customers", params={"segment": "canary-of-a-segment"}),
        ]
        assert {answer.status_code for answer in answers} == {401}
        assert not any("canary" in answer.text for answer in answers)
        assert "canary" not in theirs.get("/v1/me").text
    assert team.delete(address).status_code == 204
