"""Granian's process manager, made to keep a worker alive whatever happens to it."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer, SocketHolder  # type: ignore[attr-defined]

from milepost.settings import Settings
from milepost.supervisor import Backoff, Ended, Task

log = logging.getLogger("milepost.serve")

_DRAIN_SECONDS = 20  # for requests under way when the server is told to stop
_START_SECONDS = 30.0  # a first worker that gives up sooner never served
_QUICK_DEATH_SECONDS = 10.0
#: The first deaths cost next to nothing: who has connected meanwhile waits.
_PAUSES = Backoff(first=0.05, most=10.0)
_BACKPRESSURE = 1024  # connections served at once; further ones wait in the socket's queue


class WorkerServer(MPServer):
    """Granian with one worker on a socket that the parent holds: connections queue while a worker is replaced.

    It replaces two of Granian's habits: ending the whole server after two deaths of a worker within 5.5 s, and
    a socket per worker, which is closed while there is none.
    """

    def __init__(
        self,
        settings: Settings,
        target: str,
        loader: Callable[[str], Any],
        listener: socket.socket,
        log_config: dict[str, Any],
    ) -> None:
        super().__init__(
            target,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            workers=1,  # the group commit, live streams and caches live in one process
            runtime_threads=1,  # HTTP parsing; Python and PostgreSQL need the other core
            runtime_blocking_threads=8,
            loop=Loops.uvloop,
            http=HTTPModes.http1,
            websockets=False,
            backpressure=_BACKPRESSURE,
            log_level=LogLevels(settings.log_level),
            log_dictconfig=log_config,
            log_access=False,
            workers_kill_timeout=_DRAIN_SECONDS,
        )
        self.exit_code = 0
        self.on_hurry: Callable[[], None] = lambda: None
        self._loader = loader
        self._listener = listener
        self.hurried = False

    def run(self) -> None:
        """Serves until `signal_handler_interrupt` or `fail`; all workers have ended when it returns."""
        self.serve(target_loader=self._loader)

    def fail(self) -> None:
        """Ends the server with exit code 1. Callable from any thread."""
        self.exit_code = 1
        self.interrupt_signal = True
        self.main_loop_interrupt.set()

    def kill(self) -> None:
        """Ends the workers at once: what they had not answered, clients send again."""
        for worker in self.wrks:
            worker.kill()  # type: ignore[no-untyped-call]

    def signal_handler_interrupt(self, *_args: object, **_kwargs: object) -> None:
        if self.interrupt_signal and not self.hurried:
            self.hurried = True
            log.warning("Asked to stop a second time: not waiting any longer")
        elif not self.interrupt_signal:
            log.info("Asked to stop: finishing what was accepted, for at most %d s", _DRAIN_SECONDS)
        if self.hurried:
            self.kill()
            self.on_hurry()
        self.interrupt_signal = True
        self.main_loop_interrupt.set()

    #: A closed terminal ends the server like a Ctrl-C, it does not reload it.
    signal_handler_reload = signal_handler_interrupt

    def shutdown(self, exit_code: int = 0) -> None:
        # A worker that saw the terminal's Ctrl-C first has ended "unexpectedly": no reason for another exit code.
        with suppress(SystemExit):
            super().shutdown(exit_code)  # type: ignore[no-untyped-call]

    def _init_shared_socket(self) -> None:
        self._listener.set_inheritable(True)
        self._sso = self._listener
        shared = SocketHolder(self._listener.fileno(), False, self.backlog)  # type: ignore[call-arg]
        self.__dict__.update(_ssp=None, _shd=shared, _sfd=self._listener.fileno())  # typed as None by Granian

    def _told_to_stop(self) -> bool:
        return bool(self.interrupt_signal)

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        task = Task("worker", _PAUSES)
        task.begins()
        while True:
            self.main_loop_interrupt.wait()
            self.main_loop_interrupt.clear()  # before looking, so that no later wake-up is lost
            if self._told_to_stop():
                return
            dead: set[int] = set()
            while self.interrupt_children:
                dead.add(self.interrupt_children.pop())
            if not dead:
                continue
            age = min(time.monotonic() - self.wrks[index].birth for index in dead)
            code = next(self.wrks[index].inner.exitcode for index in dead)
            if not self.respawned_wrks and code and code > 0 and age < _START_SECONDS:
                log.error("The application did not start (exit code %d): see the lines above", code)
                self.exit_code = 1
                return
            if age > _QUICK_DEATH_SECONDS:
                task.works()
            delay = task.fails(Ended(f"the worker's process ended with code {code}"))
            if self.main_loop_interrupt.wait(delay) and self._told_to_stop():
                return
            task.begins()
            self._respawn_workers(sorted(dead), spawn_target, target_loader)
