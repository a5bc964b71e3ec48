"""The event writer: requests that arrive together share one commit, and each hears only after it.

A writer takes whatever waits as soon as it is free, so a lone request is written at once and a crowd shares;
nobody waits for a timer. Each writer has customers of its own: two that add to the same one would wait for each other.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

import psycopg
from psycopg import AsyncConnection

from milepost.errors import DatabaseUnavailable, Overloaded, Problem
from milepost.ingest import metrics
from milepost.ingest.claims import Claims
from milepost.ingest.commit import store, store_identity_calls
from milepost.ingest.events import EventRow, Held, Receipt
from milepost.ingest.lanes import Lane, Part, Work, divide
from milepost.store.patience import PatientConnection, watchful
from milepost.store.room import Room
from milepost.supervisor import Backoff, Supervisor, Task

#: Most rows in one commit: enough for speed, few enough that nobody behind it waits long.
_MOST_ROWS = 5_000
#: Up to so many, sharing a commit saves more than waiting for the other writer's customers can cost.
_FEW_ROWS = 40
_RETRY_AFTER = 2
#: Seconds a request waits for its commit. A database that hangs must not hold up senders without an answer.
_LONGEST_WAIT = 10.0
#: Seconds in which, when the server stops, what was accepted must have been written.
_CLOSE_SECONDS: Final = 15.0
#: They grow, so that a database in recovery is not hammered, but stay short: senders wait.
_PAUSES: Final = Backoff(first=0.1, most=2.0)
#: Seconds a statement may wait for what another one holds.
_LOCK_SECONDS: Final = 30


class Writer:
    """Commits what requests bring. One per process; `writers` connections work side by side."""

    def __init__(
        self,
        dsn: str,
        *,
        writers: int,
        most_bytes: int,
        stored: Callable[[list[EventRow]], None] = lambda _: None,
        room: Room | None = None,
    ) -> None:
        self._room = room or Room(None)
        self._dsn = watchful(dsn)
        self._most_bytes = most_bytes
        self._stored = stored
        self._lanes = [Lane() for _ in range(writers)]
        self._bytes = 0
        self._tried = asyncio.Event()
        self._closing = False
        self._claims = Claims()

    @property
    def available(self) -> bool:
        """Whether a connection to PostgreSQL stands, as far as known."""
        return any(lane.up for lane in self._lanes)

    async def start(self, supervisor: Supervisor) -> None:
        """Returns when a connection stands, or could not be made: the writer keeps trying by itself.

        When closed it finishes what was accepted; what cannot be written within 15 s is answered 503.
        """
        supervisor.close_with("writer", self._refuse_rest)
        for number, lane in enumerate(self._lanes):
            run = partial(self._run, lane)
            supervisor.start(f"writer-{number}", run, backoff=_PAUSES, stop=self._stop, patience=_CLOSE_SECONDS)
        await self._tried.wait()

    async def _stop(self) -> None:
        self._closing = True
        self._rouse()

    async def _refuse_rest(self) -> None:
        self._refuse_waiting(DatabaseUnavailable(retry_after=_RETRY_AFTER))

    async def write(self, work: Work) -> Receipt:
        """Waits for the commit, or commits, and answers the receipt.

        Raises DatabaseUnavailable while PostgreSQL is away, DiskFull, and Overloaded when too much waits: in any case
        nothing of it was acknowledged, and sending it again is safe.
        """
        self._room.require()
        if self._closing or not self.available:
            raise DatabaseUnavailable(retry_after=_RETRY_AFTER)
        # One batch is always taken, so that a low limit holds none up for ever.
        if self._bytes and self._bytes + work.memory > self._most_bytes:
            raise Overloaded(retry_after=_RETRY_AFTER)
        self._hold(work.memory)
        divide(work, self._lanes)
        self._rouse()
        try:
            # Who gives up waiting leaves the work where it is, and its bytes count until it is done.
            async with asyncio.timeout(_LONGEST_WAIT):
                return await work.done
        except TimeoutError:
            message = (
                f"The database took more than {_LONGEST_WAIT:g} s. Send it again: what is stored by then counts once."
            )
            raise DatabaseUnavailable(message, retry_after=_RETRY_AFTER) from None

    def _rouse(self) -> None:
        """Wakes the connections that find work."""
        for lane in self._lanes:
            if self._closing or self._next(lane) is not None:
                lane.roused.set()

    def _hold(self, size: int) -> None:
        self._bytes += size
        metrics.PENDING_BYTES.set(self._bytes)

    async def _run(self, lane: Lane, task: Task) -> None:
        """One connection's life: connect, work until it breaks, say so to whoever waits."""
        try:
            async with await PatientConnection.connect(
                self._dsn,
                autocommit=True,
                application_name="milepost-writer",
                options=f"-c timezone=UTC -c jit=off -c lock_timeout={_LOCK_SECONDS * 1000}",
            ) as connection:
                connection.patience = _LOCK_SECONDS + _LONGEST_WAIT
                lane.up = True
                self._tried.set()
                task.works()
                try:
                    await self._serve(lane, connection)
                finally:
                    lane.up = False
        except psycopg.Error as error:
            if self.available:
                self._rouse()  # the others take over what waits here
            else:
                self._refuse_waiting(self._room.unavailable(error, retry_after=_RETRY_AFTER))
            raise
        finally:
            self._tried.set()

    def _next(self, lane: Lane) -> Lane | None:
        """Where a connection finds work: in its own lane, else in one that has no connection."""
        if lane.waiting:
            return lane
        return next((other for other in self._lanes if other.waiting and not other.up), None)

    def _take(self, lane: Lane) -> list[Part]:
        """What goes into the next commit; a small one has room for what waits in the other lanes."""
        parts = [lane.waiting.popleft()]
        rows = len(parts[0].rows)
        for place, most in ((lane, _MOST_ROWS), *((other, _FEW_ROWS) for other in self._lanes)):
            while place.waiting and rows + len(place.waiting[0].rows) <= most:
                parts.append(place.waiting.popleft())
                rows += len(parts[-1].rows)
        return parts

    async def _serve(self, own: Lane, connection: AsyncConnection) -> None:
        while True:
            lane = self._next(own)
            if lane is None:
                if self._closing:
                    return
                own.roused.clear()
                await own.roused.wait()
                continue
            parts = self._take(lane)
            try:
                rows, new, unstorable, held = await self._commit(connection, parts)
            except psycopg.Error as error:
                # The outcome of a broken commit is unknown, so it is not acknowledged; a retry finds duplicates.
                metrics.COMMITS.labels("failed").inc()
                self._refuse(parts, self._room.unavailable(error, retry_after=_RETRY_AFTER))
                raise
            except asyncio.CancelledError:
                self._refuse(parts, DatabaseUnavailable(retry_after=_RETRY_AFTER))
                raise
            except Exception:
                self._refuse(parts, Problem())
                raise
            stored = [row for row in rows if row.event_id in new]
            if stored:
                self._room.stored()
            for part in parts:
                receipt = part.receipt(new, unstorable, held)
                metrics.EVENTS.labels("accepted").inc(receipt.accepted)
                metrics.EVENTS.labels("duplicate").inc(receipt.duplicates)
                self._end(part, receipt)
            # Last, as whatever goes wrong with it must not cost anybody the receipt.
            if stored:
                self._stored(stored)

    async def _commit(
        self, connection: AsyncConnection, parts: Sequence[Part]
    ) -> tuple[list[EventRow], set[str], dict[str, str], dict[str, list[Held]]]:
        """Answers the rows, which ids were new, which ids PostgreSQL could not take, with its reasons, and what was
        held back of the others."""
        started = time.perf_counter()
        unstorable: dict[str, str] = {}
        held: dict[str, list[Held]] = {}
        if calls := [call for part in parts for call in part.identity_calls]:
            held = await store_identity_calls(connection, calls, unstorable)
        rows = [row for part in parts for row in part.rows if row.event_id not in unstorable]
        for event_id, claim in (await self._claims.settle(connection, rows)).items():
            held.setdefault(event_id, [claim])
        new = await store(connection, rows, unstorable) if rows else set()
        metrics.COMMITS.labels("done").inc()
        metrics.COMMIT_SECONDS.observe(time.perf_counter() - started)
        metrics.COMMIT_EVENTS.observe(len(rows))
        return rows, new, unstorable, held

    def _end(self, part: Part, outcome: Receipt | Problem) -> None:
        if part.request.end(outcome):
            self._hold(-part.request.work.memory)

    def _refuse(self, parts: Iterable[Part], problem: Problem) -> None:
        for part in parts:
            self._end(part, problem)

    def _refuse_waiting(self, problem: Problem) -> None:
        for lane in self._lanes:
            parts, lane.waiting = lane.waiting, deque()
            self._refuse(parts, problem)
