"""What answers look like: charts in both themes, annotations, on a phone, on paper, without a fault of axe."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.asking import Visit, drawn_of, pick, table_of
from tests.browser.questions.data import PAGES
from tests.support.axe import DESKTOP, PHONE, assert_clean, faults, sideways
from tests.support.server import Server, wait_for


def test_on_a_new_server_each_question_leads_to_the_first_event(new: dict[str, str]) -> None:
    assert set(new) == set(PAGES)
    for page, text in new.items():
        assert '<a href="/">Send the first one</a>' in text, page
        assert "Choose more days" not in text, page


def test_charts_are_drawn_in_both_themes(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="dark")
    for address, chart in (
        ("/trends?days=30&by=tool_id", "trend"),
        ("/retention?days=30&interval=day&intervals=3", "retention"),
        ("/paths?days=30", "paths"),
        ("/lifecycle?days=60", "lifecycle"),
        ("/sessions?days=30", "sessions"),
    ):
        assert drawn_of(visit.open(address), chart) > 3, address
    page = visit.open("/trends?days=30")
    before = page.locator("#trend canvas").evaluate("canvas => canvas.toDataURL()")
    page.emulate_media(color_scheme="light")
    page.wait_for_function("before => document.querySelector('#trend canvas').toDataURL() !== before", arg=before)


def test_annotations_are_drawn_on_every_chart_of_time(visit: Visit, asked: Server) -> None:
    day = datetime.now(UTC).date() - timedelta(days=3)
    page = visit.open("/trends?days=30&interval=day&tz=UTC")
    page.get_by_role("button", name="Annotate").click()
    dialog = page.get_by_role("dialog", name="What happened on a day")
    dialog.get_by_label("Day").fill(day.isoformat())
    dialog.get_by_label("What happened").fill("<b>New</b> prices")
    dialog.get_by_role("button", name="Annotate").click()
    try:
        expect(page).to_have_url(re.compile(r"/trends\?days=30"))
        mark = page.locator("#trend [data-placed] a")
        expect(mark).to_have_count(1)
        # Where its day's point is, 3 of 29 steps from the right edge of the plot.
        plot, drawn = page.locator("#trend [data-placed]").bounding_box(), mark.locator("path").bounding_box()
        assert plot is not None
        assert drawn is not None
        assert abs(drawn["x"] + drawn["width"] / 2 - (plot["x"] + plot["width"] * 26 / 29)) < 1
        mark.focus()
        tip = page.locator(".annotation-tip")
        expect(tip).to_contain_text("<b>New</b> prices")
        page.keyboard.press("Escape")
        expect(tip).to_be_hidden()
        mark.locator("rect").hover()
        expect(tip).to_be_visible()
        assert_clean(page)
        told = [row[-1] for row in table_of(page, "trend")]
        assert told[0] == "Annotations"
        assert [text for text in told[1:] if text] == [f"{day.day} {day:%b}: <b>New</b> prices"]
        for address, chart in (("/lifecycle?days=60", "lifecycle"), ("/sessions?days=30", "sessions")):
            expect(visit.open(address).locator(f"#{chart} [data-placed] a")).to_have_count(1)
        expect(visit.open("/").locator("[data-annotations]:visible")).to_have_count(4)
        page.locator("#events .annotations a").click()
        expect(page.get_by_text("<b>New</b> prices")).to_be_visible()
        assert_clean(page)
    finally:
        with asked.client() as team:
            for one in team.get("/v1/annotations").json()["items"]:
                team.delete(f"/v1/annotations/{one['annotation_id']}")


def test_points_between_gaps_are_drawn(visit: Visit) -> None:
    """There is a share on every seventh day alone: no line leads to such a day."""
    visit.page.emulate_media(color_scheme="light")
    page = visit.open("/trends?days=30&interval=day&s.event=export_action&s.event=export_action&formula=A+/+B&tz=UTC")
    canvas = page.locator("#trend canvas")
    canvas.wait_for()
    page.wait_for_function(
        """() => {
            const canvas = document.querySelector("#trend canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            for (let at = 0; at < data.length; at += 4) {
                if (data[at] === 0x2f && data[at + 1] === 0x7f && data[at + 2] === 0x71) return true;
            }
            return false;
        }""",
        timeout=10_000,
    )


@pytest.mark.parametrize(
    "address",
    [
        *PAGES,
        "/trends?by=tool_id&view=table",
        "/trends?measure=sum&of=metadata&of_key=a&by=tool_id&by2=metadata&by2_key=b&compare=1&s.event=export_action&s.event="
        "&s.measure=&s.measure=distinct&s.of=&s.of=metadata&s.of_key=&s.of_key=c&formula=A+/+B",
        "/cohorts",
        "/cohorts/new",
        "/dashboards",
    ],
)
def test_axe_finds_no_fault(visit: Visit, address: str) -> None:
    assert_clean(visit.open(address))


def test_on_a_phone_the_answer_comes_first_and_the_question_from_below(visit: Visit) -> None:
    visit.page.set_viewport_size(PHONE)
    page = visit.open("/trends?days=30")
    opener = page.get_by_role("button", name="Change the question")
    sheet = page.get_by_role("dialog", name="Change the question")
    expect(sheet).to_be_hidden()
    expect(page.locator(".question-chart[data-drawn]").first).to_be_visible()
    top = page.locator(".canvas").first.evaluate("canvas => canvas.getBoundingClientRect().top")
    assert top < PHONE["height"] / 2, "the chart begins in the upper half"
    opener.click()
    expect(sheet.get_by_role("button", name="Done")).to_be_focused()
    assert faults(page) == []
    page.locator("#days").focus()
    page.locator("#days").select_option("7")
    expect(page).to_have_url(re.compile("days=7"))
    expect(sheet).to_be_visible()
    expect(page.locator("#days")).to_be_focused()
    for _ in range(25):
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || !!document.activeElement.closest('[data-question-sheet]')"
        assert page.evaluate(inside), page.evaluate("document.activeElement.outerHTML")
    pick(page, "add-filter", "Device")
    pick(page, "filter-0-value", "Desktop")
    expect(page).to_have_url(re.compile("desktop"))
    expect(page.locator(".change-question[inert]")).to_contain_text("1 filter")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(opener).to_have_text("Change the question1 filter")
    expect(opener).to_be_focused()
    assert_clean(page)
    page.set_viewport_size({"width": 320, "height": 700})
    # The chart is drawn again a moment after its room has changed.
    wait_for(lambda: sideways(page) <= 0, 10, "the page to fit its window")
    opener.click()
    assert sideways(page) <= 0
    page.set_viewport_size(DESKTOP)
    expect(page.get_by_role("form", name="The question")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_paper_has_the_question_its_answer_and_the_date(visit: Visit) -> None:
    page = visit.open("/trends?days=30")
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".question-chart[data-drawn]").first).to_be_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".printed")).to_have_text(
        re.compile(r"^A: Any event in any tool · .*Period: Last 30 days · Printed \d+ \w+ 20\d\d, \d\d:\d\d$")
    )
    expect(page.locator(".answer")).to_be_visible()
    expect(page.locator(".question-chart canvas").first).to_be_visible()
    shown = page.locator("button, select, input, nav, .head-tools a").locator("visible=true")
    expect(shown).to_have_count(0)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".printed")).to_have_count(0)
    assert page.evaluate("document.documentElement.dataset.theme") is None
