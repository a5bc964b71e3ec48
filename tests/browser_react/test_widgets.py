"""The customer's widgets in Chromium, on a real server, each with its own customer's token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser_react.playing import (
    EXPORT,
    answers,
    answers_of,
    happened,
    play,
    playground,
    queued,
    recommended,
    region,
)
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, customer_token, wait_for

#: Milliseconds from an act to what it changes on the page: delivery, settling and reading again.
_SOON = 6000


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with playground(cluster, tmp_path_factory.mktemp("playground")) as server:
        yield server


def test_who_uses_a_tool_sees_points_a_level_and_a_badge(page: Page, complaints: list[str], server: Server) -> None:
    play(page, server, "newcomer", "progress")
    expect(region(page, "Badges")).to_contain_text("None earned yet")
    expect(region(page, "Levels")).to_contain_text("0 points", timeout=_SOON)
    page.get_by_role("link", name="ICP analysis").click()
    page.get_by_role("button", name="Fill in an example").click()
    page.get_by_role("tab", name="Rating framework").click()
    page.get_by_role("button", name="Generate rating framework").click()
    page.get_by_role("tab", name="Summary").click()
    with page.expect_download():
        page.get_by_role("button", name="Export PDF").click()
    # Beside the tool, without a reload.
    badges = page.get_by_role("complementary", name="Your standing").get_by_role("region", name="Badges")
    expect(badges).to_contain_text("First export", timeout=_SOON)
    page.get_by_role("link", name="All your progress").click()
    level = region(page, "Levels").get_by_role("listitem").filter(has_text="Customer intelligence")
    expect(level).to_contain_text(re.compile(r"Explorer.*of 75 points to level 2"))
    expect(region(page, "Levels")).not_to_contain_text(re.compile(r"\b0 points"))
    expect(region(page, "Streak")).to_contain_text("1 week")
    assert complaints == []


def test_what_a_customer_says_of_a_recommendation_reaches_the_team(
    page: Page, complaints: list[str], server: Server
) -> None:
    happened(server, "acceptor", *[EXPORT] * 3)
    first, second = recommended(server, "acceptor", 2)[:2]
    play(page, server, "acceptor")
    steps = region(page, "Next steps")
    one, other = (steps.get_by_role("listitem").filter(has_text=each["action"]) for each in (first, second))
    shown = [("content_interaction", "low", "shown", each["recommendation_id"]) for each in (first, second)]
    wait_for(lambda: set(shown) <= set(answers_of(server, "acceptor")), 10, "both to be told as shown")
    # Evidence on demand, by keyboard; then the answer, which is there at once.
    one.get_by_text("Why this?").focus()
    page.keyboard.press("Enter")
    expect(one.get_by_role("definition").first).to_be_visible()
    one.get_by_role("button", name="I’ll do it").focus()
    page.keyboard.press("Enter")
    expect(one).to_contain_text("On your list", timeout=500)
    expect(one.get_by_role("button", name="It is done")).to_be_focused()
    wait_for(lambda: _state(server, first) == "accepted", 10, "the team to see it accepted")
    assert ("professional_action", "medium", "accepted", first["recommendation_id"]) in answers_of(server, "acceptor")
    # Nothing is told twice on one page.
    assert len(set(answers_of(server, "acceptor"))) == len(answers_of(server, "acceptor"))
    page.reload()
    expect(one).to_contain_text("On your list")
    one.get_by_role("button", name="It is done").click()
    wait_for(lambda: _state(server, first) == "done", 10, "the team to see it done")
    expect(one).to_have_text(re.compile("Done$"))
    # Put aside, and back again, and put aside for good by leaving.
    other.get_by_role("button", name="Not now").click()
    aside = steps.get_by_role("listitem").filter(has_text="Put aside")
    expect(aside).to_contain_text(second["title"])
    _meant(page)
    aside.get_by_role("button", name="Undo").click()
    expect(other.get_by_role("button", name="I’ll do it")).to_be_visible()
    _meant(page)
    other.get_by_role("button", name="Not now").click()
    expect(aside).to_be_visible()
    assert _state(server, second) == "shown"
    page.goto("about:blank")
    # (What Chromium sends for a page that is gone has its own name again, which the server does not count.)
    dismissed = ("content_interaction", "low", "dismissed", second["recommendation_id"])
    wait_for(lambda: dismissed in answers_of(server, "acceptor"), 10, "what was held to be told")
    assert complaints == []


def _meant(page: Page) -> None:
    """Until half a second is over: a second press before that counts as the first again."""
    page.wait_for_function("until => performance.now() > until", arg=page.evaluate("performance.now() + 500"))


def _state(server: Server, recommendation: dict[str, Any]) -> str:
    return str(queued(server, recommendation["recommendation_id"])["state"])


def test_the_focus_stays_when_a_card_goes(page: Page, server: Server) -> None:
    happened(server, "patient", *[EXPORT] * 3)
    first = recommended(server, "patient", 2)[0]
    play(page, server, "patient")
    steps = region(page, "Next steps")
    steps.get_by_role("button", name="Not now").first.focus()
    page.keyboard.press("Enter")
    expect(steps.get_by_role("button", name="Undo")).to_be_focused()
    assert not any(word == "dismissed" for _, _, word, _ in answers_of(server, "patient"))
    expect(steps.get_by_role("listitem").filter(has_text="Put aside")).to_have_count(0, timeout=12_000)
    expect(steps.get_by_role("heading", name="Next steps")).to_be_focused()
    wait_for(lambda: _state(server, first) == "dismissed", 10, "the team to see it dismissed")
    expect(steps.get_by_role("listitem").filter(has_text=first["action"])).to_have_count(0)


def test_without_consent_nothing_is_said_to_the_server(page: Page, server: Server) -> None:
    happened(server, "private", *[EXPORT] * 3)
    recommended(server, "private", 2)
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if "/v1/" in request.url else None)
    play(page, server, "private")
    card = region(page, "Next steps").get_by_role("listitem").first
    card.get_by_role("button", name="I’ll do it").click()
    expect(card.get_by_role("alert")).to_contain_text("tracking is turned off")
    expect(card.get_by_role("button", name="I’ll do it")).to_be_visible()
    assert set(sent) == {"GET"}
    assert answers_of(server, "private") == []


def test_the_leaderboard_never_tells_who_somebody_is(page: Page, complaints: list[str], server: Server) -> None:
    hidden, other = "hidden-customer-of-the-board", "another-of-the-board"
    for customer in (hidden, other):
        happened(server, customer, *[EXPORT] * 4)
        recommended(server, customer)
    play(page, server, hidden)
    board = region(page, "Leaderboard")
    expect(board).to_contain_text("You are not on it.")
    board.get_by_role("button", name="Join").click()
    expect(board.get_by_role("radio", name="As “Somebody”")).to_be_checked()
    board.get_by_role("button", name="Save").click()
    expect(board).to_contain_text("You appear as “Somebody”.")
    mine = board.get_by_role("listitem").filter(has_text="you")
    expect(mine).to_contain_text(re.compile(r"Place 1\s*Somebody\s*you\s*\d+ points"), timeout=_SOON)

    assert page.context.browser is not None
    context = page.context.browser.new_context()
    theirs = context.new_page()
    read = answers(theirs)
    play(theirs, server, other)
    seen = region(theirs, "Leaderboard")
    expect(seen.get_by_role("listitem")).to_have_count(1)
    expect(seen.get_by_role("listitem")).to_contain_text("Somebody")
    # With a name of its own: the other sees that, and its own place marked.
    seen.get_by_role("button", name="Join").click()
    seen.get_by_role("radio", name="With a name").check()
    seen.get_by_role("textbox", name="Name").fill("Ädam & <b>Eve</b>")
    seen.get_by_role("button", name="Save").click()
    expect(seen).to_contain_text("You appear as Ädam & <b>Eve</b>.")
    expect(seen.get_by_role("listitem").filter(has_text="you")).to_contain_text("Ädam & <b>Eve</b>", timeout=_SOON)
    assert any("Somebody" in answer for answer in read)
    assert not any(hidden in answer for answer in read)
    assert hidden not in theirs.content()
    context.close()

    # And off again: nobody sees it any more.
    board.get_by_role("button", name="Change").click()
    board.get_by_role("radio", name="Not on it").check()
    board.get_by_role("button", name="Save").click()
    expect(board).to_contain_text("You are not on it.")
    with server.client(customer_token(other)) as client:
        assert [place["name"] for place in client.get("/v1/me/leaderboard").json()["items"]] == ["Ädam & <b>Eve</b>"]
    assert complaints == []


def test_a_name_the_server_refuses_is_told_beside_its_field(page: Page, server: Server) -> None:
    happened(server, "misnamed", EXPORT)
    play(page, server, "misnamed")
    board = region(page, "Leaderboard")
    board.get_by_role("button", name="Join").click()
    board.get_by_role("radio", name="With a name").check()
    field = board.get_by_role("textbox", name="Name")
    field.fill("left\u202eright")
    board.get_by_role("button", name="Save").click()
    expect(board.get_by_role("alert")).to_contain_text("control character")
    expect(field).to_be_focused()
    expect(field).to_have_value("left\u202eright")


def test_a_token_is_worth_nothing_for_another_customer(server: Server) -> None:
    own, other = "own-widgets", "other-widgets"
    for customer in (own, other):
        happened(server, customer, *[EXPORT] * 3)
    theirs = recommended(server, other, 2)[0]["recommendation_id"]
    recommended(server, own, 2)
    with server.client() as team:
        before = team.get(f"/v1/customers/{other}/game").json()
    with server.client(customer_token(own)) as client:
        for path in ("insights", "events", "game", "ledger", "leaderboard", "recommendations", "practice"):
            for asked in ("", f"?customer_id={other}", f"?customer={other}&q={other}"):
                answer = client.get(f"/v1/me/{path}{asked}", headers={"X-Customer-Id": other})
                assert answer.status_code == 200, (path, answer.text)
                assert other not in answer.text, path
                assert theirs not in answer.text, path
            # Of a customer there is no leaderboard to ask for.
            refused = 404 if path == "leaderboard" else 401
            assert client.get(f"/v1/customers/{other}/{path}").status_code == refused, path
            assert client.get(f"/v1/me/../customers/{other}/{path}").status_code == refused, path
        assert client.get("/v1/coach/queue").status_code == 401
        assert client.get("/v1/leaderboard").status_code == 401
        assert client.post(f"/v1/me/recommendations/{theirs}", json={"state": "done"}).status_code == 404
        for body in (
            {"leaderboard": "named", "display_name": "Mine now", "customer_id": other},
            {"leaderboard": "named", "display_name": "Mine now"},
        ):
            client.put("/v1/me/game/profile", json=body, headers={"X-Customer-Id": other})
            client.put(f"/v1/customers/{other}/game/profile", json=body)
    # An event of one's own that names another's recommendation says nothing of it either.
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {WRITE_KEY}"}) as client:
        said = {"recommendation_id": theirs, "recommendation": "done"}
        event = {"event_type": "professional_action", "customer_id": own, "event_metadata": said}
        client.post("/v1/events", json={"events": [event]}).raise_for_status()
    with server.client() as team:
        wait_for(
            lambda: team.get(f"/v1/customers/{own}/insights").json()["total_events"] == 4, 10, "the event to be counted"
        )
        after = team.get(f"/v1/customers/{other}/game").json()
    assert (after["leaderboard"], after["display_name"]) == (before["leaderboard"], before["display_name"])
    assert queued(server, theirs)["state"] == "made"


def test_another_customer_s_token_clears_what_was_shown(page: Page, server: Server) -> None:
    """Two tabs of one browser, one customer after the other, as on a shared computer."""
    happened(
        server,
        "before",
        *[EXPORT] * 3,
        {
            "event_type": "competency_milestone",
            "event_metadata": {"milestone_description": "What only the first may see"},
        },
    )
    play(page, server, "before")
    expect(page.get_by_text("What only the first may see")).to_be_visible()
    play(page, server, "after-it")
    page.reload()
    expect(region(page, "Levels")).to_contain_text("0 points", timeout=_SOON)
    expect(page.get_by_text("What only the first may see")).to_have_count(0)
