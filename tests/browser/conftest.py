"""Chromium and the preview site, started once for this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from .preview import preview

#: What a page is waited for, beside two other files of tests on two cores. A page that never comes still fails.
expect.set_options(timeout=20_000)

#: What is there until the deferred scripts of a page have run.
STILL_LOADING = "html:not([data-scripts-ran])"

#: One process draws all pages: to start one a context, and to warm it up, costs a third of the folder's time.
_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--renderer-process-limit=1"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without its windows if it comes so, else the one Playwright installed."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_ARGS)
        running.on("context", _waits_for_scripts)
        yield running
        running.close()


def _waits_for_scripts(context: BrowserContext) -> None:
    """No test clicks faster than a page's deferred scripts run: on a busy machine that is a matter of luck."""
    context.add_init_script(
        'addEventListener("DOMContentLoaded", () => document.documentElement.setAttribute("data-scripts-ran", ""))'
    )
    context.on("page", _waits_on_it)


def _waits_on_it(page: Page) -> None:
    def loaded() -> None:
        page.wait_for_load_state("domcontentloaded")

    page.add_locator_handler(page.locator(STILL_LOADING), loaded, no_wait_after=True)


@pytest.fixture(scope="package")
def site() -> Iterator[str]:
    with preview() as address:
        yield address
