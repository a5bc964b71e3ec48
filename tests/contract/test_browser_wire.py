"""analytics.js's own form: `text/plain`, no Authorization, the write key inside, single letters as paths."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.support.server import SECRET_KEY, WRITE_KEY, Server

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
_LETTERS = {"track": "t", "identify": "i", "page": "p", "group": "g", "alias": "a", "screen": "screen"}


def _message(who: str, kind: str, **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "timestamp": (now - timedelta(minutes=5)).isoformat().replace("+00:00", "Z"),
        "integrations": {"Segment.io": True},
        "type": kind,
        "userId": f"{who}-user",
        "anonymousId": f"{who}-anon",
        "context": {
            "page": {"url": f"https://app.example/{who}?a=1", "path": f"/{who}", "referrer": "https://search.example/"},
            "userAgent": _CHROME,
            "library": {"name": "analytics.js", "version": "npm:next-1.76.0"},
        },
        "messageId": f"ajs-next-{who}-{kind}",
        "writeKey": WRITE_KEY,
        "sentAt": now.isoformat().replace("+00:00", "Z"),
        "_metadata": {"bundled": ["Segment.io"], "unbundled": [], "bundledIds": []},
        **more,
    }


def _post(server: Server, path: str, body: Any, **headers: str) -> httpx.Response:
    text = json.dumps(body)
    sent = {"Content-Type": "text/plain", "Origin": "https://app.example", "User-Agent": _CHROME, **headers}
    return httpx.post(server.url + path, content=text, headers=sent)


def _stored(server: Server, who: str) -> list[dict[str, Any]]:
    with psycopg.connect(server.database_url, row_factory=dict_row) as connection:
        return connection.execute(
            "select * from public.behavior_events where anonymous_id = %s order by event_id", [f"{who}-anon"]
        ).fetchall()


@pytest.mark.parametrize("kind", list(_LETTERS))
def test_single_calls(shared_server: Server, kind: str) -> None:
    extras: dict[str, dict[str, Any]] = {
        "track": {"event": "Report Exported", "properties": {"format": "pdf"}},
        "group": {"groupId": f"wire-{kind}-company", "traits": {"name": "Wire"}},
        "identify": {"traits": {"email": "a@example.com"}},
        "alias": {"previousId": "wire-before"},
    }
    more = extras.get(kind, {"name": "Home", "properties": {"title": "Home"}})
    message = _message(f"wire-{kind}", kind, **more)
    first = _post(shared_server, f"/v1/{_LETTERS[kind]}", message)
    assert first.status_code == 200
    receipt = first.json()
    # A public key says of the page's own ids who they are; of another user's id it may not.
    assert [notice["field"] for notice in receipt.pop("notices")] == (["previousId"] if kind == "alias" else [])
    assert receipt == {"accepted": 1, "duplicates": 0, "rejected": [], "success": True}
    assert first.headers["access-control-allow-origin"] == "*"
    again = _post(shared_server, f"/v1/{kind}", {**message, "sentAt": datetime.now(UTC).isoformat()})
    again_said = again.json()
    assert (again_said["accepted"], again_said["duplicates"], again_said["success"]) == (0, 1, True)
    (row,) = _stored(shared_server, f"wire-{kind}")
    assert row["event_type"] == ("export_action" if kind == "track" else "navigation")
    assert row["device_type"] == "desktop"
    assert row["browser"] == "Chrome"
    assert row["page_url"] == f"https://app.example/wire-{kind}?a=1"
    assert row["referrer"] == "https://search.example/"
    assert row["user_id"] == f"wire-{kind}-user"


def test_a_batch_with_the_key_inside(shared_server: Server) -> None:
    batch = [_message("wire-batch", "page", messageId=f"b{n}") for n in range(3)]
    body = {"batch": batch, "writeKey": WRITE_KEY, "sentAt": datetime.now(UTC).isoformat()}
    assert _post(shared_server, "/v1/b", body).json()["accepted"] == 3
    assert _post(shared_server, "/v1/batch", body).json()["duplicates"] == 3
    assert _post(shared_server, "/v1/import", body).json()["duplicates"] == 3
    assert len(_stored(shared_server, "wire-batch")) == 3


def test_a_wrong_key_is_401_in_every_place_it_may_stand(shared_server: Server) -> None:
    message = _message("wire-key", "page")
    refused = [
        _post(shared_server, "/v1/p", {**message, "writeKey": "wrong"}),
        _post(shared_server, "/v1/p", {key: value for key, value in message.items() if key != "writeKey"}),
        _post(shared_server, "/v1/p", message, Authorization="Bearer wrong"),
        _post(shared_server, "/v1/p", message, Authorization="Basic d3Jvbmc6"),
        _post(shared_server, "/v1/b", {"batch": [message], "writeKey": ["wrong"]}),
        _post(shared_server, "/v1/b", {"batch": [message]}),
        _post(shared_server, "/v1/events", {"events": []}),
    ]
    for response in refused:
        assert response.status_code == 401
        assert response.json()["code"] == "unauthorised"
        assert response.json()["detail"] == response.json()["message"]
    assert _stored(shared_server, "wire-key") == []


def test_only_a_secret_key_stores_actions(shared_server: Server) -> None:
    action = {"customer_id": "wire-actions", "action_type": "call"}
    url = shared_server.url + "/v1/actions"
    assert httpx.post(url, json=action, headers={"Authorization": f"Bearer {WRITE_KEY}"}).status_code == 403
    assert httpx.post(url, json=action, headers={"Authorization": f"Bearer {SECRET_KEY}"}).status_code == 200


def test_preflight_names_the_headers_that_sdks_send(shared_server: Server) -> None:
    wanted = "authorization,content-type,anonymousid,sentat,x-retry-count,rsa-retry-attempt"
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": wanted,
    }
    answer = httpx.options(shared_server.url + "/v1/batch", headers=headers)
    assert answer.status_code == 204
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert set(wanted.split(",")) <= allowed


def test_bots_are_kept_but_left_out_of_insights(shared_server: Server) -> None:
    bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    for n, agent in enumerate((bot, _CHROME)):
        context = {"userAgent": agent}
        message = _message("wire-bot", "page", messageId=f"n{n}", groupId="wire-bot-company", context=context)
        assert _post(shared_server, "/v1/p", message).json()["accepted"] == 1
    rows = _stored(shared_server, "wire-bot")
    assert sorted(row["is_bot"] for row in rows) == [False, True]
    with shared_server.client() as client:
        insights = client.get("/v1/customers/wire-bot-company/insights").json()
    assert insights["total_events"] == 1
