"""Sinks and maps shared by the importer's tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from milepost.importing import ImportReport, StoreResult, import_file, parse_mapping
from milepost.ingest.events import EventRow
from milepost.plan import load_plan

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PLAN = load_plan()

SHOP_MAP = """
source = "shop"
identity = ["who", "what", "at", "n"]

[event]
customer_id = "{who}"
event_type = "navigation"
tool_id = "{what}"

[timestamp]
column = "at"

[metadata]
n = { column = "n", type = "number" }
"""


class MemorySink:
    """Keeps rows by event id, as the table's primary key does; may crash before or after a chunk is kept."""

    def __init__(self, crash_at: int | None = None, after: bool = False) -> None:
        self.rows: dict[str, EventRow] = {}
        self.chunks = 0
        self._crash_at = crash_at
        self._after = after

    def store(self, events: list[EventRow]) -> StoreResult:
        self.chunks += 1
        if self.chunks == self._crash_at and not self._after:
            raise ConnectionError("the database is gone")
        accepted = 0
        for event in events:
            accepted += event.event_id not in self.rows
            self.rows.setdefault(event.event_id, event)
        if self.chunks == self._crash_at:
            raise ConnectionError("the database is gone, after its commit")
        return StoreResult(accepted, len(events) - accepted, [])


def run(
    path: Path, map_text: str, sink: MemorySink | None = None, **options: object
) -> tuple[ImportReport[EventRow], MemorySink]:
    """Imports with a fixed clock."""
    sink = sink or MemorySink()
    report = import_file(path, parse_mapping(map_text, "map.toml"), sink, plan=PLAN, now=NOW, **options)  # type: ignore[arg-type]
    return report, sink


def read_errors(report: ImportReport[EventRow]) -> list[dict[str, object]]:
    """The error file's entries, in its order."""
    if report.errors_path is None:
        return []
    return [json.loads(line) for line in report.errors_path.read_text("ascii").splitlines()]


def shop_csv(path: Path, rows: int, bad_every: int = 0) -> Path:
    """A file of `rows` rows, every third equal to the one before; each `bad_every`-th has no time."""
    lines = ["who,what,at,n"]
    for index in range(rows):
        step = index - 1 if index % 3 == 2 else index
        at = "nonsense" if bad_every and index % bad_every == 0 else f"2026-02-01T{step // 3600 % 24:02}:00:00"
        lines.append(f"c{step % 17},tool-{step % 5},{at},{step}")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
