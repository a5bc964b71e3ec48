"""Names that the team gives, and who was counted: what these tests send, others would count."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.asking import Visit, table_of
from tests.support.axe import DESKTOP, assert_clean
from tests.support.server import WRITE_KEY, Server, wait_for


@pytest.mark.parametrize("keyboard", [False, True], ids=["mouse", "keyboard"])
def test_what_is_seen_is_named_two_clicks_away(visit: Visit, asked: Server, keyboard: bool) -> None:
    """A tool is renamed from Tools, an event named from a customer's page."""
    done = 0

    def press(found: Locator) -> None:
        nonlocal done
        done += 1
        if keyboard:
            found.focus()
            page.keyboard.press("Enter")
        else:
            found.click()

    tool, name = ("deal-desk", "Invoice Sent") if keyboard else ("quote-maker", "Quote Made")
    with asked.client(WRITE_KEY) as sender:
        event = {"customer_id": "namer", "user_id": "u", "event_name": name, "tool_id": tool}
        assert sender.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
    before = "The library" if keyboard else "Resource Library"
    page = visit.open("/tools?days=30")
    press(page.get_by_role("link", name=f"Rename {before}"))
    expect(page.get_by_label("Name", exact=True).and_(page.locator(":focus"))).to_have_value(before)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Our library" if keyboard else "The library")
    press(page.get_by_role("button", name="Save").and_(page.locator(":visible")))
    assert done == 2
    expect(page.get_by_role("status")).to_contain_text("every page calls it so now")
    visit.open("/customers/namer#activity")
    done = 0
    press(page.locator("summary", has_text=name).and_(page.locator(":visible")).first)
    press(page.get_by_role("link", name="Name this event"))
    expect(page.get_by_label("Called").and_(page.locator(":focus"))).to_have_attribute("placeholder", name)
    assert done == 2
    page.keyboard.type(f"{name}, by us")
    press(page.get_by_role("button", name="Save").and_(page.locator(":visible")))
    expect(page.get_by_text(f"{name}, by us").first).to_be_visible()


def test_a_tool_that_no_plan_has_is_added_and_live_events_lead_to_their_names(visit: Visit, asked: Server) -> None:
    event = {"customer_id": "namer", "user_id": "u", "event_name": "Deal Won", "tool_id": "deal-room"}
    with asked.client(WRITE_KEY) as sender:
        assert sender.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
        page = visit.open("/live")
        named = page.locator("#live-events").get_by_title("Name this event")
        expect(named.filter(has_text="Deal Won").first).to_have_attribute("href", "/event-names?q=Deal%20Won")
        # What comes while one looks has the link too.
        expect(page.locator("#live-state")).to_have_text("Connected")
        sender.post("/v1/events", json={"events": [event | {"event_name": "Deal Lost"}]}).raise_for_status()
        expect(named.filter(has_text="Deal Lost").first).to_have_attribute("href", "/event-names?q=Deal%20Lost")
    add = page.get_by_role("button", name="Add deal-room")
    wait_for(lambda: visit.open("/settings/tools") is page and add.count() > 0, 30, "the column store to have the tool")
    add.click()
    expect(page.get_by_label("Name", exact=True).and_(page.locator(":focus"))).to_have_value("Deal room")
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("The Deal Room")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("every page calls it so now")
    names = [row[0] for row in table_of(visit.open("/tools?days=30"), "adoption")]
    assert "The Deal Room" in names, "and a CSV has the name alone"


def test_people_of_the_list_are_counted_once_it_stands(visit: Visit, asked: Server) -> None:
    """The list waits for nobody: without scripts a link below it does."""
    events = [{"customer_id": "crowd", "user_id": who, "event_type": "navigation"} for who in ("una", "leo")]
    with asked.client(WRITE_KEY) as sender, asked.client() as team:
        assert sender.post("/v1/events", json={"events": events}).json()["accepted"] == len(events)
        wait_for(lambda: team.get("/v1/customers/crowd/people").text.count('"user_id"') == 2, 20, "both to be known")
    held: list[Route] = []
    visit.page.route("**/customers/people", lambda route: held.append(route))
    with visit.page.expect_request("**/customers/people"):
        page = visit.open("/customers?q=crowd")
    people = page.locator("tr[data-customer=crowd] .col-people")
    expect(people).to_have_text("…")
    # An answer about rows that are gone changes nothing, and nothing complains.
    tabs = page.get_by_role("navigation", name="Which customers")
    tabs.get_by_role("link", name="Quiet").click()
    expect(people).to_have_count(0)
    with page.expect_response("**/customers/people"):
        held.pop().continue_()
    with page.expect_request("**/customers/people"):
        tabs.get_by_role("link", name="Active").click()
    expect(people).to_have_text("…")
    held.pop().continue_()
    expect(people).to_have_text("2")
    address = page.content().partition('<noscript><p class="hint"><a href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "people=counted" in address
    assert 'value="2"' in page.request.get(f"{asked.url}{address}").text()
