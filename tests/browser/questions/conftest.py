"""The questions' pages in Chromium: one server for the folder, its column store, events with known answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, StorageState

from tests.browser.asking import Visit
from tests.browser.questions.data import NAMES, PAGES, history, named
from tests.browser.signing_in import cookies_of
from tests.support.axe import DESKTOP
from tests.support.dashboard import member
from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, running, wait_for

#: What the pages said before there was any event.
_NEW: dict[str, str] = {}


@pytest.fixture(scope="package")
def new(asked: Server) -> dict[str, str]:
    """The questions' pages of the server when it was new, by their paths."""
    return _NEW


@pytest.fixture(scope="package")
def asked(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose column store has every event."""
    events = list(history(datetime.now(UTC)))
    counted = f'value="{len(events)}"'
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("asked"), database_url=dsn, columns=True)) as server,
        server.client(WRITE_KEY) as sender,
        member(server) as reader,
    ):
        way_on = "Send the first one"
        wait_for(lambda: way_on in reader.get("/trends?wait=1").text, 60, "the column store to be there")
        _NEW.update({page: reader.get(f"{page}?wait=1").text for page in PAGES})
        many = list(named(datetime.now(UTC)))
        for batch in (events, *(many[at : at + 400] for at in range(0, NAMES, 400))):
            answer = sender.post("/v1/events", json={"events": batch})
            assert answer.json()["accepted"] == len(batch), answer.text
        wait_for(lambda: counted in reader.get("/trends?days=30&wait=1").text, 60, "the column store to have it all")
        yield server


@pytest.fixture(scope="package")
def signed_in(asked: Server, browser: Browser) -> StorageState:
    """The cookies of a member: signing in once a test would be too often for one address."""
    return cookies_of(asked, browser)


@pytest.fixture
def visit(asked: Server, browser: Browser, signed_in: StorageState) -> Iterator[Visit]:
    context = browser.new_context(
        viewport=DESKTOP,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        storage_state=signed_in,
    )
    visit = Visit(asked, context)
    yield visit
    context.close()
    assert visit.complaints == []
