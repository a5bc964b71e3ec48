"""Questions put together by hand: steps, ratios, days, traits, pickers; and given up."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.asking import Visit, chosen, drawn_of, pick, table_of
from tests.browser.questions.data import ANALYSED, EXPORTED, SHARED
from tests.support.axe import faults
from tests.support.dashboard import EMAIL, PASSWORD, member
from tests.support.server import Server


def test_a_funnel_is_built_by_hand_and_its_link_says_all(
    visit: Visit, asked: Server, browser: Browser, tmp_path: Path
) -> None:
    page = visit.open("/funnels?days=30&s.event=tool_usage&s.event=export_action")
    pick(page, "step-0-tool", "ICP Analysis")
    expect(page).to_have_url(re.compile("s.tool=icp-analysis"))
    pick(page, "add-step", "Shared a resource")
    expect(page).to_have_url(re.compile("s.event=resource_share"))
    expect(page.locator("#step-2-event-pick")).to_be_focused()
    page.get_by_role("button", name="Move step 3 up").press("Enter")
    expect(page.locator("#step-1-event")).to_have_value("resource_share")
    expect(page.locator("#step-1-up")).to_be_focused()
    page.locator("#step-1-down").press("Enter")
    expect(page.locator("#step-2-event")).to_have_value("resource_share")
    expect(page.locator("#steps tbody tr")).to_have_count(3)
    expect(page.locator("[data-finding]")).to_contain_text("most dropped off after step 1, Used ICP Analysis")
    rows = table_of(page, "steps")
    assert [row[0] for row in rows[1:]] == ["1. Used ICP Analysis", "2. Exported", "3. Shared a resource"]
    assert [row[1] for row in rows[1:]] == [str(ANALYSED), str(EXPORTED), str(SHARED)]
    assert [float(row[2]) for row in rows[1:]] == [1, 0.6, 0.25]
    assert [row[5] for row in rows[2:]] == ["3600.0", "3600.0"]
    assert drawn_of(page, "steps") > 3
    with page.expect_download() as download:
        page.locator("#steps [data-save=csv]").click()
    download.value.save_as(tmp_path / "funnel.csv")
    assert list(csv.reader(io.StringIO((tmp_path / "funnel.csv").read_text("utf-8-sig")))) == rows
    with page.expect_download() as download:
        page.locator("#steps [data-png]").click()
    download.value.save_as(tmp_path / "funnel.png")
    assert (tmp_path / "funnel.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"

    finding = page.locator("[data-finding]").inner_text()
    with browser.new_context(locale="en-GB", timezone_id="America/New_York") as elsewhere:
        other = Visit(asked, elsewhere)
        other.page.goto(page.url)
        other.page.get_by_label("Email").fill(EMAIL)
        other.page.get_by_label("Password").fill(PASSWORD)
        other.page.get_by_role("button", name="Sign in").click()
        expect(other.page.locator("[data-finding]")).to_have_text(finding)
        assert other.page.url == page.url
        assert table_of(other.page, "steps") == rows
    page.go_back()
    expect(page.locator("#step-1-event")).to_have_value("resource_share")


@pytest.mark.parametrize("where", ["/trends?days=90&tz=UTC", "/tools?days=90&tz=UTC"])
def test_dates_are_chosen_from_the_days_shown_on(visit: Visit, where: str) -> None:
    """With the mouse the choice, with the keyboard the dates; a way back; and the calendar's months."""
    page = visit.open(where)
    today = datetime.now(UTC).date()
    first, earlier = today - timedelta(days=89), today - timedelta(days=30)
    page.get_by_label("Period", exact=True).select_option("custom")
    expect(page).to_have_url(re.compile(f"days=custom&first={first}&last={today}"))
    expect(page.get_by_label("From", exact=True)).to_have_value(str(first))
    page.get_by_label("To", exact=True).focus()
    page.keyboard.type(f"{earlier:%m%d%Y}")
    page.keyboard.press("Tab")
    expect(page).to_have_url(re.compile(f"days=custom&first={first}&last={earlier}"))
    page.reload()
    expect(page.get_by_label("To", exact=True)).to_have_value(str(earlier))
    page.get_by_label("Period", exact=True).select_option("This month")
    expect(page).to_have_url(re.compile("days=this_month"))
    expect(page.get_by_label("From", exact=True)).to_be_hidden()
    page.go_back()
    expect(page.get_by_label("To", exact=True)).to_have_value(str(earlier))


