"""The demo's data: two courses of the Open University, moved to the present. Attribution: data/ATTRIBUTION.md."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from milepost.importing.load import load_mapping
from milepost.importing.mapping import Mapping, Origin

_HERE = Path(__file__).parent
#: The map that ships with the data, also a worked example of a map.
MAP_FILE = _HERE / "oulad.toml"
ATTRIBUTION = (
    "Data: Open University Learning Analytics dataset, Kuzilek, Hlosta, Zdrahal (2017), CC BY 4.0; "
    "dates moved to the present, times of day made up."
)
#: The day of each course that falls on the day before the demo's first start. Both are the second day
#: after the due date of an assignment, in a course that goes on: most students are active, some have left.
LAST_DAYS = {"AAA_2013J": 217, "BBB_2013B": 189}

#: A customer's id, the name people read, and traits (text or whole numbers).
Customer = tuple[str, str, dict[str, str | int]]


def data_files(*, everyone: bool = False) -> list[Path]:
    """The Parquet files to import: the sample of students, and with `everyone` all others as well."""
    names = ["oulad-demo.parquet", "oulad-rest.parquet"] if everyone else ["oulad-demo.parquet"]
    return [_HERE / "data" / name for name in names]


def demo_mapping(today: date, started: date | None = None) -> Mapping:
    """The map with the courses moved so that LAST_DAYS fall on the day before `started` (default: today).

    Events up to yesterday are imported. When the demo is started again on a later day, the same
    `started` keeps every event where it is, and the days since are added from the data.
    """
    mapping = load_mapping(MAP_FILE)
    last = (started or today) - timedelta(days=1)
    origin = Origin("pres", {course: last - timedelta(days=day) for course, day in LAST_DAYS.items()})
    timestamp = msgspec.structs.replace(mapping.timestamp, origin=origin, until=today - timedelta(days=1))
    return msgspec.structs.replace(mapping, timestamp=timestamp)


def customers(*, everyone: bool = False) -> list[Customer]:
    """The students of `data_files`, by id. `result` is how the course ended, weeks after the demo's last day."""
    found: list[Customer] = []
    for row in pq.read_table(_HERE / "data" / "oulad-students.parquet").to_pylist():
        if not (everyone or row.pop("demo")):
            continue
        number = row.pop("id_student")
        row.pop("demo", None)
        traits: dict[str, str | int] = {key: value for key, value in row.items() if value is not None}
        found.append((str(number), f"Student {number} · {row['region']}", traits))
    return found


def active_customers(days: int = 14) -> list[str]:
    """The sample's students who did something in the last `days` days before the demo's first start."""
    table = pq.read_table(data_files()[0], columns=["id_student", "pres", "date", "kind"])
    rows = zip(*(table[name].to_pylist() for name in ("id_student", "pres", "date", "kind")), strict=True)
    recent = {student for student, course, day, kind in rows if kind == "vle" and 0 <= LAST_DAYS[course] - day < days}
    return [str(student) for student in sorted(recent)]


def usual_sections(most: int = 5) -> dict[tuple[str, str], list[str]]:
    """By (course, tool): the sections (sites) the sample's students visit most, the first most of all."""
    names = ("pres", "activity_type", "id_site")
    table = pq.read_table(data_files()[0], columns=list(names))
    visits = Counter(zip(*(table[name].to_pylist() for name in names), strict=True))
    found: dict[tuple[str, str], list[str]] = {}
    for (course, tool, site), _ in sorted(visits.items(), key=lambda item: (-item[1], str(item[0]))):
        if site is not None and len(found.setdefault((course, tool), [])) < most:
            found[course, tool].append(f"site-{site}")
    return found
