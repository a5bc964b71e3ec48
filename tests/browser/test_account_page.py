"""A customer's page in Chromium: its parts, of which one is shown, and the ways into and out of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.complaints import complaints_of
from tests.support.axe import DESKTOP, assert_clean
from tests.support.dashboard import member
from tests.support.server import WRITE_KEY, Server

_PARTS = ("overview", "activity", "people", "usage", "actions", "progress")

_TO_THE_TOP = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
    scrollTo(0, 0);
    done();
})))"""


@pytest.fixture
def account(shared_server: Server, browser: Browser) -> Iterator[Page]:
    event = {"customer_id": "tabbed, inc", "event_type": "tool_usage", "tool_id": "icp-analysis", "user_id": "una"}
    with shared_server.client(WRITE_KEY) as client:
        assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
    with (
        member(shared_server, "127.0.0.77") as signed_in,
        browser.new_context(viewport=DESKTOP, locale="en-GB", timezone_id="UTC", reduced_motion="reduce") as context,
    ):
        kept = signed_in.cookies.jar
        context.add_cookies([{"name": c.name, "value": c.value or "", "url": shared_server.url} for c in kept])
        page = context.new_page()
        complaints = complaints_of(page)
        page.goto(f"{shared_server.url}/customers/tabbed%2C%20inc")
        yield page
        assert complaints == []


def test_parts_are_gone_to_by_keyboard_and_the_address_says_which(account: Page) -> None:
    tabs = account.locator("[data-tabs]")
    expect(account.locator("#score-title")).to_be_visible()
    expect(account.locator("#timeline-title")).to_be_hidden()
    tabs.get_by_role("link", name="Overview").focus()
    account.keyboard.press("Tab")
    account.keyboard.press("Enter")
    expect(account).to_have_url(re.compile("#activity$"))
    expect(account.locator("#timeline-title")).to_be_visible()
    expect(account.locator("#score-title")).to_be_hidden()
    expect(tabs.get_by_role("link", name="Activity")).to_have_attribute("aria-current", "true")
    account.reload()
    expect(account.locator("#timeline-title")).to_be_visible()
    account.go_back()
    expect(account.locator("#score-title")).to_be_visible()


def test_a_call_and_a_note_are_a_click_away(account: Page) -> None:
    account.get_by_role("link", name="Add a note").click()
    expect(account.get_by_placeholder("Write a note")).to_be_focused()
    account.keyboard.type("They want the report.")
    account.get_by_role("button", name="Write it").click()
    expect(account.locator("#work .note").get_by_text("They want the report.").first).to_be_visible()
    account.get_by_role("link", name="Log a call").click()
    expect(account.get_by_label("What was it?")).to_be_visible()


def test_a_question_about_them_is_about_them_alone(account: Page) -> None:
    account.get_by_role("link", name="Usage", exact=True).click()
    link = account.get_by_role("link", name="Which tools they use")
    expect(link).to_have_attribute("href", "/tools?field=customer_id&value=%22tabbed%2C+inc%22")


def test_axe_finds_no_fault_in_any_part(account: Page) -> None:
    for part in _PARTS:
        account.evaluate("part => { location.hash = part; }", part)
        expect(account.locator(f"[data-tabs] a[href='#{part}']")).to_have_attribute("aria-current", "true")
        # What scrolls beneath the bar is too small to hit just then; the browser goes to a part with its next frame.
        account.evaluate(_TO_THE_TOP)
        assert_clean(account)


def test_without_scripts_all_of_it_is_there(account: Page, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False, storage_state=account.context.storage_state()) as context:
        plain = context.new_page()
        plain.goto(account.url)
        for title in ("#score-title", "#timeline-title", "#people-title", "#work-title", "#offline-title"):
            expect(plain.locator(title)).to_be_visible()
