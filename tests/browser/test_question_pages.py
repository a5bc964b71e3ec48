"""The questions' pages in Chromium: a running server, its column store, events with known answers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Route, StorageState, expect

from tests.browser.asking import Hands, Visit, chosen, drawn_of, pick, table_of
from tests.browser.signing_in import cookies_of
from tests.support.axe import DESKTOP, PHONE, assert_clean, faults, sideways
from tests.support.dashboard import EMAIL, PASSWORD, member
from tests.support.postgres import Cluster
from tests.support.server import SERVER_KEY, WRITE_KEY, Server, running, wait_for

#: 40 customers analyse, 24 of them export, 10 of these share.
_ANALYSED, _EXPORTED, _SHARED = 40, 24, 10
_NAMES = 1200
_PAGES = ("/trends", "/funnels", "/retention", "/paths", "/lifecycle", "/tools", "/sessions")


def _history(now: datetime) -> Iterator[dict[str, Any]]:
    """Two days ago everybody used the ICP analysis; an hour later some exported, two hours later some shared."""
    for number in range(_ANALYSED):
        at = now - timedelta(days=2 + 7 * (number % 4), minutes=number)
        common = {"customer_id": f"c-{number:02}", "session_id": f"s-{number}", "device_type": "desktop"}
        yield common | {"event_type": "tool_usage", "tool_id": "icp-analysis", "timestamp": at.isoformat()}
        if number < _EXPORTED:
            later = (at + timedelta(hours=1)).isoformat()
            yield common | {"event_type": "export_action", "tool_id": "business-case", "timestamp": later}
        if number < _SHARED:
            later = (at + timedelta(hours=2)).isoformat()
            yield common | {"event_type": "resource_share", "tool_id": "resource-library", "timestamp": later}
        # Half of them come back the day after.
        if number % 2:
            yield common | {"event_type": "navigation", "timestamp": (at + timedelta(days=1)).isoformat()}


def _named(now: datetime) -> Iterator[dict[str, Any]]:
    """More names of events than a list shows, sent by one of the customers long before what is counted here."""
    at = (now - timedelta(days=100)).isoformat()
    for number in range(_NAMES):
        yield {"customer_id": "c-00", "event_name": f"Feature {number:04} opened", "timestamp": at}


@pytest.fixture(scope="module")
def asked(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose column store has every event."""
    events = list(_history(datetime.now(UTC)))
    counted = f'value="{len(events)}"'
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("asked"), database_url=dsn, columns=True)) as server,
        server.client(WRITE_KEY) as sender,
        member(server) as reader,
    ):
        named = list(_named(datetime.now(UTC)))
        for batch in (events, *(named[at : at + 400] for at in range(0, _NAMES, 400))):
            answer = sender.post("/v1/events", json={"events": batch})
            assert answer.json()["accepted"] == len(batch), answer.text
        wait_for(lambda: counted in reader.get("/trends?days=30&wait=1").text, 60, "the column store to have it all")
        yield server


@pytest.fixture(scope="module")
def signed_in(asked: Server, browser: Browser) -> StorageState:
    """The cookies of a member: signing in once a test would be too often for one address."""
    return cookies_of(asked, browser)


@pytest.fixture
def visit(asked: Server, browser: Browser, signed_in: StorageState) -> Iterator[Visit]:
    context = browser.new_context(
        viewport=DESKTOP,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        storage_state=signed_in,
    )
    visit = Visit(asked, context)
    yield visit
    context.close()
    assert visit.complaints == []


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
    assert [row[1] for row in rows[1:]] == [str(_ANALYSED), str(_EXPORTED), str(_SHARED)]
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


