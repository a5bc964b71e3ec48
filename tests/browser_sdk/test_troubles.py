"""The network, the server, other tabs and the storage fail: nothing is lost, nothing is stored twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.support.server import Server, wait_for

from .site import Answer, Seen, Site
from .stored import Stored, Tabs, never_at_once, nothing_waits, numbers, saved, stats, track_many, waiting

QUICK: dict[str, Any] = {"flush_interval": 300}


def first(count: int, answer: Answer) -> Callable[[int, Seen], Answer | None]:
    """The first requests get this answer, the others pass."""
    return lambda number, seen: answer if number < count else None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(503), id="503"),
        pytest.param(Answer(503, stored=True), id="503, but stored"),
        pytest.param(Answer(0), id="connection breaks"),
        pytest.param(Answer(0, stored=True), id="connection breaks, but stored"),
        pytest.param(Answer(200, b"<html>Sign in to the hotel's network</html>"), id="a captive portal's page"),
        pytest.param(Answer(200, b'{"accepted": 1, "duplicates": 0, "rejected": []}'), id="a receipt for others"),
        pytest.param(Answer(429), id="429"),
        pytest.param(Answer(408), id="408"),
    ],
)
def test_an_answer_that_is_no_receipt(site: Site, tab: Tabs, stored: Stored, customer: str, answer: Answer) -> None:
    site.fate = first(2, answer)
    page = tab(site.page(customer_id=customer, **QUICK))
    track_many(page, 0, 10)
    nothing_waits(page)
    assert numbers(stored(11)) == list(range(10))
    assert stats(page)["queued"] == 0
    assert stats(page)["delivered"] + stats(page)["duplicates"] == 11
    never_at_once(site)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_the_floor(site: Site, tab: Tabs, stored: Stored, customer: str, status: int) -> None:
    site.fate = first(1, Answer(status, headers=(("Retry-After", "2"),)))
    page = tab(site.page(customer_id=customer, **QUICK))
    track_many(page, 0, 3)
    page.wait_for_function("milepost.stats().errors > 0")
    # Neither a high-impact event, nor a flush, nor leaving the tab asks earlier.
    page.evaluate("milepost.trackExport({ exportType: 'pdf' }); void milepost.flush()")
    tab("about:blank")
    stored(5)
    assert site.requests[1].at - site.requests[0].done >= 1.95


def test_too_large_is_halved(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    def fate(number: int, seen: Seen) -> Answer | None:
        return Answer(413) if len(seen.ids) > 3 else None

    site.fate = fate
    page = tab(site.page(customer_id=customer, **QUICK))
    track_many(page, 0, 20)
    nothing_waits(page)
    assert numbers(stored(21)) == list(range(20))


def test_one_that_is_too_large_for_a_proxy_is_given_up_alone(
    site: Site, tab: Tabs, stored: Stored, customer: str
) -> None:
    site.fate = lambda number, seen: Answer(413) if seen.size > 20_000 else None
    page = tab(site.page(customer_id=customer))
    track_many(page, 0, 3)
    page.evaluate("milepost.track('content_interaction', { metadata: { long: 'x'.repeat(30_000) } })")
    track_many(page, 3, 5)
    page.evaluate("milepost.flush()")
    nothing_waits(page)
    assert numbers(stored(6)) == list(range(5))
    assert stats(page)["dropped"] == {"rejected": 1}


def test_one_bad_event_costs_no_other(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer))
    track_many(page, 0, 3)
    page.evaluate("milepost.track('content_interaction', { businessImpact: 'enormous' })")
    track_many(page, 3, 5)
    page.evaluate("milepost.flush()")
    assert numbers(stored(6)) == list(range(5))
    assert stats(page)["rejected"] == 1
    assert waiting(page) == []
    page.evaluate("milepost.flush()")
    assert len(site.requests) == 1  # what was refused is not sent again


def test_offline_then_online(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    site.fate = lambda number, seen: None
    page = tab(site.page(customer_id=customer, **QUICK))
    stored(1)
    page.context.set_offline(True)
    try:
        track_many(page, 0, 10)
        page.evaluate("milepost.trackExport({ exportType: 'csv' })")
        page.wait_for_function("milepost.stats().errors >= 3", timeout=20_000)  # seconds of backoff by now
        assert len(waiting(page)) == 11
        assert numbers(stored(1)) == []
    finally:
        page.context.set_offline(False)
    nothing_waits(page)
    assert numbers(stored(12)) == list(range(10))


def test_offline_for_a_minute(site: Site, windows: BrowserContext, stored: Stored, customer: str) -> None:
    page = windows.new_page()
    page.clock.install()
    page.goto(site.page(customer_id=customer, **QUICK))
    page.evaluate("milepost.flush()")
    stored(1)
    windows.set_offline(True)
    track_many(page, 0, 10)
    for second in range(60):
        page.clock.run_for(1000)
        track_many(page, 10 + second, 11 + second)
        wait_for(lambda: stats(page)["errors"] > 0, 5, "the first request to fail")
    assert 3 <= stats(page)["errors"] <= 20  # it backs off
    page.clock.run_for(100)
    assert len(waiting(page)) == 70
    assert len(site.requests) == 1
    windows.set_offline(False)  # the browser says so: no backoff is sat out
    nothing_waits(page)
    assert numbers(stored(71)) == list(range(70))
    never_at_once(site)


def test_two_tabs_at_once(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    site.fate = lambda number, seen: Answer(503) if number < 3 else None
    one = tab(site.page("/one", customer_id=customer, **QUICK))
    two = tab(site.page("/two", customer_id=customer, **QUICK))
    for start in range(0, 100, 10):
        track_many(one, start, start + 10)
        track_many(two, 1000 + start, 1000 + start + 10)
    two.close(run_before_unload=False)
    one.bring_to_front()
    nothing_waits(one, 20)
    rows = stored(203)  # and the page views, and what /two told when it was closed
    assert sorted(numbers(rows)) == [*range(100), *range(1000, 1100)]
    never_at_once(site)
    assert len({row["session_id"] for row in rows}) == 1
    assert len({row["anonymous_id"] for row in rows}) == 1


FULL = """
for (let size = 1 << 20; size; size >>= 1) {
  try { for (let n = 0; ; n++) localStorage.setItem("h" + size + "." + n, "x".repeat(size)); } catch {}
}"""


def test_storage_is_full(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer, **QUICK), FULL)
    host_has = page.evaluate("Object.keys(localStorage).filter((key) => key[0] === 'h').length")
    track_many(page, 0, 200)
    nothing_waits(page)
    assert numbers(stored(201)) == list(range(200))
    assert stats(page)["persistent"] is False
    assert page.evaluate("Object.keys(localStorage).filter((key) => key[0] === 'h').length") == host_has


def test_storage_is_forbidden(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    """A sandboxed frame: reading localStorage throws, locks are refused."""
    page = tab(site.page("/framed", customer_id=customer, **QUICK))
    frame = page.frames[1]
    frame.wait_for_function("window.milepost")
    frame.evaluate("for (let n = 0; n < 5; n++) milepost.track('content_interaction', { metadata: { n } })")
    assert numbers(stored(6)) == list(range(5))
    assert frame.evaluate("milepost.stats().persistent") is False


def test_the_queue_is_bounded(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    site.fate = lambda number, seen: Answer(503)
    page = tab(site.page(customer_id=customer, max_queue=20, **QUICK))
    page.evaluate("milepost.trackExport({ exportType: 'pdf', metadata: { n: -1 } })")
    track_many(page, 0, 100)
    assert stats(page)["queued"] == 20
    assert stats(page)["dropped"]["queue_full"] >= 80
    saved(page, 20)
    site.fate = lambda number, seen: None
    nothing_waits(page, 30)
    left = numbers(stored())
    assert -1 in left  # what is of high impact goes last
    assert left[1:] == list(range(100 - len(left) + 1, 100))


def test_posts_need_no_preflight_and_may_come_from_elsewhere(
    site: Site, shared_server: Server, tab: Tabs, stored: Stored, customer: str
) -> None:
    """From the page's origin straight to Milepost on another."""
    page = tab(site.page(customer_id=customer, host=shared_server.url))
    track_many(page, 0, 3)
    page.evaluate("milepost.identify('someone', { name: 'Some One' })")
    page.evaluate("milepost.flush()")
    # The identity call names no customer; it ties what this browser did before to the user.
    wait_for(lambda: {row["user_id"] for row in stored(4)} == {"someone"}, 15, "earlier events to follow the user")
    assert stats(page)["delivered"] == 5
    assert site.preflights == 0
    assert site.requests == []
