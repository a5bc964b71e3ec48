"""Offline actions and the picture of practice and results, in Chromium."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.browser.asking import Visit
from tests.browser.signing_in import cookies_of
from tests.support.axe import DESKTOP, assert_clean, faults
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, running, wait_for

#: Customers in each quarter of all competencies together.
_MANY = {"both": 6, "practice": 5, "results": 4, "neither": 9}
_COMPETENCIES = ("customer_intelligence", "value_communication", "sales_execution", "systematic_optimization")


def _filled(now: datetime) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Events and actions that put them there; the first of each quarter has a workshop behind it, too."""
    events: list[dict[str, Any]] = []
    actions: list[dict[str, Any]] = []
    for quarter, count in _MANY.items():
        for number in range(count):
            who = {"customer_id": f"{quarter}-{number}"}
            for area in _COMPETENCIES if quarter in ("both", "practice") else _COMPETENCIES[:1]:
                for days in range(0, 60, 10 if quarter in ("both", "practice") else 50):
                    at = (now - timedelta(days=days, hours=number)).isoformat()
                    events.append(
                        who | {"event_type": "competency_milestone", "competency_area": area, "timestamp": at}
                    )
            for won in range(2 + number if quarter in ("both", "results") else 0):
                at = (now - timedelta(days=7 * won + 1)).isoformat()
                actions.append(
                    who
                    | {"action_type": "deal_won", "role": "outcome", "business_impact": "high", "timestamp": at}
                    | {"competency_area": "sales_execution", "value": 12_000, "currency": "EUR"}
                )
            if number == 0:
                at = (now - timedelta(days=31)).isoformat()
                actions.append(who | {"action_type": "workshop", "timestamp": at, "description": "Two hours"})
    return events, actions


@pytest.fixture(scope="module")
def offline(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    events, actions = _filled(datetime.now(UTC))
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("offline"), database_url=dsn)) as server,
        server.client(WRITE_KEY) as sender,
        server.client() as crm,
        psycopg.connect(dsn, autocommit=True) as database,
    ):
        assert sender.post("/v1/events", json={"events": events}).json()["accepted"] == len(events)
        assert crm.post("/v1/actions", json={"actions": actions}).json()["accepted"] == len(actions)

        def settled() -> bool:
            query = "select count(*), count(*) filter (where unsettled) from milepost.standing"
            return database.execute(query).fetchone() == (sum(_MANY.values()), 0)

        wait_for(settled, 90, "the customers to be settled")
        yield server


@pytest.fixture(scope="module")
def signed_in(offline: Server, browser: Browser) -> StorageState:
    return cookies_of(offline, browser)


@pytest.fixture
def visit(offline: Server, browser: Browser, signed_in: StorageState) -> Iterator[Visit]:
    context = browser.new_context(
        viewport=DESKTOP,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        storage_state=signed_in,
    )
    # The server learns the zone from a cookie that the first page sets.
    context.add_cookies([{"name": "tz", "value": "Europe%2FBerlin", "url": offline.url}])
    visit = Visit(offline, context)
    yield visit
    context.close()
    # A form that comes back with its mistakes is a 400, which the browser tells its console.
    assert [said for said in visit.complaints if "status of 400" not in said] == []


