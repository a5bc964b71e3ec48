"""The loop of a task that works through what waits in the database, a batch at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from milepost.supervisor import Task, in_thread

#: Seconds after which a batch that has not ended is told of: none takes a tenth of this by itself.
_LONG = 60.0


class Batch(Protocol):
    """What a batch answers."""

    @property
    def more(self) -> bool:
        """Whether another batch would find something to do at once."""


async def work_off(
    task: Task,
    batch: Callable[[], Batch],
    *,
    tick: float,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
    long: float = _LONG,
) -> None:
    """Runs `batch` in a thread, for as long as the task lives; looks again after `tick` seconds.

    While there is more it rests for as long as the batch took, `tick` at most, so that ingest and readers get their
    half of the machine. A batch that takes more than `long` seconds counts as failing, and goes on: what it waits for
    may come back, and a thread cannot be stopped. When cancelled, a running batch finishes first. Raises what `batch`
    raises.
    """
    while True:
        began = clock()
        overdue = asyncio.get_running_loop().call_later(long, task.waits, long)
        try:
            done = await in_thread(batch)
        finally:
            overdue.cancel()
        task.works()
        await sleep(min(clock() - began, tick) if done.more else tick)
