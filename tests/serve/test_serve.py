"""The serving process with a real worker, a real PostgreSQL and real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import httpx
import psutil
import pytest

from milepost.store.embedded_cluster import locate
from milepost.store.embedded_process import cluster_processes
from tests.support.server import free_port

_SCRIPT = Path(__file__).with_name("serve_tiny.py")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not pytest's tmp_path: PostgreSQL's system user must be able to reach it.
    with tempfile.TemporaryDirectory(prefix="milepost-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


def wait_for(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s: {what}"
        pause.wait(0.02)


class Server:
    """A serving process of its own, with its log in a file."""

    def __init__(self, data_dir: Path, port: int | None = None, factory: str = "create_app", **extra: str) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
        environ |= {"MILEPOST_DATA_DIR": str(data_dir), "MILEPOST_PORT": str(self.port), **extra}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 -- closed in __exit__
        self.process = subprocess.Popen(
            [sys.executable, str(_SCRIPT), factory], env=environ, stderr=self._log, stdout=self._log
        )
        self.family: list[psutil.Process] = []

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            print(self.log())
        self.remember_family()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        wait_for(self.all_gone, "the server's children are gone")
        self._log.close()

    def get(self, path: str = "/") -> httpx.Response | None:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=30.0)
        except httpx.TransportError:
            assert self.process.poll() is None, self.log()
            return None

    def text(self, path: str = "/") -> str:
        """The answer once there is a good one."""
        answer: httpx.Response | None = None

        def good() -> bool:
            nonlocal answer
            answer = self.get(path)
            return answer is not None and answer.status_code == 200

        wait_for(good, f"{path} answers: {answer}")
        assert answer is not None
        return answer.text

    def worker(self) -> int:
        return int(self.text("/"))

    def postmaster(self) -> int:
        return int((self.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def remember_family(self) -> None:
        if self.process.poll() is None:
            self.family += psutil.Process(self.process.pid).children(recursive=True)

    def all_gone(self) -> bool:
        return not any(is_alive(member) for member in self.family)

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.remember_family()
        self.process.send_signal(number)
        return self.process.wait(30)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_serves_stops_cleanly_and_starts_again_with_its_data(data_dir: Path) -> None:
    with Server(data_dir) as server:
        assert server.text("/count") == "1"
        slow: list[httpx.Response | None] = []
        request = threading.Thread(target=lambda: slow.append(server.get("/slow?1.5")))
        request.start()
        wait_for(lambda: len(connections(server)) > 0, "the slow request is under way")
        server.worker()  # it came later and has its answer, so the slow one has been accepted
        assert server.stop() == 0
        request.join()
        assert slow[0] is not None
        assert slow[0].status_code == 200
        wait_for(server.all_gone, "every process of the server to be gone")
        assert not cluster_processes(locate(data_dir))
        lines = [json.loads(line) for line in server.log().splitlines()]
        assert {"timestamp", "level", "logger", "message"} <= set(lines[0])
        assert {"milepost.serve", "milepost.postgres"} <= {line["logger"] for line in lines}
        assert "database system is shut down" in (data_dir / "postgres.log").read_text()
    with Server(data_dir, server.port) as again:
        assert again.text("/count") == "2"
        assert again.stop(signal.SIGINT) == 0
        wait_for(again.all_gone, "every process of the server to be gone")


def connections(server: Server) -> list[object]:
    worker = [child for child in psutil.Process(server.process.pid).children() if child.pid != server.postmaster()]
    return [link for child in worker for link in child.net_connections("tcp") if link.status == "ESTABLISHED"]


def test_a_killed_parent_leaves_nothing_behind(data_dir: Path) -> None:
    with Server(data_dir) as server:
        assert server.text("/count") == "1"
        server.remember_family()
        assert len(server.family) > 3
        server.process.kill()
        server.process.wait()
        # At once, on the same port and folder.
        with Server(data_dir, server.port) as again:
            assert again.text("/count") == "2"
            wait_for(server.all_gone, "the first server's children are gone")


def test_a_worker_killed_twice_is_replaced_and_the_database_stays(data_dir: Path) -> None:
    with Server(data_dir) as server:
        assert server.text("/count") == "1"
        postmaster = server.postmaster()
        workers = [server.worker()]
        for _ in range(2):
            os.kill(workers[-1], signal.SIGKILL)
            # The socket is never closed: the next request waits for the next worker.
            answer = httpx.get(f"http://127.0.0.1:{server.port}/", timeout=30.0)
            workers.append(int(answer.text))
        assert len(set(workers)) == 3
        assert server.text("/count") == "2"
        assert server.postmaster() == postmaster
        os.kill(postmaster, signal.SIGKILL)
        assert server.text("/count") == "3"
        assert server.postmaster() != postmaster
        assert server.worker() == workers[-1]
        assert server.stop() == 0
        wait_for(server.all_gone, "every process of the server to be gone")


def test_a_second_signal_hurries(data_dir: Path) -> None:
    with Server(data_dir) as server:
        server.text("/count")
        request = threading.Thread(target=get_no_answer, args=(server, "/slow?60"))
        request.start()
        wait_for(lambda: len(connections(server)) > 0, "the slow request is under way")
        server.remember_family()
        server.process.send_signal(signal.SIGINT)
        wait_for(lambda: "Asked to stop" in server.log(), "the first signal is heard")
        began = time.monotonic()
        assert server.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 10
        wait_for(server.all_gone, "every process of the server to be gone")
        request.join()


def get_no_answer(server: Server, path: str) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{server.port}{path}", timeout=90.0)


def test_says_what_is_wrong_when_it_cannot_start(data_dir: Path) -> None:
    with Server(data_dir) as server:
        server.text("/count")
        with Server(data_dir / "other", server.port) as taken:
            assert taken.process.wait(20) == 1
            assert f"Port {server.port} of 127.0.0.1 is in use" in taken.log()
            assert "Traceback" not in taken.log()
        with Server(data_dir) as second:
            second.remember_family()
            assert second.process.wait(20) == 1
            assert f"in use by another Milepost (process {server.process.pid})" in second.log()
            assert "Traceback" not in second.log()
        assert server.text("/count") == "2"


def test_an_application_that_does_not_start_ends_the_server(data_dir: Path) -> None:
    # An address of a database of one's own, and no column store: nothing is started that needs the folder.
    nowhere = "postgresql://127.0.0.1:1/none"
    with Server(data_dir, factory="broken_app", MILEPOST_DATABASE_URL=nowhere, MILEPOST_COLUMNS="false") as server:
        assert server.process.wait(20) == 1
        assert "this application does not start" in server.log()
    assert not data_dir.exists()
