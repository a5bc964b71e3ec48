"""What is imported is kept as long as the plan says, by the commands a person types; nothing goes without a word."""

from __future__ import annotations

import importlib.resources
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from milepost.privacy.retain import delete_expired

_MAP = """
source = "archive"
identity = ["who", "at"]
[event]
customer_id = "{who}"
event_type = "tool_usage"
retention_days = { column = "own", default = "" }
[timestamp]
column = "at"
"""
#: How many days ago each row was, and how long it says itself that it is to be kept.
_ROWS = {
    "new": (1, ""),
    "month": (29, ""),
    "quarter": (90, ""),
    "old": (400, ""),
    "older": (999, ""),
    "oldest": (1001, ""),
}
_OWN = {"own": (90, "91"), "short": (90, "89")}


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        (1000, {"new", "month", "quarter", "old", "older", "own"}),
        (365, {"new", "month", "quarter", "own"}),
        (30, {"new", "month", "own"}),
    ],
)
def test_the_cleanup_leaves_what_the_plan_keeps(
    connection: psycopg.Connection, dsn: str, tmp_path: Path, days: int, kept: set[str]
) -> None:
    now = datetime.now(UTC)
    plan = importlib.resources.files("milepost.plan").joinpath("default.toml").read_text("utf-8")
    assert "[retention]\ndays = 365 " in plan
    (tmp_path / "plan.toml").write_text(plan.replace("[retention]\ndays = 365 ", f"[retention]\ndays = {days} "))
    (tmp_path / "map.toml").write_text(_MAP)
    lines = [f"{who},{now - timedelta(days=ago)},{own}" for who, (ago, own) in (_ROWS | _OWN).items()]
    (tmp_path / "archive.csv").write_text("\n".join(["who,at,own", *lines]))

    def milepost(*arguments: str, code: int = 0) -> str:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
        environ |= {"MILEPOST_DATABASE_URL": dsn, "MILEPOST_DATA_DIR": str(tmp_path / "data")}
        environ |= {"MILEPOST_PLAN_FILE": str(tmp_path / "plan.toml")}
        command = [sys.executable, "-m", "milepost", *arguments]
        done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def left() -> set[str]:
        return {who for (who,) in connection.execute("select customer_id from public.behavior_events")}

    command = ("import", "archive.csv", "--map", "map.toml")
    gone = len(_ROWS | _OWN) - len(kept)
    said = (
        f"{gone} event{'s are' if gone > 1 else ' is'} older than what is kept (by the plan {days:,} days, the oldest"
    )
    if days == 365:
        assert said in milepost(*command, "--dry-run", code=1)
    assert said in milepost(*command, code=1)
    assert left() == set(), "nobody has said what is to become of them"
    assert connection.execute("select count(*) from milepost.imports").fetchone() == (0,), "nor waits anybody for it"
    if days == 365:
        milepost(*command, "--old", "keep")
        kept = set(_ROWS | _OWN)
    else:
        assert f"{len(kept)} events stored" in milepost(*command, "--old", "skip")
    assert left() == kept
    milepost("cleanup")
    assert left() == kept
    if days == 365:
        later = now + timedelta(days=365, minutes=-1)
        assert delete_expired(connection, now=later) == 4, "what was not old goes in its time"
        assert left() == {"old", "older", "oldest", "short"}
