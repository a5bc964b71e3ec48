"""The command bar and the list of keys in Chromium, by keyboard and by mouse; the sheet behind "More" on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, ViewportSize, expect

from tests.browser.complaints import complaints_of
from tests.support.axe import COLOURS, COLOURS_AND_SIZES, PHONE, faults, sideways

from .sample import EVIL

_NARROWEST: ViewportSize = {"width": 320, "height": 700}
_WIDE: ViewportSize = {"width": 1280, "height": 900}


@pytest.fixture
def page(site: str, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=_WIDE, locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    complaints = complaints_of(page)
    page.goto(f"{site}/full/customers")
    yield page
    context.close()
    # Chromium itself tells of the answer 503 that one test gives.
    assert [said for said in complaints if "503" not in said] == []


def _bar(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Go to or do")


def _options(page: Page) -> Locator:
    return _bar(page).get_by_role("option")


def _chosen(page: Page) -> Locator:
    return _bar(page).locator("[role=option][aria-selected=true]")


def _type(page: Page, text: str) -> None:
    """Opens the bar and waits for the server's answer to all of `text`."""
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search customers, people")).to_be_focused()
    with page.expect_response(lambda response: response.url.endswith(f"/search?q={text}")):
        page.keyboard.type(text)
    expect(_bar(page).get_by_role("status")).to_have_text(re.compile("found|Nothing"))


