"""The data the demo ships: the same rows as the source, small, current, and with every kind of outcome."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from milepost.demo.data import (
    LAST_DAYS,
    active_customers,
    customers,
    data_files,
    demo_mapping,
    usual_sections,
)
from milepost.demo.place import first_day
from milepost.importing import ImportReport, StoreResult, import_file
from milepost.ingest.events import EventRow
from milepost.plan import load_plan
from tests.support.real_data import OULAD_ROWS, oulad_rows
from tests.support.words import COMPETENCIES

#: Of the source's rows, sorted, as scripts/make_demo_data.py prints it.
SOURCE = "fe5d2251b122417102b40860942dd7452646b0d7261df72aa7c0f682bd5f31c3"
TODAY = date(2026, 3, 10)
MORNING = datetime(2026, 3, 10, 6, tzinfo=UTC)


class Store:
    def __init__(self) -> None:
        self.rows: dict[str, EventRow] = {}

    def store(self, events: list[EventRow]) -> StoreResult:
        before = len(self.rows)
        self.rows.update((event.event_id, event) for event in events)
        added = len(self.rows) - before
        return StoreResult(added, len(events) - added, [])


def some(folder: Path, wanted: Callable[[dict[str, Any]], bool]) -> Path:
    """A file of those rows of the sample."""
    (whole,) = data_files()
    table = pq.read_table(whole)
    pq.write_table(table.filter(pa.array([wanted(row) for row in table.to_pylist()])), folder / "some.parquet")
    return folder / "some.parquet"


def load(store: Store, today: date, started: date, folder: Path, file: Path) -> ImportReport[EventRow]:
    now, mapping = MORNING + (today - TODAY), demo_mapping(today, started)
    return import_file(file, mapping, store, plan=load_plan(), now=now, errors_path=folder / "errors.ndjson")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, ImportReport[EventRow]]:
    """A third of the students."""
    store, folder = Store(), tmp_path_factory.mktemp("demo")
    return store, load(store, TODAY, TODAY, folder, some(folder, lambda row: row["id_student"] % 3 == 0))


def test_the_demo_ends_yesterday_and_shows_a_first_look_quickly(loaded: tuple[Store, ImportReport[EventRow]]) -> None:
    store, report = loaded
    assert report.failed == 0
    assert 25_000 <= report.accepted <= 50_000
    days = Counter(event.timestamp.date() for event in store.rows.values())
    for back in range(1, 15):
        assert days[TODAY - timedelta(days=back)] > 30, f"{back} days ago was quiet"
    assert max(days) == TODAY - timedelta(days=1)
    assert {event.event_type for event in store.rows.values()} == {
        "navigation", "content_interaction", "tool_usage", "systematic_progression", "competency_milestone",
        "export_action", "resource_share", "professional_action", "scaling_metric",
    }  # fmt: skip
    areas = {event.competency_area for event in store.rows.values()}
    assert areas == {*COMPETENCIES, None}
    assert len({event.session_id for event in store.rows.values()}) > 3_000


def test_both_courses_are_at_their_end_and_the_ones_who_left_are_quiet(
    loaded: tuple[Store, ImportReport[EventRow]],
) -> None:
    store, _ = loaded
    traits = {name: words for name, _, words in customers()}
    last: dict[str, datetime] = {}
    recent: Counter[object] = Counter()
    for event in store.rows.values():
        assert event.customer_id is not None
        last[event.customer_id] = max(event.timestamp, last.get(event.customer_id, event.timestamp))
        recent[traits[event.customer_id]["course"]] += event.timestamp.date() >= TODAY - timedelta(days=3)
    assert recent.keys() == LAST_DAYS.keys()
    assert min(recent.values()) > 30
    quiet: dict[object, list[bool]] = {}
    for name, at in last.items():
        quiet.setdefault(traits[name]["result"], []).append(at < MORNING - timedelta(days=30))
    assert quiet.keys() == {"Pass", "Distinction", "Fail", "Withdrawn"}
    share = {result: sum(flags) / len(flags) for result, flags in quiet.items()}
    assert share["Withdrawn"] > 0.8
    assert share["Pass"] < 0.1


def test_another_start_on_a_later_day_adds_that_days_data_only(tmp_path: Path) -> None:
    store, file = Store(), some(tmp_path, lambda row: row["date"] >= 185)
    first = load(store, TODAY, TODAY, tmp_path, file)
    same = load(store, TODAY, TODAY, tmp_path, file)
    assert (same.accepted, same.duplicates) == (0, first.accepted)
    later = load(store, TODAY + timedelta(days=2), TODAY, tmp_path, file)
    assert later.duplicates == first.accepted
    assert later.accepted > 50
    added = list(store.rows.values())[-later.accepted :]
    assert {event.timestamp.date() for event in added} == {TODAY, TODAY + timedelta(days=1)}


def test_the_first_day_is_remembered(tmp_path: Path) -> None:
    assert first_day(tmp_path / "new", TODAY) == TODAY
    assert first_day(tmp_path / "new", TODAY + timedelta(days=9)) == TODAY


def test_customers_have_names_and_traits() -> None:
    known = customers()
    assert 250 <= len(known) <= 400
    assert ("28400", "Student 28400 · Scotland") in [(name, title) for name, title, _ in known]
    assert all({"course", "region", "education", "age_band", "result"} <= traits.keys() for _, _, traits in known)
    assert len(customers(everyone=True)) == 2_150
    assert set(active_customers()) < {name for name, _, _ in known}
    assert usual_sections()["BBB_2013B", "forumng"][0].startswith("site-")


def test_the_shipped_files_are_small_and_attributed() -> None:
    folder = data_files()[0].parent
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_500_000
    text = (folder / "ATTRIBUTION.md").read_text()
    assert "CC BY 4.0" in text
    assert "Kuzilek" in text


def test_the_shipped_files_hold_every_row_of_the_source() -> None:
    rows = sorted(map(",".join, oulad_rows()))
    assert len(rows) == OULAD_ROWS
    assert hashlib.sha256("\n".join(rows).encode()).hexdigest() == SOURCE
