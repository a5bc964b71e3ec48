"""The game over HTTP: what is read is true at once, a customer sees nobody else, and a profile is checked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from milepost.access.tokens import Tokens
from milepost.settings import Settings
from tests.support.server import WRITE_KEY, Server, wait_for

_TOKENS = Tokens(Settings(token_secret="a secret that is only for tests, of 32 bytes or more"))
#: Ids and names that must never reach another customer.
_PEOPLE = {"id-of-acme": 3, "id-of-bolt": 2, "id-of-core": 2, "id-of-dune": 1, "id-of-echo": 0}


def _as(server: Server, customer: str) -> httpx.Client:
    return server.client(_TOKENS.make(customer, now=datetime.now(UTC), valid=timedelta(minutes=5)))


def _export(customer: str, **fields: Any) -> dict[str, Any]:
    event = {"customer_id": customer, "event_type": "export_action", "competency_area": "sales_execution"}
    return event | {"session_id": "s", "tool_id": "business-case"} | fields


def _send(server: Server, *events: dict[str, Any]) -> None:
    with server.client(WRITE_KEY) as client:
        answer = client.post("/v1/events", json={"events": list(events)}).raise_for_status().json()
    assert answer["rejected"] == []


@pytest.fixture(scope="module")
def played(shared_server: Server) -> Server:
    """Five customers with 45, 30, 30, 15 and 0 points, of whom all but echo are on the board."""
    for customer, exports in _PEOPLE.items():
        _send(
            shared_server, *([_export(customer)] * exports or [{"customer_id": customer, "event_type": "navigation"}])
        )
    with shared_server.client() as client:
        for customer, profile in {
            "id-of-acme": {"leaderboard": "named", "display_name": "  Acme’s  finest 🏆 "},
            "id-of-bolt": {"leaderboard": "anonymous", "display_name": "Never to be seen"},
            "id-of-core": {"leaderboard": "named", "display_name": "Core"},
            "id-of-dune": {"leaderboard": "anonymous"},
        }.items():
            client.put(f"/v1/customers/{customer}/game/profile", json=profile).raise_for_status()
        wait_for(
            lambda: (
                len(client.get("/v1/leaderboard").json()["items"]) == 4
                and client.get("/v1/leaderboard").json()["items"][0]["points"] == 45
            ),
            20,
            "everybody to be settled",
        )
    return shared_server


def test_a_game_is_true_at_once(played: Server) -> None:
    customer = "id-of-fresh"
    _send(played, _export(customer), _export(customer))
    with _as(played, customer) as client, played.client() as team:
        game = client.get("/v1/me/game").json()
        again = team.get(f"/v1/customers/{customer}/game").json()
    assert {**game, "as_of": ""} == {**again, "as_of": ""}
    today = datetime.now(UTC).date().isoformat()
    assert game["points"] == 30
    assert [level["level"] for level in game["levels"]] == [0, 0, 1, 0]
    assert game["levels"][2] == {
        "competency": "sales_execution",
        "name": "Sales execution",
        "level": 1,
        "title": "Explorer",
        "points": 30,
        "next_at": 75,
        "progress": 0.1,
    }
    badges = {badge["badge_id"]: badge for badge in game["badges"]}
    assert badges["first-export"]["earned_on"] == today
    assert (badges["ten-exports"]["value"], badges["ten-exports"]["progress"]) == (2, 0.2)
    assert game["next_badge"] == "every-tool"
    assert game["streak"] == {"weeks": 1, "longest": 1, "state": "active", "keep_by": None}
    assert (game["leaderboard"], game["display_name"]) == ("off", None)


def test_the_ledger_adds_up_and_is_paged(played: Server) -> None:
    customer = "id-of-ledger"
    _send(played, *[_export(customer)] * 5, {"customer_id": customer, "event_type": "navigation"})
    with _as(played, customer) as client:
        entries, cursor = [], ""
        while True:
            page = client.get(f"/v1/me/ledger?limit=2{cursor}").raise_for_status().json()
            entries += page["items"]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert sum(entry["points"] for entry in entries) == client.get("/v1/me/game").json()["points"] == 75
        assert client.get("/v1/me/ledger?cursor=abc").status_code == 400
    assert len({entry["event_id"] for entry in entries}) == len(entries) == 5
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)


def test_the_board_shows_ranks_and_chosen_names(played: Server) -> None:
    with _as(played, "id-of-core") as client:
        board = client.get("/v1/me/leaderboard").raise_for_status().json()
    assert (board["days"], board["customers"], board["me"]) == (28, 4, {"rank": 2, "points": 30})
    assert [(p["rank"], p["name"], p["points"], p["is_me"]) for p in board["items"]] == [
        (1, "Acme’s  finest 🏆", 45, False),
        (2, "Somebody", 30, False),
        (2, "Core", 30, True),
        (4, "Somebody", 15, False),
    ]
    with _as(played, "id-of-dune") as client:
        first = client.get("/v1/me/leaderboard?limit=1").json()
    assert ([p["rank"] for p in first["items"]], first["me"]) == ([1], {"rank": 4, "points": 15})
    with _as(played, "id-of-echo") as client:
        assert client.get("/v1/me/leaderboard").json()["me"] is None


def test_the_team_sees_who_it_is(played: Server) -> None:
    with played.client() as client:
        board = client.get("/v1/leaderboard").json()
        everybody = client.get("/v1/leaderboard?everyone=true&limit=500").json()
    assert [(p["customer_id"], p["leaderboard"], p["display_name"]) for p in board["items"][:2]] == [
        ("id-of-acme", "named", "Acme’s  finest 🏆"),
        ("id-of-bolt", "anonymous", "Never to be seen"),
    ]
    assert {"id-of-echo"} <= {p["customer_id"] for p in everybody["items"]}
    assert everybody["customers"] >= 5


@pytest.mark.parametrize("me", _PEOPLE)
def test_a_token_never_sees_another_customer(played: Server, me: str) -> None:
    with _as(played, me) as client:
        for path in ("/v1/me/game", "/v1/me/ledger", "/v1/me/leaderboard", "/v1/me/leaderboard?limit=500"):
            said = json.dumps(client.get(path).raise_for_status().json())
            for other in _PEOPLE.keys() - {me}:
                assert other not in said, path
            assert me == "id-of-bolt" or "Never to be seen" not in said
        for path in ("/v1/leaderboard", "/v1/customers/id-of-acme/game", "/v1/customers/id-of-acme/ledger"):
            assert client.get(path).status_code == 401
        refused = client.put("/v1/customers/id-of-acme/game/profile", json={"leaderboard": "off"})
        assert refused.status_code == 401


def test_a_customer_joins_and_leaves_by_itself(played: Server) -> None:
    customer = "id-of-joiner"
    _send(played, _export(customer, timestamp=(datetime.now(UTC) - timedelta(days=40)).isoformat()))
    with _as(played, customer) as client:
        joined = client.put("/v1/me/game/profile", json={"leaderboard": "named", "display_name": "Zoë"})
        assert joined.status_code == 200, joined.text
        assert (joined.json()["leaderboard"], joined.json()["display_name"]) == ("named", "Zoë")
        wait_for(lambda: client.get("/v1/me/leaderboard").json()["me"] is not None, 20, "the customer to be settled")
        # What was done 40 days ago counts no longer.
        assert client.get("/v1/me/leaderboard").json()["me"]["points"] == 0
        client.put("/v1/me/game/profile", json={"leaderboard": "off"}).raise_for_status()
        board = client.get("/v1/me/leaderboard").json()
        assert (board["me"], [p["name"] for p in board["items"] if p["name"] == "Zoë"]) == (None, [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"leaderboard": "named"}, "display_name"),
        ({"leaderboard": "named", "display_name": "   "}, "display_name"),
        ({"leaderboard": "named", "display_name": "x" * 61}, "display_name"),
        ({"leaderboard": "named", "display_name": "a\u0000b"}, "display_name"),
        ({"leaderboard": "named", "display_name": "a\nb"}, "display_name"),
        ({"leaderboard": "off", "display_name": "\u202egnp.exe"}, "display_name"),
        ({"leaderboard": "off", "display_name": "\u2800\u3164"}, "display_name"),
        ({"leaderboard": "named", "display_name": "\u200d"}, "display_name"),
        ({"leaderboard": "loud"}, None),
        ({"leaderboard": "off", "name": "x"}, None),
        ({"display_name": "x"}, None),
        ([], None),
    ],
)
def test_what_cannot_be_shown_is_refused(played: Server, body: Any, field: str | None) -> None:
    with _as(played, "id-of-core") as client:
        answer = client.put("/v1/me/game/profile", json=body)
        assert answer.status_code == 400, answer.text
        assert field is None or answer.json()["field"] == field
        assert (
            client.put("/v1/me/game/profile", content=b'{"leaderboard":"off","display_name":"\\ud800"}').status_code
            == 400
        )
        assert client.get("/v1/me/game").json()["display_name"] == "Core"


@pytest.mark.parametrize("name", ["E\u0301cole", "👩‍💻 Team", "شركة النور", "x" * 60, "<b>&amp;</b>", "می‌خواهم"])
def test_what_can_be_shown_is_kept(played: Server, name: str) -> None:
    customer = "id-of-name"
    _send(played, _export(customer))
    with _as(played, customer) as client:
        body = {"leaderboard": "named", "display_name": f" {name}\t"}
        kept = client.put("/v1/me/game/profile", json=body).raise_for_status().json()["display_name"]
    assert kept == ("École" if name.startswith("E") else name)


def test_who_is_not_there_has_no_game(played: Server) -> None:
    with _as(played, "id-of-nobody") as client, played.client() as team:
        assert client.get("/v1/me/game").status_code == 404
        assert client.get("/v1/me/ledger").json() == {"items": [], "next": None}
        assert client.put("/v1/me/game/profile", json={"leaderboard": "off"}).status_code == 404
        assert team.get("/v1/customers/id-of-nobody/game").status_code == 404
        assert team.get("/v1/customers/%00/game").status_code == 404


@contextmanager
def _listening(server: Server) -> Iterator[list[dict[str, Any]]]:
    """The announcements of the live feed, as they come."""
    heard: list[dict[str, Any]] = []
    started, done = threading.Event(), threading.Event()

    def listen() -> None:
        with server.client() as client, client.stream("GET", "/v1/live", timeout=40) as stream:
            for line in stream.iter_lines():
                started.set()
                if line.startswith("data:"):
                    heard.extend(json.loads(line[5:]).get("announcements", ()))
                if done.is_set():
                    return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert started.wait(20)
    yield heard
    done.set()
    # One line more, by which the listener sees that it may go: the server would wait for it when it stops.
    _send(server, _export("id-of-the-last-line"))
    listener.join(20)


def test_a_badge_is_announced_once(played: Server) -> None:
    customer = "id-of-announced"
    event = _export(customer, event_id="0190a0b0-0000-7000-8000-0000000000aa", timestamp=datetime.now(UTC).isoformat())
    with _listening(played) as heard, played.client() as client:
        before = _first_of_the_feed(client)["position"]
        _send(played, event)
        wait_for(lambda: any(one["customer_id"] == customer for one in heard), 20, "the badge to be announced")
        _send(played, event, _export(customer))
        wait_for(
            lambda: any(one["customer_id"] == customer and one["kind"] == "level" for one in heard), 20, "the level"
        )
        assert client.get(f"/v1/customers/{customer}/game").json()["points"] == 30
    own = [
        (one["kind"], one["title"])
        for one in heard
        if one["customer_id"] == customer and one["kind"] in ("badge", "level")
    ]
    assert own == [("badge", "Badge earned: First export"), ("level", "Level 1 in Sales execution")]
    # Whoever lost the line meanwhile is told what came since, and then no more.
    with played.client() as client:
        told: list[str] = []
        with client.stream("GET", "/v1/live", params={"after": before}) as stream:
            for message in _messages(stream):
                told += [one["title"] for one in message["announcements"] if one["customer_id"] == customer]
                if len(told) >= len(own):
                    break
        assert told[: len(own)] == [one["title"] for one in heard if one["customer_id"] == customer][: len(own)]
        again = _first_of_the_feed(client, message["position"])
        assert [one for one in again["announcements"] if one["customer_id"] == customer] == []


def _first_of_the_feed(client: httpx.Client, after: str | None = None) -> dict[str, Any]:
    with client.stream("GET", "/v1/live", params={"after": after} if after else {}) as stream:
        return next(_messages(stream))


def _messages(stream: httpx.Response) -> Iterator[dict[str, Any]]:
    return (json.loads(line[5:]) for line in stream.iter_lines() if line.startswith("data:"))
