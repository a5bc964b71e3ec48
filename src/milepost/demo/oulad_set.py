"""`milepost demo --data oulad`: the students of two courses, and simulated ones like them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from milepost.demo.data import ATTRIBUTION, customers, data_files, demo_mapping
from milepost.demo.offline import recorder, store_offline
from milepost.demo.place import DataName, Place, first_day, tell, tracking
from milepost.demo.simulator import Simulator
from milepost.importing.console import with_progress
from milepost.importing.database import DatabaseSink


class Oulad:
    """`everyone`: all students of the two courses, not the sample alone."""

    name: DataName = "oulad"
    plan_file = Path(__file__).with_name("milepost.toml")
    attribution = ATTRIBUTION
    notice = ""
    tools_app = False
    rate = 20.0

    def __init__(self, *, everyone: bool = False) -> None:
        self._everyone = everyone

    def fill(self, place: Place) -> None:
        """Names first, so that the customers have theirs from their first event; then the events."""
        now, everyone = datetime.now(UTC), self._everyone
        known = ((customer, {"name": name, **traits}, now) for customer, name, traits in customers(everyone=everyone))
        tell(place.dsn, "customer", known)
        started = first_day(place.folder, now.date())
        mapping = demo_mapping(now.date(), started)
        with DatabaseSink(place.dsn) as sink:
            for file in data_files(everyone=everyone):
                # The package may be read-only, so what an import writes beside its file goes to the data folder.
                errors = place.folder / f"{file.name}.errors.ndjson"
                report = with_progress(
                    file, mapping, sink, plan=place.plan, now=now, console=place.console, errors_path=errors
                )
                place.console.print(
                    f"{report.accepted:,} events of real students imported; {report.duplicates:,} were there already."
                )
        new = store_offline(place.dsn, place.plan, now=now, started=started, everyone=everyone)
        place.console.print(f"{new:,} offline actions: real marks, and made-up workshops and calls.")

    def live(self, place: Place, stop: threading.Event, rate: float) -> None:
        def now() -> datetime:
            return datetime.now(UTC)

        record = recorder(place.dsn, place.plan, now)
        with tracking(place) as tracker:
            Simulator(tracker, now=now, wait=stop.wait, rate=rate, record=record).run()
