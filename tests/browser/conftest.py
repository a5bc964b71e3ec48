"""Chromium and the preview site, started once for this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from .preview import preview

#: What a page is waited for, beside two other files of tests on two cores. A page that never comes still fails.
expect.set_options(timeout=20_000)

_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without its windows if it comes so, else the one Playwright installed."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=_ARGS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def site() -> Iterator[str]:
    with preview() as address:
        yield address
