"""The import of a table in Chromium: chosen, changed by column, imported, and again; by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from tests.browser.complaints import complaints_of
from tests.browser.conftest import STILL_LOADING
from tests.browser.signing_in import sign_in
from tests.support.axe import DESKTOP, PHONE, assert_clean
from tests.support.postgres import Cluster
from tests.support.server import Server, running

_ROWS = "".join(f"seen-{n},Firma {n},{n * 100},{n % 27 + 1:02}/03/2026,note {n}\n" for n in range(700))
_TABLE: FilePayload = {
    "name": "firmen.csv",
    "mimeType": "text/csv",
    "buffer": f"Nr,Firma,Umsatz,Seit,Notiz\n{_ROWS}seen-x,Odd,many,01/03/2026,x\n".encode(),
}


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with cluster.database() as dsn, running(Server(tmp_path_factory.mktemp("import"), database_url=dsn)) as server:
        yield server


@pytest.fixture
def page(server: Server, browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport=DESKTOP, locale="en-GB", timezone_id="UTC", reduced_motion="reduce") as context:
        page = context.new_page()
        complaints = complaints_of(page)
        sign_in(page, server)
        # What cannot be read is answered 422, which the console says, too.
        yield page
        assert [one for one in complaints if "422" not in one] == []


def test_a_table_from_choosing_it_to_its_report(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/customers")
    page.get_by_role("link", name="Import a table").click()
    page.locator("#file").set_input_files({"name": "no.csv", "mimeType": "text/csv", "buffer": b""})
    expect(page.get_by_role("alert")).to_contain_text("The file is empty")
    page.locator("#file").set_input_files(_TABLE)
    # No column looks like an id: which is it?
    title = page.locator("#preview-title")
    expect(title).to_have_text("By which column do your events know them?")
    assert_clean(page)
    page.get_by_label("Your events know them by").focus()
    page.get_by_label("Your events know them by").select_option("Nr")
    expect(title).to_have_text("701 customers from 701 rows")
    expect(page.get_by_label("Your events know them by")).to_be_focused()
    # By keyboard: a column is named, another is left out, and the focus stays where it was.
    trait = page.get_by_label("Trait of Firma")
    trait.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("name")
    page.keyboard.press("Tab")
    expect(page.get_by_role("region", name="The first rows")).to_contain_text("name")
    page.locator("[data-column=Notiz] [data-take]").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-column=Notiz]")).to_contain_text("Left out")
    expect(page.locator("[data-column=Notiz] [data-take]")).to_be_focused()
    expect(trait).to_have_value("name")
    # By mouse: how dates are written.
    page.get_by_label("Order of the dates of Seit").select_option("DD/MM/YYYY")
    expect(page.locator("#import-preview:not([aria-busy])")).to_contain_text("2026-03-01")
    expect(page.locator(".faults")).to_contain_text("is not a number or an amount")
    assert_clean(page)
    page.set_viewport_size(PHONE)
    assert_clean(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("button", name="Import 701 customers").click()
    expect(page.locator("#report-title")).to_have_text("701 customers changed, 0 unchanged")
    expect(page.locator(".import-report")).to_be_focused()
    expect(page.locator(".faults")).to_contain_text("702")

    # The same file again changes nothing.
    page.locator("#file").set_input_files([])
    page.locator("#file").set_input_files(_TABLE)
    page.get_by_label("Your events know them by").select_option("Nr")
    page.get_by_label("Trait of Firma").fill("name")
    page.get_by_label("Trait of Firma").blur()
    expect(page.get_by_role("region", name="The first rows")).to_contain_text("name")
    page.locator("[data-column=Notiz] [data-take]").uncheck()
    expect(page.locator("[data-column=Notiz]")).to_contain_text("Left out")
    page.get_by_label("Order of the dates of Seit").select_option("DD/MM/YYYY")
    expect(page.locator("#import-preview:not([aria-busy])")).to_contain_text("2026-03-01")
    page.get_by_role("button", name=re.compile("^Import 701")).click()
    expect(page.locator("#report-title")).to_have_text("0 customers changed, 701 unchanged")
    page.get_by_role("link", name="Show the customers").click()
    expect(page.locator("#customers-answer")).to_contain_text("701 customers")


def test_a_file_chosen_before_the_script_came(server: Server, page: Page) -> None:
    page.remove_locator_handler(page.locator(STILL_LOADING))
    held: list[Route] = []
    page.route("**/js/imports.js*", lambda route: held.append(route))
    page.goto(f"{server.url}/customers/import", wait_until="commit")
    page.locator("#file").set_input_files({"name": "no.csv", "mimeType": "text/csv", "buffer": b""})
    while not held:
        page.evaluate("() => new Promise(requestAnimationFrame)")
    held[0].continue_()
    expect(page.get_by_role("alert")).to_contain_text("The file is empty")
