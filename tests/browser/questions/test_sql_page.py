"""A statement is written, run, drawn, saved, found again and deleted, by mouse and keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from milepost.dashboard.sql.pages import EXAMPLES, address_of
from tests.browser.asking import Visit, drawn_of, table_of
from tests.support.axe import assert_clean
from tests.support.server import wait_for


def test_an_analysts_job_from_beginning_to_end(visit: Visit) -> None:
    page = visit.open("/trends")
    page.get_by_role("link", name="SQL", exact=True).click()
    page.get_by_label("Statement in PostgreSQL").fill(
        "select event_type, count(*) as n from events group by 1 order by 2 desc"
    )
    page.keyboard.press("Control+Enter")
    rows = table_of(page, "answer")
    assert rows[0] == ["event_type", "n"]
    assert rows[1][0] == "navigation" or int(rows[1][1]) > 0
    expect(page).to_have_url(re.compile(r"/sql\?sql=select"))
    page.get_by_label("Chart", exact=True).select_option("bar")
    page.get_by_role("button", name="Run").click()
    assert drawn_of(page, "answer") > 2
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Name").fill("Kinds of event")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("heading", name="Kinds of event")).to_be_visible()
    assert drawn_of(page, "answer") > 2, "the chart is kept with it"
    # Somebody comes back, and changes it.
    page = visit.open("/sql")
    page.get_by_role("link", name="Kinds of event").click()
    page.get_by_label("Statement in PostgreSQL").fill("select '=1+1' as changed from customers limit 1")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("changed, not saved")).to_be_visible()
    assert table_of(page, "answer")[0] == ["changed"]
    with page.expect_download() as download:
        page.get_by_role("link", name="All rows").click()
    assert download.value.path().read_text().splitlines() == ["changed", "'=1+1"], "no spreadsheet runs it"
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("link", name="Kinds of event")).to_have_count(0)
    assert_clean(page)


def test_what_is_wrong_and_what_takes_long_is_said_in_place(visit: Visit) -> None:
    page = visit.open("/sql")
    page.get_by_label("Statement in PostgreSQL").fill("select nobody from events")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text('column "nobody" does not exist (at character 8).')).to_be_visible()
    expect(page.get_by_label("Statement in PostgreSQL")).to_have_value("select nobody from events")
    page.get_by_label("Statement in PostgreSQL").fill("select count(*) from generate_series(1, 100000000000)")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("button", name="Cancel").click()
    # What was stopped leaves room for the next.
    page.get_by_label("Statement in PostgreSQL").fill("select 1 as one")
    wait_for(lambda: _runs(visit), 20, "the statement to be stopped")


def _runs(visit: Visit) -> bool:
    visit.page.get_by_role("button", name="Run").click()
    expect(visit.page.locator("#page.htmx-request")).to_have_count(0)
    return visit.page.locator("#answer table").count() == 1


@pytest.mark.parametrize(("name", "chart", "statement"), EXAMPLES)
def test_the_examples_run(visit: Visit, name: str, chart: str, statement: str) -> None:
    page = visit.open(address_of(statement, chart))
    expect(page.locator(".answer-body .problem")).to_have_count(0)
    expect(page.locator(".answer-body")).to_contain_text(re.compile(r"rows? in|No rows"))
    assert name
