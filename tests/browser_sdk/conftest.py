"""Chromium as people run it (its back/forward cache on), a site with the SDK, and the database behind."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from psycopg.rows import dict_row

from tests.support.server import Server

from .site import Site, running_site

_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: Playwright switches the back/forward cache off, and asks for tabs that are never in the background.
_NOT = ["--disable-back-forward-cache", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_ARGS, ignore_default_args=_NOT)
        yield running
        running.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own: no storage, no cookies."""
    context = chromium.new_context()
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def site(shared_server: Server) -> Iterator[Site]:
    with running_site(shared_server.url) as site:
        yield site


@pytest.fixture
def customer() -> str:
    """A customer of the test's own."""
    return f"c-{uuid4().hex[:12]}"


Stored = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def stored(shared_server: Server, customer: str) -> Stored:
    """Reads the customer's events from PostgreSQL in order of capture, waiting until there are `count`."""

    def read(count: int | None = None, within: float = 15.0) -> list[dict[str, Any]]:
        deadline = time.monotonic() + within
        while True:
            with psycopg.connect(shared_server.database_url, row_factory=dict_row) as connection:
                rows = connection.execute(
                    "select * from public.behavior_events where customer_id = %s order by timestamp, event_id",
                    (customer,),
                ).fetchall()
            if count is None or len(rows) == count:
                return rows
            if len(rows) > count or time.monotonic() > deadline:
                told = [(row["event_type"], row["event_metadata"]) for row in rows]
                raise AssertionError(f"{len(rows)} events in the database, not {count}: {told}")
            time.sleep(0.05)

    return read
