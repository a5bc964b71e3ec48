"""Time on page and sessions, with tabs and windows that really are hidden and unfocused."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

from .site import Site
from .stored import Stored, Tabs, actions_of, after, track_many


def wait_for_state(page: Page, *, hidden: bool, focused: bool) -> None:
    """Waits until the page is so."""
    wanted = f"document.hidden === {str(hidden).lower()} && document.hasFocus() === {str(focused).lower()}"
    page.wait_for_function(wanted, polling=20)


def measured(page: Page, stored: Stored, attended: float, away: float) -> None:
    """Of the page's life until now, an event counts at least what was attended, and none of what was not, in ms."""
    page.evaluate("milepost.track('content_interaction', { metadata: { n: 1 } }); void milepost.flush()")
    lived = page.evaluate("performance.now()")
    assert attended <= stored(2)[-1]["time_on_page"] <= lived - away


def test_hidden_time_does_not_count(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))
    wait_for_state(page, hidden=False, focused=True)
    after(page, 300)
    other = tab("about:blank")  # a tab in the same window
    wait_for_state(page, hidden=True, focused=False)
    after(other, 900)
    page.bring_to_front()
    wait_for_state(page, hidden=False, focused=True)
    after(page, 400)
    measured(page, stored, 700, 900)


def test_unfocused_time_does_not_count(site: Site, windows: BrowserContext, stored: Stored, customer: str) -> None:
    page = windows.new_page()
    page.goto(site.page(customer_id=customer))
    windows.new_cdp_session(page).send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    wait_for_state(page, hidden=False, focused=True)
    after(page, 300)
    other = windows.new_page()
    other.goto(site.url)
    other.bring_to_front()
    wait_for_state(page, hidden=False, focused=False)
    after(other, 900)
    page.bring_to_front()
    wait_for_state(page, hidden=False, focused=True)
    after(page, 400)
    measured(page, stored, 700, 900)


def test_single_page_navigation(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    def go(script: str) -> tuple[float, float]:
        """The page's clock before and after."""
        before, end = page.evaluate(
            f"() => {{ const at = performance.now(); {script}; return [at, performance.now()]; }}"
        )
        return before, end

    page = tab(site.page("/a", customer_id=customer))
    after(page, 300)
    left = go("history.pushState({}, '', '/b'); history.replaceState({}, '', '/b?filter=1')")
    after(page, 100)
    left_again = go("history.pushState({}, '', '/b#/route')")
    page.evaluate("history.back()")
    page.wait_for_function("location.hash === ''")
    page.evaluate("milepost.flush()")
    rows = stored(7)
    pages = [(row["event_metadata"]["action"], row["page_url"].removeprefix(site.url).split("&")[0]) for row in rows]
    assert [action for action, _ in pages] == ["page_view", *["page_leave", "page_view"] * 3]
    assert [where.split("?")[0] for _, where in pages] == ["/a", "/a", "/b", "/b", "/b#/route", "/b#/route", "/b"]
    assert 300 <= rows[1]["time_on_page"] <= left[1] + 1
    assert left_again[0] - left[1] - 1 <= rows[3]["time_on_page"] <= left_again[1] - left[0] + 1


SESSION = "(Object.entries(localStorage).find(([key]) => key.endsWith(':session'))?.[1] ?? '..0')"


def test_the_session_is_shared_between_tabs_and_rolls(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    # Begins two days ago: the server takes no events of tomorrow.
    start = -48 * 60
    clock = f"window.ahead = {start}; const now = Date.now; Date.now = () => now() + window.ahead * 60_000;"

    def track(page: Page, n: int, at: float) -> None:
        page.evaluate(f"window.ahead = {start + at}")
        track_many(page, n, n + 1)

    one = tab(site.page("/one", customer_id=customer, page_views="false"), clock)
    two = tab(site.page("/two", customer_id=customer, page_views="false"), clock)

    def known(page: Page) -> None:
        """Until both tabs read what this one has just written; here, half an hour passes in an instant."""
        page.wait_for_function(f"Date.now() - {SESSION}.split('.')[2] < 60_000", polling=20)
        text = page.evaluate(SESSION)
        for each in (one, two):
            each.wait_for_function(f"(text) => {SESSION} === text", arg=text, polling=20)

    for n, (page, at) in enumerate(
        [
            (one, 0),
            (two, 29),  # goes on in the other tab
            (one, 58),  # which the first knows: 29 minutes, not 58
            (one, 89),  # 31 minutes later
            (two, 90),
        ]
    ):
        track(page, n, at)
        known(page)
    for step in range(60):  # never idle, but 24 hours long
        track(two, 5 + step, 90 + 25 * (step + 1))
    two.evaluate("window.ahead = 0; milepost.flush()")
    one.evaluate("window.ahead = 0; milepost.flush()")
    rows = sorted(stored(65), key=lambda row: int(row["event_metadata"]["n"]))
    sessions = list(dict.fromkeys(row["session_id"] for row in rows))
    by_session = [[row["event_metadata"]["n"] for row in rows if row["session_id"] == one] for one in sessions]
    assert by_session[0] == [0, 1, 2]
    assert by_session[1][:2] == [3, 4]
    # 24 hours from minute 89 on are over with the event at minute 90 + 25 * 58.
    assert by_session[1][-1] == 4 + 57
    assert by_session[2] == [4 + 58, 4 + 59, 4 + 60]


def test_marked_clicks_and_forms(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))
    page.click("#export b")
    page.click("#send")
    page.click("h1")
    page.evaluate("milepost.flush()")
    rows = stored(3)
    click, form = rows[1:]
    assert actions_of(rows) == ["page_view", "click", "form_submit"]
    assert (click["event_type"], click["business_impact"], click["tool_id"], click["competency_area"]) == (
        "content_interaction", "high", "cost-calculator", "value_communication",
    )  # fmt: skip
    assert click["event_metadata"]["button_id"] == "export-pdf"
    assert (form["event_type"], form["tool_id"]) == ("professional_action", "cost-calculator")
    assert form["event_metadata"]["form_id"] == "inputs"
    assert form["event_metadata"]["plan"] == "pro"
