"""The example says on each of its pages what its server has to say of its data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.postgres import Cluster
from tests.support.server import Server, running

_NOTICE = "Simulated data: none of it is real."


@pytest.fixture
def noticed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environ = {"MILEPOST_TOOLS_APP": "true", "MILEPOST_NOTICE": _NOTICE}
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("noticed"), database_url=dsn, environ=environ)) as server,
    ):
        yield server


def test_on_every_page_of_the_example(noticed: Server, page: Page) -> None:
    page.goto(f"{noticed.url}/tools-app/")
    links = page.get_by_role("navigation", name="Tools").get_by_role("link")
    expect(links).to_have_count(5)
    for place in range(5):
        links.nth(place).click()
        expect(links.nth(place)).to_have_attribute("aria-current", "page")
        expect(page.get_by_role("note").filter(has_text=_NOTICE)).to_be_visible()


def test_nothing_where_there_is_nothing_to_say(tools: Server, page: Page) -> None:
    page.goto(f"{tools.url}/tools-app/")
    expect(page.get_by_role("navigation", name="Tools").get_by_role("link")).to_have_count(5)
    expect(page.locator(".site-notice")).to_have_count(0)