def test_who_is_behind_a_step_becomes_a_cohort_to_filter_by(visit: Visit) -> None:
    page = visit.open("/funnels?days=30&s.event=tool_usage&s.event=export_action")
    page.locator("#steps tbody tr").nth(1).get_by_role("link").first.click()
    sheet = page.locator("dialog#behind")
    expect(sheet.locator(".behind-total")).to_have_text(f"{_EXPORTED} customers")
    expect(sheet.locator("tbody tr")).to_have_count(_EXPORTED)
    expect(sheet.get_by_role("link", name="c-00")).to_have_attribute("href", "/customers/c-00")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.locator("#steps tbody tr").nth(1).get_by_role("link").nth(1).click()
    expect(sheet.locator(".behind-total")).to_have_text(f"{_ANALYSED - _EXPORTED} customers")
    sheet.get_by_label("Name of the cohort").fill("Never exported")
    sheet.get_by_role("button", name="Save as cohort").click()
    expect(page.get_by_role("heading", name="Never exported")).to_be_visible()
    expect(page.locator(".answer")).to_have_text(f"{_ANALYSED - _EXPORTED} customers")
    page.get_by_role("link", name="Funnel", exact=True).click()
    expect(page.locator(".chip summary")).to_have_text("In “Never exported”")
    rows = table_of(page, "steps")
    assert [row[1] for row in rows[1:3]] == [str(_ANALYSED - _EXPORTED), "0"]


def test_a_click_on_a_bar_says_who(visit: Visit) -> None:
    page = visit.open("/tools?days=30")
    assert drawn_of(page, "adoption") > 3
    box = page.locator("#adoption canvas").bounding_box()
    assert box is not None
    page.locator("#adoption canvas").click(position={"x": box["width"] * 0.3, "y": box["height"] / 6})
    expect(page.locator("dialog#behind .behind-total")).to_have_text(f"{_ANALYSED} customers")
    page = visit.open("/funnels?days=30&s.event=tool_usage&s.event=export_action")
    assert drawn_of(page, "steps") > 3
    box = page.locator("#steps canvas").bounding_box()
    assert box is not None
    # Right of those who exported, the part that did not.
    page.locator("#steps canvas").click(position={"x": box["width"] * 0.8, "y": box["height"] * 0.75})
    expect(page.locator("dialog#behind .behind-total")).to_have_text(f"{_ANALYSED - _EXPORTED} customers")


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
    expect(page.locator(".answer")).to_contain_text(f"A / B * 100 in the last 30 days: {100 * _EXPORTED // _ANALYSED}")
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


