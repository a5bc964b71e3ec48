"""Whether the column store follows PostgreSQL, as seen from the server, whose metrics and health show it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from milepost.columns.client import Columns
from milepost.columns.reading import ColumnsUnavailable
from milepost.supervisor import Backoff, Supervisor, Task

_TICK = 5.0
_PATIENCE = 5.0
#: With nothing to load, one that shares a ClickHouse with others is told once a minute that it is up to date.
_BEHIND_SECONDS = 90.0


class Watch:
    """Asks the column store's process every few seconds. It is a failure that it cannot be asked, or stands still."""

    def __init__(self, columns: Columns, *, clock: Callable[[], float] = time.monotonic, tick: float = _TICK) -> None:
        self._columns = columns
        self._clock = clock
        self._tick = tick
        self._at: datetime | None = None
        self._moved = clock()

    def start(self, supervisor: Supervisor) -> None:
        supervisor.start("columns", self._run, backoff=Backoff(most=_TICK))

    async def _run(self, task: Task) -> None:
        while True:
            if await self._follows():
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
        elif (still := self._clock() - self._moved) > _BEHIND_SECONDS:
            raise ColumnsUnavailable(f"The column store has not followed PostgreSQL for {still:.0f} s.")
        return fresh.at is not None
