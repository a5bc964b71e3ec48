"""Chromium as a person's browser: its own name says HeadlessChrome, which the server counts as a robot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import browser  # noqa: F401 -- a fixture
from tests.support.postgres import Cluster
from tests.support.server import Server, running

_USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:  # noqa: F811
    """A page in a profile of its own."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 860}, user_agent=_USER_AGENT, locale="en-GB", reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Errors and warnings of the page; that nothing is known of a customer yet is none."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "console",
        lambda message: (
            found.append(f"{message.text} {message.location.get('url')}")
            if message.type in ("error", "warning") and "/v1/me/" not in message.location.get("url", "")
            else None
        ),
    )
    return found


@pytest.fixture(scope="module")
def tools(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that serves the example, as `milepost demo` does."""
    folder = tmp_path_factory.mktemp("tools")
    with (
        cluster.database() as dsn,
        running(Server(folder, database_url=dsn, environ={"MILEPOST_TOOLS_APP": "true"})) as server,
    ):
        yield server
