"""Processes of one server: each of them ends when the one that started it does."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

#: The environment variable that names the process whose death ends this one.
PARENT = "MILEPOST_PARENT_PID"
#: The environment variable of the database's address.
DSN: Final = "MILEPOST_DATABASE_URL"
#: The exit code of work that is to be tried again, as sysexits.h has it.
AGAIN: Final = 75
_LOOK_SECONDS: Final = 0.2


class Interrupted(Exception):
    """The server stops, or the database is away. The job is tried again, here or on another."""


async def run_apart(module: str, argument: str, *, dsn: str, stopped: Callable[[], bool]) -> None:
    """Runs `python -m MODULE ARGUMENT` with the database in its environment, and waits: work whose arithmetic
    would hold up the server's requests. Raises Interrupted where it is to be tried again: `stopped`, or it says so."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, argument, env={**os.environ, DSN: dsn, PARENT: str(os.getpid())}
    )
    ending = asyncio.create_task(process.wait(), name=f"the process {module}")
    try:
        while not (await asyncio.wait({ending}, timeout=_LOOK_SECONDS))[0]:
            if stopped():
                process.terminate()
    finally:
        if not ending.done():
            process.terminate()
    code = ending.result()
    # Ended by a signal, it could not say why: it was not its own doing.
    if code == AGAIN or code < 0:
        raise Interrupted


def watch_parent() -> None:
    """Ends this process with SIGKILL when the parent dies, so that the next one finds the port free.

    Clients of requests under way get no answer and send them again. Does nothing outside a worker.
    """
    parent = int(os.environ.get(PARENT, "0"))
    if not parent:
        return
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(1, int(signal.SIGKILL), 0, 0, 0) == 0:  # 1 is PR_SET_PDEATHSIG
            if os.getppid() != parent:  # it died before we asked
                os.kill(os.getpid(), signal.SIGKILL)
            return
    threading.Thread(target=_poll_parent, args=(parent,), name="parent-watch", daemon=True).start()


def _poll_parent(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
