"""The settling's steps in their order, and the task that does them while the server runs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import Final

import psycopg

from milepost.coach.settle import settle_coach
from milepost.game.settle import settle_game
from milepost.insights.aside import Aside
from milepost.insights.settle import STEADY, Settled, SettlingStep, settle_around
from milepost.store.imports import LEASE, give_up_lost
from milepost.supervisor import Supervisor, Task, in_thread
from milepost.supervisor.batches import work_off

_log = logging.getLogger(__name__)
#: After the insights themselves, which `settle` writes first.
STEPS: Final[list[SettlingStep]] = [settle_game, settle_coach]
#: Seconds between two looks for changed customers.
_TICK = 1.0
#: The same few statements over and over, each of which takes longer to plan than to run.
_OPTIONS: Final = "-c timezone=UTC -c jit=off -c plan_cache_mode=force_generic_plan"


class Settler:
    """Settles what changes, within about a second, on a connection of its own."""

    def __init__(self, dsn: str, *, now: Callable[[], datetime], aside: Aside, tick: float = _TICK) -> None:
        """`aside` takes who cannot be settled."""
        self._dsn = dsn
        self._now = now
        self._aside = aside
        self._tick = tick
        # Kept when it is started again, so that those behind have their turn.
        self._after = ""

    def start(self, supervisor: Supervisor) -> None:
        """Needs a migrated database. When closed, a running batch finishes: it is short."""
        supervisor.start("settling", self._run)

    async def _run(self, task: Task) -> None:
        with ExitStack() as closing:
            connection = await in_thread(self._connect, closing)
            await work_off(task, partial(self._batch, connection), tick=self._tick)

    def _connect(self, closing: ExitStack) -> psycopg.Connection:
        return closing.enter_context(
            psycopg.connect(
                self._dsn,
                autocommit=True,
                prepare_threshold=0,
                application_name="milepost-settling",
                options=_OPTIONS,
            )
        )

    def _batch(self, connection: psycopg.Connection) -> Settled:
        for lost in give_up_lost(connection):
            _log.warning(
                "an import of %s that began at %s broke off, and for %d minutes nobody went on with it: game and coach"
                " now go by what there is of it; the same import again stores the rest",
                lost.what, f"{lost.begun_at:%Y-%m-%d %H:%M} UTC", LEASE.total_seconds() // 60,
            )  # fmt: skip
        done = settle_around(connection, STEPS, now=self._now(), aside=self._aside, after=self._after, pace=STEADY)
        self._after = done.last
        return done
