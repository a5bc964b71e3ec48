"""Refused consent, Do Not Track, Global Privacy Control: not one request, not one stored byte."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from .site import Answer, Site
from .stored import Stored, Tabs, actions_of, after, saved, stats, track_many

EVERYTHING = """async () => {
  milepost.trackExport({ exportType: "pdf" });
  const visit = milepost.enterTool("icp-analysis");
  visit.exit();
  milepost.identify("someone");
  milepost.group("some-customer");
  milepost.page();
  history.pushState({}, "", "/elsewhere");
  document.getElementById("export").click();
  document.getElementById("send").click();
  milepost.reset();
  await milepost.flush();
}"""


def kept(page: Page) -> dict[str, object]:
    """What the origin has stored, anywhere."""
    found: dict[str, object] = page.evaluate(
        """async () => ({
          local: Object.keys(localStorage),
          session: Object.keys(sessionStorage),
          cookie: document.cookie,
          databases: (await indexedDB.databases()).map(({ name }) => name),
          caches: await caches.keys(),
        })"""
    )
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize(
    ("options", "script"),
    [
        pytest.param({"consent": "denied"}, "", id="consent refused"),
        pytest.param({}, "Object.defineProperty(navigator, 'doNotTrack', { value: '1' })", id="DNT"),
        pytest.param({}, "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })", id="GPC"),
    ],
)
def test_nothing_is_sent_or_stored(site: Site, tab: Tabs, customer: str, options: dict[str, str], script: str) -> None:
    page = tab(site.page(customer_id=customer, flush_interval=50, **options), script)
    page.evaluate(EVERYTHING)
    tab("about:blank")
    page.wait_for_function("document.hidden")
    page.bring_to_front()
    after(page, 300)
    assert stats(page)["dropped"]["consent"] >= 8
    assert kept(page) == {}
    page.click("#next")
    page.wait_for_url("**/next*")
    after(page, 200)
    assert site.requests == []
    assert kept(page) == {}


def test_the_signals_may_be_overruled(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    script = "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
    page = tab(site.page(customer_id=customer, respect_signals="false"), script)
    page.evaluate("milepost.flush()")
    assert actions_of(stored(1)) == ["page_view"]


def test_pending_waits_in_memory_alone(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    page = tab(site.page(customer_id=customer, consent="pending", flush_interval=50))
    track_many(page, 0, 3)
    page.evaluate("milepost.trackExport({ exportType: 'pdf' })")
    after(page, 200)
    assert site.requests == []
    assert kept(page) == {}
    page.evaluate("milepost.setConsent('granted')")
    assert actions_of(stored(5)) == ["page_view", "0", "1", "2", "None"]


def test_refusing_purges_in_every_tab(site: Site, tab: Tabs, stored: Stored, customer: str) -> None:
    one = tab(site.page("/one", customer_id=customer))
    two = tab(site.page("/two", customer_id=customer))
    # Hidden by the other, it sends its page view; what it tracks from then on waits for its interval.
    one.wait_for_function("document.hidden && milepost.stats().delivered === 1", polling=20)
    track_many(one, 0, 3)
    track_many(two, 3, 6)
    saved(two, 8)  # of each three; this one's page view, and the exit of the other
    two.evaluate("milepost.setConsent('denied')")
    one.wait_for_function("milepost.stats().dropped.consent === 3", polling=20)
    track_many(one, 6, 9)
    one.bring_to_front()
    one.wait_for_function("!document.hidden && milepost.stats().dropped.consent >= 6", polling=20)
    assert kept(two) == {}
    requests = len(site.requests)
    one.evaluate("milepost.flush()")
    two.evaluate("milepost.flush()")
    assert len(site.requests) == requests
    # Granted anew, it starts anew; while nobody sees it, there is nothing to tell.
    two.evaluate("milepost.setConsent('granted')")
    two.bring_to_front()
    two.wait_for_function("!document.hidden && milepost.stats().captured === 5", polling=20)
    two.evaluate("milepost.flush()")
    two.wait_for_function("milepost.stats().delivered === 1", polling=20)
    rows = stored()
    assert [(actions_of([row]), row["page_url"]) for row in rows] == [
        (["page_view"], one.url),
        (["page_view"], two.url),
    ]
    assert len({row["anonymous_id"] for row in rows}) == 2


def test_refused_while_a_page_is_in_the_back_forward_cache(site: Site, tab: Tabs, customer: str) -> None:
    site.fate = lambda number, seen: Answer(503)
    page = tab(site.page(customer_id=customer))
    track_many(page, 0, 3)
    page.evaluate("window.mark = 1")
    page.click("#next")
    page.wait_for_url("**/next*")
    page.wait_for_function("milepost.stats().captured === 1", polling=20)
    page.evaluate("milepost.setConsent('denied')")
    page.evaluate("history.back()")
    page.wait_for_function("window.mark === 1", polling=20)  # restored, not loaded
    page.evaluate(EVERYTHING)
    assert kept(page) == {}
    assert stats(page)["queued"] == 0
    assert stats(page)["dropped"]["consent"] >= 5
