"""Servers that are forked from a process which has loaded everything: to load it anew takes most of what a start costs.

What they run is `milepost serve`, but for its worker, which is forked as well and not spawned. Tests of the start
itself, of kills and of recovery start the real thing (`Server.start`).
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Forked:
    """What a test does with a server's process: a part of subprocess.Popen."""

    def __init__(self, pid: int, codes: dict[int, int], told: threading.Condition) -> None:
        self.pid = pid
        self._codes = codes
        self._told = told

    @property
    def returncode(self) -> int | None:
        return self._codes.get(self.pid)

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        with self._told:
            if not self._told.wait_for(lambda: self.pid in self._codes, timeout):
                raise subprocess.TimeoutExpired("milepost serve", timeout or 0)
        return self._codes[self.pid]

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    """One for each process of pytest, made when it is first needed."""

    _only: Nursery | None = None

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._codes: dict[int, int] = {}
        self._started: list[int] = []
        self._told = threading.Condition()
        threading.Thread(target=self._listen, name="nursery", daemon=True).start()
        atexit.register(self._process.kill)

    @classmethod
    def get(cls) -> Nursery:
        if cls._only is None:
            cls._only = cls()
        return cls._only

    def start(self, arguments: list[str], environ: Mapping[str, str], log: Path) -> Forked:
        """`milepost ARGUMENTS`."""
        assert self._process.stdin is not None
        with self._told:
            told = {"arguments": arguments, "environ": dict(environ), "log": str(log)}
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
            if not self._told.wait_for(lambda: bool(self._started), 60):
                raise AssertionError("the nursery started no server within a minute")
            return Forked(self._started.pop(), self._codes, self._told)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            word, *numbers = line.split()
            with self._told:
                if word == "started":
                    self._started.append(int(numbers[0]))
                else:
                    self._codes[int(numbers[0])] = int(numbers[1])
                self._told.notify_all()


def _live() -> None:
    import uvicorn.protocols.http.httptools_impl  # noqa: F401 -- loaded for all

    import milepost.cli.commands
    import milepost.serve.worker  # noqa: F401
    from milepost.app import create_app
    from milepost.settings import Settings

    # What the first application works out of its handlers' signatures, those after it find.
    create_app(Settings(database_url="postgresql://nowhere"))
    gc.collect()
    # No fork's collector touches, and so copies, what all share.
    gc.freeze()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    pending = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _bury()
        if 0 in ready:
            more = os.read(0, 1 << 16)
            if not more:
                return
            *lines, pending = (pending + more).split(b"\n")
            for line in lines:
                print("started", _fork(json.loads(line), (woken, wake)), flush=True)


def _bury() -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            print("ended", ended[0], os.waitstatus_to_exitcode(ended[1]), flush=True)


def _fork(told: dict[str, Any], pipes: tuple[int, int]) -> int:
    if pid := os.fork():
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        for pipe in pipes:
            os.close(pipe)
        os.environ.clear()
        os.environ.update(told["environ"])
        log, nothing = (
            os.open(told["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644),
            os.open(os.devnull, os.O_RDONLY),
        )
        for ours, theirs in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(ours, theirs)
        sys.argv = ["milepost", *told["arguments"]]
        # The workers too.
        forking = multiprocessing.get_context("fork")
        multiprocessing.get_context = lambda _method=None: _Quietly(forking)  # type: ignore[assignment]
        _one_at_a_time()
        from milepost.cli import main

        main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 -- as the interpreter would
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _one_at_a_time() -> None:
    """No worker is forked while another process is begun: it would hold the pipe by whose end `Popen` knows that its
    program runs, and so whoever began that waited as long as the worker lived. A spawned worker closes it."""
    lock, begin = threading.Lock(), subprocess.Popen.__init__

    def begin_alone(self: subprocess.Popen[Any], *args: Any, **named: Any) -> None:
        with lock:
            begin(self, *args, **named)

    subprocess.Popen.__init__ = begin_alone  # type: ignore[method-assign]
    os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)


class _Quietly:
    """A context whose processes begin without the parent's ways with signals, as spawned ones do."""

    def __init__(self, context: multiprocessing.context.ForkContext) -> None:
        self._context = context

    def Process(self, target: Callable[..., object], args: tuple[object, ...]) -> multiprocessing.Process:  # noqa: N802
        def begin(*given: object) -> None:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            target(*given)

        return self._context.Process(target=begin, args=args)  # type: ignore[return-value]


if __name__ == "__main__":
    _live()
