"""The dashboard as people use it: Chromium, a running server, events that were sent to it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import psycopg
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.asking import Hands
from tests.browser.complaints import complaints_of
from tests.browser.signing_in import sign_in
from tests.support.dashboard import EMAIL, PASSWORD, sign_in_link
from tests.support.server import WRITE_KEY, Server, wait_for

_CUSTOMERS = 120


def _history(now: datetime) -> Iterator[dict[str, Any]]:
    """120 customers: the first is the busiest; every sixth sent nothing for 20 days."""
    for number in range(_CUSTOMERS):
        last = now - timedelta(days=20 if number % 6 == 5 else 0, minutes=10 + number)
        for step in range(90 if number == 0 else 1 + number % 7):
            milestone = number == 0 and step == 3
            yield {
                "customer_id": f"c-{number:03}",
                "event_type": "competency_milestone"
                if milestone
                else "export_action"
                if step % 5 == 4
                else "tool_usage",
                "tool_id": "icp-analysis" if number % 3 else "business-case",
                "tool_section": "summary",
                "session_id": f"s-{number}-{step // 10}",
                "timestamp": (last - timedelta(hours=step)).isoformat(),
                "event_metadata": {"milestone_description": "First complete analysis"} if milestone else {},
            }


@pytest.fixture(scope="module")
def filled(lone_server: Server) -> Server:
    with lone_server.client(WRITE_KEY) as client:
        answer = client.post("/v1/events", json={"events": list(_history(datetime.now(UTC)))})
    assert answer.status_code == 200, answer.text
    assert answer.json()["rejected"] == []
    with psycopg.connect(lone_server.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into milepost.customers (customer_id, name)"
            " values ('c-000', 'Øresund Maritime'), ('c-001', 'Fabrikam')"
        )
    return lone_server


@pytest.fixture
def page(filled: Server, browser: Browser) -> Iterator[Page]:
    """A signed-in member's page, which must not complain until the end."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce"
    )
    page = context.new_page()
    complaints = complaints_of(page)
    sign_in(page, filled)
    yield page
    context.close()
    assert complaints == []


def _ask(server: Server, question: LiteralString) -> int:
    with psycopg.connect(server.database_url) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])


def test_the_first_event_of_a_new_product_takes_five(lone_server: Server, browser: Browser) -> None:
    """From the link in the log: address, password, on; the example copied, and pasted where it runs.
    It comes before `filled`."""
    for keyboard in (False, True):
        with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
            page = context.new_page()
            hands = Hands(page, keyboard=keyboard)
            page.goto(sign_in_link(lone_server))
            hands.write(page.get_by_label("Email"), EMAIL)
            hands.write(page.get_by_label("Password"), PASSWORD)
            hands.press(page.get_by_role("button", name="Save and continue"))
            expect(page.locator(".answer")).to_have_text("Send the first event, and this page fills up by itself.")
            hands.press(page.locator("section:has(#curl-title)").get_by_role("button", name="Copy"))
            expect(page.locator("section:has(#curl-title) button")).to_have_text("Copied")
            copied: str = page.evaluate("navigator.clipboard.readText()")
            assert hands.count + 1 <= 5
            if keyboard:
                subprocess.run(copied, shell=True, check=True, capture_output=True)
                # It asks every other second.
                expect(page.locator(".answer")).to_contain_text("Nobody needs you today", timeout=4000)
    with lone_server.client() as team:
        assert team.post("/v1/customers/acme/erase").is_success


def test_home_says_what_the_database_says(page: Page, filled: Server) -> None:
    page.goto(page.url + "?days=7")
    recent = "\"timestamp\" >= (current_date - 6)::timestamp at time zone 'UTC'"
    active = _ask(filled, f"select count(distinct customer_id) from behavior_events where {recent}")
    events = _ask(filled, f"select count(*) from behavior_events where {recent}")
    sessions = _ask(filled, f"select count(distinct session_id) from behavior_events where {recent}")
    figures = page.locator(".figures > div")
    expect(figures.filter(has_text="Active customers").locator("data").first).to_have_attribute("value", str(active))
    expect(figures.filter(has_text="Events").locator("data").first).to_have_attribute("value", str(events))
    assert sessions
    expect(page.get_by_text("First complete analysis")).to_be_visible()
    by_day = _ask(
        filled,
        "select events from (select sum(events) as events from milepost.customer_days"
        " where day > current_date - 7) as d",
    )
    bars = page.locator("#events .column").evaluate_all(
        "all => all.reduce((sum, c) => sum + Number(c.dataset.value), 0)"
    )
    assert bars == by_day