def test_a_ratio_is_put_together_and_says_who_is_behind_each_part(visit: Visit) -> None:
    """How many of those who did anything exported: the link says all of it."""
    page = visit.open("/trends?days=30&interval=month&measure=units&tz=UTC")
    pick(page, "step-0-event", "Exported")
    expect(page).to_have_url(re.compile("s.event=export_action"))
    pick(page, "add-step", "Used a tool")
    pick(page, "step-1-event", "Any event")
    page.get_by_label("Formula", exact=True).fill("A / B * 100")
    page.keyboard.press("Tab")
    expect(page).to_have_url(re.compile("formula=A"))
    expect(page.locator(".answer")).to_contain_text(f"A / B * 100 in the last 30 days: {100 * EXPORTED // ANALYSED}")
    pick(page, "by", "Device")
    pick(page, "by2", "Event type")
    expect(page).to_have_url(re.compile("by=device_type&by2=event_type"))
    page.get_by_label("Compared with", exact=True).select_option("year_ago")
    expect(page).to_have_url(re.compile("compare=year_ago"))
    assert table_of(page, "trend")[0][1] == "Desktop, Exported"
    page.locator("#trend").get_by_role("button", name="Table").click()
    page.locator("#trend tbody a").first.click()
    sheet = page.locator("dialog#behind")
    expect(sheet.locator("[aria-current]")).to_have_text("A: Exported")
    sheet.get_by_role("link", name="B: Any event").click()
    expect(sheet.locator("[aria-current]")).to_have_text("B: Any event")
    expect(sheet.locator(".muted").first).to_contain_text("Desktop, Exported")


def test_the_table_is_part_of_the_address(visit: Visit) -> None:
    page = visit.open("/trends?days=30&interval=week")
    expect(page.locator("#trend table")).to_be_hidden()
    page.get_by_role("button", name="Table").click()
    expect(page.locator("#trend table")).to_be_visible()
    assert "view=table" in page.url
    page.locator("#measure").select_option("units")
    expect(page.locator("[data-finding]")).to_contain_text(f"{ANALYSED} customers")
    expect(page.locator("#trend table")).to_be_visible()
    assert "view=table" in page.url


def test_a_picker_says_that_nothing_answers_and_tries_again(visit: Visit) -> None:
    page = visit.open("/trends?days=30")
    away = [True, True]
    page.route(
        "**/questions/picks?*", lambda route: route.fulfill(status=503) if away and away.pop() else route.continue_()
    )
    page.locator("#add-filter-pick").click()
    expect(page.locator("#add-filter-list")).to_contain_text("The server does not answer. Trying again")
    expect(page.locator("#add-filter-list").get_by_role("option", name="Device", exact=True)).to_be_visible()
    expect(page.locator("#add-filter-list")).not_to_contain_text("Trying again")
    assert away == []
    visit.complaints.clear()