def test_a_cohort_is_built_by_what_they_did(visit: Visit) -> None:
    page = visit.open("/cohorts")
    page.get_by_role("link", name="New cohort").click()
    # A choice made before the page's scripts are there waits for the button.
    page.wait_for_url("**/cohorts/new")
    page.wait_for_load_state("load")
    pick(page, "did-0-event", "Shared a resource")
    expect(page.locator(".answer")).to_contain_text(f"{_SHARED} customers")
    page.get_by_role("button", name="Something they did").click()
    pick(page, "did-1-event", "Opened a page")
    expect(page.locator(".answer")).to_contain_text(f"{_SHARED // 2} customers")
    page.get_by_label("Name of the cohort").fill("Sharers who look around")
    page.get_by_role("button", name="Save cohort").click()
    expect(page.locator("tbody tr")).to_have_count(_SHARED // 2)


def test_reports_are_saved_and_arranged_by_keyboard(visit: Visit) -> None:
    page = visit.open("/trends?days=30&interval=week")
    dashboards: list[str] = []
    for name, where in (("Every event", "new"), ("How they convert", "Our week")):
        page.get_by_role("button", name="Save", exact=True).click()
        saved = page.get_by_role("region", name="Saved report")
        saved.get_by_label("Name of the report").fill(name)
        saved.get_by_role("button", name="Rename").click()
        expect(saved).to_contain_text(f"Saved for the team as “{name}”")
        if where == "new":
            saved.get_by_label("Name of the new dashboard").fill("Our week")
        else:
            saved.get_by_label("Dashboard", exact=True).select_option(label=where)
        saved.get_by_role("button", name="Add to dashboard").click()
        expect(page.get_by_role("heading", name="Our week")).to_be_visible()
        dashboards.append(page.url.partition("#")[0])
        page = visit.open("/funnels?days=30&s.event=tool_usage&s.event=export_action&by=device_type")
    assert dashboards[0] == dashboards[1]
    page.goto(dashboards[0])
    names = page.locator(".card h2")
    expect(names).to_have_text(["Every event", "How they convert"])
    expect(page.locator("[data-card] figure[data-drawn]")).to_have_count(2)
    expect(page.locator("[data-card] figure[id^=groups-] h3")).to_have_text("By device")
    page.get_by_role("button", name="Move How they convert earlier").press("Enter")
    expect(names).to_have_text(["How they convert", "Every event"])
    expect(page.get_by_role("button", name="Move How they convert earlier")).to_be_focused()
    page.get_by_role("button", name="Make Every event wider").press("Enter")
    expect(page.locator(".card.whole h2")).to_have_text("Every event")
    page.reload()
    expect(names).to_have_text(["How they convert", "Every event"])
    expect(page.locator(".card.whole h2")).to_have_text("Every event")
    expect(page.locator("[data-card] figure[data-drawn]")).to_have_count(2)  # else cards move under the mouse
    # Both are in view: a page that is scrolled after the button went down begins no drag.
    page.set_viewport_size({"width": DESKTOP["width"], "height": 1400})
    page.locator(".card header").first.drag_to(page.locator(".card").nth(1))
    expect(names).to_have_text(["Every event", "How they convert"])
    page.get_by_role("link", name="How they convert").click()
    expect(page.locator("[data-finding]")).to_contain_text("60%")


def test_a_dashboard_is_put_together_and_shared_with_somebody_without_a_session(
    visit: Visit, asked: Server, browser: Browser
) -> None:
    """From the gallery; one period for all its cards, kept; all of the screen; a link, opened elsewhere, revoked."""
    page = visit.open("/dashboards")
    page.get_by_label("Name of a new dashboard").fill("For the board")
    page.get_by_role("button", name="Create").click()
    for ready in ("Active customers", "Adoption of tools", "First steps", "Retention", "Lifecycle", "Sessions"):
        page.get_by_role("button", name=ready).click()
        expect(page.locator(".card h2").last).to_have_text(ready)
    figures = page.locator(".card figure[data-drawn]")
    expect(figures).to_have_count(6)  # each shows something

    own = page.url.partition("#")[0]
    page.get_by_label("Period", exact=True).focus()
    page.get_by_label("Period", exact=True).select_option("28")
    expect(page).to_have_url(re.compile(r"/dashboards/[0-9a-f-]+\?days=28&tz=Europe%2FBerlin$"))
    expect(page.get_by_label("Period", exact=True)).to_be_focused()
    expect(page.get_by_role("link", name="Adoption of tools")).to_have_attribute("href", re.compile("days=28"))
    page.get_by_role("button", name="Keep for the team").click()
    expect(page).to_have_url(own)
    expect(page.get_by_label("Period", exact=True)).to_have_value("28")
    expect(page.get_by_role("button", name="Keep for the team")).to_have_count(0)
    page.get_by_role("button", name="Make Active customers narrower").press("Enter")
    expect(page.locator(".card.third h2")).to_have_text("Active customers")
    expect(page.get_by_role("button", name="Make Active customers narrower")).to_be_focused()
    expect(page.get_by_label("Period", exact=True)).to_have_value("28")

    expect(figures).to_have_count(6)
    page.keyboard.press("f")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    expect(page.get_by_role("button", name="Full screen")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()

    page.get_by_role("link", name="Share").click()
    assert faults(page) == []
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".created code").inner_text()
    with browser.new_context(locale="en-GB", timezone_id="America/New_York", viewport=DESKTOP) as elsewhere:
        stranger = Visit(asked, elsewhere)
        stranger.page.goto(link)
        expect(stranger.page.get_by_role("heading", name="For the board")).to_be_visible()
        expect(stranger.page.locator(".card figure[data-drawn]")).to_have_count(6)
        adoption = table_of(stranger.page, stranger.page.locator("figure[id^=adoption]").get_attribute("id") or "")
        assert [row[0] for row in adoption[1:]] == ["ICP Analysis", "Business Case Builder", "Resource Library"]
        with stranger.page.expect_download() as download:
            stranger.page.locator("figure[id^=adoption] [data-png]").click()
        assert download.value.suggested_filename.startswith("milepost-adoption")
        assert stranger.page.locator("main :is(a, form, [data-who])").count() == 0
        assert "/who?" not in stranger.page.content()
        box = stranger.page.locator("figure[id^=adoption] canvas").bounding_box()
        assert box is not None
        stranger.page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 6)
        assert stranger.page.url == link
        assert faults(stranger.page) == []
        assert elsewhere.cookies() == [] or {one["name"] for one in elsewhere.cookies()} == {"tz"}
        page.goto(f"{own}/share")
        expect(page.locator(".rows li")).to_contain_text("last opened")
        page.get_by_role("button", name="Revoke").click()
        expect(page.get_by_text("Nobody outside the team can read this dashboard.")).to_be_visible()
        elsewhere.set_default_timeout(10_000)
        gone = stranger.page.goto(link)
        assert gone is not None
        assert gone.status == 404
        expect(stranger.page.get_by_role("heading", name="This link leads nowhere")).to_be_visible()


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
    expect(page.locator("#customers-answer")).to_have_text(f"{_ANALYSED} customers")
    page.get_by_label("Segment", exact=True).select_option("first-ten")
    expect(page).to_have_url(re.compile("segment=first-ten"))
    page = visit.open("/trends?days=60&measure=units&interval=month")
    pick(page, "add-filter", "First ten")
    expect(page.locator("[data-finding]")).to_contain_text("10 customers")
    page.get_by_role("button", name="Remove the filter In “First ten”").click()
    expect(page.locator("[data-finding]")).to_contain_text(f"{_ANALYSED} customers")
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


