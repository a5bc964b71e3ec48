"""What each of the demo's data sets is to `milepost demo`, and what they have in common."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from milepost import Tracker
from milepost.errors import SettingsError
from milepost.importing.console import with_progress
from milepost.importing.database import ActionSink, DatabaseSink
from milepost.importing.load import load_mapping
from milepost.ingest.actions import accept_actions
from milepost.ingest.draft import Sender
from milepost.plan import Plan
from milepost.settings import Settings
from milepost.traits.keep import rows
from milepost.traits.values import Kind, read

DataName = Literal["openstack", "oulad", "scaling"]
_ANCHOR_FILE: Final = "demo-first-day"
_NAME_FILE: Final = "demo-data"
#: Stored in one call.
_TRAITS: Final = 10_000
_ACTIONS: Final = 2_000

#: Of whom, what, and from when on.
Told = tuple[str, Mapping[str, object], datetime]


class Place(msgspec.Struct, frozen=True):
    """Where a demo's data goes, and what it is read by."""

    settings: Settings
    dsn: str
    plan: Plan
    console: Console

    @property
    def folder(self) -> Path:
        return self.settings.data_dir


class DataSet(Protocol):
    """Something to show. `rate` is its usual traffic, events a minute; `notice` stands at the top of every page."""

    name: DataName
    plan_file: Path
    attribution: str
    notice: str
    tools_app: bool
    rate: float

    def fill(self, place: Place) -> None:
        """Stores all there is up to now, and says how much. Doing it again adds what has come since."""

    def live(self, place: Place, stop: threading.Event, rate: float) -> None:
        """Sends what happens from now on, until `stop` is set or there is no more."""


@contextmanager
def tracking(place: Place) -> Iterator[Tracker]:
    """The public SDK, sending to the demo's own server."""
    spool = place.folder / "demo-spool"
    tracker = Tracker(place.settings.server_key, host=place.settings.url, spool_dir=spool, flush_interval=1.0)
    try:
        yield tracker
    finally:
        tracker.shutdown()


def claim(folder: Path, name: DataName) -> None:
    """Keeps a data folder to the data set it was first used for. Raises SettingsError where that was another one."""
    path = folder / _NAME_FILE
    try:
        there = path.read_text("ascii").strip()
    except FileNotFoundError:
        # Until there was more than one, nothing said so.
        there = "oulad" if (folder / _ANCHOR_FILE).exists() else name
    if there != name:
        message = (
            f"{folder} has the demo's {there} data. Start it with --data {there}, or give --data-dir another folder."
        )
        raise SettingsError(message, field="data_dir")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(name + "\n", "ascii")


def first_day(folder: Path, today: date) -> date:
    """The day the demo was first started on this data folder; today, and remembered, if it never was.

    A date that moved at every start would import all events again, at other times.
    """
    path = folder / _ANCHOR_FILE
    try:
        return date.fromisoformat(path.read_text("ascii").strip())
    except (FileNotFoundError, ValueError):
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(today.isoformat() + "\n", "ascii")
        return today


def tell(dsn: str, kind: Kind, told: Iterable[Told]) -> None:
    """Keeps the traits of customers or people."""
    found = [one for whose, traits, when in told for one in rows(kind, whose, read(traits)[0], when, "import")]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for at in range(0, len(found), _TRAITS):
            chunk = msgspec.json.encode(found[at : at + _TRAITS]).decode()
            connection.execute("select count(*) from milepost.tell_traits(%s::json)", (chunk,))


def import_table(place: Place, events: pa.Table, map_file: Path, now: datetime, *, label: str) -> int:
    """Imports events by a map; answers how many were new. Raises RuntimeError where one is refused."""
    if events.num_rows == 0:
        return 0
    # The package may be read-only, so the file and what an import writes beside it go to the data folder.
    file = place.folder / "demo-events.parquet"
    pq.write_table(events, file)
    with DatabaseSink(place.dsn) as sink:
        mapping = load_mapping(map_file)
        report = with_progress(file, mapping, sink, plan=place.plan, now=now, console=place.console, label=label)
    if report.failed:
        raise RuntimeError(f"{report.failed} of the demo's events were refused: {report.errors_path}")
    file.unlink()
    return report.accepted


def store_actions(dsn: str, plan: Plan, actions: Iterable[Mapping[str, object]], now: datetime) -> int:
    """Stores offline actions as `POST /v1/actions` takes them; answers how many were new."""
    new, rest = 0, iter(actions)
    with ActionSink(dsn) as sink:
        while chunk := [msgspec.json.encode(action) for action in islice(rest, _ACTIONS)]:
            accepted = accept_actions(chunk, Sender(plan=plan, received_at=now))
            assert not accepted.rejected, accepted.rejected
            new += sink.store(accepted.rows).accepted
    return new
