"""`milepost predict` and its job where there is next to no history: it says so, and predicts nothing."""

from __future__ import annotations

import subprocess
import sys
from os import environ
from pathlib import Path

import httpx

from tests.support.server import WRITE_KEY, Server, running, wait_for


def test_little_history_is_told_and_nothing_is_predicted(dsn: str, tmp_path: Path) -> None:
    with running(Server(tmp_path / "server", database_url=dsn, columns=True)) as server:
        sent = httpx.post(
            f"{server.url}/v1/events",
            headers={"Authorization": f"Bearer {WRITE_KEY}"},
            json={"events": [{"customer_id": "acme", "event_type": "navigation", "session_id": "s"}]},
        )
        assert sent.status_code == 200

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", *arguments],
                env={**environ, "MILEPOST_DATA_DIR": str(tmp_path / "server"), "MILEPOST_DATABASE_URL": dsn},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        learned = run("milepost", "predict", "train")

        def built() -> bool:
            nonlocal learned
            if "The column store is being built" in learned.stderr:
                learned = run("milepost", "predict", "train")
            return "The column store is being built" not in learned.stderr

        # A command does not wait for that, and says so.
        wait_for(built, 60, "the column store")
        assert learned.returncode == 1
        assert "Going quiet: nothing was learned: not enough history: 0 of 50" in learned.stderr
        told = run("milepost", "predict", "report")
        assert (told.returncode, told.stderr) == (1, "There is no model yet. `milepost predict train` makes one.\n")
        for what, says in (("train", "not enough history: 0 of 50"), ("score", "no model holds")):
            job = run("milepost.predict.process", what)
            assert job.returncode == 0, job.stderr
            assert says in job.stderr
