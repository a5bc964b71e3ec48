"""Same ids in every run, and across a crash at any chunk; the error file reports each line once."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from milepost.importing import ImportReport, StoreResult, import_file, parse_mapping
from milepost.importing.run import CHUNK_ROWS
from milepost.ingest.events import EventRow
from tests.importing.import_helpers import NOW, PLAN, SHOP_MAP, MemorySink, read_errors, run, shop_csv

ROWS = 2 * CHUNK_ROWS + 1234


def test_running_twice_adds_nothing(tmp_path: Path) -> None:
    file = shop_csv(tmp_path / "events.csv", ROWS)
    first, sink = run(file, SHOP_MAP)
    again, _ = run(file, SHOP_MAP, sink)
    assert (first.accepted, first.duplicates) == (ROWS, 0)
    assert (again.accepted, again.duplicates) == (0, ROWS)
    assert len(sink.rows) == ROWS, "equal rows of the file are events of their own"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.csv"], "nothing is left lying about"


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("crash_at", [1, 2, 3])
def test_a_crash_costs_and_doubles_nothing(tmp_path: Path, crash_at: int, after_commit: bool) -> None:
    file = shop_csv(tmp_path / "events.csv", ROWS, bad_every=100)
    whole, expected = run(file, SHOP_MAP, errors_path=tmp_path / "whole.ndjson")

    sink = MemorySink(crash_at, after_commit)
    with pytest.raises(ConnectionError):
        run(file, SHOP_MAP, sink)
    report, _ = run(file, SHOP_MAP, sink)

    assert report.resumed_at == (crash_at - 1) * CHUNK_ROWS
    assert sink.chunks == 3 + 1, "chunks stored before the crash are not sent again"
    assert sink.rows == expected.rows
    assert report.rows == whole.rows == ROWS
    assert report.accepted + report.duplicates == whole.accepted
    assert read_errors(report) == read_errors(whole)
    assert report.failed == len(read_errors(report)) == 113


def test_errors_written_before_a_crash_are_not_reported_twice(tmp_path: Path) -> None:
    file = shop_csv(tmp_path / "events.csv", ROWS, bad_every=100)
    whole, _ = run(file, SHOP_MAP, errors_path=tmp_path / "whole.ndjson")
    with pytest.raises(ConnectionError):
        run(file, SHOP_MAP, MemorySink(crash_at=3))
    with (tmp_path / "events.csv.errors.ndjson").open("a") as errors:  # died between the errors and the state
        errors.write(json.dumps({"line": 10_002, "code": "x", "field": "x", "message": "x"}) + "\n")
    report, _ = run(file, SHOP_MAP)
    assert read_errors(report) == read_errors(whole)


def test_another_map_or_file_starts_over(tmp_path: Path) -> None:
    file = shop_csv(tmp_path / "events.csv", ROWS)
    for change in ("map", "file"):
        with pytest.raises(ConnectionError):
            run(file, SHOP_MAP, MemorySink(crash_at=3))
        text = SHOP_MAP.replace('"navigation"', '"tool_usage"') if change == "map" else SHOP_MAP
        if change == "file":
            shop_csv(file, ROWS + 1)
        report, _ = run(file, text)
        assert report.resumed_at == 0
        assert report.accepted == report.rows


def test_a_broken_state_file_is_no_obstacle(tmp_path: Path) -> None:
    file = shop_csv(tmp_path / "events.csv", 10)
    (tmp_path / "events.csv.errors.ndjson.state").write_text("{half")
    report, _ = run(file, SHOP_MAP)
    assert report.accepted == 10


def test_a_filter_or_limit_does_not_change_ids(tmp_path: Path) -> None:
    file = shop_csv(tmp_path / "events.csv", 3_000)
    _, everything = run(file, SHOP_MAP)
    report, some = run(file, SHOP_MAP + '[filter]\nkeep = { what = ["tool-1", "tool-2"] }\n')
    assert some.rows.items() <= everything.rows.items()
    assert report.filtered + report.accepted == 3_000
    assert {row.tool_id for row in some.rows.values()} == {"tool-1", "tool-2"}
    limited, few = run(file, SHOP_MAP, limit=777)
    assert limited.rows == limited.accepted == 777
    assert few.rows.items() <= everything.rows.items()


class RefusingSink:
    """Refuses one row of each chunk, as the database may."""

    def store(self, events: list[EventRow]) -> StoreResult:
        return StoreResult(len(events) - 1, 0, [(3, "unstorable", "event_metadata", "no")])


def test_what_the_sink_refuses_is_reported_with_its_line(tmp_path: Path) -> None:
    file = shop_csv(tmp_path / "events.csv", 20, bad_every=10)  # rows 0 and 10 are bad: lines 2 and 12
    report: ImportReport[EventRow] = import_file(file, parse_mapping(SHOP_MAP, "m"), RefusingSink(), plan=PLAN, now=NOW)
    assert [(error["line"], error["code"]) for error in read_errors(report)] == [
        (2, "invalid_value"),
        (6, "unstorable"),
        (12, "invalid_value"),
    ]
    counts = msgspec.structs.asdict(report)
    assert (counts["accepted"], counts["failed"], sum(report.by_type.values())) == (17, 3, 17)
