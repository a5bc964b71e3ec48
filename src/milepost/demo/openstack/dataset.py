"""`milepost demo`: the companies that built OpenStack, two years of their changes and what really followed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import psycopg
import pyarrow.compute as pc

from milepost.demo.openstack import data
from milepost.demo.openstack.replay import Event, Replay
from milepost.demo.place import DataName, Place, first_day, import_table, tell

#: How many of the events are stored: what has come since comes from there on, imported or replayed.
_NEXT_FILE: Final = "demo-next-event"
#: Answers after which it is worth another try.
_LATER: Final = (429, 503)


class OpenStack:
    """`companies`: those alone, for tests."""

    name: DataName = "openstack"
    plan_file = data.PLAN_FILE
    attribution = (
        "Data: changes of companies to eight OpenStack projects, taken from histories published under Apache-2.0; "
        "dates moved to the present by whole weeks. Engineers are numbered."
    )
    notice = ""
    tools_app = False
    #: About fifty times as fast as it was; a change is an event or two.
    rate = 2.0

    def __init__(self, companies: Iterable[str] | None = None) -> None:
        self._companies = None if companies is None else frozenset(companies)

    def fill(self, place: Place) -> None:
        """Traits first, so that customers and people have theirs from their first event; then the events up to now."""
        now = datetime.now(UTC)
        moved = data.moved_by(first_day(place.folder, now.date()))
        since = data.midnight(data.END) + moved
        companies = data.companies(moved)
        tell(place.dsn, "customer", ((one, traits, since) for one, traits in companies if self._has(one)))
        people = data.people(moved)
        tell(place.dsn, "person", ((one, traits, since) for one, whose, traits in people if self._has(whose)))
        events = data.events(moved, self._companies)
        start = self._next(place)
        due = max(start, pc.sum(pc.less_equal(events["at"], int(now.timestamp()))).as_py() or 0)
        accepted = import_table(place, events.slice(start, due - start), data.MAP_FILE, now, label="OpenStack")
        self._keep_next(place.folder, due)
        place.console.print(f"{accepted:,} events of real companies imported; {start:,} were there already.")

    def live(self, place: Place, stop: threading.Event, rate: float) -> None:
        """What followed, faster than it was. A demo that is started again later goes on from there."""
        moved = data.moved_by(first_day(place.folder, datetime.now(UTC).date()))
        start = self._next(place)
        following = data.events(moved, self._companies).slice(start).to_pylist()
        headers = {"Authorization": f"Bearer {place.settings.server_key}"}

        def stored(event: Event) -> bool:
            try:
                answer = client.post("/v1/events", json={"events": [event]})
            except httpx.TransportError:
                return False  # and the next try says the same thing again
            if answer.status_code in _LATER:
                return False
            if refused := answer.raise_for_status().json()["rejected"]:
                raise RuntimeError(f"the demo's own event was refused: {refused}")
            return True

        with httpx.Client(base_url=place.settings.url, headers=headers, timeout=10) as client:
            Replay(
                stored,
                following,
                now=lambda: datetime.now(UTC),
                wait=stop.wait,
                rate=rate,
                sent=lambda count: self._keep_next(place.folder, start + count),
            ).run()
        if not stop.is_set():
            place.console.print("The data ends here: a year of changes has been replayed, and nothing new comes in.")

    def _has(self, company: str) -> bool:
        return self._companies is None or company in self._companies

    @staticmethod
    def _next(place: Place) -> int:
        """0 where nothing is stored, whatever the folder says: the database may be another one."""
        with psycopg.connect(place.dsn) as connection:
            empty = connection.execute("select 1 from public.behavior_events limit 1").fetchone() is None
        try:
            return 0 if empty else int((place.folder / _NEXT_FILE).read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return 0

    @staticmethod
    def _keep_next(folder: Path, count: int) -> None:
        beside = folder / f"{_NEXT_FILE}.new"
        beside.write_text(f"{count}\n", "ascii")
        os.replace(beside, folder / _NEXT_FILE)