def test_a_customer_is_reached_by_keyboard_alone(site: str, page: Page) -> None:
    _type(page, "north")
    field = page.get_by_role("combobox", name="Search customers, people")
    expect(_chosen(page)).to_have_text(re.compile("^Northwind"))
    page.keyboard.press("ArrowDown")
    expect(_chosen(page)).to_contain_text("Traders of the very far")
    expect(field).to_have_attribute("aria-activedescendant", _chosen(page).get_attribute("id") or "")
    page.keyboard.press("End")
    expect(_chosen(page)).to_have_text("All customers with “north”")
    page.keyboard.press("ArrowDown")
    expect(_chosen(page)).to_have_text(re.compile("^Northwindc-north"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/customers/c-north")


def test_a_person_is_reached_by_mouse_and_is_offered_again(site: str, page: Page) -> None:
    page.get_by_role("button", name="Search", exact=True).click()
    page.keyboard.type("nora")
    _options(page).filter(has_text="Nora North").click()
    page.wait_for_url(f"{site}/people/nora")
    page.keyboard.press("Control+k")
    expect(_bar(page).get_by_role("group", name="Recent").get_by_role("option")).to_have_text(
        ["Nora Northnora@north.example"]
    )
    with page.expect_navigation(url=f"{site}/people/nora"):
        page.keyboard.press("Enter")
    kept = json.loads(page.evaluate("localStorage.getItem('milepost-recent')"))
    assert kept == [{"kind": "person", "name": "Nora North", "hint": "nora@north.example", "href": "/people/nora"}]
    page.goto(f"{site}/full/sign-in")
    assert page.evaluate("localStorage.getItem('milepost-recent')") is None, "signed out: nothing is kept"


def test_eight_at_most_are_kept_and_what_is_no_address_of_ours_is_not_followed(page: Page) -> None:
    many = [{"kind": "customer", "name": f"C{n}", "hint": "", "href": f"/customers/{n}"} for n in range(20)]
    evil = {"kind": "customer", "name": "Evil", "hint": "", "href": "//evil.example/"}
    page.evaluate("kept => localStorage.setItem('milepost-recent', kept)", json.dumps([evil, {"name": 1}, *many]))
    page.keyboard.press("Control+k")
    recent = _bar(page).get_by_role("group", name="Recent").get_by_role("option")
    expect(recent).to_have_text([f"C{n}" for n in range(8)])
    page.keyboard.press("Escape")
    page.evaluate("localStorage.setItem('milepost-recent', '{broken')")
    page.keyboard.press("Control+k")
    expect(_options(page).first).to_have_text("Add a task for …")


def test_an_older_answer_never_replaces_a_newer(page: Page) -> None:
    held: list[Route] = []

    def answer(route: Route) -> None:
        if route.request.url.endswith("q=no"):
            held.append(route)
        else:
            route.fallback()

    page.route("**/search?*", answer)
    # What keeps a late answer out is not that its request was taken back.
    page.evaluate("AbortController.prototype.abort = () => {}")
    page.keyboard.press("Control+k")
    with page.expect_request("**/search?q=no"):
        page.keyboard.type("no")
    with page.expect_response("**/search?q=nora"):
        page.keyboard.type("ra")
    expect(_options(page)).to_have_count(2)
    assert len(held) == 1
    slow = [{"kind": "customer", "name": "Too late", "hint": "", "href": "/customers/late"}]
    with page.expect_response("**/search?q=no"):
        held[0].fulfill(json={"items": slow, "whole": True})
    page.evaluate("new Promise((done) => setTimeout(done))")
    expect(_options(page)).to_have_text(["Nora Northnora@north.example", "All customers with “nora”"])


def test_who_types_faster_than_the_server_answers_gets_what_was_meant(site: str, page: Page) -> None:
    # Whoever types slowly asks for parts of the name too, which nobody answers here.
    held: dict[str, Route] = {}
    page.route("**/search?*", lambda route: held.update({route.request.url.partition("?q=")[2]: route}))
    page.keyboard.press("Control+k")
    with page.expect_request("**/search?q=nora"):
        page.keyboard.type("nora")
        page.keyboard.press("Enter")
    while "nora" not in held:
        page.evaluate("new Promise((done) => setTimeout(done))")
    held["nora"].fallback()
    expect(page).to_have_url(f"{site}/people/nora")


def test_pages_and_actions_are_found_without_the_server(site: str, page: Page) -> None:
    page.route("**/search?*", lambda route: route.fulfill(status=503))
    page.keyboard.press("Control+k")
    page.keyboard.type("trend")
    expect(_chosen(page)).to_have_text("Trends")
    expect(_bar(page).get_by_text("The server did not answer.")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("dark mode")
    expect(_chosen(page)).to_have_text("Switch the theme")
    page.keyboard.press("Enter")
    expect(_bar(page)).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("Control+k")
    page.keyboard.type("keys of")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_a_sentence_leads_to_the_customers_form(site: str, page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("log a c")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Search customers, people")).to_have_value("Log a call with ")
    with page.expect_response("**/search?q=northwind"):
        page.keyboard.type("northwind")
    expect(_chosen(page)).to_have_text(re.compile("^Log a call with Northwind"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/customers/c-north#action-action_type")
    expect(page.get_by_label("What was it?")).to_be_focused()
    page.keyboard.press("Control+k")
    with page.expect_response("**/search?q=northwind"):
        page.keyboard.type("task northwind")
    expect(_chosen(page)).to_have_text(re.compile("^Add a task for Northwind"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/customers/c-north#task-title")
    expect(page.locator("#task-title")).to_be_focused()


def test_a_new_tab_leaves_the_bar_where_it_is(site: str, page: Page) -> None:
    _type(page, "north")
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Enter")
    expect(opened.value).to_have_url(f"{site}/customers/c-north")
    expect(_bar(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(_bar(page)).to_be_hidden()


def test_names_are_shown_as_text(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("evil")
    expect(_options(page).filter(has_text=EVIL[:40])).to_be_visible()
    expect(_bar(page).locator("img, script")).to_have_count(0)


def test_the_slash_stays_with_the_pages_own_search(site: str, page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.goto(f"{site}/full/tasks")
    page.keyboard.press("/")
    expect(_bar(page)).to_be_visible()


def test_question_mark_lists_the_keys_but_not_while_typing(page: Page) -> None:
    page.evaluate("window.milepost.keys.push({ key: 'n', says: 'Next row' })")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Everywhere")
    said = keys.locator("[data-page-keys] dd")
    expect(said.first).to_have_text("Search this list")
    expect(said.last).to_have_text("Next row")
    assert said.all_inner_texts()[1:-1] == [
        "Go through the rows", "Next customer", "The one before", "Open its panel", "Tick it", "Tick all up to it",
    ]  # fmt: skip
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.locator("#q").focus()
    page.keyboard.press("?")
    expect(page.locator("#q")).to_have_value("?")
    expect(keys).to_be_hidden()


def test_more_is_a_sheet_with_the_rest(site: str, page: Page) -> None:
    page.set_viewport_size(PHONE)
    tabs = page.get_by_role("navigation", name="Tabs")
    expect(tabs.locator("> *")).to_have_text(["Home", "Customers", "Explore", "Tasks", "More"])
    expect(tabs.locator("[aria-current]")).to_have_text("Customers")
    opener = tabs.get_by_role("button", name="More")
    opener.focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="More")
    expect(sheet.get_by_role("link", name="Explore")).to_be_visible()
    expect(sheet.get_by_role("button", name="Sign out")).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('#more')")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    sheet.get_by_role("link", name="Live").click()
    expect(page).to_have_url(f"{site}/live")
    expect(tabs.locator("[aria-current]")).to_have_text("More")


def test_nothing_is_hidden_under_the_bar_or_beside_the_screen(site: str, page: Page) -> None:
    page.set_viewport_size(_NARROWEST)
    for name in ("customers", "overview", "tasks", "live"):
        page.goto(f"{site}/full/{name}")
        assert sideways(page) <= 0, name
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        end = page.locator("main").evaluate("main => main.getBoundingClientRect().bottom")
        top = page.get_by_role("navigation", name="Tabs").evaluate("bar => bar.getBoundingClientRect().top")
        assert end <= top, name
    page.get_by_role("button", name="Search", exact=True).click()
    assert sideways(page) <= 0
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More").click()
    assert sideways(page) <= 0


def test_axe_finds_no_fault_in_the_bar(page: Page) -> None:
    for text in ("", "north", "nobody at all"):
        page.keyboard.press("Control+k")
        page.keyboard.type(text)
        expect(_bar(page).locator("[data-state]")).not_to_have_text("Searching…")
        assert faults(page) == [], text
        page.emulate_media(color_scheme="dark")
        assert faults(page, COLOURS) == [], text
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        assert faults(page, COLOURS_AND_SIZES) == [], text
        page.set_viewport_size(_WIDE)
        page.keyboard.press("Escape")
        expect(_bar(page)).to_be_hidden()
