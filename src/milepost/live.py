"""The live feed: what was just committed, for whoever watches. Nothing is read while nobody does."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from milepost.errors import Problem
from milepost.store.database import Database, DictConnection
from milepost.store.queries import load
from milepost.supervisor import Backoff, Supervisor, Task
from milepost.vocabulary import AnnouncementKind

_log = logging.getLogger(__name__)
_SQL = load("milepost", "live.sql")
#: Seconds between two looks, and the most events shown of each: a person reads no more.
_TICK = 0.25
_MOST = 50
#: Ticks between two looks for announcements: they come when a customer is settled, about a second after its event.
_ANNOUNCED_EVERY = 4
_MINUTES = 60


class LiveEvent(msgspec.Struct, kw_only=True):
    """One line of the feed; `summary` is what happened, in words."""

    event_id: UUID
    customer_id: str
    customer_name: str | None
    user_id: str | None
    event_type: str
    event_name: str | None
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
    event_name: str | None


class LiveAnnouncement(msgspec.Struct, kw_only=True):
    """A badge or level earned, or a recommendation made, in words."""

    announcement_id: int
    kind: AnnouncementKind
    customer_id: str
    customer_name: str | None
    at: datetime
    title: str
    text: str


class LiveBatch(msgspec.Struct):
    """What a tick brings. `per_minute`: events stored in each of the last 60 minutes, oldest first."""

    events: list[LiveEvent]
    per_minute: list[int]
    position: str
    announcements: list[LiveAnnouncement] = []


class LiveFeed:
    """Collects what the writer stored and hands it to every subscriber; a slow one skips, it never holds up."""

    def __init__(
        self, database: Database, in_words: Callable[[LiveRow], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`in_words` makes an event's summary."""
        self._database = database
        self._in_words = in_words
        self._clock = clock
        #: Each with its number in this run; while nobody watches too, so that a page made just now misses none.
        self._newest: deque[tuple[int, str]] = deque(maxlen=_MOST)
        self._counted = 0
        self._shown = 0
        self._run_id = secrets.token_hex(4)
        self._minutes = [0] * _MINUTES
        self._minute = int(clock() // 60)
        self._announced: int | None = None
        self._subscribers: set[asyncio.Queue[LiveBatch]] = set()
        self._watched = asyncio.Event()

    def publish(self, event_ids: Iterable[str], count: int) -> None:
        """Called by the writer after each commit; costs next to nothing."""
        self._turn()
        self._minutes[-1] += count
        self._newest.extend(enumerate(event_ids, self._counted + 1))
        self._counted += count

    def now(self) -> LiveBatch:
        """Without events: whoever reads the newest events after this and subscribes from its position misses none."""
        return self._batch([], self._position(self._counted))

    def start(self, supervisor: Supervisor) -> None:
        supervisor.start("live-feed", self._run, backoff=Backoff(_TICK, 5.0))

    async def subscribe(self, every: float = 15.0, after: str | None = None) -> AsyncIterator[LiveBatch]:
        """Yields a batch at most four times a second, and one at least so often, so that a dead line is noticed.
        The first has what came after a batch's position, the newest 50 of it: all that is remembered where that is of
        another run, nothing without one. Raises Problem where it cannot be read."""
        queue: asyncio.Queue[LiveBatch] = asyncio.Queue(maxsize=20)
        try:
            # Before the first batch, so that whoever has it misses nothing of what is announced from then on.
            await self._begin()
            if not self._subscribers:
                self._shown = self._counted
            shown = self._shown  # What comes after this, the ticks bring.
            self._subscribers.add(queue)
            self._watched.set()
            batch = self._batch(await self._missed(after, shown), self._position(shown))
            while True:
                yield batch
                try:
                    async with asyncio.timeout(every):
                        batch = await queue.get()
                except TimeoutError:
                    batch = self._batch([], batch.position)
        finally:
            self._subscribers.discard(queue)
            if not self._subscribers:
                self._watched.clear()

    async def _begin(self) -> None:
        """Where the announcements begin, for the first who watches."""
        if self._subscribers and self._announced is not None:
            return
        try:
            async with self._database.transaction() as connection:
                last = await _last_announcement(connection)
        except Problem as problem:
            _log.info("the live feed starts without the database: %s", problem.message)
            self._announced = None
            return
        if not self._subscribers or self._announced is None:
            self._announced = last

    async def _run(self, task: Task) -> None:
        tick = 0
        while True:
            if not self._watched.is_set():
                task.works()
                await self._watched.wait()
            await asyncio.sleep(_TICK)
            tick += 1
            shown, counted = self._shown, self._counted
            if counted == shown and tick % _ANNOUNCED_EVERY:
                continue
            # Where this fails, the same is read when the database is there again.
            events, announcements = await self._read(self._ids(shown, counted))
            if self._shown != shown:
                events = []  # The first who watches again came meanwhile, and has read these.
            self._shown = max(self._shown, counted)
            task.works()
            if not events and not announcements:
                continue
            batch = self._batch(events, self._position(self._shown), announcements)
            for queue in self._subscribers:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(batch)

    async def _read(self, ids: list[str]) -> tuple[list[LiveEvent], list[LiveAnnouncement]]:
        """These events, and what was announced since the last look; of the time before the first, nothing."""
        async with self._database.transaction() as connection:
            events = await self._read_events(connection, ids) if ids else []
            if self._announced is None:
                self._announced = await _last_announcement(connection)
            values = {"after": self._announced, "most": _MOST}
            rows = await (await connection.execute(_SQL["announced"], values)).fetchall()
        announcements = msgspec.convert(rows, list[LiveAnnouncement])
        if announcements:
            self._announced = announcements[-1].announcement_id
        return events, announcements

    async def _missed(self, after: str | None, shown: int) -> list[LiveEvent]:
        """The events after a position, up to what everybody was shown."""
        if after is None:
            return []
        run, _, number = after.partition("-")
        since = int(number) if run == self._run_id and number.isdecimal() else 0
        if not (ids := self._ids(since, shown)):
            return []
        async with self._database.transaction() as connection:
            return await self._read_events(connection, ids)

    def _ids(self, after: int, upto: int) -> list[str]:
        return [event_id for number, event_id in self._newest if after < number <= upto]

    def _position(self, number: int) -> str:
        return f"{self._run_id}-{number}"

    async def _read_events(self, connection: DictConnection, ids: list[str]) -> list[LiveEvent]:
        rows = await (await connection.execute(_SQL["stored"], {"ids": ids})).fetchall()
        return [self._event(row) for row in msgspec.convert(rows, list[LiveRow])]

    def _event(self, row: LiveRow) -> LiveEvent:
        return LiveEvent(
            event_id=row.event_id,
            customer_id=row.customer_id,
            customer_name=row.customer_name,
            user_id=row.user_id,
            event_type=row.event_type,
            event_name=row.event_name,
            tool_id=row.tool_id,
            tool_section=row.tool_section,
            business_impact=row.business_impact,
            timestamp=row.timestamp,
            summary=self._in_words(row),
        )

    def _batch(
        self, events: list[LiveEvent], position: str, announcements: list[LiveAnnouncement] | None = None
    ) -> LiveBatch:
        self._turn()
        return LiveBatch(events, list(self._minutes), position, announcements or [])

    def _turn(self) -> None:
        """Moves the minutes on."""
        now = int(self._clock() // 60)
        if passed := min(now - self._minute, _MINUTES):
            self._minutes = self._minutes[passed:] + [0] * passed
            self._minute = now


async def _last_announcement(connection: DictConnection) -> int:
    row = await (await connection.execute(_SQL["last_announcement"])).fetchone()
    return int(str(row["last"])) if row else 0
