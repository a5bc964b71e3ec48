"""The real gunicorn with --preload and the real Celery with its prefork pool."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.client.receiving import Receiver, eventually

_APP = """
import os
import milepost
tracker = milepost.Tracker("wk", host=os.environ["TARGET"], customer_id="acme", spool_dir=os.environ["SPOOL"],
                           on_error=print)
tracker.track_export("boot", "pdf")  # in the master: its threads run when the workers are forked
"""


def _environment(server: Receiver, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TARGET": server.host, "SPOOL": str(tmp_path / "spool"), "PYTHONPATH": str(tmp_path)}


def _end(process: subprocess.Popen[bytes], sig: signal.Signals) -> None:
    process.send_signal(sig)
    try:
        process.wait(15)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it leads a session of its own, with its workers
        process.wait()


def test_gunicorn_preload(server: Receiver, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        _APP
        + textwrap.dedent(
            """
            def app(environ, start_response):
                event_id = tracker.track_click("b", metadata={"pid": os.getpid()})
                start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(event_id)))])
                return [event_id.encode()]
            """
        )
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--preload", "-w", "2", "-b", f"127.0.0.1:{port}", "shop:app"]
    process = subprocess.Popen(
        [*command, "--log-level", "error"], env=_environment(server, tmp_path), cwd=tmp_path, start_new_session=True
    )
    ids: list[str] = []

    def ask() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            ids.append(connection.getresponse().read().decode())
        except OSError:
            return False
        finally:
            connection.close()
        return True

    try:
        eventually(ask, 20)
        for _ in range(60):
            assert ask()
    finally:
        _end(process, signal.SIGTERM)
    clicks = {key: event for key, event in server.stored.items() if event["event_type"] == "content_interaction"}
    assert set(clicks) == set(ids)
    assert len(server.stored) == len(ids) + 1
    assert set(server.sent.values()) == {1}
    pids = {event["event_metadata"]["pid"] for event in clicks.values()}
    assert pids
    assert process.pid not in pids


@pytest.mark.parametrize("recycled", [[], ["--max-tasks-per-child", "1"]], ids=["kept", "recycled"])
def test_celery_prefork(server: Receiver, tmp_path: Path, recycled: list[str]) -> None:
    for folder in ("queue", "done"):
        (tmp_path / folder).mkdir()
    (tmp_path / "jobs.py").write_text(
        _APP
        + textwrap.dedent(
            """
            from celery import Celery
            here = os.path.dirname(__file__)
            folders = {"data_folder_in": here + "/queue", "data_folder_out": here + "/queue"}
            app = Celery("jobs", broker="filesystem://")
            app.conf.update(broker_transport_options={**folders, "control_folder": here + "/control"},
                            task_ignore_result=True, worker_hijack_root_logger=False)
            @app.task
            def work(n):
                event_id = tracker.track_click("b", metadata={"pid": os.getpid(), "n": n})
                with open(f"{here}/done/{n}", "w") as file:
                    file.write(event_id)
            """
        )
    )
    environment = _environment(server, tmp_path) | {"C_FORCE_ROOT": "1"}
    send = "import jobs\nfor n in range(30): jobs.work.delay(n)"
    subprocess.run([sys.executable, "-c", send], env=environment, cwd=tmp_path, check=True, timeout=30)
    worker = ["worker", "-P", "prefork", "-c", "2", "-l", "ERROR", "--without-gossip", "--without-mingle", *recycled]
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "jobs", *worker],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        eventually(lambda: len(list((tmp_path / "done").iterdir())) == 30, 30)
    finally:
        _end(process, signal.SIGTERM)
    ids = {file.read_text() for file in (tmp_path / "done").iterdir()}
    clicks = {key: event for key, event in server.stored.items() if event["event_type"] == "content_interaction"}
    assert set(clicks) == ids
    assert set(server.sent.values()) == {1}
    assert process.pid not in {event["event_metadata"]["pid"] for event in clicks.values()}