def test_values_are_suggested_and_filters_taken_out(visit: Visit) -> None:
    page = visit.open("/trends?days=30")
    pick(page, "add-filter", "Session")
    expect(page.locator("#filter-0-value-pick")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#filter-0-value-list [role=option]")).not_to_have_count(0)
    page.keyboard.type("s-1, s-3")
    page.keyboard.press("Tab")
    expect(page.locator("[data-finding]")).to_contain_text("8 events")
    expect(page.locator(".chip summary")).to_have_text("Session is s-1 or s-3")
    page.get_by_role("button", name="Remove the filter Session is s-1 or s-3").click()
    expect(page.locator(".filter")).to_have_count(0)


def test_a_long_question_is_cancelled(visit: Visit) -> None:
    page = visit.open("/trends?days=30")
    page.route("**/trends?*days=90*", lambda route: None)
    finding = page.locator("[data-finding]").inner_text()
    page.locator("#days").select_option("90")
    with page.expect_event("requestfailed", lambda request: "days=90" in request.url):
        page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(page.locator("[data-finding]")).to_have_text(finding)
    page.unroute_all()
    page.locator("#days").select_option("7")
    expect(page.locator("[data-finding]")).to_contain_text("last 7 days")


def test_what_is_typed_stays_when_the_answer_comes_late(visit: Visit, asked: Server) -> None:
    with _no_answers(asked):
        page = visit.page
        page.goto(f"{asked.url}/trends?days=90&s.event=tool_usage")
        expect(page.locator("[data-waiting]")).to_have_count(1)
        box = page.locator("#step-0-event-pick")
        box.click()
        page.keyboard.type("Feature 11")
    expect(page.locator("[data-waiting]")).to_have_count(0)
    expect(page.locator("[data-finding]")).to_contain_text("in the last 90 days")
    expect(page.locator("#as-of")).to_contain_text("As of")
    page.locator("figure[data-drawn]").first.wait_for()
    expect(box).to_be_focused()
    expect(box).to_have_value("Feature 11")
    expect(page).to_have_url(re.compile(r"/trends\?days=90&s.event=tool_usage"))


@contextmanager
def _no_answers(server: Server) -> Iterator[None]:
    """The process of the column store stands still."""
    assert server.process is not None
    children = psutil.Process(server.process.pid).children(recursive=True)
    store = next(child for child in children if "milepost.columns.service" in child.cmdline())
    store.suspend()
    try:
        yield
    finally:
        store.resume()


def test_a_picker_finds_one_of_very_many_by_keyboard(visit: Visit) -> None:
    page = visit.open("/trends?days=90")
    box = page.get_by_role("combobox", name="Event", exact=True)
    box.focus()
    page.keyboard.press("ArrowDown")
    options = page.get_by_role("listbox", name="Event", exact=True)
    expect(options).to_contain_text("There are more: type a part of the name.")
    assert faults(page) == []
    page.keyboard.type("feature 11")
    expect(chosen(page, "step-0-event")).to_have_text("Feature 1100 opened")
    page.keyboard.press("ArrowDown")
    expect(chosen(page, "step-0-event")).to_have_text("Feature 1101 opened")
    page.keyboard.press("Escape")
    expect(options).to_be_hidden()
    expect(box).to_have_value("Any event")
    pick(page, "step-0-event", "Feature 1187 opened", typed="1187")
    expect(page).to_have_url(re.compile("s.event=name%3AFeature\\+1187\\+opened"))
    expect(box).to_be_focused()
    expect(box).to_have_value("Feature 1187 opened")
    page.keyboard.press("ArrowDown")
    expect(options.get_by_role("group", name="Recent").get_by_role("option")).to_have_text("Feature 1187 opened")


def test_everything_works_without_scripts(asked: Server, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = Visit(asked, context).page
        page.goto(f"{asked.url}/funnels?days=30&s.event=tool_usage&s.event=export_action&wait=1")
        page.get_by_label("Email").fill(EMAIL)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Step", exact=True).click()
        page.locator("#step-2-event").select_option("resource_share")
        page.locator("noscript button, form.question button:text-is('Ask')").last.click()
        expect(page.locator("#steps tbody tr")).to_have_count(3)
        assert [row[1] for row in table_of(page, "steps")[1:]] == [str(ANALYSED), str(EXPORTED), str(SHARED)]
        page.locator("#steps tbody tr").nth(2).get_by_role("link").first.click()
        expect(page.locator(".behind-total")).to_have_text(f"{SHARED} customers")


def test_what_cannot_be_asked_is_begun_anew(asked: Server) -> None:
    """Trying it again would say the same again."""
    # Whoever signs in anew ends the sessions that they had.
    with member(asked, "127.0.4.9", "ann@example.com") as reader:
        answer = reader.get("/trends?days=30&tz=UTC&field=prediction.nothing&op=above&value=1&wait=1")
    assert answer.status_code == 400, answer.text
    assert '<a href="/trends">Begin anew</a>' in answer.text
    assert ">Try again<" not in answer.text
