"""The game in Chromium on a running server: the page as people use it, readable by everybody, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.complaints import complaints_of
from tests.browser.signing_in import sign_in
from tests.support.axe import faults
from tests.support.server import WRITE_KEY, Server, wait_for


@pytest.fixture(scope="module")
def played(lone_server: Server) -> Server:
    """Twenty customers over five weeks; one missed last week, so that its streak is about to end."""
    now = datetime.now(UTC)
    events: list[dict[str, Any]] = [
        {
            "customer_id": f"player-{number}",
            "event_type": "export_action",
            "tool_id": "business-case",
            "competency_area": "sales_execution",
            "session_id": f"s-{week}",
            "timestamp": (now - timedelta(weeks=week, minutes=number)).isoformat(),
        }
        for number in range(20)
        for week in range(5)
        if not (number == 7 and week < 2)
    ]
    with lone_server.client(WRITE_KEY) as client:
        assert client.post("/v1/events", json={"events": events}).json()["rejected"] == []
    with lone_server.client() as client:
        wait_for(
            lambda: client.get("/v1/leaderboard?everyone=true").json()["customers"] >= 20, 30, "everybody to be settled"
        )
    return lone_server


@pytest.fixture
def page(played: Server, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A signed-in member's page, which must not complain until the end."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=request.param, locale="en-GB", reduced_motion="reduce"
    )
    page = context.new_page()
    complaints = complaints_of(page)
    sign_in(page, played)
    yield page
    context.close()
    assert complaints == []


@pytest.mark.parametrize("page", ["light"], indirect=True)
def test_the_page_as_it_is_used(page: Page) -> None:
    page.get_by_role("link", name="Game").click()
    expect(page.get_by_role("heading", name="Game", exact=True)).to_be_visible()
    expect(page.locator("#lately .rows li")).to_have_count(12)
    expect(page.get_by_text("customers keep a streak; 1 ends with this week")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="First export").click()
    expect(page.get_by_role("heading", name="Earned lately: First export")).to_be_visible()
    page.get_by_role("link", name="Earlier").click()
    expect(page.locator("#lately .rows li")).to_have_count(8)
    page.get_by_role("link", name="Newest").click()
    expect(page.locator("#lately .rows li")).to_have_count(12)
    with page.expect_download() as download:
        page.locator("[data-chart=streaks] [data-save=csv]").click()
    assert "Weeks,Customers,Ending this week" in Path(download.value.path()).read_text("utf-8-sig")
    with page.expect_download() as download:
        page.locator("[data-chart=levels] [data-save=png]").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("page", ["dark"], indirect=True)
def test_a_customer_goes_on_the_board(page: Page) -> None:
    page.goto(page.url + "customers/player-3#progress")
    section = page.locator("#game")
    expect(section.get_by_text("5 weeks in a row, this one included.")).to_be_visible()
    expect(section.get_by_text("75 points, 75 to level 3")).to_be_visible()
    assert faults(page) == []
    section.get_by_label("Under this name:").check()
    section.get_by_label("Name on the leaderboard").fill("Player three")
    section.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The customer is on the leaderboard as “Player three”.")).to_be_visible()
    page.goto(page.url.split("/customers")[0] + "/game")
    expect(page.locator("#board tbody tr")).to_have_count(1)
    expect(page.locator("#board tbody tr")).to_contain_text("Player three")
    page.get_by_role("link", name="Everybody").click()
    expect(page.locator("#board tbody tr")).to_have_count(20)
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert faults(page) == []
    page.goto(page.url.split("/game")[0] + "/customers/player-3#progress")
    page.get_by_label("Not at all").check()
    page.locator("#game").get_by_role("button", name="Save").click()
    expect(page.get_by_text("The customer is not on the leaderboard.")).to_be_visible()
