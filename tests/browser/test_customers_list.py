"""The customers' list in Chromium: filters, columns, ticking, what is done with many; by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser.complaints import complaints_of
from tests.browser.signing_in import cookies_of
from tests.support.axe import DESKTOP, PHONE, assert_clean
from tests.support.dashboard import EMAIL
from tests.support.postgres import Cluster
from tests.support.server import SERVER_KEY, WRITE_KEY, Server, running

_MANY = 60


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("list"), database_url=dsn)) as server,
        server.client(WRITE_KEY) as browser_key,
        server.client(SERVER_KEY) as server_key,
    ):
        names = [f"cust-{n:02}" for n in range(_MANY)]
        events = [{"customer_id": name, "event_type": "navigation"} for name in names]
        assert browser_key.post("/v1/events", json={"events": events}).json()["accepted"] == _MANY
        told = [
            {"customer_id": name, "traits": {"mrr": n * 10, "plan": "pro" if n < 55 else "free"}}
            for n, name in enumerate(names)
        ]
        assert server_key.post("/v1/customers/batch", json={"customers": told}).json()["changed"] == _MANY
        yield server


@pytest.fixture(scope="module")
def signed_in(server: Server, browser: Browser) -> StorageState:
    return cookies_of(server, browser)


@pytest.fixture
def page(server: Server, browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    with browser.new_context(
        viewport=DESKTOP, locale="en-GB", timezone_id="UTC", reduced_motion="reduce", storage_state=signed_in
    ) as context:
        page = context.new_page()
        complaints = complaints_of(page)
        yield page
        assert complaints == []


def test_a_filter_a_column_and_many_at_once_by_mouse(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/customers?sort=name")
    page.locator("#add-filter").click()
    page.get_by_label("What", exact=True).last.select_option(label="MRR")
    page.get_by_label("Comparison").last.select_option(label="is below")
    page.locator("#new-value").fill("50")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator(".filter-chip")).to_contain_text("MRR is below 50")
    expect(page.locator("[data-rows] tbody tr")).to_have_count(5)
    expect(page.locator("#add-filter")).to_be_focused()
    page.locator(".filter-chip summary").click()
    page.locator("#chip-0-value").fill("40")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator(".filter-chip")).to_contain_text("MRR is below 40")
    expect(page.locator("[data-rows] tbody tr")).to_have_count(4)
    page.locator("#choose-columns").click()
    page.locator(".columns").get_by_label("Plan").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Plan")).to_be_visible()
    expect(page.locator("[data-rows] tbody tr").first.locator(".col-trait")).to_have_text("pro")

    boxes = page.locator("[data-pick]")
    boxes.nth(1).check()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator("[data-count]")).to_have_text("3 ticked")
    address = page.url
    page.locator("#bulk-owner").click()
    page.get_by_label("Who looks after them").select_option(EMAIL)
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.locator("#bulk-said")).to_have_text("The owner of 3 customers is set.")
    expect(page.locator("td.col-owner .clip")).to_have_text(["You"] * 3)
    assert page.url == address, "the filter stays in the address"
    # They are ticked still, for the next thing to do.
    expect(page.locator("[data-count]")).to_have_text("3 ticked")
    page.locator("#bulk-task").click()
    page.get_by_label("What is to be done?").fill("Call them")
    page.get_by_role("button", name="Set it for each").click()
    expect(page.locator("#bulk-said")).to_have_text("The task is set for 3 customers.")
    assert_clean(page)
    page.set_viewport_size(PHONE)
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("link", name="Mine").click()
    expect(page.locator("[data-rows] tbody tr")).to_have_count(3)
    expect(page.locator("#customers-answer")).to_have_text("3 of 60 customers owned by you, matching 1 filter.")
    page.get_by_role("link", name=re.compile("Remove the filter MRR")).click()
    expect(page.locator(".filter-chip")).to_have_count(0)


def test_all_of_it_by_keyboard(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/customers?sort=name&field=trait.plan&value=pro")
    page.locator("#q").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("1 ticked")
    expect(page.locator("[data-pick]").nth(1)).to_be_checked()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+X")
    expect(page.locator("[data-count]")).to_have_text("3 ticked")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()
    page.locator("#pick-all").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-count]")).to_have_text("50 ticked")
    page.get_by_role("button", name="Select all 55 that match").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-count]")).to_have_text("All 55 ticked")
    expect(page.locator("#bulk-owner")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#bulk-tag-text")).to_be_focused()
    page.keyboard.type("Everybody")
    page.keyboard.press("Enter")
    expect(page.locator("#bulk-said")).to_have_text("55 customers got the tag.")
    expect(page.locator("[data-count]")).to_have_text("All 55 ticked")
    expect(page.locator("#bulk-tag")).to_be_focused()
    assert page.url.endswith("&field=trait.plan&value=pro")
    page.goto(f"{server.url}/customers?tag=everybody")
    expect(page.locator("#customers-answer")).to_have_text("55 customers with the tag “Everybody”.")
