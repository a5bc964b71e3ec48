"""What went well and what did not: counters, and the way to the host's `on_error` and `on_drop`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from milepost.vocabulary import DropReason


@dataclass(frozen=True, slots=True)
class TrackerError:
    """One problem, as `on_error` gets it.

    `code` is one of: `network`, `server`, `throttled`, `unauthorised`, `misconfigured`, `bad_receipt`, `rejected`,
    `notice`, `invalid`, `spool_unavailable`, `spool_corrupt`, `callback`, `read`, `internal`.
    """

    code: str
    message: str
    event_id: str | None = None
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


OnError = Callable[[TrackerError], object]
OnDrop = Callable[[Mapping[str, object], DropReason], object]


@dataclass(frozen=True, slots=True)
class Stats:
    """Counters of this process since it started (or was forked).

    `captured + adopted == delivered + duplicates + rejected + sum(dropped) + queued + spooled + released`
    whenever no thread is in the middle of a step.
    """

    captured: int  # track calls that made an event or an identity call
    adopted: int  # taken over from the spool of an earlier or dead process
    delivered: int  # the server's receipt says: stored
    duplicates: int  # the receipt says: had been stored before
    rejected: int  # the receipt says: refused for good
    dropped: dict[DropReason, int]  # given up by the SDK, by reason
    queued: int  # in memory, not yet in the spool
    spooled: int  # in the spool of this process, waiting for a receipt
    released: int  # left in the spool by `shutdown`, for the next tracker
    errors: int  # problems of every kind, also those not reported again
    on_disk: bool  # False while the spool cannot be used and events wait in memory


_QUIET_SECONDS = 60.0


@dataclass(slots=True)
class Counters:
    """The numbers behind `Stats` that the background threads keep."""

    drained: int = 0
    adopted: int = 0
    delivered: int = 0
    duplicates: int = 0
    rejected: int = 0
    released: int = 0
    dropped: dict[DropReason, int] = field(default_factory=dict)
    errors: int = 0


class Reporter:
    """Counts, and calls the host's callbacks; whatever a callback raises stays here."""

    def __init__(self, on_error: OnError | None, on_drop: OnDrop | None) -> None:
        self._on_error = on_error
        self._on_drop = on_drop
        self.reset()

    def reset(self) -> None:
        """Fresh counters and locks, as a forked child needs them."""
        self.counters = Counters()
        self._lock = threading.Lock()
        self._open: set[str] = set()
        self._logged: dict[str, float] = {}

    def count(self, **by: int) -> None:
        with self._lock:
            for name, number in by.items():
                setattr(self.counters, name, getattr(self.counters, name) + number)

    def error(
        self, code: str, message: str, *, event_id: str | None = None, field: str | None = None, once: bool = False
    ) -> None:
        """Counts and reports a problem. With `once` it is reported again only after `solved(code)`."""
        with self._lock:
            self.counters.errors += 1
            if once and code in self._open:
                return
            self._open.add(code)
        problem = TrackerError(code, message, event_id, field)
        if self._on_error is None:
            self._log(problem)
            return
        try:
            self._on_error(problem)
        except Exception as error:  # noqa: BLE001 -- the host's callback may raise anything
            self._log(TrackerError("callback", f"on_error raised {error!r} for {problem}"))

    def solved(self, *codes: str) -> None:
        if self._open:
            with self._lock:
                self._open.difference_update(codes)

    def drop(self, event: Mapping[str, object], reason: DropReason, *, counted: bool = True) -> None:
        """Counts (unless told not to) and reports an event that was given up."""
        if counted:
            with self._lock:
                self.counters.dropped[reason] = self.counters.dropped.get(reason, 0) + 1
        if self._on_drop is None:
            return
        try:
            self._on_drop(event, reason)
        except Exception as error:  # noqa: BLE001 -- the host's callback may raise anything
            self.error("callback", f"on_drop raised {error!r}")

    def _log(self, problem: TrackerError) -> None:
        """Nobody asked for errors: the log gets each kind at most once a minute."""
        now = time.monotonic()
        with self._lock:
            if now - self._logged.get(problem.code, -_QUIET_SECONDS) < _QUIET_SECONDS:
                return
            self._logged[problem.code] = now
        import logging  # here, for it is slow to import and rarely needed

        logging.getLogger("milepost").warning("%s", problem)
