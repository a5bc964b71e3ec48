"""Who is behind a bar, and what is made of them: cohorts, segments, traits."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser.asking import Visit, drawn_of, pick, table_of
from tests.browser.questions.data import ANALYSED, EXPORTED, SHARED
from tests.support.axe import DESKTOP, assert_clean
from tests.support.server import SERVER_KEY, Server, wait_for


def test_who_is_behind_a_step_becomes_a_cohort_to_filter_by(visit: Visit) -> None:
    page = visit.open("/funnels?days=30&s.event=tool_usage&s.event=export_action")
    page.locator("#steps tbody tr").nth(1).get_by_role("link").first.click()
    sheet = page.locator("dialog#behind")
    expect(sheet.locator(".behind-total")).to_have_text(f"{EXPORTED} customers")
    expect(sheet.locator("tbody tr")).to_have_count(EXPORTED)
    expect(sheet.get_by_role("link", name="c-00")).to_have_attribute("href", "/customers/c-00")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.locator("#steps tbody tr").nth(1).get_by_role("link").nth(1).click()
    expect(sheet.locator(".behind-total")).to_have_text(f"{ANALYSED - EXPORTED} customers")
    sheet.get_by_label("Name of the cohort").fill("Never exported")
    sheet.get_by_role("button", name="Save as cohort").click()
    expect(page.get_by_role("heading", name="Never exported")).to_be_visible()
    expect(page.locator(".answer")).to_have_text(f"{ANALYSED - EXPORTED} customers")
    page.get_by_role("link", name="Funnel", exact=True).click()
    expect(page.locator(".chip summary")).to_have_text("In “Never exported”")
    rows = table_of(page, "steps")
    assert [row[1] for row in rows[1:3]] == [str(ANALYSED - EXPORTED), "0"]


def test_a_click_on_a_bar_says_who(visit: Visit) -> None:
    page = visit.open("/tools?days=30")
    assert drawn_of(page, "adoption") > 3
    box = page.locator("#adoption canvas").bounding_box()
    assert box is not None
    page.locator("#adoption canvas").click(position={"x": box["width"] * 0.3, "y": box["height"] / 6})
    expect(page.locator("dialog#behind .behind-total")).to_have_text(f"{ANALYSED} customers")
    page = visit.open("/funnels?days=30&s.event=tool_usage&s.event=export_action")
    assert drawn_of(page, "steps") > 3
    box = page.locator("#steps canvas").bounding_box()
    assert box is not None
    # Right of those who exported, the part that did not.
    page.locator("#steps canvas").click(position={"x": box["width"] * 0.8, "y": box["height"] * 0.75})
    expect(page.locator("dialog#behind .behind-total")).to_have_text(f"{ANALYSED - EXPORTED} customers")


def test_a_cohort_is_built_by_what_they_did(visit: Visit) -> None:
    page = visit.open("/cohorts")
    page.get_by_role("link", name="New cohort").click()
    # A choice made before the page's scripts are there waits for the button.
    page.wait_for_url("**/cohorts/new")
    page.wait_for_load_state("load")
    pick(page, "did-0-event", "Shared a resource")
    expect(page.locator(".answer")).to_contain_text(f"{SHARED} customers")
    page.get_by_role("button", name="Something they did").click()
    pick(page, "did-1-event", "Opened a page")
    expect(page.locator(".answer")).to_contain_text(f"{SHARED // 2} customers")
    page.get_by_label("Name of the cohort").fill("Sharers who look around")
    page.get_by_role("button", name="Save cohort").click()
    expect(page.locator("tbody tr")).to_have_count(SHARED // 2)


def test_a_filter_of_customers_is_saved_and_asked_by(visit: Visit) -> None:
    page = visit.open("/customers?q=c-0")
    expect(page.locator("#customers-answer")).to_contain_text("10 customers match")
    page.get_by_role("button", name="Save this filter as a segment").click()
    page.get_by_role("dialog").get_by_label("Name").fill("First ten")
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("button", name="Save segment").click()
    expect(page.locator("#customers-answer")).to_have_text("10 of 40 customers in the segment “First ten”.")
    page.get_by_label("Segment", exact=True).select_option("")
    expect(page.locator("#customers-answer")).to_have_text(f"{ANALYSED} customers")
    page.get_by_label("Segment", exact=True).select_option("first-ten")
    expect(page).to_have_url(re.compile("segment=first-ten"))
    page = visit.open("/trends?days=60&measure=units&interval=month")
    pick(page, "add-filter", "First ten")
    expect(page.locator("[data-finding]")).to_contain_text("10 customers")
    page.get_by_role("button", name="Remove the filter In “First ten”").click()
    expect(page.locator("[data-finding]")).to_contain_text(f"{ANALYSED} customers")
    pick(page, "by", "First ten")
    expect(page.locator("#trend .legend li")).to_have_count(2)
    legend = page.locator("#trend .legend").inner_text()
    assert "Not in “First ten”" in legend
    assert "In “First ten”" in legend
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    page = visit.open("/segments")
    page.locator("summary").click()
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No segments yet")).to_be_visible()
    page.get_by_role("link", name="Build the first one").click()
    page.locator("#row-0-field").select_option("search")
    page.locator("#row-0-value").fill("c-1")
    page.keyboard.press("Tab")
    expect(page.locator(".answer")).to_have_text("10 customers are in it now")
    assert_clean(page)
    page.set_viewport_size(DESKTOP)


def test_traits_are_taken_as_now_or_as_on_the_day(visit: Visit, asked: Server) -> None:
    with asked.client(SERVER_KEY) as server:
        told: list[dict[str, Any]] = [{"customer_id": f"c-{n:02}", "traits": {"tier": "gold"}} for n in range(12)]
        told[11]["traits"]["name"] = "Zephyr, Inc."
        assert server.post("/v1/customers/batch", json={"customers": told}).json()["changed"] == 12
    address = "/trends?days=60&measure=units&interval=month&tz=UTC"
    page = visit.open(address)
    expect(page.get_by_label("Traits", exact=True)).to_have_count(0)
    with_trait = f"{address}&field=trait&key=tier&value=gold"
    wait_for(lambda: "12" in visit.open(with_trait).locator("[data-finding]").inner_text(), 30, "the traits")
    chosen = page.get_by_label("Traits", exact=True)
    expect(chosen).to_have_value("now")
    expect(page.locator(".traits-at")).to_contain_text("as they are now")
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    chosen.select_option("then")
    # They were told a moment ago: at no event had anybody the trait.
    expect(page.locator("[data-finding]")).to_contain_text("No customers")
    expect(page.locator(".traits-at")).to_contain_text("as they were on the day")
    expect(page).to_have_url(re.compile("traits=then"))
    # A customer is found by a part of its name, and called so.
    chosen.select_option("now")
    expect(page).not_to_have_url(re.compile("traits=then"))
    pick(page, "add-filter", "Customer")
    pick(page, "filter-1-value", "Zephyr, Inc.", typed="zeph")
    expect(page.locator(".chip summary")).to_have_text(["Tier is gold", "Customer is Zephyr, Inc."])
    expect(page.locator("[data-finding]")).to_contain_text("1 customer in")
    page.locator(".chip summary").first.click()
    pick(page, "filter-0-field", "Device")
    expect(page.locator(".chip[open] summary")).to_contain_text("Device")
    page.keyboard.press("Escape")
    expect(page.locator(".chip[open]")).to_have_count(0)
