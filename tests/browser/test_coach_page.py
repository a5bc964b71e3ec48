"""The team's actions and a customer's next steps in Chromium, on a running server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.complaints import complaints_of
from tests.support.axe import assert_clean
from tests.support.dashboard import EMAIL, PASSWORD, member, sign_in_link
from tests.support.postgres import Cluster
from tests.support.server import Server, running, wait_for

#: Whatever is pressed from now on.
_COUNTED = """for (const kind of ["mousedown", "keydown"])
  addEventListener(kind, () => (window.used = (window.used ?? 0) + 1), true);"""
_PLAN = Path(__file__).parents[2] / "src/milepost/plan/default.toml"


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The default plan with nobody held out; three customers with two recommendations each."""
    folder = tmp_path_factory.mktemp("server")
    plan = folder / "milepost.toml"
    plan.write_text(_PLAN.read_text().replace("hold_out = 0.1", "hold_out = 0.0"))
    with (
        cluster.database() as dsn,
        running(Server(folder, database_url=dsn, environ={"MILEPOST_PLAN_FILE": str(plan)})) as server,
        server.client() as client,
    ):
        events = [
            {"event_type": "export_action", "customer_id": customer, "session_id": "s", "tool_id": "icp-analysis"}
            for customer in ("acme", "zebra", "contoso")
            for _ in range(3)
        ]
        client.post("/v1/events", json={"events": events}).raise_for_status()
        with member(server, "127.0.0.41", "lee@example.com"):
            wait_for(lambda: client.get("/v1/coach/queue").json()["total"] >= 6, 30, "recommendations")
        yield server


@pytest.fixture
def dana(browser: Browser, server: Server) -> Iterator[Page]:
    """Signed in, and with an eye on everything a clean page does not have."""
    context = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    complaints = complaints_of(page)
    page.goto(sign_in_link(server).removeprefix(server.url))
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").first.click()
    page.wait_for_url(server.url + "/")
    yield page
    context.close()
    assert complaints == []


def row_of(page: Page, customer: str) -> Locator:
    return page.locator(".act-row").filter(has_text=customer)


def test_an_action_is_handed_over_in_two_clicks_or_three_keys(dana: Page) -> None:
    """From the list: by mouse Assign and the colleague; by keyboard a, l (Lee) and Enter on the row one is at."""
    dana.goto("/actions")
    rows = dana.locator(".act-row")
    expect(rows).to_have_count(6)
    dana.evaluate("window.stayed = true")
    dana.evaluate(_COUNTED)
    first = rows.nth(0)
    first.get_by_text("Assign", exact=False).first.click()
    first.get_by_role("button", name="lee@example.com").click()
    expect(first.locator("[data-menu=assign] summary")).to_contain_text("lee@example.com")
    assert dana.evaluate("window.used") <= 3
    expect(first).to_be_focused()
    # htmx sets the focus once more, some milliseconds later, when what it put in has settled.
    expect(dana.locator(".htmx-added, .htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)
    dana.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    dana.evaluate("window.used = 0")
    dana.keyboard.press("a")
    dana.keyboard.press("l")
    dana.keyboard.press("Enter")
    expect(rows.nth(1).locator("[data-menu=assign] summary")).to_contain_text("lee@example.com")
    assert dana.evaluate("window.used") <= 3
    # Whose they are is in the address, and nothing was loaded anew.
    dana.get_by_label("Whose", exact=True).select_option("lee@example.com")
    expect(dana).to_have_url(re.compile("whose=lee%40example.com"))
    expect(rows).to_have_count(2)
    assert dana.evaluate("window.stayed") is True
    dana.go_back()
    expect(rows).to_have_count(6)
    # Going back loads the page anew, and its keys are there when its scripts have run.
    dana.wait_for_load_state("domcontentloaded")
    # The keys are listed; Enter opens the account, which tells what was done.
    dana.keyboard.press("?")
    keys = dana.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Assign it")
    dana.keyboard.press("Escape")
    dana.keyboard.press("j")
    dana.keyboard.press("Enter")
    expect(dana).to_have_url(re.compile("/customers/"))
    dana.get_by_role("link", name="Activity").click()
    expect(dana.locator("#timeline")).to_contain_text("Handed over to lee@example.com")


def test_what_is_said_and_seen_and_several_at_once(dana: Page) -> None:
    dana.goto("/actions?playbook=export-not-shared")
    rows = dana.locator(".act-row")
    row = row_of(dana, "contoso")
    expect(row.locator(".act-book")).to_have_text("Exported, never shared")
    expect(row.locator(".act-why")).to_contain_text("Exported 3 times and has shared nothing yet")
    expect(row.locator(".act-say")).to_contain_text("Who on your side decides on them?")
    # The customer's own wording is one look away.
    card = row.locator(".customer-card")
    expect(card).to_be_hidden()
    row.get_by_text("See what the customer sees").click()
    expect(card).to_contain_text("You exported 3 times and shared nothing yet")
    expect(card).to_contain_text("I’ll do it")
    row.locator("[data-menu=dismiss] summary").click()
    row.get_by_label("They do not want to").check()
    row.get_by_label("More").fill("Ask again in May.")
    assert_clean(dana)
    row.get_by_role("button", name="Dismiss", exact=True).click()
    expect(row.locator(".act-side")).to_contain_text("They do not want to. Ask again in May.")
    row.get_by_role("button", name="Undo").click()
    expect(row.locator("[data-menu=snooze]")).to_be_visible()
    row.locator("[data-menu=snooze] summary").click()
    row.get_by_role("button", name="1 week").click()
    expect(row).to_contain_text("Snoozed until")
    expect(rows).to_have_count(3)
    dana.reload()
    expect(rows).to_have_count(2)
    row_of(dana, "acme").focus()
    dana.keyboard.press("x")
    bar = dana.locator("#act-bulk")
    expect(bar).to_contain_text("1 ticked")
    assert_clean(dana)
    bar.get_by_role("button", name="Done").click()
    expect(rows).to_have_count(1)
    expect(bar).to_be_hidden()
    dana.get_by_role("link", name="Closed").click()
    expect(dana).to_have_url(re.compile("show=closed"))
    expect(rows.first).to_contain_text("Done by you")


def test_next_steps_on_the_customer_s_page_without_scripts(dana: Page, browser: Browser, server: Server) -> None:
    state = dana.context.storage_state()
    with browser.new_context(base_url=server.url, java_script_enabled=False, storage_state=state) as context:
        page = context.new_page()
        page.goto("/customers/zebra")
        section = page.get_by_role("region", name="Next steps")
        expect(section.locator(".act-row")).to_have_count(2)
        row = section.locator(".act-row").first
        row.locator("[data-menu=assign] summary").click()
        row.get_by_role("button", name="dana@example.com").click()
        expect(row.locator("[data-menu=assign] summary")).to_contain_text("You")
        row.get_by_role("button", name=re.compile("^Done")).click()
        section.get_by_text("1 earlier").click()
        expect(section.locator(".is-over")).to_contain_text("Done by you")
        page.goto("/actions?whose=me")
        expect(page.get_by_text("None of these")).to_be_visible()
