"""The three real data sets that reasons and risks are measured on, event by event."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

NAMES: Final = ("openstack", "oulad", "onlineshop")
#: A day before this one, days since 1970, was a wrong clock.
_FIRST_CHANGE: Final = 14_000


class Act(NamedTuple):
    """One event: of which customer, on which day (a number), with which tool, by whom."""

    customer: str
    day: int
    tool: str
    person: str = ""


def acts(name: str, folder: Path) -> Iterator[Act]:
    """Every event of one of NAMES. OULAD's students are of one course: both begin on different days of the year, and
    are counted from their beginning."""
    match name:
        case "openstack":
            for row in _rows(folder / "changes.csv.gz"):
                if row["company"] and (day := int(row["written_at"]) // 86_400) > _FIRST_CHANGE:
                    yield Act(row["company"], day, row["project"], row["person"])
        case "oulad":
            for row in _rows(folder / "events.csv.gz"):
                yield Act(f"{row['pres']} {row['id_student']}", int(row["date"]), row["activity_type"])
        case _:
            for row in _rows(folder / "events.csv"):
                if row["event"] != "event":
                    day = date.fromisoformat(row["timestamp"][:10]).toordinal()
                    yield Act(row["client_id"], day, row["event"])


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        yield from csv.DictReader(file)
