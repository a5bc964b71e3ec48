"""What companies did for OpenStack, moved to the present by whole weeks. Attribution: ../data/ATTRIBUTION.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_HERE: Final = Path(__file__).parent
_DATA: Final = _HERE.parent / "data"
MAP_FILE: Final = _HERE / "map.toml"
PLAN_FILE: Final = _HERE / "milepost.toml"
#: The demo's today falls into the week that begins here, on the weekday it is started.
END: Final = date(2016, 3, 30)
#: Each change is so many events: one when it was written and one when it was merged, and one for each of these counts
#: that is not 0. Size and kind are of the change as it was written.
_MADE: Final = {
    "test_files": "Tests written",
    "doc_files": "Documentation written",
    "release_notes": "Release note written",
}
_SIZE: Final = ("lines_added", "lines_removed", "files")

#: What is told of a customer or a person, by trait.
Traits = dict[str, object]


def moved_by(started: date) -> timedelta:
    """How far dates are moved for a demo first started on that day. Whole weeks, so that weekends stay weekends, and
    the hours of the day stay what they were."""
    return timedelta(weeks=(started - END).days // 7)


def changes() -> pa.Table:
    """All changes, as scripts/make_openstack_data.py wrote them."""
    return pq.read_table(_DATA / "openstack-changes.parquet")


def events(moved: timedelta, companies: Iterable[str] | None = None) -> pa.Table:
    """Every event there is, what is yet to come included, by its time: columns `name`, `at` (Unix seconds), `company`,
    `person`, `project`, `area`, `change`, and properties, empty where an event has none. `companies`: those alone."""
    table = changes()
    if companies is not None:
        table = table.filter(pc.is_in(table["company"], pa.array(list(companies))))
    areas = table["areas"].cast(pa.string())
    table = table.set_column(table.column_names.index("areas"), "areas", pc.replace_substring(areas, " ", ", "))
    table = table.append_column(
        "area", pc.list_element(pc.split_pattern(pc.binary_join_element_wise(areas, "", " "), " "), 0)
    )
    parts = [_part(table, "Change written", [*_SIZE]), _part(table, "Change merged", [], merged=True)]
    parts += [_part(table.filter(pc.greater(table[of], 0)), name, [of]) for of, name in _MADE.items()]
    found = pa.concat_tables(parts)
    found = found.set_column(1, "at", pc.add(found["at"], int(moved.total_seconds())))
    # The same at every start: what follows is counted from where the last one stopped.
    return found.sort_by([("at", "ascending"), ("change", "ascending"), ("person", "ascending"), ("name", "ascending")])


def _part(table: pa.Table, name: str, sizes: list[str], *, merged: bool = False) -> pa.Table:
    """The events of one name. Columns that it does not fill are null, so that no event has them."""
    rows = table.num_rows
    wait = table["seconds_to_merge"].cast(pa.int64())
    columns = {
        "name": pa.array([name] * rows, pa.string()),
        "at": pc.add(table["written_at"], wait) if merged else table["written_at"],
        **{of: table[of].cast(pa.string()) for of in ("company", "project", "area", "areas", "kind", "role")},
        "person": pa.array([person_id(number) for number in table["person"].to_pylist()], pa.string()),
        "change": table["change"],
        "days_to_merge": pc.round(pc.divide(wait.cast(pa.float64()), 86_400.0), 1)
        if merged
        else pa.nulls(rows, pa.float64()),
    }
    for of in (*_SIZE, *_MADE):
        columns[of] = table[of].cast(pa.int64()) if of in sizes else pa.nulls(rows, pa.int64())
    return pa.table(columns)


def person_id(number: int) -> str:
    return f"p{number:05}"


def companies(moved: timedelta) -> Iterator[tuple[str, Traits]]:
    """What was known of each company on the demo's first day."""
    for row in pq.read_table(_DATA / "openstack-companies.parquet").to_pylist():
        projects = row["projects"].split()
        yield (
            row["company"],
            {
                "name": row["company"],
                "first_change": (row["first_change"] + moved).isoformat(),
                "people_ever": row["people_ever"],
                "projects": projects,
                "projects_used": len(projects),
                "home_region": row["home_region"],
                "size_class": row["size_class"],
            },
        )


def people(moved: timedelta) -> Iterator[tuple[str, str, Traits]]:
    """Each person's id, company and traits. They have numbers in the data, and no names."""
    for row in pq.read_table(_DATA / "openstack-people.parquet").to_pylist():
        yield (
            person_id(row["person"]),
            row["company"],
            {
                "name": f"Engineer {row['person']}",
                "role": row["role"],
                "first_change": (row["first_change"] + moved).isoformat(),
            },
        )


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
