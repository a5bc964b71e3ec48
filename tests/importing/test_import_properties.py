"""Whatever is in a file: each row is stored, or is in the error file with its line; and twice adds nothing."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.importing.import_helpers import MemorySink, read_errors, run
from tests.support.examples import examples

MAP = """
source = "any"
identity = ["a", "b", "t"]
[event]
customer_id = "{a}"
user_id = { template = "{b}-{a}", default = "nobody" }
event_type = { column = "kind", values = "kinds" }
page_url = "{b}"
time_on_page = "{n}"
growth_stage = { column = "b", values = { x = "early_scaling" }, default = "" }
[timestamp]
column = "t"
zone = "Europe/London"
[metadata]
n = { column = "n", type = "number" }
b = "{b}"
j = { column = "b", type = "json", when = { kind = "json" } }
[values.kinds]
use = "tool_usage"
json = "scaling_metric"
"""

_cell = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "x", "\0", "1", "12.0", "NaN", "1e999", "9" * 50, "\ud800", 'a"b', "a\nb", "[1]", "{", "x" * 300]
    ),
)
_time = st.one_of(
    st.datetimes().map(str),
    st.sampled_from(["2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01 10:00:00+01:00", "9999-12-31T23:59:59-14:00"]),
    _cell,
)
_kind = st.one_of(st.sampled_from(["use", "json"]), _cell)
_wild = st.tuples(_cell, _cell, _kind, _time, _cell)
_tame = st.tuples(
    st.text("abc", min_size=1, max_size=2),
    st.sampled_from(["", "x", "[1]"]),
    st.just("use"),
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 3, 9)).map(str),  # noqa: DTZ001 -- naive as files have it
    st.sampled_from(["", "7", "7.0"]),
)
_row = st.one_of(_wild, _tame)


def _lines(rows: list[tuple[str, ...]]) -> tuple[bytes, list[int]]:
    """The CSV and the line on which each row begins."""
    begins, data = [], b"a,b,kind,t,n\n"
    for row in rows:
        begins.append(data.count(b"\n") + 1)
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow([cell.replace("\r", "") for cell in row])
        data += text.getvalue().encode("utf-8", "surrogatepass")
    return data, begins


@settings(max_examples=examples(150))
@given(st.lists(_row, max_size=12), st.sampled_from([True, False]))
def test_every_row_is_stored_or_reported(rows: list[tuple[str, ...]], twice: bool) -> None:
    rows = rows * 2 if twice else rows
    data, begins = _lines(rows)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "e.csv"
        file.write_bytes(data)
        report, sink = run(file, MAP)
        errors = read_errors(report)
        again, _ = run(file, MAP, sink)
    assert report.rows == len(rows)
    assert report.accepted + len(errors) == len(rows), "equal rows get ids of their own, so none is a duplicate"
    assert len(sink.rows) == report.accepted
    assert (again.accepted, again.duplicates) == (0, report.accepted)
    assert len({error["line"] for error in errors}) == len(errors)
    assert {error["line"] for error in errors} <= set(begins)
    assert all(error["code"] and error["field"] and error["message"] for error in errors)
    for event in sink.rows.values():
        event_id = UUID(event.event_id)
        assert event_id.version == 7
        assert event_id.int >> 80 == int(event.timestamp.timestamp() * 1_000_000) // 1000
        texts = [value for value in msgspec.structs.astuple(event) if isinstance(value, str)]
        texts.append(bytes(event.event_metadata or b"").decode())
        assert not any("\0" in text or text == "" for text in texts)
        "".join(texts).encode("utf-8")


@settings(max_examples=examples(100))
@given(st.binary(max_size=200))
def test_any_bytes_are_read_to_the_end(junk: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, head in (("e.csv", b"a,b,kind,t,n\n"), ("e.ndjson", b'{"t": "2026-03-01"}\n')):
            file = Path(folder) / name
            file.write_bytes(head + junk)
            report, sink = run(file, MAP, MemorySink())
            assert report.accepted + report.failed == report.rows
            assert len(read_errors(report)) == report.failed
            assert len(sink.rows) == report.accepted
