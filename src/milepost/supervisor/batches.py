"""The loop of a task that works through what waits in the database, a batch at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from milepost.supervisor import Task, in_thread


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
) -> None:
    """Runs `batch` in a thread, for as long as the task lives; looks again after `tick` seconds.

    While there is more it rests for as long as the batch took, `tick` at most, so that ingest and readers get their
    half of the machine. When cancelled, a running batch finishes first. Raises what `batch` raises.
    """
    while True:
        began = clock()
        done = await in_thread(batch)
        task.works()
        await sleep(min(clock() - began, tick) if done.more else tick)
