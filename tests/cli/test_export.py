"""`milepost export`, beside no server: to the standard output, a file, a folder; what it refuses; Ctrl-C."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
from pyarrow import parquet

from tests.columns.events import insert
from tests.support.server import wait_for


def _start(dsn: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    return subprocess.Popen(
        [sys.executable, "-m", "milepost", "export", *arguments],
        env={**environ, "MILEPOST_DATABASE_URL": dsn, "MILEPOST_DATA_DIR": str(folder), "COLUMNS": "60"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    insert(connection, 40)

    def run(*arguments: str) -> tuple[int, str, str]:
        process = _start(dsn, tmp_path, *arguments)
        out, errors = process.communicate(timeout=60)
        return process.returncode, out, errors

    code, out, said = run("events", "--to", "-", "--format", "csv", "--where", "customer_id=customer 1")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (code, {row["customer_id"] for row in rows}) == (0, {"customer 1"}), said
    watermark = said.split("--since ")[1].strip()
    insert(connection, 3, first=500)
    code, _, said = run("events", "--to", "changed.parquet", "--since", watermark)
    assert (code, parquet.read_table(tmp_path / "changed.parquet").num_rows) == (0, 3), said
    code, _, said = run("events", "people", "--to", "warehouse")
    assert (code, "43 rows" in said, "people: 0 rows" in said) == (0, True, True), said
    assert (tmp_path / "warehouse/people/people.parquet").exists()
    # A folder of the customers that something is known of is written whole each time.
    connection.execute("insert into milepost.tags (customer_id, tag_key, tag) values ('customer 2', 'vip', 'VIP')")
    for number in (1, 2):
        code, _, said = run("events", "--to", "vip", "--where", "tag=vip")
        told = " ".join(said.split())
        assert (code, f"rows in 1 files, everything, as run {number}." in told) == (0, True), said
    assert {row["customer_id"] for row in parquet.read_table(tmp_path / "vip/events").to_pylist()} == {"customer 2"}
    code, _, said = run("events", "people", "--to", "both.csv")
    assert (code, "A file holds one data set" in " ".join(said.split())) == (1, True)
    code, _, said = run("nonsense", "--to", "x")
    assert (code, "There is no data set" in said) == (1, True)


def test_ctrl_c_leaves_nothing_half(dsn: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    insert(connection, 60_000)
    process = _start(dsn, tmp_path, "events", "--to", "events.ndjson")
    wait_for(lambda: bool(list(tmp_path.glob("_part-*"))), 60, "the export to begin its file")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []
