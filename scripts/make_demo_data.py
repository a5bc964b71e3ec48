"""Makes the demo's data files from the Open University data: python scripts/make_demo_data.py FOLDER

FOLDER holds events.csv.gz, enrolments.csv and registrations.csv (two presentations of the Open
University Learning Analytics dataset). Written to src/milepost/demo/data/: oulad-demo.parquet (the
sample that `milepost demo` shows), oulad-rest.parquet (everyone else) and oulad-students.parquet.
The same input gives the same rows.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import sys
from collections import defaultdict
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

TARGET = Path(__file__).parents[1] / "src" / "milepost" / "demo" / "data"
#: One of so many students of each course and result is in the demo.
SAMPLE = 6
SEED = "milepost-demo"
#: The day of each presentation that the demo takes for its last (demo/data.py): sorts both by the demo's dates.
LAST_DAYS = {"AAA_2013J": 217, "BBB_2013B": 189}


class Row(NamedTuple):
    id_student: int
    pres: str
    date: int
    activity_type: str
    id_site: int | None
    sum_click: int | None
    kind: str


def read_events(folder: Path) -> list[Row]:
    """Clicks and submissions as they are, and for each student's day the sum of its clicks (kind `day`)."""
    rows: list[Row] = []
    sums: dict[tuple[int, str, int], int] = defaultdict(int)
    with gzip.open(folder / "events.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for cells in csv.DictReader(file):
            value = int(float(cells["sum_click"])) if cells["sum_click"] else None
            student, pres, day = int(cells["id_student"]), cells["pres"], int(cells["date"])
            rows.append(Row(student, pres, day, cells["activity_type"], int(cells["id_site"]), value, cells["kind"]))
            if cells["kind"] == "vle":
                sums[student, pres, day] += value or 0
    rows += [Row(student, pres, day, "day", None, total, "day") for (student, pres, day), total in sums.items()]
    return rows


def digest(folder: Path) -> str:
    """SHA-256 of the source's rows as they are: a test compares the shipped files with it."""
    with gzip.open(folder / "events.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = sorted(",".join(cells) for cells in list(csv.reader(file))[1:])
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def read_registrations(folder: Path) -> list[Row]:
    with (folder / "registrations.csv").open(encoding="utf-8", newline="") as file:
        return [
            Row(
                int(cells["id_student"]),
                f"{cells['code_module']}_{cells['code_presentation']}",
                int(float(cells["date_registration"])),
                "registration",
                None,
                None,
                "registration",
            )
            for cells in csv.DictReader(file)
            if cells["date_registration"]
        ]


def read_students(folder: Path) -> list[dict[str, str]]:
    """Enrolments with the day a student left, by student."""
    with (folder / "registrations.csv").open(encoding="utf-8", newline="") as file:
        left = {
            (cells["id_student"], cells["code_module"]): cells["date_unregistration"] for cells in csv.DictReader(file)
        }
    with (folder / "enrolments.csv").open(encoding="utf-8", newline="") as file:
        students = list(csv.DictReader(file))
    for student in students:
        student["left"] = left.get((student["id_student"], student["code_module"]), "")
    return sorted(students, key=lambda student: int(student["id_student"]))


def sample_of(students: list[dict[str, str]]) -> set[int]:
    """The demo's students: of each course and result the same share, drawn by a fixed seed."""
    strata: dict[tuple[str, str], list[int]] = defaultdict(list)
    for student in students:
        strata[student["code_module"], student["final_result"]].append(int(student["id_student"]))
    chosen: set[int] = set()
    for members in strata.values():
        members.sort(key=lambda number: blake2b(f"{SEED}{number}".encode()).digest())
        chosen.update(members[: round(len(members) / SAMPLE)])
    return chosen


def write_events(rows: list[Row], path: Path) -> None:
    def order(row: Row) -> tuple[object, ...]:
        day = row.date - LAST_DAYS[row.pres]
        return day, row.id_student, row.kind, row.activity_type, row.id_site or 0, row.sum_click or 0

    columns = list(zip(*sorted(rows, key=order), strict=True))
    types = [pa.int32(), pa.string(), pa.int16(), pa.string(), pa.int32(), pa.int16(), pa.string()]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    table = pa.Table.from_arrays(arrays, names=list(Row._fields))
    pq.write_table(table, path, compression="zstd", compression_level=22, row_group_size=200_000)


def write_students(students: list[dict[str, str]], chosen: set[int], path: Path) -> None:
    def whole(name: str) -> pa.Array:
        return pa.array([int(float(student[name])) if student[name] else None for student in students], pa.int32())

    def text(name: str) -> pa.Array:
        return pa.array([student[name] or None for student in students])

    table = pa.table(
        {
            "id_student": whole("id_student"),
            "course": pa.array([f"{s['code_module']}_{s['code_presentation']}" for s in students]),
            "region": text("region"),
            "education": text("highest_education"),
            "age_band": text("age_band"),
            "previous_attempts": whole("num_of_prev_attempts"),
            "credits": whole("studied_credits"),
            "result": text("final_result"),
            "left_on_day": whole("left"),
            "demo": pa.array([int(s["id_student"]) in chosen for s in students]),
        }
    )
    pq.write_table(table, path, compression="zstd", compression_level=22)


def main(folder: Path) -> None:
    students = read_students(folder)
    chosen = sample_of(students)
    rows = read_events(folder) + read_registrations(folder)
    print(f"The source's rows, sorted: {digest(folder)}")
    TARGET.mkdir(parents=True, exist_ok=True)
    write_events([row for row in rows if row.id_student in chosen], TARGET / "oulad-demo.parquet")
    write_events([row for row in rows if row.id_student not in chosen], TARGET / "oulad-rest.parquet")
    write_students(students, chosen, TARGET / "oulad-students.parquet")
    for path in sorted(TARGET.glob("*.parquet")):
        print(f"{path.name}: {pq.read_metadata(path).num_rows:,} rows, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
