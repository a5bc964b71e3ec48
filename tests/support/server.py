"""A real server for the tests: `milepost serve` in a process of its own, on a free port."""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
from psycopg.conninfo import make_conninfo

from milepost.access.tokens import Tokens
from milepost.settings import Settings
from tests.support.nursery import Forked, Nursery

WRITE_KEY = "mpw_test"
SERVER_KEY = "mpsv_test"
SECRET_KEY = "mps_test"
IDENTITY_SECRET = "another secret that is only for tests, of 32 bytes"
TOKEN_SECRET = "a secret that is only for tests, of 32 bytes or more"


def free_port() -> int:
    """A port that nobody listens at, below those that outgoing connections are given: whoever starts a server a moment
    later still finds it free."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_for(condition: Callable[[], bool], seconds: float, what: str | Callable[[], str]) -> None:
    """Waits until `condition` holds; fails with `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s for {what if isinstance(what, str) else what()}")
        time.sleep(0.02)


def customer_token(customer: str) -> str:
    """What a host's backend would make for its customer."""
    tokens = Tokens(Settings(token_secret=TOKEN_SECRET))
    return tokens.make(customer, now=datetime.now(UTC), valid=timedelta(hours=1))


class Server:
    """One `milepost serve`. With `database_url` it uses that database, else its embedded one in `data_dir`."""

    def __init__(
        self,
        data_dir: Path,
        *,
        database_url: str = "",
        port: int = 0,
        environ: Mapping[str, str] | None = None,
        columns: bool = False,
    ) -> None:
        """`columns`: with a column store, which takes a second to start and a process of its own."""
        self.data_dir = data_dir
        self.port = port or free_port()
        self.database_url = database_url
        self.url = f"http://127.0.0.1:{self.port}"
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")},
            "MILEPOST_DATA_DIR": str(data_dir),
            "MILEPOST_DATABASE_URL": database_url,
            # The tests' PostgreSQL lets every role in.
            "MILEPOST_SQL_URL": make_conninfo(database_url, user="milepost_sql") if database_url else "",
            "MILEPOST_COLUMNS": str(int(columns)),
            "MILEPOST_WRITE_KEY": WRITE_KEY,
            "MILEPOST_SERVER_KEY": SERVER_KEY,
            "MILEPOST_SECRET_KEY": SECRET_KEY,
            "MILEPOST_IDENTITY_SECRET": IDENTITY_SECRET,
            "MILEPOST_TOKEN_SECRET": TOKEN_SECRET,
            **(environ or {}),
        }
        self.log_path = data_dir / "server.log"
        self.process: subprocess.Popen[bytes] | Forked | None = None

    def start(self, ready_within: float = 60) -> None:
        self._begin(forked=False)
        wait_for(self.is_ready, ready_within, f"the server to be ready; its log: {self.log_path}")

    def start_quickly(self) -> None:
        """From what is loaded already (nursery.py); with an embedded PostgreSQL, whose threads a fork would lose, as
        `start`."""
        self._begin(forked=bool(self.database_url))
        wait_for(self.is_ready, 60, f"the server to be ready; its log: {self.log_path}")

    def _begin(self, *, forked: bool) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if forked:
            self.process = Nursery.get().start(["serve", "--port", str(self.port)], self._environ, self.log_path)
            return
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "milepost", "serve", "--port", str(self.port)],
                env=self._environ,
                stdout=log,
                stderr=log,
            )

    def is_ready(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()}")
        # Not httpx: it reads the system's certificates for every client, which costs more than the server's start.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")[-6000:] if self.log_path.exists() else ""

    def kill(self) -> None:
        """kill -9 of the parent process."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, within: float = 30) -> int:
        """SIGTERM, as an operator would; answers the exit code."""
        if self.process is None or self.process.poll() is not None:
            return 0 if self.process is None else int(self.process.poll() or 0)
        self.process.terminate()
        return self.process.wait(within)

    def client(self, key: str = SECRET_KEY) -> httpx.Client:
        return httpx.Client(verify=False, base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    server.start_quickly()
    try:
        yield server
    finally:
        server.stop()
