"""The settling's steps in their order, and the task that does them while the server runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import Final

import psycopg

from milepost.coach.settle import settle_coach
from milepost.errors import InvalidRequest, NotFound
from milepost.game.settle import settle_game
from milepost.insights.aside import Aside
from milepost.insights.customers import Within
from milepost.insights.settle import STEADY, Settled, SettlingStep, settle_around
from milepost.plan import Plan
from milepost.segments.compile import within
from milepost.segments.keep import read_segment
from milepost.store.database import Database
from milepost.store.imports import LEASE, give_up_lost
from milepost.supervisor import Supervisor, Task, in_thread
from milepost.supervisor.batches import work_off

_log = logging.getLogger(__name__)
#: After the insights themselves, which `settle` writes first. Nothing is made or withdrawn of playbooks for a segment.
STEPS: Final[list[SettlingStep]] = [settle_game, settle_coach]
#: Seconds between two looks for changed customers.
_TICK = 1.0
_SEGMENTS_EVERY: Final = 10.0
#: The same few statements over and over, each of which takes longer to plan than to run.
_OPTIONS: Final = "-c timezone=UTC -c jit=off -c plan_cache_mode=force_generic_plan"


class PlaybookSegments:
    """The segments that playbooks are for, as conditions that settling asks for by itself; looked at anew every ten
    seconds. One that is not there, or asks for what there is no longer, is not among them."""

    def __init__(self, database: Database, plan: Callable[[], Plan], *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._plan = plan
        self._now = now
        self._known: Mapping[str, Within] = {}

    def __call__(self) -> Mapping[str, Within]:
        """By slug."""
        return self._known

    def start(self, supervisor: Supervisor) -> None:
        """Needs a migrated database."""
        supervisor.start("playbook-segments", self._run)

    async def _run(self, task: Task) -> None:
        while True:
            named = {playbook.segment for playbook in self._plan().playbooks if playbook.segment is not None}
            self._known = {slug: found for slug in sorted(named) if (found := await self._compiled(slug)) is not None}
            task.works()
            await asyncio.sleep(_SEGMENTS_EVERY)

    async def _compiled(self, slug: str) -> Within | None:
        try:
            async with self._database.transaction() as connection:
                segment = await read_segment(connection, slug)
            return await within(self._database, segment.conditions, now=self._now())
        except (NotFound, InvalidRequest) as problem:
            if slug in self._known:
                _log.warning("playbooks for the segment %s make nothing: %s", slug, problem)
            return None


class Settler:
    """Settles what changes, within about a second, on a connection of its own."""

    def __init__(
        self,
        dsn: str,
        *,
        now: Callable[[], datetime],
        aside: Aside,
        segments: Callable[[], Mapping[str, Within]],
        tick: float = _TICK,
    ) -> None:
        """`aside` takes who cannot be settled; `segments` are what playbooks may be for."""
        self._dsn = dsn
        self._steps: list[SettlingStep] = [settle_game, partial(settle_coach, segments=segments)]
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
        done = settle_around(
            connection, self._steps, now=self._now(), aside=self._aside, after=self._after, pace=STEADY
        )
        self._after = done.last
        return done
