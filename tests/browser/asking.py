"""What the tests of questions' pages share: a visit, choosing from a picker, reading tables, looking at charts."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.complaints import complaints_of
from tests.support.server import Server

_DRAWN = """canvas => {
    const pen = canvas.getContext("2d");
    const colours = new Set(new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer));
    return colours.size;
}"""


class Visit:
    """A signed-in member's browser that remembers its complaints."""

    def __init__(self, server: Server, context: BrowserContext) -> None:
        self.server = server
        self.page = context.new_page()
        self.complaints = complaints_of(self.page)

    def open(self, address: str) -> Page:
        self.page.goto(f"{self.server.url}{address}")
        # An answer that takes longer than the page may wait for follows by itself.
        expect(self.page.locator("[data-waiting]")).to_have_count(0)
        return self.page


def pick(page: Page, field: str, name: str, *, typed: str = "") -> None:
    """Chooses `name` in a picker: opens it, types (else all of the name), and presses Enter once it stands first."""
    box = page.locator(f"#{field}-pick")
    box.click()
    page.keyboard.type(typed or name)
    expect(chosen(page, field)).to_have_text(re.compile(rf"^{re.escape(name)}"))
    page.keyboard.press("Enter")


def chosen(page: Page, field: str) -> Locator:
    """What Enter would take."""
    return page.locator(f"#{field}-list [aria-selected=true]")


def table_of(page: Page, id: str) -> list[list[str]]:  # noqa: A002
    """A table's cells as a CSV has them: exact values where the page shows rounded ones. Waits for an answer that takes
    longer than the page may."""
    expect(page.locator("[data-waiting]")).to_have_count(0)
    page.locator(f"#{id} table").wait_for(state="attached")
    rows: list[list[str]] = page.locator(f"#{id} table tr").evaluate_all(
        """rows => rows.map(row => [...row.cells].map(cell => {
            const exact = cell.querySelector("data, time");
            return exact ? exact.value ?? exact.dateTime : cell.textContent.trim();
        }))"""
    )
    return rows


def drawn_of(page: Page, id: str) -> int:  # noqa: A002
    expect(page.locator(f"#{id}[data-drawn]")).to_have_count(1)
    colours: int = page.locator(f"#{id} canvas").first.evaluate(_DRAWN)
    return colours


class Hands:
    """Does a job and counts what it takes: pressing something, choosing from a list, writing, each one interaction,
    with the mouse or with the keyboard alone. Going to where it stands is none."""

    def __init__(self, page: Page, *, keyboard: bool) -> None:
        self.page = page
        self.count = 0
        self._keyboard = keyboard

    def press(self, what: Locator) -> None:
        self.count += 1
        if self._keyboard:
            self._reach(what)
            self.page.keyboard.press("Enter")
        else:
            what.click()

    def write(self, what: Locator, text: str) -> None:
        """Into a field; one interaction more where the page has not gone to it by itself."""
        if not what.evaluate("element => element === document.activeElement"):
            self.count += 1
            if self._keyboard:
                self._reach(what)
            else:
                what.click()
        self.page.keyboard.type(text)

    def choose(self, field: str, name: str, *, typed: str = "") -> None:
        """From a picker: by its words and Enter, or from the list that a click opens."""
        self.count += 1
        if self._keyboard:
            self._reach(self.page.locator(f"#{field}-pick"))
            self.page.keyboard.type(typed or name)
            expect(chosen(self.page, field)).to_have_text(re.compile(rf"^{re.escape(name)}"))
            self.page.keyboard.press("Enter")
        else:
            # An answer that comes between the press and the release of a button takes what was pressed with it.
            expect(self.page.locator("[data-waiting]")).to_have_count(0)
            self.page.locator(f"#{field}-pick").click()
            self.page.locator(f"#{field}-list").get_by_role("option", name=name, exact=True).first.click()

    def select(self, field: str, name: re.Pattern[str]) -> None:
        """From a list of the browser's own."""
        self.count += 1
        select = self.page.locator(f"#{field}")
        expect(select).to_be_visible()
        said = next(text for text in select.locator("option").all_inner_texts() if name.search(text))
        if self._keyboard:
            self._reach(select)
            self.page.keyboard.type(said)
        else:
            select.select_option(label=said)

    def _reach(self, what: Locator) -> None:
        """Walks there by Tab."""
        expect(what).to_be_visible()
        for _ in range(120):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {what}")
