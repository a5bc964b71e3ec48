"""Keeps the process that owns the column store alive, and ends it with the server."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import suppress

from milepost.supervisor import Backoff, Ended, Task

_STOP_SECONDS = 5.0
_QUICK_DEATH_SECONDS = 10.0
#: The first deaths cost next to nothing.
_PAUSES = Backoff(first=0.1, most=30.0)


class ColumnsProcess:
    """`python -m milepost.columns.service`, started again whenever it ends. Ingest does not depend on it."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="columns-keeper")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the process has ended."""
        self._stopping.set()
        process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                # Its files survive that, and it is a mirror.
                process.kill()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        task = Task("columns-process", _PAUSES)
        while not self._stopping.is_set():
            task.begins()
            try:
                self._live(task)
            except Exception as error:  # noqa: BLE001 -- logged and counted
                self._stopping.wait(task.fails(error))

    def _live(self, task: Task) -> None:
        """One process's life; raises Ended at its end, unless that was meant."""
        began = time.monotonic()
        self._process = subprocess.Popen([sys.executable, "-m", "milepost.columns.service"])
        if self._stopping.is_set():  # `stop` may have looked just before there was one
            with suppress(ProcessLookupError):
                self._process.kill()
        code = self._process.wait()
        if time.monotonic() - began > _QUICK_DEATH_SECONDS:
            task.works()
        if not self._stopping.is_set():
            raise Ended(f"the column store's process ended with code {code}")
