"""What happens to all trackers of a process when it forks and when it ends."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from typing import Protocol


class Survivor(Protocol):
    """What has to be told; see `Pipeline`."""

    def before_fork(self, timeout: float) -> bool: ...
    def after_fork_in_parent(self) -> None: ...
    def after_fork_in_child(self) -> None: ...
    def shutdown(self, timeout: float) -> bool: ...
    @property
    def shutdown_timeout(self) -> float: ...


_BEFORE_SECONDS = 0.5  # an SQLite transaction takes milliseconds; a fork does not wait for a sick disk
_all: weakref.WeakSet[Survivor] = weakref.WeakSet()
_held: list[Survivor] = []
_lock = threading.RLock()
_exiting = False


def is_exiting() -> bool:
    """Whether the process is at its end: threads that are started now would be cut off anywhere."""
    return _exiting


def register(survivor: Survivor) -> None:
    """From now on it is told, for as long as it lives."""
    with _lock:
        _all.add(survivor)


def _before() -> None:
    _lock.acquire()
    deadline = time.monotonic() + _BEFORE_SECONDS
    _held.extend(each for each in list(_all) if each.before_fork(max(0.0, deadline - time.monotonic())))


def _after_in_parent() -> None:
    for survivor in _held:
        survivor.after_fork_in_parent()
    _held.clear()
    _lock.release()


def _after_in_child() -> None:
    global _lock  # noqa: PLW0603 -- a lock another thread of the parent held would never be released here
    _lock = threading.RLock()
    _held.clear()
    for survivor in list(_all):
        survivor.after_fork_in_child()


def _at_exit() -> None:
    """All of them share one deadline, so that ten trackers do not take ten times as long."""
    global _exiting  # noqa: PLW0603 -- a fact about the process
    _exiting = True
    trackers = list(_all)
    deadline = time.monotonic() + max((tracker.shutdown_timeout for tracker in trackers), default=0.0)
    for tracker in trackers:
        tracker.shutdown(max(0.0, deadline - time.monotonic()))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
atexit.register(_at_exit)
