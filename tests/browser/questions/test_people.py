"""The people of a customer, found by whoever has never seen the page: by typing, by a column's head, on a phone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.asking import Visit
from tests.support.axe import PHONE
from tests.support.server import WRITE_KEY, wait_for

#: More than a part of a timeline.
_OFTEN = 130


def test_people_are_searched_and_sorted_and_the_address_says_how(visit: Visit) -> None:
    _send(visit)
    page = visit.open("/customers/crowded#people")
    page.get_by_role("link", name="Show all of them").click()
    assert _names(page)[0] == "worker-00"
    page.get_by_role("searchbox", name="Search these people").fill("ER-1")
    expect(page.locator("#people-found [role=status]")).to_contain_text("5 of 15")
    expect(page).to_have_url(re.compile("q=ER-1"))
    page.get_by_role("link", name="Person", exact=True).click()
    expect(page.get_by_role("columnheader", name="Person")).to_have_attribute("aria-sort", "ascending")
    assert _names(page) == [f"worker-{n}" for n in range(10, 15)]
    page.get_by_role("link", name="Person", exact=True).press("Enter")
    expect(page.get_by_role("columnheader", name="Person")).to_have_attribute("aria-sort", "descending")
    page.reload()
    assert _names(page) == [f"worker-{n}" for n in range(14, 9, -1)]
    page.set_viewport_size(PHONE)
    page.get_by_label("Show", exact=True).select_option("active")
    expect(page.get_by_text("Nobody matches")).to_be_visible()
    page.get_by_role("link", name="Show everybody").first.click()
    page.get_by_label("Sort by").select_option("name")
    expect(page).to_have_url(re.compile("sort=name"))
    page.get_by_role("link", name="worker-00").click()
    expect(page.locator("#timeline .entry")).to_have_count(100)
    page.get_by_role("link", name="Show earlier").click()
    expect(page.locator("#timeline .entry")).to_have_count(_OFTEN)
    expect(page.get_by_role("link", name="Show earlier")).to_have_count(0)


def _send(visit: Visit) -> None:
    """Before anything that the other tests count."""
    at = datetime.now(UTC) - timedelta(days=110)
    events = [
        {"customer_id": "crowded", "user_id": f"worker-{n:02}", "event_type": "tool_usage", "timestamp": moment}
        for n in range(15)
        for moment in [(at + timedelta(minutes=k)).isoformat() for k in range(_OFTEN if n == 0 else 1)]
    ]
    with visit.server.client(WRITE_KEY) as sender:
        answer = sender.post("/v1/events", json={"events": events})
        assert answer.json()["accepted"] == len(events), answer.text
    path = f"{visit.server.url}/customers/crowded/people?sort=-events"

    def arrived() -> bool:
        visit.page.goto(path)
        return len(_names(visit.page)) == 15

    wait_for(arrived, 60, "the column store")


def _names(page: Page) -> list[str]:
    names: list[str] = page.locator("#people-found .who a").all_inner_texts()
    return names
