"""Chromium as people run it, a site with the SDK, and the database behind."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright
from psycopg.rows import dict_row

from tests.support.server import Server, wait_for

from .site import Site, running_site
from .stored import Stored, Tabs


@pytest.fixture(scope="package")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


def program(driver: Playwright) -> str:
    """The system's Chromium where there is one, else the one Playwright installed."""
    return shutil.which("chromium") or shutil.which("google-chrome") or driver.chromium.executable_path


@pytest.fixture
def windows(driver: Playwright) -> Iterator[BrowserContext]:
    """A Chromium that Playwright leads: each page is a window, always visible; one of them has the focus."""
    args = ["--no-sandbox", "--disable-gpu"]
    unwanted = ["--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"]
    browser = driver.chromium.launch(executable_path=program(driver), args=args, ignore_default_args=unwanted)
    yield browser.new_context()
    browser.close()


@pytest.fixture(scope="package")
def desktop(driver: Playwright) -> Iterator[BrowserContext]:
    """A Chromium that Playwright only looks at: with its own defaults no tab is ever hidden or unfocused, and
    nothing enters the back/forward cache."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                program(driver),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--no-first-run",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            port = Path(profile) / "DevToolsActivePort"
            wait_for(lambda: port.exists() and "\n" in port.read_text(), 30, "Chromium to listen")
            address = f"http://127.0.0.1:{port.read_text().split()[0]}"
            browser = driver.chromium.connect_over_cdp(address, no_defaults=True)
            context = browser.contexts[0]
            context.set_default_timeout(15_000)
            yield context
            browser.close()
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture
def tab(desktop: BrowserContext) -> Iterator[Tabs]:
    """Opens tabs of one window. `tab(url, script)` runs the script before the page's own; what a page throws
    fails the test. Storage is per origin, and each test's site has an origin of its own."""
    opened: list[Page] = []
    thrown: list[str] = []

    def open_tab(url: str = "", script: str = "") -> Page:
        page = desktop.new_page()
        opened.append(page)
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.add_init_script("addEventListener('unhandledrejection', (event) => { throw event.reason; });")
        if script:
            page.add_init_script(script)
        page.bring_to_front()
        if url:
            page.goto(url)
        return page

    yield open_tab
    for page in opened:
        if not page.is_closed():
            page.close()
    assert not thrown


@pytest.fixture
def site(shared_server: Server) -> Iterator[Site]:
    with running_site(shared_server.url) as site:
        yield site


@pytest.fixture
def customer() -> str:
    """A customer of the test's own."""
    return f"c-{uuid4().hex[:12]}"


@pytest.fixture
def stored(shared_server: Server, customer: str) -> Stored:
    """Reads the customer's events from PostgreSQL in order of capture, waiting until there are `count`."""

    def read(count: int | None = None, within: float = 15.0) -> list[dict[str, Any]]:
        deadline = time.monotonic() + within
        with psycopg.connect(shared_server.database_url, row_factory=dict_row, autocommit=True) as connection:
            while True:
                rows = connection.execute(
                    "select * from public.behavior_events where customer_id = %s order by timestamp, event_id",
                    (customer,),
                ).fetchall()
                if count is None or len(rows) == count:
                    return rows
                if len(rows) > count or time.monotonic() > deadline:
                    found = [(row["event_type"], row["event_metadata"]) for row in rows]
                    raise AssertionError(f"{len(rows)} events in the database, not {count}: {found}")
                time.sleep(0.05)

    return read
