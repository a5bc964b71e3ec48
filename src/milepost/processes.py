"""Processes of one server: each of them ends when the one that started it does."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

#: The environment variable that names the process whose death ends this one.
PARENT = "MILEPOST_PARENT_PID"


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
