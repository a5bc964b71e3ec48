"""The live feed: what was just committed, for whoever watches. Nothing is read while nobody does."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from milepost.errors import Problem
from milepost.store.database import Database
from milepost.store.queries import load

_log = logging.getLogger(__name__)
_SQL = load("milepost", "live.sql")
#: Seconds between two looks, and the most events shown of each: a person reads no more.
_TICK = 0.25
_MOST = 50
_MINUTES = 60


class LiveEvent(msgspec.Struct, kw_only=True):
    """One line of the feed; `summary` is what happened, in words."""

    event_id: UUID
    customer_id: str
    customer_name: str | None
    user_id: str | None
    event_type: str
    tool_id: str | None
    tool_section: str | None
    business_impact: str
    timestamp: datetime
    summary: str


class LiveRow(msgspec.Struct, kw_only=True):
    """An event as it is stored, before it is put into words."""

    event_id: UUID
    customer_id: str
    customer_name: str | None
    user_id: str | None
    event_type: str
    tool_id: str | None
    tool_section: str | None
    business_impact: str
    timestamp: datetime
    event_metadata: dict[str, object]
    page_url: str | None


class LiveBatch(msgspec.Struct):
    """What a tick brings. `per_minute`: events stored in each of the last 60 minutes, oldest first."""

    events: list[LiveEvent]
    per_minute: list[int]


class LiveFeed:
    """Collects what the writer stored and hands it to every subscriber; a slow one skips, it never holds up."""

    def __init__(
        self, database: Database, in_words: Callable[[LiveRow], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`in_words` makes an event's summary."""
        self._database = database
        self._in_words = in_words
        self._clock = clock
        self._ids: deque[str] = deque(maxlen=_MOST)
        self._minutes = [0] * _MINUTES
        self._minute = int(clock() // 60)
        self._subscribers: set[asyncio.Queue[LiveBatch]] = set()
        self._task: asyncio.Task[None] | None = None

    def publish(self, event_ids: Iterable[str], count: int) -> None:
        """Called by the writer after each commit; costs next to nothing."""
        self._turn()
        self._minutes[-1] += count
        if self._subscribers:
            self._ids.extend(event_ids)

    async def subscribe(self) -> AsyncIterator[LiveBatch]:
        """Yields a batch at most four times a second, and one at least every 15 s so that a dead line is noticed."""
        queue: asyncio.Queue[LiveBatch] = asyncio.Queue(maxsize=20)
        self._subscribers.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="live-feed")
        try:
            yield self._batch([])
            while True:
                try:
                    async with asyncio.timeout(15):
                        batch = await queue.get()
                except TimeoutError:
                    batch = self._batch([])
                yield batch
        finally:
            self._subscribers.discard(queue)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._subscribers:
            await asyncio.sleep(_TICK)
            if not self._ids:
                continue
            ids, self._ids = list(self._ids), deque(maxlen=_MOST)
            try:
                async with self._database.transaction() as connection:
                    rows = await (await connection.execute(_SQL["stored"], {"ids": ids})).fetchall()
            except Problem as problem:
                _log.info("the live feed waits: %s", problem.message)
                continue
            batch = self._batch([self._event(row) for row in msgspec.convert(rows, list[LiveRow])])
            for queue in self._subscribers:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(batch)

    def _event(self, row: LiveRow) -> LiveEvent:
        return LiveEvent(
            event_id=row.event_id,
            customer_id=row.customer_id,
            customer_name=row.customer_name,
            user_id=row.user_id,
            event_type=row.event_type,
            tool_id=row.tool_id,
            tool_section=row.tool_section,
            business_impact=row.business_impact,
            timestamp=row.timestamp,
            summary=self._in_words(row),
        )

    def _batch(self, events: list[LiveEvent]) -> LiveBatch:
        self._turn()
        return LiveBatch(events, list(self._minutes))

    def _turn(self) -> None:
        """Moves the minutes on."""
        now = int(self._clock() // 60)
        if passed := min(now - self._minute, _MINUTES):
            self._minutes = self._minutes[passed:] + [0] * passed
            self._minute = now
