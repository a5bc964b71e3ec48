"""The worker that has stored events follow their ties while the server runs."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

import psycopg

from milepost.identity.follow import Round, follow

_log = logging.getLogger(__name__)
#: Seconds between two looks for ties.
_TICK = 0.25
_MOST_PAUSE = 30.0


class Follower:
    """Has events follow their ties within about a second, on a connection of its own. Outlives an absent database."""

    def __init__(self, dsn: str, *, tick: float = _TICK) -> None:
        self._dsn = dsn
        self._tick = tick
        self._connection: psycopg.Connection | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Needs a migrated database."""
        self._task = asyncio.create_task(self._run(), name="following")

    async def close(self) -> None:
        """Lets a running round finish: it is short."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._connection is not None:
            await asyncio.to_thread(self._connection.close)

    async def _run(self) -> None:
        pause = self._tick
        while True:
            began = time.monotonic()
            batch = asyncio.create_task(asyncio.to_thread(self._round))
            try:
                done = await asyncio.shield(batch)
            except asyncio.CancelledError:
                # A thread cannot be stopped, and its connection must not be closed under it.
                with suppress(psycopg.Error):
                    await batch
                raise
            except psycopg.Error as error:
                _log.warning("following ties waits %.0f s: %s", pause, str(error).strip().splitlines()[0])
                await asyncio.sleep(pause)
                pause = min(pause * 2, _MOST_PAUSE)
                continue
            pause = self._tick
            # After a batch as long a rest, so that ingest and readers get their half of the machine.
            await asyncio.sleep(min(time.monotonic() - began, self._tick) if done.more else self._tick)

    def _round(self) -> Round:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._dsn,
                autocommit=True,
                application_name="milepost-following",
                # What a power cut takes back is done again.
                options="-c timezone=UTC -c jit=off -c synchronous_commit=off",
            )
        return follow(self._connection)
