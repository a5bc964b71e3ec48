"""Whether the column store follows PostgreSQL, as seen from the server, whose metrics and health show it."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime

from prometheus_client import Gauge

from milepost.columns.client import Columns
from milepost.columns.reading import ColumnsUnavailable
from milepost.supervisor import Backoff, Supervisor, Task

_TICK = 5.0
_PATIENCE = 5.0
#: With nothing to load, one that shares a ClickHouse with others is told once a minute that it is up to date.
_BEHIND_SECONDS = 90.0


_BEHIND = Gauge(
    "milepost_columns_seconds_behind",
    "Seconds since the moment up to which the column store has everything; NaN while that is not known.",
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Watch:
    """Asks the column store's process every few seconds. It is a failure that it cannot be asked, stands still, or has
    trouble following PostgreSQL."""

    def __init__(
        self,
        columns: Columns,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
        tick: float = _TICK,
    ) -> None:
        self._columns = columns
        self._clock = clock
        self._now = now
        self._tick = tick
        self._at: datetime | None = None
        self._moved = clock()
        #: What is the matter with it, in a sentence; "" where nothing is.
        self.trouble = ""

    @property
    def seconds_behind(self) -> float | None:
        """Seconds since the moment up to which it has everything, as far as it was heard; None while nothing was."""
        return None if self._at is None else max(0.0, (self._now() - self._at).total_seconds())

    def start(self, supervisor: Supervisor) -> None:
        _BEHIND.set_function(lambda: math.nan if (behind := self.seconds_behind) is None else behind)
        supervisor.start("columns", self._run, backoff=Backoff(most=_TICK))

    async def _run(self, task: Task) -> None:
        while True:
            try:
                works = await self._follows()
            except ColumnsUnavailable as problem:
                self.trouble = problem.message
                raise
            self.trouble = ""
            if works:
                task.works()
            await asyncio.sleep(self._tick)

    async def _follows(self) -> bool:
        """False while it is being built. Raises ColumnsUnavailable."""
        try:
            async with asyncio.timeout(_PATIENCE):
                fresh = await self._columns.freshness()
        except TimeoutError as error:
            raise ColumnsUnavailable(f"The column store did not answer within {_PATIENCE:g} s.") from error
        if fresh.at != self._at or fresh.building is not None:
            self._at, self._moved = fresh.at, self._clock()
        if fresh.trouble:
            raise ColumnsUnavailable(fresh.trouble)
        if (still := self._clock() - self._moved) > _BEHIND_SECONDS:
            raise ColumnsUnavailable(f"The column store has not followed PostgreSQL for {still:.0f} s.")
        return fresh.at is not None
