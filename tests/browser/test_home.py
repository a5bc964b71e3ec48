"""Home in Chromium: who needs me today and why, with nothing clicked; then what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
from playwright.sync_api import Browser, expect

from tests.browser.complaints import complaints_of
from tests.support.axe import DESKTOP, PHONE, assert_clean
from tests.support.dashboard import EMAIL, member
from tests.support.past import send_past
from tests.support.server import SERVER_KEY, Server, wait_for

_WHY = "Not active in the last 28 days; usually on 22. Last seen 45 days ago."


def test_who_needs_me_today_and_why(shared_server: Server, browser: Browser) -> None:
    rose = [*range(28), *range(40, 111, 14)]
    send_past(shared_server, home_fell=range(45, 111), home_steady=range(0, 111, 2), home_rose=rose)
    told = [
        {"customer_id": "home-fell", "traits": {"name": "Fell, Inc.", "owner": EMAIL.upper()}},
        {"customer_id": "home-rose", "traits": {"name": "Rose Ltd"}},
    ]
    with shared_server.client(SERVER_KEY) as client:
        assert client.post("/v1/customers/batch", json={"customers": told}).status_code == 200
    with (
        member(shared_server, "127.0.0.97") as signed_in,
        shared_server.client() as team,
        browser.new_context(viewport=DESKTOP, locale="en-GB", timezone_id="UTC", reduced_motion="reduce") as context,
    ):
        task = {"title": "Ask what happened", "due": datetime.now(UTC).date().isoformat(), "assignee": EMAIL}
        assert team.post("/v1/customers/home-fell/tasks", json=task).status_code == 201

        def there() -> bool:
            page = signed_in.get("/").text
            return all(one in page for one in (_WHY, "Rose Ltd"))

        wait_for(there, 60, "who fell and who rose to be on Home")
        kept = signed_in.cookies.jar
        context.add_cookies([{"name": c.name, "value": c.value or "", "url": shared_server.url} for c in kept])
        page = context.new_page()
        complaints = complaints_of(page)
        page.goto(shared_server.url)
        # Nothing is clicked: who, whose, why, and that a task is due.
        expect(page.locator(".answer")).to_contain_text("account of yours needs you today")
        expect(page.locator(".answer")).to_contain_text("due")
        first = page.locator(".needs li").first
        expect(first).to_be_in_viewport()
        expect(first).to_contain_text("Fell, Inc.")
        expect(first).to_contain_text("Yours")
        expect(first).to_contain_text(_WHY)
        expect(page.locator(".needs")).not_to_contain_text("home-steady")
        expect(page.locator(".risen")).to_contain_text("Rose Ltd")
        expect(page.locator(".risen")).to_contain_text("Active on 28 days in the last 28; usually on 2.")
        expect(page.locator(".tasks")).to_contain_text("Ask what happened")
        # The period rules the figures, and is in the address.
        page.locator("#days").select_option("90")
        expect(page.locator("#figures h2").first).to_have_text("90 days against the 90 before")
        assert "days=90" in page.url
        expect(page.locator("#events .column")).to_have_count(90)
        # Figures that take their time keep nobody waiting: they come when they are counted.
        with psycopg.connect(shared_server.database_url) as counting:
            counting.execute("lock table milepost.sessions in access exclusive mode")
            page.goto(f"{shared_server.url}/?days=13")
            expect(page.locator(".needs li").first).to_contain_text("Fell, Inc.")
            expect(page.locator("#figures .skeleton-chart")).to_be_attached()
            counting.rollback()
        expect(page.locator("#events .column")).to_have_count(13)
        expect(page.locator("#figures h2").first).to_have_text("13 days against the 13 before")
        page.locator("#days").select_option("90")
        expect(page.locator("#events .column")).to_have_count(90)
        assert_clean(page)
        page.set_viewport_size(PHONE)
        assert_clean(page)
        # The next step is one key from where one reads.
        first.get_by_role("link", name="Log a call with Fell, Inc.").press("Enter")
        expect(page.locator("#action-action_type")).to_be_visible()
        assert complaints == []
