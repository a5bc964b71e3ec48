"""What the tests say often."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

from .site import Site

Tabs = Callable[..., Page]
Stored = Callable[..., list[dict[str, Any]]]


def actions_of(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Events by their action, or their metadata's `n`."""
    return [str(row["event_metadata"].get("n", row["event_metadata"].get("action"))) for row in rows]


def numbers(rows: Iterable[dict[str, Any]]) -> list[int]:
    """The `n` of the events that `track_many` made, in order of capture."""
    return [row["event_metadata"]["n"] for row in rows if "n" in row["event_metadata"]]


def track_many(page: Page, start: int, stop: int) -> None:
    """Low-impact events numbered in their metadata."""
    page.evaluate(
        """([start, stop]) => {
          for (let n = start; n < stop; n++) milepost.track("content_interaction", { metadata: { n } });
        }""",
        [start, stop],
    )


def stats(page: Page) -> dict[str, Any]:
    # A page that has just been opened may not have its script yet.
    page.wait_for_function("typeof milepost !== 'undefined'")
    found: dict[str, Any] = page.evaluate("milepost.stats()")
    return found


#: The ids of what waits in storage for a receipt: a line each, after its kind and rank.
WAITING = """Object.entries(localStorage).filter(([key]) => key.includes(":q:"))
  .flatMap(([, text]) => text.split("\\n").map((line) => line.slice(2, 38)))"""


def waiting(page: Page) -> list[str]:
    """The ids of what waits in storage for a receipt."""
    found: list[str] = page.evaluate(WAITING)
    return found


def saved(page: Page, count: int) -> None:
    """Until so many events wait in storage. Looks at short intervals: a hidden page paints no frames."""
    page.wait_for_function(f"{WAITING}.length === {count}", polling=20)


def after(page: Page, ms: float) -> None:
    """Until so much time has passed for the page: what is measured, or in which something must not happen."""
    until = page.evaluate("(ms) => performance.now() + ms", ms)
    page.wait_for_function("(until) => performance.now() >= until", arg=until, polling=20)


def nothing_waits(page: Page, seconds: float = 15) -> None:
    """Until every page's events have their receipt."""
    page.wait_for_function(f"milepost.stats().queued + {WAITING}.length === 0", polling=20, timeout=seconds * 1000)


def never_at_once(site: Site) -> None:
    """No event was in two requests at the same time, and none was stored by two."""
    by_id: dict[str, list[tuple[float, float]]] = {}
    for seen in site.requests:
        for one in seen.ids:
            by_id.setdefault(one, []).append((seen.at, seen.done))
    for one, spans in by_id.items():
        spans.sort()
        for (_, done), (at, _) in pairwise(spans):
            assert done <= at, f"{one} was sent twice at once"
