"""`milepost coach` on a database with a past."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import psycopg

from tests.coach.people import apply, days, event, plan_with, settle, store


def _run(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    return subprocess.run(
        [sys.executable, "-m", "milepost", "coach", *arguments],
        env={**environ, "MILEPOST_DATABASE_URL": dsn, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_learns_and_shows(dsn: str) -> None:
    now = datetime.now(UTC)
    with psycopg.connect(dsn, autocommit=True) as connection:
        apply(connection, plan_with({"id": "first-steps", "when": [{"fact": "total_events", "at_least": 1}]}))
        store(connection, [event(f"c{n}", now - days(1)) for n in range(3)])
        settle(connection, now)
    learned = _run(dsn, "learn")
    assert (learned.returncode, learned.stderr) == (0, "")
    assert "Not enough data yet" in learned.stdout
    shown = _run(dsn, "show")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "First week" in shown.stdout
    assert "Not enough data yet: 20 more customers it was made for" in " ".join(shown.stdout.split())
    replayed = _run(dsn, "replay")
    assert (replayed.returncode, replayed.stderr) == (0, "")
    assert "First week: There is no past to ask yet" in replayed.stdout
