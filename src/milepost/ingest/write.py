"""The event writer: requests that arrive together share one commit, and each hears only after it.

A writer takes whatever waits as soon as it is free, so a lone request is written at once and a crowd shares;
nobody waits for a timer. Each writer has customers of its own: two that add to the same one would wait for each other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from milepost.errors import DatabaseUnavailable, Overloaded, Problem
from milepost.ingest import metrics
from milepost.ingest.commit import store, store_told
from milepost.ingest.events import Receipt, Rejection, Row, Told

_log = logging.getLogger(__name__)

#: Most rows in one commit: enough for speed, few enough that nobody behind it waits long.
_MOST_ROWS = 5_000
#: Up to so many, sharing a commit saves more than waiting for the other writer's customers can cost.
_FEW_ROWS = 40
_RETRY_AFTER = 2
#: Seconds a request waits for its commit. A database that hangs must not hold up senders without an answer.
_LONGEST_WAIT = 10.0
#: What an event takes in memory beside its own bytes, at most.
_ROW_BYTES = 1024
#: Finds a database whose machine is gone within 20 s, where TCP alone would wait for hours.
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}


@dataclass(slots=True)
class Work:
    """What one request brings: rows with their place in it, what they told, and who waits for the receipt."""

    rows: list[Row]
    places: Sequence[int] = ()
    told: Sequence[Told] = ()
    #: Bytes of the events as they were sent.
    size: int = 0
    done: asyncio.Future[Receipt] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def memory(self) -> int:
        """Bytes it takes while it waits."""
        return self.size + _ROW_BYTES * len(self.rows)


class _Request:
    """A work under way: it is answered when the last of its parts is, and as its worst part was."""

    __slots__ = ("_left", "_problem", "_receipt", "work")

    def __init__(self, work: Work, parts: int) -> None:
        self.work = work
        self._left = parts
        self._receipt = Receipt(0, 0, [])
        self._problem: Problem | None = None

    def end(self, outcome: Receipt | Problem) -> bool:
        """Takes the outcome of a part. Answers whether it was the last."""
        if isinstance(outcome, Problem):
            self._problem = outcome
        else:
            self._receipt.accepted += outcome.accepted
            self._receipt.duplicates += outcome.duplicates
            self._receipt.rejected += outcome.rejected
        self._left -= 1
        done = self.work.done
        if self._left == 0 and not done.done():
            if self._problem is None:
                self._receipt.rejected.sort(key=lambda rejection: rejection.index)
                done.set_result(self._receipt)
            else:
                done.set_exception(self._problem)
                with contextlib.suppress(Exception):
                    done.exception()  # marked as seen: the client may have gone already
        return self._left == 0


@dataclass(slots=True)
class _Part:
    """What of a request goes through one lane."""

    request: _Request
    rows: list[Row]
    places: Sequence[int]
    told: Sequence[Told]


@dataclass(slots=True)
class _Lane:
    """What waits for one connection, in the order it came."""

    waiting: deque[_Part] = field(default_factory=deque)
    up: bool = False


class Writer:
    """Commits what requests bring. One per process; `writers` connections work side by side."""

    def __init__(
        self, dsn: str, *, writers: int, most_bytes: int, stored: Callable[[list[Row]], None] = lambda _: None
    ) -> None:
        self._dsn = make_conninfo(dsn, **_KEEPALIVE)
        self._most_bytes = most_bytes
        self._stored = stored
        self._lanes = [_Lane() for _ in range(writers)]
        self._bytes = 0
        self._wake = asyncio.Condition()
        self._tried = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    @property
    def available(self) -> bool:
        """Whether a connection to PostgreSQL stands, as far as known."""
        return any(lane.up for lane in self._lanes)

    async def start(self) -> None:
        """Returns when a connection stands, or could not be made: the writer keeps trying by itself."""
        self._tasks = [asyncio.create_task(self._run(lane), name=f"writer-{n}") for n, lane in enumerate(self._lanes)]
        await self._tried.wait()

    async def close(self, within: float = 15.0) -> None:
        """Finishes what was accepted, then stops; what cannot be written by then is answered 503."""
        self._closing = True
        await self._notify()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._refuse_waiting(DatabaseUnavailable(retry_after=_RETRY_AFTER))

    async def write(self, work: Work) -> Receipt:
        """Waits for the commit, or commits, and answers the receipt.

        Raises DatabaseUnavailable while PostgreSQL is away and Overloaded when too much waits: either way nothing
        of it was acknowledged, and sending it again is safe.
        """
        if self._closing or not self.available:
            raise DatabaseUnavailable(retry_after=_RETRY_AFTER)
        # One batch is always taken, so that a low limit holds none up for ever.
        if self._bytes and self._bytes + work.memory > self._most_bytes:
            raise Overloaded(retry_after=_RETRY_AFTER)
        self._hold(work.memory)
        self._part(work)
        await self._notify()
        try:
            # Shielded: who gives up waiting leaves the work where it is, and its bytes count until it is done.
            return await asyncio.wait_for(asyncio.shield(work.done), _LONGEST_WAIT)
        except TimeoutError:
            message = (
                f"The database took more than {_LONGEST_WAIT:g} s. Send it again: what is stored by then counts once."
            )
            raise DatabaseUnavailable(message, retry_after=_RETRY_AFTER) from None

    def _part(self, work: Work) -> None:
        """Puts each row into its customer's lane. What tells something stays whole: it is stored before its events."""
        lanes = self._lanes
        count = len(lanes)
        if count == 1 or len(work.rows) == 1 or work.told:
            lane = lanes[_key(work.rows[0]) % count]
            lane.waiting.append(_Part(_Request(work, 1), work.rows, work.places, work.told))
            return
        rows: list[list[Row]] = [[] for _ in lanes]
        places: list[list[int]] = [[] for _ in lanes]
        for place, row in zip(work.places, work.rows, strict=True):
            number = _key(row) % count
            rows[number].append(row)
            places[number].append(place)
        request = _Request(work, sum(map(bool, rows)))
        for lane, its_rows, its_places in zip(lanes, rows, places, strict=True):
            if its_rows:
                lane.waiting.append(_Part(request, its_rows, its_places, ()))

    async def _notify(self) -> None:
        async with self._wake:
            self._wake.notify_all()

    def _hold(self, size: int) -> None:
        self._bytes += size
        metrics.PENDING_BYTES.set(self._bytes)

    async def _run(self, lane: _Lane) -> None:
        """One connection's life after another: connect, work until it breaks, say so to whoever waits, try again."""
        pause = 0.1
        while not self._closing:
            try:
                async with await AsyncConnection.connect(
                    self._dsn,
                    autocommit=True,
                    application_name="milepost-writer",
                    connect_timeout=5,
                    options="-c timezone=UTC -c jit=off -c lock_timeout=30000",
                ) as connection:
                    lane.up = True
                    self._tried.set()
                    pause = 0.1
                    try:
                        await self._serve(lane, connection)
                    finally:
                        lane.up = False
            except psycopg.Error as error:
                _log.warning("the event writer lost PostgreSQL: %s", str(error).strip().splitlines()[0])
                self._tried.set()
                if self.available:
                    await self._notify()  # the others take over what waits here
                else:
                    self._refuse_waiting(DatabaseUnavailable(retry_after=_RETRY_AFTER))
                # A pause that grows, so that a database in recovery is not hammered.
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
            except Exception:  # noqa: BLE001 -- logged; a mistake of ours ends one commit, never the writer
                _log.exception("the event writer failed")
                self._tried.set()
                await asyncio.sleep(pause)

    def _next(self, lane: _Lane) -> _Lane | None:
        """Where a connection finds work: in its own lane, else in one that has no connection."""
        if lane.waiting:
            return lane
        return next((other for other in self._lanes if other.waiting and not other.up), None)

    def _take(self, lane: _Lane) -> list[_Part]:
        """What goes into the next commit; a small one has room for what waits in the other lanes."""
        parts = [lane.waiting.popleft()]
        rows = len(parts[0].rows)
        for place, most in ((lane, _MOST_ROWS), *((other, _FEW_ROWS) for other in self._lanes)):
            while place.waiting and rows + len(place.waiting[0].rows) <= most:
                parts.append(place.waiting.popleft())
                rows += len(parts[-1].rows)
        return parts

    async def _serve(self, own: _Lane, connection: AsyncConnection) -> None:
        while True:
            async with self._wake:
                await self._wake.wait_for(lambda: self._next(own) or self._closing)
            lane = self._next(own)
            if lane is None:
                if self._closing:
                    return
                continue
            parts = self._take(lane)
            try:
                await self._commit(connection, parts)
            except psycopg.Error:
                # The outcome of a broken commit is unknown, so it is not acknowledged; a retry finds duplicates.
                metrics.COMMITS.labels("failed").inc()
                self._refuse(parts, DatabaseUnavailable(retry_after=_RETRY_AFTER))
                raise
            except asyncio.CancelledError:
                self._refuse(parts, DatabaseUnavailable(retry_after=_RETRY_AFTER))
                raise
            except Exception:
                self._refuse(parts, Problem())
                raise

    async def _commit(self, connection: AsyncConnection, parts: list[_Part]) -> None:
        started = time.perf_counter()
        unstorable: dict[str, str] = {}
        if told := [told for part in parts for told in part.told]:
            await store_told(connection, told, unstorable)
        rows = [row for part in parts for row in part.rows if row.event_id not in unstorable]
        new = await store(connection, rows, unstorable) if rows else set()
        metrics.COMMITS.labels("done").inc()
        metrics.COMMIT_SECONDS.observe(time.perf_counter() - started)
        metrics.COMMIT_EVENTS.observe(len(rows))
        stored = [row for row in rows if row.event_id in new]
        while parts:
            part = parts.pop(0)
            self._end(part, _receipt(part, new, unstorable))
        # Last, as whatever goes wrong with it must not cost anybody the receipt.
        if stored:
            self._stored(stored)

    def _end(self, part: _Part, outcome: Receipt | Problem) -> None:
        if part.request.end(outcome):
            self._hold(-part.request.work.memory)

    def _refuse(self, parts: Iterable[_Part], problem: Problem) -> None:
        for part in parts:
            self._end(part, problem)

    def _refuse_waiting(self, problem: Problem) -> None:
        for lane in self._lanes:
            parts, lane.waiting = lane.waiting, deque()
            self._refuse(parts, problem)


def _key(row: Row) -> int:
    """The same for what adds to the same customer, as far as the row says whose it is."""
    return hash(row.customer_id or row.user_id or row.anonymous_id)


def _receipt(part: _Part, new: set[str], unstorable: dict[str, str]) -> Receipt:
    """Claims this part's new ids: the same id in a second request of the same commit is its duplicate."""
    receipt = Receipt(0, 0, [])
    for index, row in zip(part.places, part.rows, strict=True):
        if row.event_id in new:
            new.remove(row.event_id)
            receipt.accepted += 1
        elif row.event_id in unstorable:
            message = f"PostgreSQL cannot store it: {unstorable[row.event_id]}."
            receipt.rejected.append(Rejection(index, row.event_id, "unstorable", None, message))
        else:
            receipt.duplicates += 1
    metrics.EVENTS.labels("accepted").inc(receipt.accepted)
    metrics.EVENTS.labels("duplicate").inc(receipt.duplicates)
    return receipt