def test_points_between_gaps_aredrawn_of(visit: Visit) -> None:
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


def test_the_table_is_part_of_the_address(visit: Visit) -> None:
    page = visit.open("/trends?days=30&interval=week")
    expect(page.locator("#trend table")).to_be_hidden()
    page.get_by_role("button", name="Table").click()
    expect(page.locator("#trend table")).to_be_visible()
    assert "view=table" in page.url
    page.locator("#measure").select_option("units")
    expect(page.locator("[data-finding]")).to_contain_text(f"{_ANALYSED} customers")
    expect(page.locator("#trend table")).to_be_visible()
    assert "view=table" in page.url


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
        assert [row[1] for row in table_of(page, "steps")[1:]] == [str(_ANALYSED), str(_EXPORTED), str(_SHARED)]
        page.locator("#steps tbody tr").nth(2).get_by_role("link").first.click()
        expect(page.locator(".behind-total")).to_have_text(f"{_SHARED} customers")


@pytest.mark.parametrize(
    "address",
    [
        *_PAGES,
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


def test_what_is_saved_is_what_the_form_says(visit: Visit) -> None:
    """Not what is still shown, while an answer is under way."""
    page, held = visit.open("/trends?days=30&tz=UTC"), list[Route]()
    page.route("**/trends?*", lambda route: held.append(route), times=1)
    with page.expect_request("**/trends?*"):
        page.locator("#days").select_option("7")
    page.locator("#save").click()
    saved = page.get_by_role("region", name="Saved report")
    expect(saved).to_be_visible()
    expect(page.locator("#days")).to_have_value("7")
    expect(page).to_have_url(re.compile("days=7&"))
    saved.get_by_role("button", name="Undo").click()
    expect(saved).to_have_count(0)


@pytest.fixture(params=["mouse", "keyboard"])
def hands(visit: Visit, request: pytest.FixtureRequest) -> Hands:
    """On the first screen, with what every team has: something noted of a day, and a segment."""
    asked, ten_days_ago = visit.server, datetime.now(UTC).date() - timedelta(days=10)
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
    assert table_of(page, "trend")[0][:3] == ["Day", "Any event", "Any event, before"]
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
    assert rows[1][1:4] == [str(_ANALYSED), str(_EXPORTED), str(_SHARED)]
    with member(asked, "127.0.0.87", "kim@example.com") as kim, browser.new_context(locale="en-GB") as elsewhere:
        cookies = kim.cookies.jar
        elsewhere.add_cookies([{"name": c.name, "value": c.value or "", "url": asked.url} for c in cookies])
        other = Visit(asked, elsewhere)
        other.page.goto(link)
        assert table_of(other.page, "groups") == rows
    saved.get_by_role("button", name="Undo").click()
    expect(saved).to_have_count(0)


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
    held.pop().continue_()
    expect(people).to_have_text("2")
    address = page.content().partition('<noscript><p class="hint"><a href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "people=counted" in address
    assert 'value="2"' in page.request.get(f"{asked.url}{address}").text()
