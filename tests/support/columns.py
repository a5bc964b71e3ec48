"""The owner of a column store for tests: the real process, on a database of the test's."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import psycopg

from milepost.columns.client import Columns
from milepost.columns.reading import ColumnsUnavailable, Freshness, Proof, QueryResult, Value
from milepost.processes import PARENT
from tests.support.server import wait_for


def damage(files: Iterable[Path], harm: str) -> None:
    """What may become of files: "cut", "garbage" in place of their bytes, or "missing"."""
    for path in files:
        match harm:
            case "cut":
                path.write_bytes(path.read_bytes()[:100])
            case "garbage":
                path.write_bytes(b"\x07" * path.stat().st_size)
            case _:
                path.unlink()


class Owner:
    """One `python -m milepost.columns.service` that follows the database at `dsn`."""

    def __init__(self, data_dir: Path, dsn: str, environ: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.dsn = dsn
        self.columns = Columns(data_dir)
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")},
            "MILEPOST_DATA_DIR": str(data_dir),
            "MILEPOST_DATABASE_URL": dsn,
            PARENT: str(os.getpid()),
            **(environ or {}),
        }
        self.log_path = data_dir / "columns.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "milepost.columns.service"], env=self._environ, stdout=log, stderr=log
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        if self.process is None:
            return 0
        self.process.terminate()
        return self.process.wait(15)

    def ended(self) -> int | None:
        return self.process.poll() if self.process is not None else None

    def freshness(self) -> Freshness | None:
        """None while nobody answers."""
        try:
            return asyncio.run(self.columns.freshness())
        except ColumnsUnavailable:
            return None

    def rolled_up(self) -> list[int]:
        """The months whose activity is summed up."""
        fresh = self.freshness()
        return fresh.rolled_up if fresh is not None else []

    def wait_until_level(self, seconds: float = 30) -> None:
        """Waits until everything committed by now is in the mirror."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute("select clock_timestamp()").fetchone()
        assert row is not None
        now: datetime = row[0]

        def level() -> bool:
            fresh = self.freshness()
            return fresh is not None and fresh.at is not None and fresh.at >= now

        wait_for(level, seconds, f"the column store to have everything up to {now}; its log: {self.log()}")

    def query(self, sql: str, parameters: Mapping[str, Value] | None = None) -> QueryResult:
        return asyncio.run(self.columns.query(sql, parameters))

    def verify(self) -> Proof:
        return asyncio.run(self.columns.verify())

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")[-4000:] if self.log_path.exists() else ""