def test_an_action_is_recorded_changed_and_deleted(visit: Visit) -> None:
    page = visit.open("/customers/neither-1#progress")
    panel = page.locator("#offline")
    expect(panel.get_by_label("What was it?")).to_be_hidden()
    panel.get_by_text("Record an offline action").click()
    panel.get_by_label("What was it?").fill("Workshop")
    panel.get_by_label(re.compile("^When")).fill("2026-03-02T14:30")
    panel.get_by_label("Competency").select_option("sales_execution")
    panel.get_by_label(re.compile("^Worth")).fill("a lot")
    panel.get_by_label("Currency").fill("eur")
    panel.get_by_role("button", name="Record it").click()
    expect(page.get_by_role("alert")).to_contain_text("1 field needs another look")
    wrong = page.get_by_label(re.compile("^Worth"))
    expect(wrong).to_have_value("a lot")
    expect(wrong).to_have_accessible_description("Give a number without its currency, such as 12500.50.")
    expect(page.get_by_label("What was it?")).to_have_value("Workshop")
    wrong.fill("1200")
    page.get_by_role("button", name="Record it").click()

    expect(page.get_by_role("status").filter(has_text="The action is recorded.")).to_be_visible()
    row = page.locator("#offline .actions li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("2 Mar 2026")
    expect(row).to_contain_text("1,200 EUR")
    page.get_by_role("link", name="Change Workshop").click()
    expect(page.get_by_label(re.compile("^When"))).to_have_value("2026-03-02T14:30")
    page.get_by_label("What was it?").fill("Deal won")
    page.get_by_label("Its part").select_option("outcome")
    page.get_by_role("button", name="Save it").click()
    expect(row).to_contain_text("Deal won")
    expect(row.locator(".pin-outcome")).to_have_count(1)

    page.get_by_role("link", name="Change Deal won").click()
    page.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Put it back").click()
    expect(row).to_have_count(1)


def test_the_form_works_without_scripts(offline: Server, browser: Browser, signed_in: StorageState) -> None:
    with browser.new_context(java_script_enabled=False, storage_state=signed_in, viewport=DESKTOP) as context:
        page = context.new_page()
        page.goto(f"{offline.url}/customers/neither-2")
        page.get_by_text("Record an offline action").click()
        page.get_by_label("What was it?").fill("Call")
        page.get_by_label("Currency").fill("12")
        page.get_by_role("button", name="Record it").click()
        expect(page.get_by_text("Give three letters, such as EUR.")).to_be_visible()
        page.get_by_label("Currency").fill("")
        page.get_by_role("button", name="Record it").click()
        expect(page.get_by_text("The action is recorded.")).to_be_visible()
        expect(page.locator("#weeks .pin-intervention")).to_have_count(2)
        page.goto(f"{offline.url}/practice?competency=sales_execution")
        expect(page.locator("#quadrant tbody tr")).to_have_count(sum(_MANY.values()))
        page.get_by_label("Competency").select_option("")
        page.get_by_role("button", name="Show", exact=True).last.click()
        expect(page.locator(".quarter-both .figure")).to_have_text(str(_MANY["both"]))


def test_the_weeks_are_read_saved_and_marked(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("/customers/both-0#progress")
    weeks = page.locator("#weeks")
    expect(weeks.locator(".plot-area .pin-outcome")).to_have_count(2)
    expect(weeks.locator(".plot-area .pin-intervention")).to_have_count(1)
    expect(weeks.locator(".since")).to_have_count(1)
    weeks.locator(".plot-area").focus()
    page.keyboard.press("End")
    expect(weeks.locator(".reading")).to_contain_text(re.compile(r"Week from .*: \d+ points"))
    effect = page.locator("#offline .effect")
    expect(effect).to_have_count(1)
    expect(effect).to_contain_text("points a week")
    expect(page.locator("#offline")).to_contain_text("what followed, not what caused it")
    with page.expect_download() as download:
        weeks.locator("[data-save=csv]").click()
    download.value.save_as(tmp_path / "weeks.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "weeks.csv").read_text("utf-8-sig"))))
    assert rows[0][:2] == ["Week from", "Points"]
    assert sum(int(row[1]) for row in rows[1:]) == sum(int(cell) for row in rows[1:] for cell in row[2:]) > 0
    with page.expect_download() as download:
        weeks.locator("[data-save=png]").click()
    download.value.save_as(tmp_path / "weeks.png")
    assert (tmp_path / "weeks.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_quadrant_is_filtered_and_leads_to_a_customer(visit: Visit, tmp_path: Path) -> None:
    page = visit.open("/practice")
    expect(page.locator("#quadrant[data-drawn]")).to_have_count(1)
    for quarter, count in _MANY.items():
        expect(page.locator(f".quarter-{quarter} .figure")).to_have_text(str(count))
    expect(page.locator("[data-finding]")).to_have_text("55% of those who practise win, 31% of those who do not.")
    page.locator(".quarter-results a").click()
    expect(page.locator("#quadrant tbody tr")).to_have_count(_MANY["results"])
    expect(page.locator(".quarter-results a")).to_have_attribute("aria-current", "true")
    expect(page.locator("#quadrant[data-drawn]")).to_have_count(1)
    page.locator(".quarter-results a").click()
    expect(page.locator("#quadrant tbody tr")).to_have_count(sum(_MANY.values()))
    page.get_by_label("Customer", exact=True).fill("both-")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=both-"))
    expect(page.locator("#quadrant tbody tr")).to_have_count(_MANY["both"])
    with page.expect_download() as download:
        page.locator("#quadrant [data-save=csv]").click()
    download.value.save_as(tmp_path / "quadrant.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "quadrant.csv").read_text("utf-8-sig"))))
    assert rows[0] == ["Customer", "Quarter", "Practice", "Results"]
    assert {row[1] for row in rows[1:]} == {"Practises and wins"}
    # The last of them stands alone, far up: a press on it leads to its page.
    expect(page.locator("#quadrant[data-drawn]")).to_have_count(1)
    best = max(rows[1:], key=lambda row: float(row[3]))
    box = page.locator("#quadrant canvas").bounding_box()
    assert box is not None
    x = 44 + float(best[2]) / 100 * (box["width"] - 60)
    y = 12 + (1 - float(best[3]) / 100) * (box["height"] - 52)
    page.locator("#quadrant canvas").click(position={"x": x, "y": y})
    expect(page).to_have_url(re.compile(f"/customers/{best[0]}$"))
    page.go_back()
    page.get_by_label("Wins from").select_option("95")
    expect(page.locator(".quarter-practice .figure")).to_have_text(str(_MANY["both"]))


def test_the_quadrant_is_drawn_in_both_themes(visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="light")
    page = visit.open("/practice")
    expect(page.locator("#quadrant[data-drawn]")).to_have_count(1)
    colours = page.locator("#quadrant canvas").first.evaluate(
        """canvas => new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
            .data.buffer)).size"""
    )
    assert colours > 10
    before = page.locator("#quadrant canvas").evaluate("canvas => canvas.toDataURL()")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("before => document.querySelector('#quadrant canvas').toDataURL() !== before", arg=before)


@pytest.mark.parametrize(
    "address",
    [
        "/practice",
        "/practice?q=nobody",
        "/customers/both-0#progress",
        "/customers/neither-3#progress",
        "/customers/both-0/actions",
    ],
)
def test_axe_finds_no_fault(visit: Visit, address: str) -> None:
    page = visit.open(address)
    if (record := page.locator("#record summary")).count():
        record.click()
        page.locator("#weeks .chart-table summary").click()
    assert_clean(page)


def test_axe_finds_no_fault_with_mistakes(visit: Visit) -> None:
    page = visit.open("/customers/both-1/actions")
    page.get_by_label("What was it?").fill("x")
    page.get_by_label("Currency").fill("1")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert faults(page) == [], scheme
