"""The page that says whether the score holds, in Chromium: from the first question to the answer, and its details."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize, expect

from tests.browser.complaints import complaints_of
from tests.browser.signing_in import cookies_of
from tests.support.axe import DESKTOP, assert_clean
from tests.support.ids import uuid7_at
from tests.support.postgres import Cluster
from tests.support.server import Server, running

_PHONE: ViewportSize = {"width": 390, "height": 844}
#: 40 customers over 130 days: the n-th comes every (n mod 6 + 1)-th day, and every third stays away after 70 days.
_EVENTS = f"""
insert into public.behavior_events (event_id, customer_id, event_type, business_impact, tool_id, competency_area,
  "timestamp")
select {uuid7_at("at + n * interval '1 ms'")}, 'c' || n, 'tool_usage', 'medium', 'icp-analysis', 'sales_execution',
  at
from generate_series(1, 40) as n
cross join lateral generate_series(%(now)s::timestamptz - interval '131 days', %(now)s::timestamptz
  - case when n %% 3 = 0 then interval '61 days' else interval '1 day' end, make_interval(days => 1 + n %% 6)) as at
"""


@pytest.fixture(scope="module")
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with cluster.database() as dsn:
        with psycopg.connect(dsn) as connection:
            connection.execute(_EVENTS, {"now": datetime.now(UTC)})
        with running(Server(tmp_path_factory.mktemp("score"), database_url=dsn)) as server:
            yield server


@pytest.fixture(scope="module")
def signed_in(served: Server, browser: Browser) -> StorageState:
    return cookies_of(served, browser)


@pytest.fixture
def page(browser: Browser, signed_in: StorageState) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(
        viewport=DESKTOP, locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce", storage_state=signed_in
    )
    opened = context.new_page()
    complaints = complaints_of(opened)
    yield opened
    context.close()
    assert complaints == []


def test_the_question_is_asked_and_answered_in_place(served: Server, page: Page) -> None:
    page.goto(f"{served.url}/")
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Scoring").click()
    page.get_by_role("link", name="Does the health figure hold up?").click()
    finding = page.locator("[data-finding]")
    expect(finding).to_contain_text("Nobody has asked yet")
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("button", name="Compare now").click()
    # The page follows the run by itself, and loads again when it is over.
    expect(finding).to_contain_text("Health ranks who stays active", timeout=90_000)
    expect(page.locator("#run")).to_have_count(0)
    expect(page.get_by_role("button", name="Compare again")).to_be_visible()
    for chart in ("#tenths", "#slices"):
        expect(page.locator(f"{chart}[data-drawn]")).to_be_visible()
    rows = page.locator("#outcomes tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.nth(4)).to_contain_text("Offline outcomes")


def test_details_are_an_address_and_a_table(served: Server, page: Page) -> None:
    page.goto(f"{served.url}/score")
    page.get_by_role("navigation", name="In detail").get_by_role("link", name="Active days").click()
    expect(page).to_have_url(f"{served.url}/score?outcome=active_days")
    expect(page.locator("#tenths h2")).to_have_text("What each tenth did next: active days")
    page.locator("#tenths").get_by_role("button", name="Table").click()
    expect(page.locator("#tenths tbody tr")).to_have_count(10)
    with page.expect_download() as download:
        page.locator("#parts").get_by_role("button", name="CSV").click()
    text = download.value.path().read_text("utf-8")
    assert "Consistency" in text
    assert "Days since last activity" in text
    with page.expect_download() as picture:
        page.locator("#slices").get_by_role("button", name="PNG").click()
    assert picture.value.path().stat().st_size > 5000
    page.get_by_text("How to read this").click()
    expect(page.get_by_text("The rival is the simplest guess there is")).to_be_visible()


def test_a_run_under_way_shows_how_far_it_is_and_can_be_cancelled(served: Server, page: Page) -> None:
    with psycopg.connect(served.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into milepost.validations (state, every_days, after_days, most_customers, asked_at, progress_at,"
            " done, total) values ('running', 28, 28, 10, now(), now(), 30, 120)"
        )
        page.goto(f"{served.url}/score")
        bar = page.locator("#run progress")
        expect(bar).to_have_attribute("value", "30")
        connection.execute("update milepost.validations set done = 90 where state = 'running'")
        expect(bar).to_have_attribute("value", "90")
        assert_clean(page)
        page.set_viewport_size(DESKTOP)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("The last comparison was cancelled")).to_be_visible()
        expect(page.locator("[data-finding]")).to_contain_text("Health ranks")


def test_a_whole_page_has_no_fault(served: Server, page: Page) -> None:
    page.goto(f"{served.url}/score")
    expect(page.locator("#slices[data-drawn]")).to_be_visible()
    assert_clean(page)
