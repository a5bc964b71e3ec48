"""What is kept: reports, dashboards and their links."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Route, expect

from tests.browser.asking import Visit, table_of
from tests.support.axe import DESKTOP, faults
from tests.support.server import Server


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

    with page.expect_download() as paper:
        page.get_by_role("link", name="Download as PDF").click()
    assert paper.value.suggested_filename == "For the board.pdf"
    # Its weekly mail, to whoever asks for it; here without a mail server.
    page.locator("#weekly-mail").click()
    expect(page.get_by_text("You do not get it.")).to_be_visible()
    page.get_by_role("button", name="Send it to me").click()
    expect(page).to_have_url(own)
    page.locator("#weekly-mail").press("Enter")
    expect(page.get_by_text("It waits for a mail server")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="See what it says").click()
    letter = page.locator("article.letter")
    expect(letter.get_by_role("heading", level=3)).to_have_count(6)
    expect(letter.get_by_role("table")).not_to_have_count(0)
    expect(letter).to_contain_text("(Europe/Berlin)")
    assert faults(page) == []
    page.get_by_role("button", name="Send it no more").click()
    expect(page.locator(".answer")).to_have_text("You do not get it.")
    page.locator(".crumb a").click()

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
