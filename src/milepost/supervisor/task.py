"""How one background task fares: what is counted and logged of it, and how long it waits after a failure."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import psycopg
from prometheus_client import Counter, Gauge

from milepost.errors import Problem

_log = logging.getLogger("milepost.supervisor")

RUNS = Counter("milepost_task_runs_total", "Times a background task was started, the first included.", ("task",))
RESTARTS = Counter(
    "milepost_task_restarts_total", "Times a background task was started again after a failure.", ("task",)
)
FAILURES = Counter("milepost_task_failures_total", "Failures of a background task.", ("task",))
UP = Gauge(
    "milepost_task_up", "1 while a background task works or is done, 0 from a failure until it works.", ("task",)
)

#: Seconds after its start in which a task that has not worked yet is not expected to find its database.
_EARLY = 20.0


class Backoff(msgspec.Struct, frozen=True):
    """The pause after a failure, in seconds: `first`, then each `factor` times the one before, `most` at most."""

    first: float = 1.0
    most: float = 30.0
    factor: float = 2.0

    def pause(self, failures: int, chance: float) -> float:
        """After so many failures in a row. `chance`, from 0 to 1, takes up to a quarter off: not all come at once."""
        grown = self.first * self.factor ** min(failures - 1, 100)
        return min(grown, self.most) * (1 - chance / 4)


class Ended(Exception):
    """It ended although nobody had told it to."""


class Failing(NamedTuple):
    """A task that has failed so many times in a row, for so many seconds, and has not worked since; with no failure,
    one that waits for so long that something must be wrong."""

    task: str
    failures: int
    seconds: float


class Task:
    """How one task fares. Whoever runs it says when it begins, works and fails; callable from any thread."""

    def __init__(
        self,
        name: str,
        backoff: Backoff,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._backoff = backoff
        self._clock = clock
        self._chance = chance
        self._made = clock()
        self._began = self._worked = False
        self._waiting_since: float | None = None
        self._failures = 0
        self._since = 0.0
        UP.labels(name).set(0)
        for counter in (RUNS, RESTARTS, FAILURES):
            counter.labels(name)  # shown as 0 before there is anything to count

    @property
    def failing(self) -> Failing | None:
        """None when it has worked since its last failure, and does not wait for longer than it should."""
        since = self._since if self._failures else self._waiting_since
        return None if since is None else Failing(self.name, self._failures, self._clock() - since)

    def begins(self) -> None:
        RUNS.labels(self.name).inc()
        if self._began:
            RESTARTS.labels(self.name).inc()
        self._began = True

    def works(self) -> None:
        """It has done what it is there for: the next failure is a first one again."""
        if self._waiting_since is not None:
            _log.warning("%s goes on after %.0f s", self.name, self._clock() - self._waiting_since)
        self._worked, self._failures, self._waiting_since = True, 0, None
        UP.labels(self.name).set(1)

    def waits(self, seconds: float) -> None:
        """It has been at one thing for so long that something must be wrong, and still is."""
        _log.warning("%s has waited %.0f s for the database, and goes on waiting", self.name, seconds)
        self._waiting_since = self._clock() - seconds
        UP.labels(self.name).set(0)

    def is_gone(self) -> None:
        """It was cancelled from outside, and nobody starts it again."""
        _log.error("%s was cancelled while the server is running, and will not come back", self.name)
        self._since = self._since if self._failures else self._clock()
        self._failures += 1
        UP.labels(self.name).set(0)

    def fails(self, error: BaseException) -> float:
        """Logs and counts it; answers the seconds to wait before the next run."""
        now = self._clock()
        self._since = self._since if self._failures else now
        self._failures += 1
        self._waiting_since = None
        FAILURES.labels(self.name).inc()
        UP.labels(self.name).set(0)
        pause = self._backoff.pause(self._failures, self._chance())
        away = isinstance(error, psycopg.OperationalError) or (isinstance(error, Problem) and error.status == 503)
        # Much is started beside PostgreSQL, so at first its absence is nothing to worry about.
        early = away and not self._worked and now - self._made < _EARLY
        _log.log(
            logging.INFO if early else logging.WARNING if away else logging.ERROR,
            "%s failed (%d in a row) and starts again in %.1f s: %s",
            self.name,
            self._failures,
            pause,
            in_a_line(error),
            exc_info=None if away or isinstance(error, (Problem, Ended)) else error,
        )
        return pause


def in_a_line(error: BaseException) -> str:
    """Its kind and the first line of what it says; of ours and of PostgreSQL's what it says alone."""
    said = next(iter(str(error).strip().splitlines()), "")
    if said and isinstance(error, (Problem, Ended, psycopg.Error)):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
