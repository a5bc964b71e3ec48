"""Somebody of the team signs in with a browser."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, StorageState, expect

from tests.support.dashboard import EMAIL, PASSWORD, sign_in_link
from tests.support.server import Server


def sign_in(page: Page, server: Server) -> None:
    """By a one-time link; ends on Home."""
    page.goto(sign_in_link(server))
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def cookies_of(server: Server, browser: Browser) -> StorageState:
    """Of a member who has signed in: once a test would be too often for one address."""
    with browser.new_context() as context:
        sign_in(context.new_page(), server)
        return context.storage_state()
