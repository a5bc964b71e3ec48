"""`milepost query` against a running server with its column store."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import SECRET_KEY, WRITE_KEY, Server, running, wait_for


@pytest.fixture
def asked(dsn: str, tmp_path: Path) -> Server:
    server = Server(tmp_path / "server", database_url=dsn, columns=True)
    return server


def _run(server: Server, *arguments: str, stdin: str = "", key: str = SECRET_KEY) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    return subprocess.run(
        [sys.executable, "-m", "milepost", "query", *arguments],
        env={**environ, "MILEPOST_HOST": server.url, "MILEPOST_SECRET_KEY": key, "COLUMNS": "120"},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_questions_from_flags_and_from_json(asked: Server) -> None:
    with running(asked), asked.client(WRITE_KEY) as writing, asked.client(SECRET_KEY) as reading:
        event = {"customer_id": "acme", "session_id": "s", "tool_id": "[red]"}
        kinds = ("navigation", "export_action")
        writing.post(
            "/v1/events", json={"events": [{**event, "event_type": kind} for kind in kinds]}
        ).raise_for_status()

        def all_there() -> bool:
            answer = reading.post("/v1/query/trends", json={})
            return answer.status_code == 200 and answer.json()["lines"][0]["total"] == 2

        wait_for(all_there, 30, "the events to be in the column store")
        found = _run(asked, "trends", "--days", "3", "--breakdown", "tool_id", "--format", "csv")
        rows = list(csv.reader(io.StringIO(found.stdout)))
        assert (rows[0], rows[-1], len(rows)) == (["from", "[red]"], ["whole period", "2.0"], 5), found.stderr
        funnel = _run(asked, "funnel", "--step", "navigation", "--step", "export_action:[red]", "--format", "json")
        assert json.loads(funnel.stdout)["total"]["steps"][0]["count"] == 1, funnel.stderr
        ratio = _run(
            asked, "trends", "--days", "1", "--step", "export_action", "--step", "", "--formula", "A / B * 100",
            "--breakdown", "tool_id", "--breakdown", "session_id", "--compare", "year_ago", "--format", "csv",
        )  # fmt: skip
        rows = list(csv.reader(io.StringIO(ratio.stdout)))
        assert (rows[0], rows[-1]) == (["from", "[red], s", "before"], ["whole period", "50.0", ""]), ratio.stderr
        most = _run(asked, "trends", "--measure", "percentile", "--percentile", "0.9", "--of", "metadata.none")
        assert most.returncode == 0, most.stderr
        for question in ("trends", "retention", "paths", "lifecycle", "stickiness", "tools", "sessions"):
            shown = _run(asked, question, "--json", "-", stdin='{"period": {"days": 2}}')
            assert shown.returncode == 0, shown.stderr
            assert question.capitalize() in shown.stdout
        assert "[red]" in _run(asked, "tools").stdout

        wrong = _run(asked, "trends", "--timezone", "Mars/Olympus")
        assert wrong.returncode == 1
        assert "period.timezone" in wrong.stderr
        assert "secret key" in _run(asked, "trends", key="").stderr
        assert "cannot read" in _run(asked, "trends", key=WRITE_KEY).stderr.replace("\n", " ")
    gone = _run(asked, "trends")
    assert gone.returncode == 1
    assert "Is it running?" in gone.stderr.replace("\n", " ")
