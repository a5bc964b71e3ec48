"""The importer against the Open University's file: a plain count with the csv module is the judge."""

from __future__ import annotations

import csv
import gzip
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from milepost.demo.data import MAP_FILE
from milepost.importing import StoreResult, import_file, load_mapping
from milepost.ingest.events import EventRow
from tests.importing.import_helpers import NOW, PLAN, MemorySink, run
from tests.support.examples import repeatable
from tests.support.real_data import SHOP_FILE

#: From the data's own description, of all students.
BY_ACTIVITY = {
    "forumng": 250_224,
    "homepage": 109_862,
    "subpage": 62_821,
    "oucontent": 55_736,
    "resource": 42_358,
    "quiz": 37_918,
    "url": 22_452,
    "submit_TMA": 7_840,
    "submit_CMA": 5_049,
    "glossary": 1_133,
    "ouelluminate": 1_022,
    "dataplus": 510,
    "oucollaborate": 159,
    "sharedsubpage": 53,
}


class CountingSink:
    def __init__(self) -> None:
        self.ids: set[object] = set()
        self.counts: Counter[tuple[str | None, str]] = Counter()
        self.types: dict[str | None, set[str]] = {}
        self.scores = 0

    def store(self, events: list[EventRow]) -> StoreResult:
        self.ids.update(event.event_id for event in events)
        self.counts.update((event.customer_id, event.tool_id or "") for event in events)
        self.scores += sum(b'"score"' in bytes(event.event_metadata or b"") for event in events)
        for event in events:
            self.types.setdefault(event.tool_id, set()).add(event.event_type)
        return StoreResult(len(events), 0, [])


@pytest.mark.alone
@pytest.mark.slow
def test_the_file_has_the_same_counts_as_a_plain_count(oulad_file: Path, tmp_path: Path) -> None:
    sink = CountingSink()
    began = time.perf_counter()
    report = import_file(
        oulad_file,
        load_mapping(MAP_FILE),
        sink,
        plan=PLAN,
        now=NOW,
        errors_path=tmp_path / "errors.ndjson",
    )
    seconds = time.perf_counter() - began
    print(f"\n{report.rows:,} rows in {seconds:.1f} s: {report.rows / seconds:,.0f} rows/s without a database")

    plain: Counter[tuple[str | None, str]] = Counter()
    scores = 0
    with gzip.open(oulad_file, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            plain[row["id_student"], row["activity_type"]] += 1
            scores += row["kind"] == "submission" and row["sum_click"] != ""
    assert sink.counts == plain
    assert sink.scores == scores
    assert len(sink.ids) == report.rows == report.accepted == plain.total()
    by_activity: Counter[str] = Counter()
    for (_, activity), count in sink.counts.items():
        by_activity[activity] += count
    assert by_activity.keys() == BY_ACTIVITY.keys()
    assert repeatable() or by_activity == BY_ACTIVITY
    assert sink.types["submit_TMA"] == {"competency_milestone"}
    assert all(len(kinds) == 1 for kinds in sink.types.values())
    assert report.errors_path is None
    # the target is 10,000 events/s with PostgreSQL in it; alone, this part must leave room for that
    assert report.rows / seconds > 15_000


def test_the_shops_clickstream_gets_sessions(tmp_path: Path) -> None:
    sink = MemorySink()
    report, _ = run(
        SHOP_FILE,
        """
source = "onlineshop"
identity = ["client_id", "event", "timestamp"]
[event]
customer_id = "{client_id}"
event_type = "navigation"
tool_id = "{event}"
[timestamp]
column = "timestamp"
[session]
by = ["client_id"]
gap_minutes = 30
""",
        sink,
        errors_path=tmp_path / "errors.ndjson",
    )
    assert (report.accepted, report.failed) == (32_283, 0)
    assert len(sink.rows) == 32_283
    last: dict[str | None, EventRow] = {}
    for event in sorted(sink.rows.values(), key=lambda event: event.timestamp):
        before = last.get(event.customer_id)
        if before is not None and report.unsorted == 0:
            close = (event.timestamp - before.timestamp).total_seconds() <= 1800
            assert (event.session_id == before.session_id) == close
        last[event.customer_id] = event
    assert min(event.timestamp for event in sink.rows.values()) > datetime(2019, 10, 31, tzinfo=UTC)
