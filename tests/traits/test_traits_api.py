"""Traits over HTTP: told one by one and many at once, by whom they may be told, and who may read them."""

from __future__ import annotations

import httpx
import pytest

from tests.support.server import SECRET_KEY, SERVER_KEY, WRITE_KEY, Server, customer_token


def _call(server: Server, method: str, path: str, key: str = SERVER_KEY, **arguments: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.request(method, server.url + path, headers=headers, **arguments)  # type: ignore[arg-type]


def _customer(server: Server, customer: str) -> dict[str, object]:
    answer = _call(server, "GET", f"/v1/customers/{customer}", SECRET_KEY)
    assert answer.status_code == 200, answer.text
    traits: dict[str, object] = answer.json()["traits"]
    return traits


def test_told_one_by_one(shared_server: Server) -> None:
    put = _call(
        shared_server,
        "PUT",
        "/v1/customers/api%2Fone",
        json={"traits": {"plan": "pro", "mrr": "$1,200", "name": "One"}},
    )
    assert put.status_code == 200
    assert put.json() == {
        "id": "api/one",
        "traits": {"plan": "pro", "mrr": 1200.0, "currency": "USD", "name": "One"},
        "faults": [],
    }
    put = _call(
        shared_server, "PUT", "/v1/customers/api%2Fone", json={"traits": {"plan": None, "seats": 5, "bad": [[1]]}}
    )
    assert put.json()["traits"] == {"mrr": 1200.0, "currency": "USD", "name": "One", "seats": 5}
    assert [(fault["code"], fault["field"]) for fault in put.json()["faults"]] == [("invalid_value", "traits.bad")]
    assert _customer(shared_server, "api%2Fone")["seats"] == 5
    listed = _call(shared_server, "GET", "/v1/customers?q=api/one", SECRET_KEY).json()
    assert [(one["customer_id"], one["name"]) for one in listed["items"]] == [("api/one", "One")]
    history = _call(shared_server, "GET", "/v1/customers/api%2Fone/traits/history", SECRET_KEY).json()
    assert [was["value"] for was in history if was["name"] == "plan"] == [None, "pro"]


def test_people(shared_server: Server) -> None:
    put = _call(shared_server, "PUT", "/v1/people/ann", SECRET_KEY, json={"traits": {"role": "admin"}})
    assert put.json() == {"id": "ann", "traits": {"role": "admin"}, "faults": []}
    batch = {
        "people": [{"user_id": "ann", "traits": {"role": "admin"}}, {"user_id": "bob", "traits": {"role": "user"}}]
    }
    receipt = _call(shared_server, "POST", "/v1/people/batch", json=batch).json()
    assert (receipt["changed"], receipt["unchanged"]) == (1, 1)


def test_many_at_once_and_again(shared_server: Server) -> None:
    good = [{"customer_id": f"many-{n}", "traits": {"plan": "pro", "employees": n}} for n in range(50)]
    bad: list[object] = [
        {"customer_id": "", "traits": {}},
        {"traits": {}},
        5,
        {"customer_id": "many-x", "traits": {"a": {"b": {"c": {}}}, "ok": 1}},
    ]
    sent = {"customers": [*good[:25], *bad, *good[25:]]}
    receipt = _call(shared_server, "POST", "/v1/customers/batch", json=sent).json()
    assert (receipt["changed"], receipt["unchanged"]) == (51, 0)
    assert [one["index"] for one in receipt["rejected"]] == [25, 26, 27]
    assert all(one["code"] and one["message"] for one in receipt["rejected"])
    again = _call(shared_server, "POST", "/v1/customers/batch", json=sent).json()
    assert (again["changed"], again["unchanged"]) == (0, 51)
    assert _customer(shared_server, "many-49") == {"plan": "pro", "employees": 49}


def test_one_broken_customer_of_a_batch_that_is_no_json_costs_no_other(shared_server: Server) -> None:
    first, second = (b'{"customer_id": "half-%d", "traits": {"a": 1}}' % n for n in (1, 2))
    body = b'{"customers": [%s, {"customer_id": }, %s]}' % (first, second)
    receipt = _call(shared_server, "POST", "/v1/customers/batch", content=body).json()
    assert (receipt["changed"], [one["code"] for one in receipt["rejected"]]) == (2, ["invalid_json"])


@pytest.mark.parametrize("path", ["/v1/customers/x", "/v1/people/x"])
def test_a_public_key_may_tell_nothing(shared_server: Server, path: str) -> None:
    refused = _call(shared_server, "PUT", path, WRITE_KEY, json={"traits": {"plan": "pro"}})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert httpx.put(shared_server.url + path, json={"traits": {}}).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [({"traits": {"a": [[1]]}}, "traits.a"), ({"traits": 5}, "traits"), ({}, "traits"), ([], None)],
)
def test_bad_bodies(shared_server: Server, body: object, field: str | None) -> None:
    refused = _call(shared_server, "PUT", "/v1/customers/bad", json=body)
    assert refused.status_code == 400
    assert set(refused.json()) >= {"code", "message", "field"}
    assert field is None or refused.json()["field"] in (field, f"data.{field}", f"body.{field}")
    assert _call(shared_server, "GET", "/v1/customers/bad", SECRET_KEY).status_code == 404


def test_named_typed_and_hidden(shared_server: Server) -> None:
    _call(shared_server, "PUT", "/v1/customers/named", json={"traits": {"csm.name/x": "Ann"}})
    said = {"of": "customer", "name": "csm.name/x", "label": "Looked after by", "type": "text", "hidden": True}
    put = _call(shared_server, "PUT", "/v1/traits", SECRET_KEY, json=said)
    assert put.status_code == 200, put.text
    (trait,) = [
        one
        for one in _call(shared_server, "GET", "/v1/traits?of=customer", SECRET_KEY).json()
        if one["name"] == "csm.name/x"
    ]
    assert trait == {"kind": "customer", "seen": ["text"], "first_seen_at": trait["first_seen_at"]} | {
        key: value for key, value in said.items() if key != "of"
    }
    unknown = _call(shared_server, "PUT", "/v1/traits", SECRET_KEY, json=said | {"name": "none"})
    assert (unknown.status_code, unknown.json()["field"]) == (404, "name")
    assert _call(shared_server, "PUT", "/v1/traits", SECRET_KEY, json=said | {"of": "thing"}).status_code == 400
    assert _call(shared_server, "PUT", "/v1/traits", SECRET_KEY, json=said | {"name": "a\x00"}).status_code == 400


def test_a_customers_token_sees_none_of_them(shared_server: Server) -> None:
    """The default plan shows none."""
    _call(shared_server, "PUT", "/v1/customers/secretive", json={"traits": {"owner": "canary@example.com"}})
    token = customer_token("secretive")
    mine = _call(shared_server, "GET", "/v1/me", token)
    assert mine.status_code == 200
    assert mine.json()["traits"] == {}
    for path in ("/v1/customers/secretive", "/v1/traits", "/v1/customers/secretive/traits/history"):
        assert _call(shared_server, "GET", path, token).status_code in (401, 403)
    assert _call(shared_server, "PUT", "/v1/customers/secretive", token, json={"traits": {"a": 1}}).status_code in (
        401,
        403,
    )
