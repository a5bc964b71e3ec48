"""Jobs that people have, from the first screen: with the mouse and by keyboard, counted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.asking import Hands, Visit, table_of
from tests.browser.questions.data import ANALYSED, EXPORTED, SHARED
from tests.support.dashboard import member
from tests.support.server import Server

#: Whose days a page counts: those of the browser that `visit` opens.
_READERS = ZoneInfo("Europe/Berlin")


@pytest.fixture(params=["mouse", "keyboard"])
def hands(visit: Visit, request: pytest.FixtureRequest) -> Hands:
    """On the first screen, with what every team has: something noted of a day, and a segment."""
    asked, ten_days_ago = visit.server, datetime.now(_READERS).date() - timedelta(days=10)
    with asked.client() as team:
        if not any(one["text"] == "New analysis" for one in team.get("/v1/annotations").json()["items"]):
            assert (
                team.post("/v1/annotations", json={"day": f"{ten_days_ago}", "text": "New analysis"}).status_code == 201
            )
            conditions = [{"field": "search", "op": "contains", "values": ["c-1"]}]
            made = team.post("/v1/segments", json={"name": "The teens", "conditions": conditions})
            assert made.status_code == 201, made.text
    return Hands(visit.open("/"), keyboard=request.param == "keyboard")


def _explore(hands: Hands) -> None:
    hands.press(hands.page.get_by_role("navigation", name="Main").get_by_role("link", name="Explore"))
    hands.page.wait_for_url("**/trends?**")


def test_whether_usage_changed_since_it_shipped_takes_five(hands: Hands) -> None:
    _explore(hands)
    hands.choose("step-0-event", "Anything in ICP Analysis", typed="icp")
    hands.select("days", re.compile("^Since .*: New analysis$"))
    expect(hands.page.locator("[data-finding]")).to_have_text(
        re.compile(r"^20 events since .*, 100%\smore than in the 11 days before\.$")
    )
    assert hands.count <= 5
    # Saved, it is asked anew up to each day.
    hands.press(hands.page.locator("#save"))
    expect(hands.page).to_have_url(re.compile(r"\?days=since-[\d-]+&.*compare=1&.*&saved="))
    expect(hands.page.locator("#days option:checked")).to_have_text(re.compile("^Since "))
    hands.page.get_by_role("button", name="Undo").click()


def test_this_month_against_the_last_of_a_segment_takes_three(hands: Hands) -> None:
    page = hands.page
    _explore(hands)
    hands.select("days", re.compile("^This month against last month$"))
    hands.choose("add-filter", "The teens")
    expect(page).to_have_url(re.compile("days=this_month&.*compare=1&.*field=segment&value=the-teens"))
    expect(page.locator(".chip summary")).to_have_text("In “The teens”")
    if datetime.now(_READERS).day > 2:
        assert table_of(page, "trend")[0][:3] == ["Day", "Any event", "Any event, before"]
    else:  # the newest event is of two days ago
        expect(page.locator("[data-finding]")).to_have_text("No events this month.")
    assert hands.count <= 3


def test_a_funnel_built_broken_down_saved_and_shared_takes_seven(hands: Hands, asked: Server, browser: Browser) -> None:
    page, names = hands.page, ("Used a tool", "Exported", "Shared a resource")
    _explore(hands)
    hands.press(page.get_by_role("navigation", name="Kinds of question").get_by_role("link", name="Funnels"))
    page.wait_for_url("**/funnels?**")
    for at, name in enumerate(names):
        step = f"step-{at}-event"
        hands.choose(step if page.locator(f"#{step}").count() else "add-step", name)
        expect(page.locator(f"#{step}-pick")).to_have_value(name)
    hands.choose("by", "Device")
    expect(page).to_have_url(re.compile("by=device_type"))
    hands.press(page.get_by_role("button", name="Save", exact=True))
    saved = page.get_by_role("region", name="Saved report")
    expect(saved).to_contain_text("Saved for the team as “Used a tool → Exported → Shared a resource by device”")
    expect(saved.get_by_label("Name of the report")).to_be_focused()
    assert hands.count <= 7
    link = saved.locator("[data-copy-text]").get_attribute("data-copy-text")
    assert link is not None
    rows = table_of(page, "groups")
    assert rows[1][1:4] == [str(ANALYSED), str(EXPORTED), str(SHARED)]
    with member(asked, "127.0.0.87", "kim@example.com") as kim, browser.new_context(locale="en-GB") as elsewhere:
        cookies = kim.cookies.jar
        elsewhere.add_cookies([{"name": c.name, "value": c.value or "", "url": asked.url} for c in cookies])
        other = Visit(asked, elsewhere)
        other.page.goto(link)
        assert table_of(other.page, "groups") == rows
    saved.get_by_role("button", name="Undo").click()
    expect(saved).to_have_count(0)