def _links(page: Page) -> list[str]:
    links: list[str] = page.locator("tbody .who a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return links


def test_customers_are_searched_sorted_and_paged(page: Page) -> None:
    page.goto(page.url + "customers?col=events")
    expect(page.locator("#customers-answer")).to_have_text(f"{_CUSTOMERS} customers")
    page.get_by_role("link", name="Events", exact=True).click()
    expect(page.get_by_role("columnheader", name="Events")).to_have_attribute("aria-sort", "descending")
    expect(page.locator("tbody tr").first).to_contain_text("Øresund Maritime")
    first = page.locator("tbody .who a").first
    first_page = _links(page)
    assert len(first_page) == 50
    seen = list(first_page)
    for _ in range(2):
        before = str(first.get_attribute("href"))
        page.get_by_role("link", name="Next").click()
        expect(first).not_to_have_attribute("href", before)
        seen += _links(page)
    assert len(seen) == len(set(seen)) == _CUSTOMERS
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    for back in (50, 0):
        page.get_by_role("link", name="Previous").click()
        expect(first).to_have_attribute("href", seen[back])
    assert _links(page) == first_page
    page.keyboard.press("/")
    page.keyboard.type("fabri")
    expect(page.locator("#customers-answer")).to_contain_text("1 customer matches")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "q=fabri" in page.url
    page.go_back()
    page.get_by_role("link", name="Quiet", exact=True).click()
    expect(page.locator("#customers-answer")).to_contain_text(f"{_CUSTOMERS // 6} of {_CUSTOMERS} customers went quiet")


def test_a_customer_and_the_rest_of_the_timeline(page: Page) -> None:
    page.goto(page.url + "customers?sort=events")
    page.get_by_role("link", name="Øresund Maritime").click()
    expect(page.get_by_role("heading", name="Øresund Maritime", level=1)).to_be_visible()
    expect(page.locator(".figures > div").first.locator("data")).to_have_attribute("value", "90")
    expect(page.locator(".entry")).to_have_count(40)
    page.get_by_role("link", name="Activity", exact=True).click()
    for shown in (80, 90):
        page.get_by_role("button", name="Show earlier").or_(page.get_by_role("link", name="Show earlier")).click()
        expect(page.locator(".entry")).to_have_count(shown)
    expect(page.get_by_text("Show earlier")).to_have_count(0)
    days = page.locator("h3.day").all_inner_texts()
    assert len(days) == len(set(days)), "a day is headed once"
    page.locator(".entry summary").first.click()
    expect(page.locator(".event-detail").first).to_contain_text("event_id")


def test_an_event_is_seen_within_two_seconds(page: Page, filled: Server) -> None:
    page.goto(page.url + "live")
    expect(page.locator("#live-state")).to_have_text("Connected")
    rows = page.locator("#live-events li")
    assert rows.count() > 0, "what came before is there"
    # Anywhere: the badge that it earns may stand above it already.
    seen = rows.filter(has_text="Fabrikam").filter(has_text="Exported in ICP Analysis")
    before = seen.count()
    event = {"customer_id": "c-001", "event_type": "export_action", "tool_id": "icp-analysis"}
    with filled.client(WRITE_KEY) as client:
        started = time.monotonic()
        assert client.post("/v1/events", json={"events": [event]}).status_code == 200
    expect(seen).to_have_count(before + 1, timeout=2000)
    assert time.monotonic() - started < 2


def test_what_is_stored_before_the_page_listens_is_shown_once(page: Page, filled: Server) -> None:
    event = {"customer_id": "c-001", "event_type": "resource_generation", "tool_id": "icp-analysis"}
    seen = (
        page.locator("#live-events li:not(.announced)").filter(has_text="Fabrikam").filter(has_text="Made a resource")
    )
    held: list[Route] = []
    page.route("**/v1/live*", lambda route: held.append(route))
    with filled.client(WRITE_KEY) as client:

        def send() -> None:
            assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1

        with page.expect_request("**/v1/live*"):
            page.goto(page.url + "live")
        send()
        expect(seen).to_have_count(0)
        held.pop().continue_()
        expect(seen).to_have_count(1)
        # All that is remembered, as where the page was made before the server's last start: some stands there already.
        with page.expect_request("**/v1/live*"):
            page.reload()
        expect(seen).to_have_count(1)
        held.pop().continue_(url=f"{filled.url}/v1/live?after=another-1")
        expect(page.locator("#live-state")).to_have_text("Connected")
        send()
        expect(seen).to_have_count(2)


def test_a_key_is_made_used_and_revoked(page: Page, filled: Server) -> None:
    page.goto(page.url + "keys")
    expect(page.get_by_role("row", name="MILEPOST_WRITE_KEY")).to_contain_text("Preset")
    page.get_by_label("Name").fill("Nightly export")
    page.get_by_label("Kind").select_option("secret")
    page.get_by_role("button", name="Make the key").click()
    key = page.locator(".created code").first.inner_text()
    assert key.startswith("mps_")

    def status() -> int:
        with filled.client(key) as client:
            return client.get("/v1/customers").status_code

    assert status() == 200
    page.get_by_role("link", name="Keys").click()
    assert key not in page.content(), "a secret key is shown once"
    page.get_by_role("button", name="Revoke Nightly export").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_role("row", name="Nightly export")).to_contain_text("Revoked")
    wait_for(lambda: status() == 401, 2, "the revoked key to be refused")


def test_signing_out_and_in_again(page: Page, filled: Server) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.goto(f"{filled.url}/customers?sort=name")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#customers-answer")).to_be_visible()
    assert page.url.endswith("/customers?sort=name")
