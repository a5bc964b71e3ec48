"""Keeps the process that owns the column store alive, and ends it with the server."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress

log = logging.getLogger("milepost.serve")

_STOP_SECONDS = 5.0
_QUICK_DEATH_SECONDS = 10.0
_MAX_BACKOFF_SECONDS = 30.0


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
        deaths = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            self._process = subprocess.Popen([sys.executable, "-m", "milepost.columns.service"])
            if self._stopping.is_set():  # `stop` may have looked just before there was one
                with suppress(ProcessLookupError):
                    self._process.kill()
            code = self._process.wait()
            if self._stopping.is_set():
                return
            deaths = deaths + 1 if time.monotonic() - began < _QUICK_DEATH_SECONDS else 1
            delay = 0.0 if deaths <= 3 else min(0.5 * 2.0 ** (deaths - 4), _MAX_BACKOFF_SECONDS)
            log.error("The column store ended with code %d; start it again in %g s", code, delay)
            self._stopping.wait(delay)
