"""Collects what was just committed, and tells it to whoever watches."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Final

import msgspec
import prometheus_client

from milepost.errors import Overloaded, Problem
from milepost.live.messages import LiveAnnouncement, LiveBatch, LiveEvent, LiveMessage, LiveRow
from milepost.live.told import Told
from milepost.store.database import Database, DictConnection
from milepost.store.queries import load
from milepost.supervisor import Backoff, Supervisor, Task

_log = logging.getLogger(__name__)
READERS = prometheus_client.Gauge("milepost_live_readers", "Who reads the live feed.")
_SQL = load("milepost.live", "live.sql")
#: Seconds between two looks, and the most events a second that are shown of each: a person reads no more.
_TICK: Final = 0.25
_A_SECOND: Final = 200
#: The most announcements of a look.
_MOST: Final = 50
#: Ticks between two looks for announcements: they come when a customer is settled, about a second after its event.
_ANNOUNCED_EVERY: Final = 4
_MINUTES: Final = 60
#: Seconds for which it is gone on without a reader: who lost the line finds all that came meanwhile.
_LINGER: Final = 10.0
#: As many as were tried (python -m bench.live_readers): requests wait noticeably longer beside them.
MAX_READERS: Final = 2_000


class LiveFeed:
    """Collects what the writer stored and tells every reader; nobody waits for a slow one, who is left behind and comes
    again."""

    def __init__(
        self, database: Database, in_words: Callable[[LiveRow], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`in_words` makes an event's summary."""
        self._database = database
        self._in_words = in_words
        self._clock = clock
        #: Each with its number in this run; while nobody watches too, so that a page made just now misses none.
        self._newest: deque[tuple[int, str]] = deque(maxlen=_A_SECOND * 2)
        self._counted = 0
        self._shown = 0
        self._run_id = secrets.token_hex(4)
        self._minutes = [0] * _MINUTES
        self._minute = int(clock() // 60)
        self._announced: int | None = None
        self._told = Told()
        self._readers = 0
        self._left = 0.0
        self._watched = asyncio.Event()

    def publish(self, event_ids: Iterable[str], count: int) -> None:
        """Called by the writer after each commit; costs next to nothing."""
        self._turn()
        self._minutes[-1] += count
        self._newest.extend(enumerate(event_ids, self._counted + 1))
        self._counted += count

    async def now(self, connection: DictConnection) -> LiveBatch:
        """Without events: whoever reads the newest events after this and subscribes from its position misses none, and
        nothing of what is announced."""
        counted = self._counted
        return self._batch([], self._position(counted, await _last_announcement(connection)))

    def start(self, supervisor: Supervisor) -> None:
        supervisor.start("live-feed", self._run, backoff=Backoff(_TICK, 5.0))

    def check_room(self) -> None:
        """Raises Overloaded where nobody more may read."""
        if self._readers >= MAX_READERS:
            raise Overloaded(f"{MAX_READERS:,} read the live feed already. Try again after Retry-After.", retry_after=5)

    async def subscribe(self, every: float = 15.0, after: str | None = None) -> AsyncGenerator[LiveMessage]:
        """Yields a message at most four times a second, and one at least so often, so that a dead line is noticed.
        The first ones have what came after a batch's position: all that is remembered as it was told, else the newest
        events and the first 50 announcements; nothing without one. Ends where its reader is a minute behind: whoever
        then subscribes from the last position finds what there is. Raises Problem where it cannot be read."""
        self._count(1)
        try:
            # Before the first batch, so that whoever has it misses nothing of what is announced from then on.
            await self._begin()
            had = self._told.since(after)
            position = self._told.at if had in (None, self._told.in_all) else after or ""
            if had is None:
                had = self._told.in_all
                yield await self._missed(after, self._shown, self._announced, position)
            elif had == self._told.in_all:
                yield LiveMessage.of(self._batch([], position))
            while not self._told.is_left(had):
                if message := self._told.after(had):
                    had, position = had + 1, message.batch.position
                    yield message
                elif not await self._told.more(every):
                    yield LiveMessage.of(self._batch([], position))
        finally:
            self._count(-1)
            self._left = self._clock()

    def _count(self, more: int) -> None:
        self._readers += more
        READERS.set(self._readers)

    async def _begin(self) -> None:
        """Where the events and announcements begin, for the first who watches."""
        if not self._watched.is_set() or self._announced is None:
            last: int | None = None
            try:
                async with self._database.transaction() as connection:
                    last = await _last_announcement(connection)
            except Problem as problem:
                _log.info("the live feed starts without the database: %s", problem.message)
            if not self._watched.is_set() or self._announced is None:
                self._announced = last
        if not self._watched.is_set():
            self._shown = self._counted
            self._told.begin(self._position(self._shown, self._announced))
            self._watched.set()

    async def _run(self, task: Task) -> None:
        tick, looked = 0, self._clock()
        while True:
            if not self._readers and self._clock() - self._left >= _LINGER:
                self._watched.clear()
            if not self._watched.is_set():
                task.works()
                await self._watched.wait()
                looked = self._clock()
            await asyncio.sleep(_TICK)
            tick += 1
            shown, counted = self._shown, self._counted
            if counted == shown and tick % _ANNOUNCED_EVERY:
                looked = self._clock()
                continue
            most = int(_A_SECOND * max(_TICK, self._clock() - looked))
            # Where this fails, the same is read when the database is there again.
            events, announcements = await self._read(self._ids(shown, counted)[-most:])
            looked = self._clock()
            self._shown = counted
            task.works()
            if events or announcements:
                batch = self._batch(events, self._position(counted, self._announced), announcements)
                await self._told.tell(LiveMessage.of(batch))

    async def _read(self, ids: list[str]) -> tuple[list[LiveEvent], list[LiveAnnouncement]]:
        """These events, and what was announced since the last look; of the time before the first, nothing."""
        async with self._database.transaction() as connection:
            events = await self._read_events(connection, ids) if ids else []
            if self._announced is None:
                self._announced = await _last_announcement(connection)
            announcements = await _announced(connection, self._announced)
        if announcements:
            self._announced = announcements[-1].announcement_id
        return events, announcements

    async def _missed(self, after: str | None, shown: int, announced: int | None, position: str) -> LiveMessage:
        """What came after a position that nobody remembers, up to what everybody was shown."""
        run, number, told = (*(after or "").split("-"), "", "")[:3]
        since = int(number) if run == self._run_id and number.isdecimal() else 0
        ids = self._ids(since, shown)[-_A_SECOND:]
        # Announcements are numbered by the database, so those of another run too.
        behind = announced is not None and told.isdecimal() and int(told) < announced
        events: list[LiveEvent] = []
        said: list[LiveAnnouncement] = []
        if ids or behind:
            async with self._database.transaction() as connection:
                events = await self._read_events(connection, ids) if ids else []
                said = await _announced(connection, int(told), announced) if behind else []
        return LiveMessage.of(self._batch(events, position, said))

    def _ids(self, after: int, upto: int) -> list[str]:
        return [event_id for number, event_id in self._newest if after < number <= upto]

    def _position(self, number: int, announced: int | None) -> str:
        return f"{self._run_id}-{number}" + ("" if announced is None else f"-{announced}")

    async def _read_events(self, connection: DictConnection, ids: list[str]) -> list[LiveEvent]:
        """In the order in which they were stored, which ids of one moment do not say."""
        found = await (await connection.execute(_SQL["stored"], {"ids": ids})).fetchall()
        rows = {str(row.event_id): row for row in msgspec.convert(found, list[LiveRow])}
        return [self._event(rows[event_id]) for event_id in ids if event_id in rows]

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


async def _announced(connection: DictConnection, after: int, upto: int | None = None) -> list[LiveAnnouncement]:
    values = {"after": after, "upto": upto, "most": _MOST}
    rows = await (await connection.execute(_SQL["announced"], values)).fetchall()
    return msgspec.convert(rows, list[LiveAnnouncement])
