"""Sessions: a run of events of one person without a 30-minute gap, 24 hours at most."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from milepost.client.uuid7 import uuid7
from milepost.vocabulary import SESSION_IDLE_SECONDS, SESSION_MAX_SECONDS

_NS = 1_000_000_000
_NS_PER_MS = 1_000_000


@dataclass(slots=True)
class Session:
    """One open session; times in nanoseconds since 1970."""

    session_id: str
    started: int
    last: int

    def goes_on(self, now: int) -> bool:
        """Whether an event at `now` still belongs to it. A clock set back does not end a session."""
        return now - self.last <= SESSION_IDLE_SECONDS * _NS and now - self.started < SESSION_MAX_SECONDS * _NS

    def long_before(self, now: int) -> bool:
        """Whether an event at `now` lies so far before it that it was another session (a backfill)."""
        return self.started - now > SESSION_IDLE_SECONDS * _NS


class Sessions:
    """The open sessions of many people, the least recently used forgotten first."""

    def __init__(self, capacity: int = 10_000, make_id: Callable[[int], str] = uuid7) -> None:
        self._capacity = capacity
        self._make_id = make_id
        self._open: OrderedDict[Hashable, Session] = OrderedDict()
        self._lock = threading.RLock()  # reentrant: a signal handler may track while we hold it

    def touch(self, who: Hashable, now: int) -> tuple[str, int]:
        """The session of an event of `who` at `now` (ns): its id, and milliseconds since its start."""
        with self._lock:
            session = self._open.get(who)
            if session is not None and session.long_before(now):
                return self._make_id(now), 0  # of the past: must not end the session that is open
            if session is None or not session.goes_on(now):
                session = Session(self._make_id(now), now, now)
                self._open[who] = session
                if len(self._open) > self._capacity:
                    self._open.popitem(last=False)
            else:
                session.last = max(session.last, now)
            self._open.move_to_end(who)
            return session.session_id, max(0, now - session.started) // _NS_PER_MS

    def reset_lock(self) -> None:
        """In a forked child: another thread of the parent may have held the lock."""
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._open)
