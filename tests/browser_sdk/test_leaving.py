"""Pages come and go in every way a browser knows: nothing is lost, nothing is stored twice."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from tests.support.server import wait_for

from .site import Answer, Site
from .stored import (
    Stored,
    Tabs,
    actions_of,
    after,
    never_at_once,
    nothing_waits,
    numbers,
    saved,
    stats,
    track_many,
    waiting,
)

REFUSED = Answer(503)


def kill(page: Page) -> None:
    """The tab's process dies; no event of the page's life is fired."""
    with page.expect_event("crash"), pytest.raises(PlaywrightError):
        page.goto("chrome://crash", timeout=2000)


def test_going_to_the_next_page(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))  # flushes every 30 s: leaving must send them
    track_many(page, 0, 20)
    page.click("#next")
    page.wait_for_url("**/next*")
    rows = stored(22)  # page_view, 20, page_leave; the next page's own view waits for its flush
    assert actions_of(rows) == ["page_view", *map(str, range(20)), "page_leave"]
    # The receipt went to a page that was gone, or sits in the back/forward cache.
    page.evaluate("milepost.flush()")
    assert stats(page)["rejected"] == 0


def test_closing_the_tab(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))
    track_many(page, 0, 150)  # about 70 KB: more than a page may send on its way out
    page.close(run_before_unload=False)
    other = tab(site.page("/other", customer_id="another", flush_interval=500))
    nothing_waits(other)
    assert numbers(stored(152)) == list(range(150))
    assert all(seen.size <= 62 * 1024 for seen in site.requests)
    never_at_once(site)


def test_switching_tabs(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))
    track_many(page, 0, 3)
    tab("about:blank")
    page.wait_for_function("document.hidden")
    rows = stored(4)  # at once, without the page having left
    assert actions_of(rows) == ["page_view", "0", "1", "2"]
    page.bring_to_front()
    page.wait_for_function("!document.hidden")
    nothing_waits(page)  # the exit that stood ready is withdrawn
    page.click("#next")
    page.wait_for_url("**/next*")
    assert actions_of(stored(5))[-1] == "page_leave"


def test_a_killed_tab_is_sent_by_the_next_page(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    site.fate = lambda number, seen: REFUSED
    page = tab(site.page(customer_id=customer))
    track_many(page, 0, 5)
    page.evaluate("milepost.flush()")  # and while it is backing off:
    track_many(page, 5, 10)
    saved(page, 11)
    kill(page)
    site.fate = lambda number, seen: None
    other = tab(site.page("/other", customer_id="another", flush_interval=500))
    nothing_waits(other)
    rows = stored(11)
    assert numbers(rows) == list(range(10))
    never_at_once(site)


def test_killed_while_hidden_the_exit_is_not_lost(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))
    page.evaluate("milepost.enterTool('cost-calculator')")
    after(page, 300)
    tab("about:blank")
    page.wait_for_function("document.hidden")
    stored(2)
    kill(page)
    # As long as the page might come back, its exits are left alone.
    early = tab(site.page("/early", customer_id="another", flush_interval=200))
    after(early, 600)
    assert len(waiting(early)) >= 2
    later = "const now = Date.now; Date.now = () => now() + 31 * 60_000;"
    nothing_waits(tab(site.page("/later", customer_id="another", flush_interval=200), later))
    rows = stored(4)
    exits = {row["event_type"]: row for row in rows if row["event_metadata"]["action"] in ("exit", "page_leave")}
    assert set(exits) == {"tool_usage", "navigation"}
    # Until it was hidden, not until it was sent.
    assert 300 <= exits["tool_usage"]["event_metadata"]["duration_ms"] < 60_000


def test_what_a_hidden_tab_tracks_is_saved_at_once(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))
    other = tab("about:blank")
    page.wait_for_function("document.hidden", polling=20)
    stored(1)
    track_many(page, 0, 5)
    kill(page)  # as a phone does that needs the memory
    other.goto(site.page("/other", customer_id="another", flush_interval=300))
    assert numbers(stored(6)) == list(range(5))


def test_a_tab_that_stays_sends_for_one_that_was_killed(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    site.fate = lambda number, seen: REFUSED
    page = tab(site.page("/one", customer_id=customer))
    track_many(page, 0, 5)
    saved(page, 6)
    other = tab(site.page("/other", customer_id="another", flush_interval=300))
    page.bring_to_front()
    kill(page)
    other.bring_to_front()
    site.fate = lambda number, seen: None
    nothing_waits(other)
    assert numbers(stored(6)) == list(range(5))
    never_at_once(site)


def test_it_leaves_nothing_behind_in_storage(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer, flush_interval=300))
    page.evaluate("milepost.enterTool('icp-analysis')")
    tab("about:blank")
    page.wait_for_function("document.hidden", polling=20)
    page.bring_to_front()
    page.wait_for_function("!document.hidden", polling=20)
    page.click("#next")
    page.wait_for_url("**/next*")
    page.evaluate("milepost.flush()")
    nothing_waits(page)
    stored(5)
    names = page.evaluate("Object.keys(localStorage).map((key) => key.split(':').at(-1))")
    assert sorted(names) == ["anon", "session"]


def test_reload_in_mid_flush(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    """The first answer comes when its page is gone: the events are stored, but nobody knows."""
    gate = threading.Event()
    held = Answer(503, stored=True, hold=gate)
    site.fate = lambda number, seen: held if number == 0 else None
    page = tab(site.page(customer_id=customer, flush_interval=400))
    track_many(page, 0, 5)
    page.evaluate("void milepost.flush()")
    wait_for(lambda: len(site.requests) == 1, 10, "the first request")
    page.reload()
    gate.set()
    nothing_waits(page)
    rows = stored(8)  # two page views, five, one page_leave
    assert numbers(rows) == list(range(5))
    assert sorted(actions_of(rows)).count("page_view") == 2


def test_back_forward_cache(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer, flush_interval=300))
    page.evaluate("window.mark = 1; window.visit = milepost.enterTool('icp-analysis', 'tab-1')")
    page.click("#next")
    page.wait_for_url("**/next*")
    page.wait_for_function("milepost.stats().captured === 1", polling=20)
    page.evaluate("history.back()")
    page.wait_for_function("window.mark === 1")  # restored, not loaded
    page.evaluate("visit.exit(); visit.exit()")
    page.evaluate("milepost.close()")
    tab(site.page("/last", customer_id="another", flush_interval=300))
    rows = stored(10)
    tool = [row["event_metadata"]["action"] for row in rows if row["event_type"] == "tool_usage"]
    assert tool == ["enter", "exit", "enter", "exit"]
    views = [
        (row["event_metadata"]["action"], row["page_url"].split("/")[3][:4])
        for row in rows
        if row["event_type"] == "navigation"
    ]
    # In this browser the one page's leaving and the other's coming back run side by side.
    wanted = [(action, path) for path in ("page", "next", "page") for action in ("page_view", "page_leave")]
    assert sorted(views) == sorted(wanted)
