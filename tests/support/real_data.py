"""Real events that the project carries: a shop's clicks, and the Open University's as their source's CSV has them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from milepost.demo.data import data_files

SHOP_FILE = Path(__file__).parents[1] / "data" / "onlineshop" / "events.csv.gz"
OULAD_COLUMNS = ("id_student", "pres", "date", "activity_type", "id_site", "sum_click", "kind")
#: Clicks and submissions; what else the demo's files hold was worked out or comes from another file of the source.
OULAD_ROWS = 597_137
_KINDS = ("vle", "submission")


def oulad_students() -> list[str]:
    """Everybody who clicked or submitted, in the order of their ids as text."""
    found: set[int] = set()
    for path in data_files(everyone=True):
        table = pq.read_table(path, columns=["id_student"], filters=[("kind", "in", _KINDS)])
        found.update(table["id_student"].unique().to_pylist())
    return sorted(map(str, found))


def oulad_rows(students: Collection[str] | None = None) -> Iterator[tuple[str, ...]]:
    """Rows of the source, of everybody or of these students, as text, in the order of the demo's files."""
    wanted: list[tuple[str, str, Sequence[object]]] = [("kind", "in", _KINDS)]
    if students is not None:
        wanted.append(("id_student", "in", [int(student) for student in students]))
    for path in data_files(everyone=True):
        table = pq.read_table(path, columns=list(OULAD_COLUMNS), filters=wanted)
        for batch in table.to_batches():
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                clicks = "" if row[5] is None else f"{row[5]}.0"
                yield *map(str, row[:5]), clicks, row[6]


def write_oulad(path: Path, students: Collection[str] | None = None) -> Path:
    """The source's CSV, packed."""
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(OULAD_COLUMNS)
        writer.writerows(oulad_rows(students))
    return path
