"""The task that has stored events follow their ties while the server runs."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

import psycopg

from milepost.identity.follow import follow
from milepost.supervisor import Supervisor, Task, in_thread
from milepost.supervisor.batches import work_off

#: Seconds between two looks for ties.
_TICK = 0.25


class Follower:
    """Has events follow their ties within about a second, on a connection of its own."""

    def __init__(self, dsn: str, *, tick: float = _TICK) -> None:
        self._dsn = dsn
        self._tick = tick

    def start(self, supervisor: Supervisor) -> None:
        """Needs a migrated database. When closed, a running round finishes: it is short."""
        supervisor.start("following", self._run)

    async def _run(self, task: Task) -> None:
        with ExitStack() as closing:
            connection = await in_thread(self._connect, closing)
            await work_off(task, partial(follow, connection), tick=self._tick)

    def _connect(self, closing: ExitStack) -> psycopg.Connection:
        return closing.enter_context(
            psycopg.connect(
                self._dsn,
                autocommit=True,
                application_name="milepost-following",
                # What a power cut takes back is done again.
                options="-c timezone=UTC -c jit=off -c synchronous_commit=off",
            )
        )
