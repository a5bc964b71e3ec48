"""The settling's steps in their order, and the worker that does them while the server runs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

import psycopg

from milepost.coach.settle import settle_coach
from milepost.game.settle import settle_game
from milepost.insights.practice import settle_practice
from milepost.insights.settle import Settled, Step, settle_around

_log = logging.getLogger(__name__)

#: After the insights themselves, which `settle` writes first.
STEPS: Final[list[Step]] = [settle_practice, settle_game, settle_coach]
#: Seconds between two looks for changed customers.
_TICK = 1.0
_MOST_PAUSE = 30.0


class Settler:
    """Settles what changes, within about a second, on a connection of its own. Outlives an absent database."""

    def __init__(self, dsn: str, *, now: Callable[[], datetime], tick: float = _TICK) -> None:
        self._dsn = dsn
        self._now = now
        self._tick = tick
        self._connection: psycopg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        """Needs a migrated database."""
        self._task = asyncio.create_task(self._run(), name="settling")

    async def close(self) -> None:
        """Lets a running batch finish: it is short."""
        self._closing = True
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._connection is not None:
            await asyncio.to_thread(self._connection.close)

    async def _run(self) -> None:
        after, pause = "", self._tick
        while not self._closing:
            began = time.monotonic()
            batch = asyncio.create_task(asyncio.to_thread(self._batch, after))
            try:
                done = await asyncio.shield(batch)
            except asyncio.CancelledError:
                # A thread cannot be stopped, and its connection must not be closed under it.
                with suppress(psycopg.Error):
                    await batch
                raise
            except psycopg.Error as error:
                _log.warning("settling waits %.0f s: %s", pause, str(error).strip().splitlines()[0])
                await asyncio.sleep(pause)
                pause = min(pause * 2, _MOST_PAUSE)
                continue
            after, pause = done.last, self._tick
            # After a long batch as long a rest, so that ingest and readers get their half of the machine.
            await asyncio.sleep(min(time.monotonic() - began, self._tick) if done.more else self._tick)

    def _batch(self, after: str) -> Settled:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._dsn, autocommit=True, application_name="milepost-settling", options="-c timezone=UTC -c jit=off"
            )
        return settle_around(self._connection, STEPS, now=self._now(), after=after)
