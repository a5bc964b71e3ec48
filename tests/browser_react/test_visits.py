"""useToolTracking in Chromium: one entry and one exit per visit, whatever React does, with the right durations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from playwright.sync_api import Page

from tests.browser_react.bundle import build_page, serving
from tests.support.server import WRITE_KEY, Server, wait_for

_EXACT = 50  # milliseconds a duration may differ
Visit = tuple[str, float]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The test page's address, and what a server renders of it."""
    folder = tmp_path_factory.mktemp("page")
    rendered = build_page(folder)
    with serving(folder) as address:
        yield address, rendered


def _open(page: Page, built: tuple[str, str], server: Server, customer: str, way: str) -> None:
    file = "rendered.html" if way == "hydrate" else "index.html"
    query = urlencode({"host": server.url, "key": WRITE_KEY, "customer": customer, "way": way})
    page.goto(f"{built[0]}/{file}?{query}")
    page.wait_for_function("() => 'run' in window")


def _stored(server: Server, customer: str) -> list[tuple[Any, ...]]:
    question = """
        select event_metadata ->> 'action', tool_id, (event_metadata ->> 'duration_ms')::float,
               tool_section, current_arr
        from behavior_events where customer_id = %s and event_type = 'tool_usage' order by event_id"""
    with psycopg.connect(server.database_url) as connection:
        return connection.execute(question, (customer,)).fetchall()


def _expect(server: Server, customer: str, visits: list[Visit]) -> None:
    """Entry and exit of each visit, in order; the exits say how long, within 50 ms."""
    expected = [step for tool, _ in visits for step in (("enter", tool), ("exit", tool))]
    wait_for(lambda: len(_stored(server, customer)) >= len(expected), 15, f"the visits of {customer}")
    stored = _stored(server, customer)
    assert [(action, tool) for action, tool, *_ in stored] == expected
    assert {tuple(rest) for _, _, _, *rest in stored} == {("section", "$2M+")}
    measured = [duration for action, _, duration, *_ in stored if action == "exit"]
    assert measured == [pytest.approx(lasted, abs=_EXACT) for _, lasted in visits]


@pytest.mark.alone
@pytest.mark.parametrize("way", ["plain", "strict", "keyed", "activity", "copies"])
def test_one_entry_and_one_exit_per_visit(
    page: Page, complaints: list[str], built: tuple[str, str], shared_server: Server, way: str
) -> None:
    customer = f"visits-{way}"
    _open(page, built, shared_server, customer, way)
    steps = [("a", 300), ("b", 120), ("a", 0), ("b", 0), ("a", 200)]
    lasted: list[float] = page.evaluate("run", [{"show": tool, "ms": ms} for tool, ms in steps])
    page.evaluate("end()")
    page.goto("about:blank")
    _expect(shared_server, customer, [(tool, ms) for (tool, _), ms in zip(steps, lasted, strict=True)])
    assert complaints == []


def test_a_reload_ends_a_visit_and_begins_the_next(
    page: Page, complaints: list[str], built: tuple[str, str], shared_server: Server
) -> None:
    _open(page, built, shared_server, "visits-reload", "strict")
    first: list[float] = page.evaluate("run", [{"show": "a", "ms": 250}])
    before = page.evaluate("performance.timeOrigin + performance.now()")
    page.evaluate("flush()")
    page.reload()
    gone = page.evaluate("performance.timeOrigin") - before
    page.wait_for_function("() => 'run' in window")
    second: list[float] = page.evaluate("run", [{"show": "a", "ms": 150}, {"show": None, "ms": 0}])
    page.goto("about:blank")
    wait_for(lambda: len(_stored(shared_server, "visits-reload")) >= 4, 15, "both visits")
    stored = _stored(shared_server, "visits-reload")
    assert [(action, tool) for action, tool, *_ in stored] == [("enter", "a"), ("exit", "a")] * 2
    # The first went on while it was flushed and until the reload took the page away.
    assert first[0] - _EXACT <= stored[1][2] <= first[0] + gone + 1000
    assert stored[3][2] == pytest.approx(second[0], abs=_EXACT)
    assert complaints == []


def test_what_a_server_rendered_is_taken_over_as_one_visit(
    page: Page, complaints: list[str], built: tuple[str, str], shared_server: Server
) -> None:
    assert "<p>a</p>" in built[1]
    assert "Loading" in built[1]
    _open(page, built, shared_server, "rendered", "hydrate")
    since = page.evaluate("new Promise((done) => setTimeout(() => done(200), 200))")
    page.evaluate("end()")
    page.goto("about:blank")
    wait_for(lambda: len(_stored(shared_server, "rendered")) >= 2, 15, "the visit")
    stored = _stored(shared_server, "rendered")
    assert [action for action, *_ in stored] == ["enter", "exit"]
    assert stored[1][2] >= since - _EXACT
    assert complaints == []
