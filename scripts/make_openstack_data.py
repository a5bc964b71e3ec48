"""Makes the demo's OpenStack files: python scripts/make_openstack_data.py FOLDER

FOLDER holds changes.csv.gz (src/milepost/demo/data/ATTRIBUTION.md says where it comes from). Written to
src/milepost/demo/data/: openstack-changes.parquet (the changes of companies that the demo shows and replays),
openstack-companies.parquet and openstack-people.parquet (what is known of them on the demo's last day, from all changes
before it). The same input gives the same rows.
"""

from __future__ import annotations

import cmath
import csv
import gzip
import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from math import pi
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

TARGET = Path(__file__).parents[1] / "src" / "milepost" / "demo" / "data"
#: Changes from FIRST on are shown until END, the demo's today, and replayed until LAST (demo/openstack/data.py).
FIRST, END, LAST = (
    datetime(year, month, day, tzinfo=UTC) for year, month, day in ((2014, 4, 1), (2016, 3, 30), (2017, 4, 1))
)
#: One row has a clock that was nine years behind.
EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
#: People ever, and what a company of so many at least is called.
SIZES = (
    (101, "over 100"),
    (21, "21 to 100"),
    (6, "6 to 20"),
    (2, "2 to 5"),
    (1, "1"),
)
#: By the middle of a working day in hours UTC, of at least so many changes that lie this close together.
REGIONS = ((1, 10, "Asia-Pacific"), (10, 16, "EMEA"), (16, 24, "Americas"))
LEAST_CHANGES, LEAST_TOGETHER = 30, 0.35

Row = dict[str, str]


def read(folder: Path) -> list[Row]:
    """Changes of companies, by the time they were written."""
    with gzip.open(folder / "changes.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file) if row["company"] and int(row["written_at"]) >= EARLIEST.timestamp()
        ]
    return sorted(rows, key=lambda row: (int(row["written_at"]), int(row["change"]), row["person"]))


def digest(rows: Iterable[Row]) -> str:
    """SHA-256 of rows as they are, sorted: a test compares the shipped file with it."""
    return hashlib.sha256("\n".join(sorted(",".join(row.values()) for row in rows)).encode()).hexdigest()


def home_region(written: list[int]) -> str | None:
    """From the hours of the day alone, so it is where most of the work was done, if it was done by day at one place."""
    around = sum(cmath.rect(1, at % 86_400 / 86_400 * 2 * pi) for at in written) / len(written)
    if len(written) < LEAST_CHANGES or abs(around) < LEAST_TOGETHER:
        return None
    hour = cmath.phase(around) / (2 * pi) * 24 % 24
    return next((name for first, end, name in REGIONS if first <= hour < end), None)


def write_changes(rows: list[Row]) -> None:
    def whole(name: str, kind: pa.DataType) -> pa.Array:
        return pa.array([int(row[name]) for row in rows], kind)

    def text(name: str) -> pa.Array:
        return pa.array([row[name] for row in rows]).dictionary_encode()

    table = pa.table(
        {
            "project": text("project"),
            "change": whole("change", pa.int32()),
            "company": text("company"),
            "person": pa.array([int(row["person"].removeprefix("p")) for row in rows], pa.int16()),
            "role": text("role"),
            "written_at": whole("written_at", pa.int64()),
            # The merge comes after, most often by days: the difference is what is small.
            "seconds_to_merge": pa.array([int(r["merged_at"]) - int(r["written_at"]) for r in rows], pa.int32()),
            "kind": text("kind"),
            "areas": text("areas"),
            **{name: whole(name, pa.int32()) for name in ("lines_added", "lines_removed", "files")},
            **{name: whole(name, pa.int16()) for name in ("test_files", "doc_files", "release_notes")},
        }
    )
    apart = {"written_at": "DELTA_BINARY_PACKED", "change": "DELTA_BINARY_PACKED"}
    others = [name for name in table.column_names if name not in apart]
    write(table, "openstack-changes.parquet", use_dictionary=others, column_encoding=apart)


def write_companies(past: list[Row], shown: set[str]) -> None:
    """Of all there is before END, not of the demo's two years alone."""
    by_company: defaultdict[str, list[Row]] = defaultdict(list)
    for row in past:
        by_company[row["company"]].append(row)
    found = []
    for company in sorted(shown):
        theirs = by_company[company]
        people = len({row["person"] for row in theirs})
        found.append(
            {
                "company": company,
                "first_change": day(theirs[0]),
                "people_ever": people,
                "projects": " ".join(sorted({row["project"] for row in theirs})),
                "home_region": home_region([int(row["written_at"]) for row in theirs]),
                "size_class": next(name for least, name in SIZES if people >= least),
            }
        )
    write(pa.Table.from_pylist(found), "openstack-companies.parquet")


def write_people(past: list[Row], shown: set[str]) -> None:
    by_person: defaultdict[str, list[Row]] = defaultdict(list)
    for row in past:
        if row["person"] in shown:
            by_person[row["person"]].append(row)
    found = [
        {
            "person": int(person.removeprefix("p")),
            "company": theirs[0]["company"],
            "first_change": day(theirs[0]),
            # Who has been both is an author.
            "role": min(row["role"] for row in theirs),
        }
        for person, theirs in sorted(by_person.items())
    ]
    write(pa.Table.from_pylist(found), "openstack-people.parquet")


def day(row: Row) -> date:
    return datetime.fromtimestamp(int(row["written_at"]), UTC).date()


def write(table: pa.Table, name: str, **options: object) -> None:
    path = TARGET / name
    pq.write_table(table, path, compression="zstd", compression_level=22, row_group_size=200_000, **options)
    print(f"{name}: {table.num_rows:,} rows, {path.stat().st_size:,} bytes")


def main(folder: Path) -> None:
    rows = read(folder)
    kept = [row for row in rows if FIRST.timestamp() <= int(row["written_at"]) < LAST.timestamp()]
    past = [row for row in rows if int(row["written_at"]) < END.timestamp()]
    shown = [row for row in past if int(row["written_at"]) >= FIRST.timestamp()]
    print(f"The rows kept, sorted: {digest(kept)}")
    write_changes(kept)
    write_companies(past, {row["company"] for row in shown})
    write_people(past, {row["person"] for row in shown})


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
