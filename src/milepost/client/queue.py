"""The bounded queue between the host's threads and the spool. When full it gives up the oldest event
of the lowest impact first."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

_T = TypeVar("_T")
RANKS = 3  # low, medium, high


class BoundedQueue(Generic[_T]):
    """Holds at most `capacity` items in one lane per rank (0 is given up first).

    `put` is what the host pays for: an append, which needs no lock. Only where the bound is passed,
    and where the queue is emptied, is a lock taken, so that none is given up that had just gone. The
    lock is reentrant and appends are atomic: a signal handler may call `put` in the middle of another.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a queue needs room for 1 item or more, not {capacity}")
        self._capacity = capacity
        self._lanes: tuple[deque[_T], ...] = tuple(deque() for _ in range(RANKS))
        self._low, self._mid, self._high = self._lanes
        self._lock = threading.RLock()
        self._given_up = 0
        # The newest of what was given up, kept until the spooler reports them; the count is exact.
        self._casualties: deque[_T] = deque(maxlen=capacity)

    def put(self, item: _T, rank: int) -> None:
        self._lanes[rank].append(item)
        if len(self._low) + len(self._mid) + len(self._high) > self._capacity:
            self._give_up()

    def _give_up(self) -> None:
        with self._lock:
            while len(self) > self._capacity:
                lane = self._low or self._mid or self._high
                self._casualties.append(lane.popleft())
                self._given_up += 1

    def take_all(self) -> list[_T]:
        """Empties the queue; lanes one after the other, each in order of arrival."""
        with self._lock:
            items: list[_T] = []
            for lane in self._lanes:
                # By count, not until empty: a host that never pauses must not keep us here.
                items.extend(lane.popleft() for _ in range(len(lane)))
            return items

    def take_casualties(self) -> list[_T]:
        """What was given up since the last call (at most `capacity` of them, the newest)."""
        with self._lock:
            items = list(self._casualties)
            self._casualties.clear()
            return items

    @property
    def given_up(self) -> int:
        """How many items were given up, ever."""
        return self._given_up

    def __len__(self) -> int:
        return len(self._low) + len(self._mid) + len(self._high)
