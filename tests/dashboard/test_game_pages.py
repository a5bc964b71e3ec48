"""The game's pages on a running server: never empty, whatever the address says, and the leaderboard's form."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.dashboard import member, send_form, visitor
from tests.support.server import WRITE_KEY, Server, wait_for

_NAME = "Müller & <Söhne>"


@pytest.fixture(scope="module")
def played(lone_server: Server) -> Server:
    """Thirty customers with a badge, one of them with a name and a streak of three weeks."""
    now = datetime.now(UTC)
    events = [
        {
            "customer_id": f"game-{number}",
            "event_type": "export_action",
            "session_id": "s",
            "timestamp": (now - timedelta(days=number % 9)).isoformat(),
        }
        for number in range(30)
    ]
    events += [events[0] | {"timestamp": (now - timedelta(days=7 * week)).isoformat()} for week in (1, 2)]
    with lone_server.client(WRITE_KEY) as client:
        assert client.post("/v1/events", json={"events": events}).json()["rejected"] == []
        client.post(
            "/v1/group", json={"groupId": "game-0", "userId": "u", "traits": {"name": _NAME}}
        ).raise_for_status()
    with lone_server.client() as client:
        wait_for(
            lambda: client.get("/v1/leaderboard?everyone=true&limit=500").json()["customers"] >= 30, 30, "settling"
        )
    return lone_server


@pytest.fixture(scope="module")
def browser(played: Server) -> Iterator[httpx.Client]:
    with member(played) as client:
        yield client


def test_nobody_but_a_member_sees_it(played: Server) -> None:
    with visitor(played) as client:
        answer = client.get("/game")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/game")
        assert client.post("/customers/game-0/leaderboard", data={"leaderboard": "anonymous"}).status_code in (303, 403)


def test_the_page_says_who_earned_what(browser: httpx.Client) -> None:
    text = browser.get("/game").raise_for_status().text
    for words in ("earned this week", "First export", "Streaks running", "Levels by competency", "Leaderboard"):
        assert words in text
    assert "Müller &amp; &lt;Söhne&gt;" in text
    assert 'href="/customers/game-0"' in text


def test_awards_are_narrowed_and_paged(browser: httpx.Client) -> None:
    seen: list[str] = []
    address = "/game?badge=first-export"
    while address:
        text = browser.get(address).raise_for_status().text
        part = text.split('id="lately"')[1].split("</section>")[0]
        seen += [piece.split('"')[0] for piece in part.split('href="/customers/')[1:]]
        more = part.split('rel="next" href="')
        address = more[1].split('"')[0].replace("&amp;", "&").partition("#")[0] if len(more) > 1 else ""
    assert len(seen) == len(set(seen)) == 30
    assert "Nobody has this badge yet" in browser.get("/game?badge=half-a-year").text


@pytest.mark.parametrize(
    "query",
    [
        "badge=none",
        "after=abc",
        "after=WyIyMDI2LTExLTI2Il0",
        "board=all",
        "board=everyone",
        "badge=%00&after=%ff",
        "x=1",
    ],
)
def test_no_address_breaks_it(browser: httpx.Client, query: str) -> None:
    assert "Earned lately" in browser.get(f"/game?{query}").raise_for_status().text


def test_a_customers_page_shows_its_game(browser: httpx.Client) -> None:
    text = browser.get("/customers/game-0").raise_for_status().text
    for words in ("Levels, badges, streak", "weeks in a row", "First export", "more to earn", "Not at all"):
        assert words in text


def test_the_form_puts_a_customer_on_the_board(browser: httpx.Client, played: Server) -> None:
    page, action = "/customers/game-0", "/customers/game-0/leaderboard"
    saved = send_form(browser, page, action, leaderboard="named", display_name=" The first ")
    assert (saved.status_code, saved.headers["location"]) == (303, "/customers/game-0?done=leaderboard#game")
    assert "on the leaderboard as “<bdi>The first</bdi>”" in browser.get("/customers/game-0?done=leaderboard").text
    assert "The first" in browser.get("/game").text.split('id="board"')[1]
    wrong = send_form(browser, page, action, leaderboard="named", display_name="x" * 61)
    assert wrong.status_code == 400
    assert "at most 60" in wrong.text
    assert "x" * 61 in wrong.text
    assert send_form(browser, page, action, leaderboard="shout").status_code == 400
    with played.client() as client:
        assert client.get("/v1/customers/game-0/game").json()["display_name"] == "The first"
    send_form(browser, page, action, leaderboard="off", display_name="")
    assert "Nobody has opted in yet" in browser.get("/game?board=opted-in").text
    missing = send_form(browser, page, "/customers/nobody/leaderboard", leaderboard="off")
    assert missing.status_code == 404


def test_an_empty_server_has_a_page(server: Server) -> None:
    with member(server) as client:
        text = client.get("/game").raise_for_status().text
    for words in ("No customer has a badge yet", "How to send an event", "First export", "No customers yet"):
        assert words in text
