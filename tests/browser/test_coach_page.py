"""The coaching page and a customer's next steps in Chromium, on a running server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.complaints import complaints_of
from tests.support.dashboard import EMAIL, PASSWORD, sign_in_link
from tests.support.postgres import Cluster
from tests.support.server import Server, running, wait_for

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


def test_a_row_is_dealt_with_in_place(dana: Page) -> None:
    dana.goto("/coaching")
    rows = dana.locator(".step-row")
    expect(rows).to_have_count(6)
    # Not of those whose own pages the other tests are about.
    first = rows.filter(has_text="acme").first
    first.get_by_role("button", name=re.compile("^Accept")).click()
    expect(first.locator(".step-state")).to_contain_text("Accepted")
    expect(first.get_by_role("button", name=re.compile("^Accept"))).to_have_count(0)
    first.get_by_role("button", name=re.compile("^Done")).click()
    expect(first.locator(".step-state")).to_contain_text("Done")
    expect(first.get_by_role("button")).to_have_count(0)
    # Nothing was loaded anew, and after loading it is gone from what is open.
    expect(rows).to_have_count(6)
    dana.reload()
    expect(rows).to_have_count(5)


def test_tabs_and_playbooks_filter_without_a_load(dana: Page) -> None:
    dana.goto("/coaching")
    dana.evaluate("window.stayed = true")
    dana.get_by_label("Playbook", exact=True).select_option("export-not-shared")
    expect(dana).to_have_url(re.compile("playbook=export-not-shared"))
    expect(dana.locator(".step-row").first).to_contain_text("Share what you exported")
    expect(dana.locator(".step-row .step-book").first).to_have_text("Exported, never shared")
    dana.get_by_role("link", name="Ran out").click()
    expect(dana.get_by_text("None of these")).to_be_visible()
    assert dana.evaluate("window.stayed") is True
    dana.go_back()
    expect(dana.locator(".step-row").first).to_contain_text("Share what you exported")


def test_next_steps_on_the_customer_s_page(dana: Page) -> None:
    dana.goto("/customers/zebra#actions")
    section = dana.get_by_role("region", name="Next steps")
    expect(section.locator(".step-row")).to_have_count(2)
    section.get_by_role("button", name=re.compile("^Dismiss")).first.click()
    expect(section.locator(".step-state").first).to_contain_text("Dismissed")
    dana.reload()
    expect(section.locator(".step-rows:not(.past) .step-row")).to_have_count(1)
    section.get_by_text("1 earlier").click()
    expect(section.locator(".past .step-row")).to_contain_text("Dismissed")


def test_it_works_by_keyboard(dana: Page) -> None:
    dana.goto("/customers/contoso#actions")
    button = dana.get_by_role("button", name=re.compile("^Accept")).first
    button.focus()
    dana.keyboard.press("Enter")
    expect(dana.locator(".step-state").first).to_contain_text("Accepted")
    # The reader stays at the row, so that the next key goes on from there.
    expect(dana.locator(".step-row").first).to_be_focused()
    # htmx sets the focus once more, some milliseconds later, when what it put in has settled.
    expect(dana.locator(".htmx-added, .htmx-settling, .htmx-swapping, .htmx-request")).to_have_count(0)
    dana.keyboard.press("Tab")
    expect(dana.get_by_role("button", name=re.compile("^Done")).first).to_be_focused()
