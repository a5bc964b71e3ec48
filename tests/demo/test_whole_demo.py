"""Each demo as people start it, with all of its data: it says what came in, and traffic follows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from milepost.store.embedded import attach_or_start
from tests.support.server import free_port, wait_for


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("data", ["openstack", "oulad", "scaling"])
def test_it_starts_fills_and_lives(data: str, tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "milepost", "demo", "--no-browser", "--data", data, "--rate", "60"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    process = subprocess.Popen(
        [*command, "--port", str(free_port()), "--data-dir", str(tmp_path / "demo")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ,
    )
    said: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=said.extend, args=(iter(process.stdout.readline, ""),))
    reader.start()
    try:
        wait_for(lambda: any("Live traffic" in line for line in said) or process.poll() is not None, 300, "the data")
        assert process.poll() is None, said
        with attach_or_start(tmp_path / "demo") as dsn, psycopg.connect(dsn, autocommit=True) as connection:

            def stored() -> int:
                row = connection.execute("select count(*) from public.behavior_events").fetchone()
                return 0 if row is None else int(row[0])

            first = stored()
            assert first > 50_000
            wait_for(lambda: stored() >= first + 3, 120, "live traffic")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        reader.join()
    assert not any("Traceback" in line for line in said), said
