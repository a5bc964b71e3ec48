"""The customers' list in Chromium: filters, columns, ticking, what is done with many; by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.browser.asking import Hands
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
    expect(page.locator(".filter")).to_contain_text("MRR is below 50")
    expect(page.locator("[data-rows] tbody tr")).to_have_count(5)
    expect(page.locator("#add-filter")).to_be_focused()
    page.locator(".chip summary").click()
    page.locator("#chip-0-value").fill("40")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator(".filter")).to_contain_text("MRR is below 40")
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
    expect(page.locator(".filter")).to_have_count(0)


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


def test_a_call_is_prepared_in_the_panel_of_a_row(server: Server, page: Page) -> None:
    with server.client() as team:
        text = {"text": "They renew in May. Sam decides."}
        assert team.post("/v1/customers/cust-13/notes", json=text).status_code == 201
        assert team.post("/v1/customers/cust-13/tasks", json={"title": "Send the workshop"}).status_code == 201
    panel = page.locator("#brief")
    # From the first screen: to the list, who it is, and the row, which by keyboard is gone to and opened.
    for keyboard in (True, False):
        page.goto(server.url)
        hands = Hands(page, keyboard=keyboard)
        hands.press(page.get_by_role("navigation", name="Main").get_by_role("link", name="Customers"))
        hands.write(page.get_by_label("Search by name or id"), "cust-13")
        expect(page.locator("[data-rows] tbody tr")).to_have_count(1)
        if keyboard:
            page.keyboard.press("ArrowDown")
            page.keyboard.press("o")
            hands.count += 2
        else:
            hands.press(page.locator("tr[data-customer=cust-13] .col-score"))
        expect(panel.get_by_role("heading", name="cust-13")).to_be_visible()
        assert hands.count <= 3 + keyboard
    page.goto(f"{server.url}/customers?sort=name")
    Hands(page, keyboard=False).press(page.locator("tr[data-customer=cust-13] .col-score"))
    for said in (
        "Too early to say: first seen today, and it takes 14 days.",
        "They renew in May. Sam decides.",
        "Send the workshop",
        "Nobody",
        "Last seen",
        "People active",
    ):
        expect(panel).to_contain_text(said)
    assert panel.evaluate("it => it.scrollHeight <= it.clientHeight"), "it is one screen"
    expect(page).to_have_url(re.compile(r"/customers\?sort=name&open=cust-13$"))
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    # On to the next, and back to the list by the browser's own way, which loads nothing anew.
    page.evaluate("window.same = true")
    panel.get_by_role("button", name="Next customer").click()
    expect(panel.get_by_role("heading", name="cust-14")).to_be_visible()
    expect(page.locator("tr[aria-current]")).to_have_attribute("data-customer", "cust-14")
    page.go_back()
    expect(panel).to_have_count(0)
    expect(page).to_have_url(f"{server.url}/customers?sort=name")
    expect(page.locator("tr[data-customer=cust-14]")).to_be_focused()
    page.go_forward()
    expect(panel.get_by_role("heading", name="cust-14")).to_be_visible()
    assert page.evaluate("window.same")
    # The name is a link as ever, and with Ctrl so is the row.
    with page.context.expect_page() as other:
        page.locator("tr[data-customer=cust-11] .col-score").click(modifiers=["Control"])
    expect(other.value).to_have_url(f"{server.url}/customers/cust-11")
    other.value.close()
    # A link says it, whoever is not there any more opens nothing, and the phone has room for it alone.
    page.set_viewport_size(PHONE)
    page.goto(f"{server.url}/customers?open=gone")
    expect(panel).to_have_count(0)
    page.goto(f"{server.url}/customers?sort=name&open=cust-13")
    expect(panel).to_contain_text("They renew in May. Sam decides.")
    assert_clean(page)
    panel.get_by_role("link", name="Close the panel").click()
    expect(panel).to_have_count(0)
    expect(page).to_have_url(f"{server.url}/customers?sort=name")
    page.locator("tr[data-customer=cust-13] .who a").click()
    expect(page).to_have_url(f"{server.url}/customers/cust-13")


def test_rows_are_walked_through_by_keys(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/customers?sort=name")
    panel, press = page.locator("#brief"), page.keyboard.press
    for key in "jjjk":
        press(key)
    expect(page.locator("tr[data-customer=cust-01]")).to_be_focused()
    press("Enter")
    expect(panel.get_by_role("heading", name="cust-01")).to_be_visible()
    press("j")
    expect(panel.get_by_role("heading", name="cust-02")).to_be_visible()
    expect(panel).to_be_focused()
    press("x")
    expect(page.locator("[data-count]")).to_have_text("1 ticked")
    press("Escape")
    expect(panel).to_have_count(0)
    expect(page.locator("tr[data-customer=cust-02]")).to_be_focused()
    expect(page).to_have_url(f"{server.url}/customers?sort=name")
    press("j")
    press("Shift+X")
    expect(page.locator("[data-count]")).to_have_text("2 ticked")
    # Faster than the browser goes back.
    for key in ("o", "Escape", "o"):
        press(key)
    expect(page).to_have_url(re.compile("open=cust-03$"))
    # A filter is another list: whoever was open is not.
    expect(panel.get_by_role("heading", name="cust-03")).to_be_visible()
    press("/")
    page.keyboard.type("cust-0")
    expect(page.locator("#customers-answer")).to_contain_text("10 customers")
    expect(panel).to_have_count(0)
    expect(page).not_to_have_url(re.compile("open="))
    page.locator("#main").focus()
    press("?")
    expect(page.locator("#page-keys")).to_contain_text("Next customer")


@pytest.mark.parametrize("keyboard", [False, True])
def test_columns_are_ordered_and_kept(server: Server, page: Page, *, keyboard: bool) -> None:
    def shown() -> list[str]:
        return page.locator("[data-rows] thead th .clip").all_inner_texts()[1:4]

    page.goto(f"{server.url}/customers")
    assert shown() == ["Health", "Why", "28 days"]
    hands, menu = Hands(page, keyboard=keyboard), page.locator(".columns")
    hands.press(page.locator("#choose-columns"))
    hands.press(menu.get_by_role("button", name="28 days further to the front"))
    hands.press(menu.get_by_role("button", name="28 days further to the front"))
    expect(menu.locator("[data-moved]")).to_have_text("28 days: 1 of 6")
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    hands.press(menu.get_by_role("button", name="Show these"))
    expect(page.locator("[data-rows] thead th").nth(1)).to_have_text("28 days")
    expect(page.locator("#choose-columns")).to_be_focused()
    assert hands.count == 4
    assert "?col=change&col=score&col=why&" in page.url
    hands.press(page.locator("#choose-columns"))
    menu.locator("#set-name").focus()
    page.keyboard.type("Weekly")
    page.keyboard.press("Enter")
    expect(page.locator("#bulk-said")).to_have_text("The columns are saved as “Weekly”.")
    hands.press(page.locator("#choose-columns"))
    hands.press(menu.get_by_role("button", name="Make these my default"))
    expect(page.locator("#bulk-said")).to_have_text("These columns are your default now.")
    expect(page).to_have_url(f"{server.url}/customers")
    page.goto(f"{server.url}/customers?show=active")
    assert shown() == ["28 days", "Health", "Why"]
    hands.press(page.locator("#choose-columns"))
    hands.press(menu.get_by_role("button", name="Go back to the standard columns"))
    expect(page.locator("[data-rows] thead th").nth(1)).to_have_text("Health")
    hands.press(page.locator("#choose-columns"))
    hands.press(menu.get_by_role("link", name="Weekly"))
    expect(page.locator("[data-rows] thead th").nth(1)).to_have_text("28 days")
    hands.press(page.locator("#choose-columns"))
    hands.press(menu.get_by_role("button", name="Delete the columns Weekly"))
    expect(page.locator("#bulk-said")).to_have_text("The set of columns is deleted.")
