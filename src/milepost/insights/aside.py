"""Customers who could not be settled: each is left alone for a while, that grows, and nobody else waits for them."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from prometheus_client import Gauge

from milepost.supervisor import Backoff

_log = logging.getLogger(__name__)
_COUNT = Gauge("milepost_customers_set_aside", "Customers who could not be settled, and are tried again later.")
#: 5 s, 20 s, 80 s, 5 minutes, then every 15.
PAUSES: Final = Backoff(first=5.0, most=900.0, factor=4.0)


class _Failed(NamedTuple):
    failures: int
    at: datetime
    again: datetime


class Aside:
    """Who is set aside, and until when. It is forgotten with the process: their marks are in the database, and stay."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        """`chance`: from 0 to 1."""
        self._chance = chance
        self._failed: dict[str, _Failed] = {}

    def __len__(self) -> int:
        return len(self._failed)

    def __iter__(self) -> Iterator[str]:
        return iter(self._failed)

    def __contains__(self, customer: object) -> bool:
        return customer in self._failed

    def due(self, now: datetime, most: int) -> list[str]:
        """Whose time has come, those who have waited longest first. After a clock was put back, everybody's has."""
        due = [(known.again, name) for name, known in self._failed.items() if not known.at <= now < known.again]
        return [name for _, name in sorted(due)[:most]]

    def failed(self, customer: str, error: Exception, now: datetime) -> None:
        """Sets the customer aside, once more and for longer."""
        known = self._failed.get(customer)
        failures = known.failures + 1 if known else 1
        pause = PAUSES.pause(failures, self._chance())
        self._failed[customer] = _Failed(failures, now, now + timedelta(seconds=pause))
        _COUNT.set(len(self._failed))
        message = "customer %r cannot be settled (%d failures in a row) and is tried again in %.0f s"
        _log.error(message, customer, failures, pause, exc_info=error)

    def settled(self, customer: str) -> None:
        """It is as everybody else again."""
        if self._failed.pop(customer, None):
            _COUNT.set(len(self._failed))
            _log.info("customer %r, who was set aside, is settled", customer)
