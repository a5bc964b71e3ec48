"""Keeps a worker alive whatever happens to it, until the server is told to stop."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Final

from milepost.processes import watch_parent
from milepost.settings import Settings
from milepost.supervisor import Backoff, Ended, Task

log = logging.getLogger("milepost.serve")

DRAIN_SECONDS: Final = 20
#: What a worker that is told to stop has beyond its own patience.
_STOP_SECONDS: Final = DRAIN_SECONDS + 3.0
_START_SECONDS: Final = 30.0  # a first worker that gives up sooner never served
_QUICK_DEATH_SECONDS: Final = 10.0
#: The first deaths cost next to nothing: who has connected meanwhile waits.
_PAUSES: Final = Backoff(first=0.05, most=10.0)


class WorkerKeeper:
    """One worker on a socket that the parent holds: connections queue while it is replaced.

    One alone, as the group commit, live streams and caches live in one process. It takes signals from the moment it is
    made, which must be in the main thread.
    """

    def __init__(self, target: str, listener: socket.socket, settings: Settings) -> None:
        self.exit_code = 0
        self.stopping = False
        self.hurried = False
        self.on_hurry: Callable[[], None] = lambda: None
        self._listener = listener
        self._arguments = (target, listener, settings)
        self._process: SpawnProcess | None = None
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        # A closed terminal ends the server like a Ctrl-C.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._told_to_stop)

    def run(self) -> None:
        """Serves until a signal or `fail`; the worker has ended when it returns."""
        task = Task("worker", _PAUSES)
        first = True
        while not self.stopping:
            task.begins()
            # A forked worker would share our threads' locks and our files; a spawned one is a process of its own.
            self._process = multiprocessing.get_context("spawn").Process(target=_work, args=self._arguments)
            began = time.monotonic()
            self._process.start()
            if not self._wait(self._process.sentinel):
                break
            self._process.join()
            age, code = time.monotonic() - began, self._process.exitcode
            if first and code and code > 0 and age < _START_SECONDS:
                log.error("The application did not start (exit code %d): see the lines above", code)
                self.exit_code = 1
                return
            first = False
            if age > _QUICK_DEATH_SECONDS:
                task.works()
            self._wait(seconds=task.fails(Ended(f"the worker's process ended with code {code}")))
        self._end()

    def fail(self) -> None:
        """Ends the server with exit code 1. Callable from any thread."""
        self.exit_code = 1
        self._stop()

    def kill(self) -> None:
        """Ends the worker at once: what it had not answered, clients send again."""
        if self._process is not None and self._process.is_alive():
            self._process.kill()

    def _told_to_stop(self, *_: object) -> None:
        if self.stopping and not self.hurried:
            self.hurried = True
            log.warning("Asked to stop a second time: not waiting any longer")
        elif not self.stopping:
            log.info("Asked to stop: finishing what was accepted, for at most %d s", DRAIN_SECONDS)
        if self.hurried:
            self.kill()
            self.on_hurry()
        self._stop()

    def _stop(self) -> None:
        self.stopping = True
        with suppress(BlockingIOError):  # it is full of wake-ups nobody has seen yet
            os.write(self._wake, b".")

    def _wait(self, sentinel: int | None = None, seconds: float | None = None) -> bool:
        """Until the process behind the sentinel ends, the time is over, or the server is to stop: then False."""
        wait([self._woken] if sentinel is None else [self._woken, sentinel], seconds)
        return not self.stopping

    def _end(self) -> None:
        # Whoever comes now is refused at once in place of waiting for nobody.
        self._listener.close()
        if self._process is None:
            return
        self._process.terminate()
        self._process.join(_STOP_SECONDS)
        if self._process.is_alive():
            log.warning("The worker did not end within %d s and is killed", _STOP_SECONDS)
            self._process.kill()
            self._process.join()


def _work(target: str, listener: socket.socket, settings: Settings) -> None:
    # Before all that takes long: it holds the socket, and must not outlive the parent with it.
    watch_parent()
    # Uvicorn is loaded in the worker alone.
    from milepost.serve.worker import work

    work(target, listener, settings)
