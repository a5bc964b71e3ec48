"""One set of rows as CSV, TSV, NDJSON and Parquet, gzipped or not: the same events with the same ids."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from milepost.errors import ImportFailed
from milepost.ingest.events import EventRow
from tests.importing.import_helpers import SHOP_MAP, MemorySink, read_errors, run, shop_csv

ROWS: list[dict[str, object]] = [
    {
        "who": f"Zoë {i % 5}" if i % 7 else None,
        "what": "a,b" if i % 2 else 'say "hi"\nthere',
        "at": datetime(2026, 1, 1 + i % 28, 10, 0, 0, 250_000 * (i % 2)),  # noqa: DTZ001 -- naive as files have it
        "n": float(i // 3) if i % 4 else i + 0.5,
    }
    for i in range(200)
]


def _csv(delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(ROWS[0])
    writer.writerows(row.values() for row in ROWS)
    return text.getvalue().encode()


def _ndjson() -> bytes:
    return "".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in ROWS).encode()


def _parquet(path: Path, **options: int) -> Path:
    pq.write_table(pa.Table.from_pylist(ROWS), path, **options)
    return path


@pytest.fixture
def expected(tmp_path: Path) -> dict[str, EventRow]:
    (tmp_path / "plain.csv").write_bytes(_csv())
    report, sink = run(tmp_path / "plain.csv", SHOP_MAP)
    assert (report.accepted, report.failed) == (171, 29)
    assert len(sink.rows) == 171
    return dict(sink.rows)


@pytest.mark.parametrize("name", ["e.csv.gz", "e.tsv", "e.ndjson", "e.jsonl.gz", "e.parquet", "e.csv", "bom.csv"])
def test_the_same_rows_give_the_same_events(tmp_path: Path, expected: dict[str, EventRow], name: str) -> None:
    file = tmp_path / name
    if name == "e.parquet":
        _parquet(file, row_group_size=17)
    else:
        content = _csv("\t") if ".tsv" in name else _csv() if ".csv" in name else _ndjson()
        content = b"\xef\xbb\xbf" + content if name == "bom.csv" else content
        file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    report, sink = run(file, SHOP_MAP)
    assert sink.rows == expected
    assert {error["code"] for error in read_errors(report)} == {"missing_field"}


def test_ndjson_reaches_into_objects_and_names_bad_lines(tmp_path: Path) -> None:
    lines = [
        b'{"id": 1, "user": {"company": "acme"}, "at": 1760000000, "p": {"a": [1, {"b": null}]}}',
        b'{"id": 2, "user": {"company": "acme"}, "at": 1760000000',
        b"",
        b"[1]",
        b'{"id": 4, "user": {"company": "a\\u0000b"}, "at": 1760000000}',
        b'{"id": 5, "user": {"company": "\xff"}, "at": 1760000000}',
        b'{"id": 6, "user": "acme", "at": 1760000000}',
        b'{"id": 7, "user": {"company": "acme"}, "at": 1760000001.5, "p": {"x": "\\u0000"}}',
        b'{"id": ' + b"9" * 5000 + b', "user": {"company": "acme"}, "at": 1}',
        b'{"id": 9, "p": ' + b"[" * 100_000,
        b'{"id": 10, "user": {"company": "acme"}, "at": 1760000002, "p": ' + b"[" * 30 + b"]" * 30 + b"}",
        b'{"id": 11, "user": {"company": "acme"}, "at": 1760000003}',
    ]
    file = tmp_path / "e.ndjson"
    file.write_bytes(b"\n".join(lines))
    report, sink = run(
        file,
        """
source = "app"
identity = ["id"]
[event]
customer_id = "{user.company}"
event_type = "tool_usage"
[timestamp]
column = "at"
format = "epoch_s"
[metadata]
p = { column = "p", type = "json" }
""",
    )
    assert sorted(json.dumps(json.loads(bytes(row.event_metadata or b""))) for row in sink.rows.values()) == [
        '{"p": {"a": [1, {"b": null}]}}',
        "{}",
    ]
    assert [error["line"] for error in read_errors(report)] == [2, 4, 5, 6, 7, 8, 9, 10, 11]


def test_a_truncated_file_keeps_what_came_before_and_can_go_on(tmp_path: Path) -> None:
    plain = shop_csv(tmp_path / "plain.csv", 30_000).read_bytes()
    file = tmp_path / "e.csv.gz"
    packed = gzip.compress(plain)
    file.write_bytes(packed[: len(packed) * 2 // 3])
    sink = MemorySink()
    with pytest.raises(ImportFailed, match=r"e\.csv\.gz: cannot be read any further .* get a whole copy"):
        run(file, SHOP_MAP, sink)
    assert 5_000 <= len(sink.rows) < 30_000
    file.write_bytes(packed)
    report, _ = run(file, SHOP_MAP, sink)
    assert report.rows == 30_000
    assert len(sink.rows) == 30_000


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.xlsx", b"PK", r"\.xlsx is not a known kind of file\. Add \[file\] format"),
        ("e.csv", b"", r"map\.toml, line 6: event\.customer_id: e\.csv has no column 'who'"),
        ("e.csv", b"who;what;at;n\n", r"has no column 'who'\. It has: who;what;at;n"),
        ("e.parquet", b"not parquet", r"e\.parquet: cannot be read any further"),
        ("e.ndjson", b'{"who": 1}\n', r"line 11: timestamp\.column: no object of e\.ndjson has the key 'at'"),
    ],
)
def test_files_that_cannot_be_read_say_so(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportFailed, match=message):
        run(tmp_path / name, SHOP_MAP)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="Check the path"):
        run(tmp_path / "nowhere.csv", SHOP_MAP)
