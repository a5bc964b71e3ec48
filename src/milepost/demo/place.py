"""What each of the demo's data sets is to `milepost demo`, and what they have in common."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec
import psycopg
from rich.console import Console

from milepost import Tracker
from milepost.errors import SettingsError
from milepost.plan import Plan
from milepost.settings import Settings
from milepost.traits.keep import rows
from milepost.traits.values import Kind, read

DataName = Literal["openstack", "oulad"]
_ANCHOR_FILE: Final = "demo-first-day"
_NAME_FILE: Final = "demo-data"
#: Traits told in one call.
_CHUNK: Final = 10_000


@dataclass(frozen=True, slots=True)
class Place:
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


def tell(dsn: str, kind: Kind, known: Iterable[tuple[str, Mapping[str, object]]], when: datetime) -> None:
    """Keeps the traits of customers or people, by id. They hold from `when` on."""
    told = [
        one for whose, traits in known for one in rows(kind, whose, read(traits)[0], when.astimezone(UTC), "import")
    ]
    with psycopg.connect(dsn, autocommit=True) as connection:
        for at in range(0, len(told), _CHUNK):
            chunk = msgspec.json.encode(told[at : at + _CHUNK]).decode()
            connection.execute("select count(*) from milepost.tell_traits(%s::json)", (chunk,))
