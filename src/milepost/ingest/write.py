"""The event writer: requests that arrive together share one commit, and each hears only after it.

A writer takes whatever waits as soon as it is free, so a lone request is written at once and a crowd shares;
nobody waits for a timer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import psycopg
from psycopg import AsyncConnection

from milepost.errors import DatabaseUnavailable, Overloaded, Problem
from milepost.ingest import metrics
from milepost.ingest.events import Receipt, Rejection, Row, Tie, Traits
from milepost.store.queries import load

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_SQL = load("milepost.ingest", "write.sql")
_encode = msgspec.json.Encoder().encode

#: Most rows in one commit: enough for speed, few enough that nobody behind it waits long.
_MOST_ROWS = 5_000
_RETRIES = 5
_RETRY_AFTER = 2
#: What a single row can be at fault for: data, integrity, and values past PostgreSQL's limits.
_ROW_FAULTS = ("22", "23", "54")


@dataclass(slots=True)
class Work:
    """What one request brings: rows with their place in it, ties and traits, and who waits for the receipt."""

    rows: list[Row]
    places: Sequence[int] = ()
    ties: Sequence[Tie] = ()
    traits: Sequence[Traits] = ()
    size: int = 0
    done: asyncio.Future[Receipt] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """Commits what requests bring. One per process; `writers` connections work side by side."""

    def __init__(
        self, dsn: str, *, writers: int, most_bytes: int, stored: Callable[[list[Row]], None] = lambda _: None
    ) -> None:
        self._dsn = dsn
        self._count = writers
        self._most_bytes = most_bytes
        self._stored = stored
        self._waiting: deque[Work] = deque()
        self._bytes = 0
        self._wake = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self._up = 0

    @property
    def available(self) -> bool:
        """Whether a connection to PostgreSQL stands, as far as known."""
        return self._up > 0

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(), name=f"writer-{n}") for n in range(self._count)]

    async def close(self, within: float = 15.0) -> None:
        """Finishes what was accepted, then stops; what cannot be written by then is answered 503."""
        self._closing = True
        async with self._wake:
            self._wake.notify_all()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._refuse_all(DatabaseUnavailable(retry_after=_RETRY_AFTER))

    async def write(self, work: Work) -> Receipt:
        """Waits for the commit and answers the receipt.

        Raises DatabaseUnavailable while PostgreSQL is away and Overloaded when too much waits: either way nothing
        of it was acknowledged, and sending it again is safe.
        """
        if self._closing or (not self.available and self._tasks):
            raise DatabaseUnavailable(retry_after=_RETRY_AFTER)
        if self._bytes + work.size > self._most_bytes:
            raise Overloaded(retry_after=_RETRY_AFTER)
        self._bytes += work.size
        metrics.PENDING_BYTES.set(self._bytes)
        self._waiting.append(work)
        async with self._wake:
            self._wake.notify()
        try:
            return await work.done
        finally:
            self._bytes -= work.size
            metrics.PENDING_BYTES.set(self._bytes)

    async def _run(self) -> None:
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
                    self._up += 1
                    pause = 0.1
                    try:
                        await self._serve(connection)
                    finally:
                        self._up -= 1
            except psycopg.Error as error:
                _log.warning("the event writer lost PostgreSQL: %s", str(error).strip().splitlines()[0])
                if not self.available:
                    self._refuse_all(DatabaseUnavailable(retry_after=_RETRY_AFTER))
                # A pause that grows, so that a database in recovery is not hammered.
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)

    async def _serve(self, connection: AsyncConnection) -> None:
        while True:
            async with self._wake:
                await self._wake.wait_for(lambda: bool(self._waiting) or self._closing)
            if not self._waiting:
                if self._closing:
                    return
                continue
            works = self._take()
            try:
                await self._commit(connection, works)
            except psycopg.Error:
                # The outcome of a broken commit is unknown, so it is not acknowledged; a retry finds duplicates.
                metrics.COMMITS.labels("failed").inc()
                _refuse(works, DatabaseUnavailable(retry_after=_RETRY_AFTER))
                raise
            except BaseException:
                _refuse(works, Problem())
                raise

    def _take(self) -> list[Work]:
        works, rows = [self._waiting.popleft()], 0
        rows = len(works[0].rows)
        while self._waiting and rows + len(self._waiting[0].rows) <= _MOST_ROWS:
            works.append(self._waiting.popleft())
            rows += len(works[-1].rows)
        return works

    async def _commit(self, connection: AsyncConnection, works: list[Work]) -> None:
        started = time.perf_counter()
        for work in works:
            if work.ties or work.traits:
                await _with_retries(connection, lambda w=work: _store_identity(connection, w))  # type: ignore[misc]
        rows = [row for work in works for row in work.rows]
        unstorable: dict[str, str] = {}
        new = await _store(connection, rows, unstorable) if rows else set()
        metrics.COMMITS.labels("done").inc()
        metrics.COMMIT_SECONDS.observe(time.perf_counter() - started)
        metrics.COMMIT_EVENTS.observe(len(rows))
        if new:
            self._stored([row for row in rows if row.event_id in new])
        for work in works:
            receipt = _receipt(work, new, unstorable)
            metrics.EVENTS.labels("accepted").inc(receipt.accepted)
            metrics.EVENTS.labels("duplicate").inc(receipt.duplicates)
            if not work.done.done():
                work.done.set_result(receipt)

    def _refuse_all(self, problem: Problem) -> None:
        waiting, self._waiting = list(self._waiting), deque()
        _refuse(waiting, problem)


async def _store(connection: AsyncConnection, rows: list[Row], unstorable: dict[str, str]) -> set[str]:
    """Stores rows in one commit and answers the new ids. Rows that PostgreSQL cannot take are found by halving."""
    text = _encode(rows).decode()

    async def insert() -> set[str]:
        cursor = await connection.execute(_SQL["store_events"], (text,))
        return {str(event_id) for (event_id,) in await cursor.fetchall()}

    try:
        return await _with_retries(connection, insert)
    except psycopg.Error as error:
        if not (error.sqlstate or "").startswith(_ROW_FAULTS):
            raise
        if len(rows) == 1:
            unstorable[rows[0].event_id] = (error.diag.message_primary or str(error)).strip()
            return set()
        half = len(rows) // 2
        first = await _store(connection, rows[:half], unstorable)
        return first | await _store(connection, rows[half:], unstorable)


async def _store_identity(connection: AsyncConnection, work: Work) -> None:
    async with connection.transaction():
        for traits in work.traits:
            values = {f"{traits.of}_id": traits.id, "name": traits.name, "traits": traits.traits.decode()}
            await connection.execute(_SQL[f"describe_{traits.of}"], values)
        for tie in work.ties:
            await connection.execute(_SQL["tie"], (tie.call, tie.kind, tie.from_id, tie.to_id))


async def _with_retries(connection: AsyncConnection, attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Two writers that lock each other out, or a lock that takes too long, are no reason to lose anything."""
    for tries_left in range(_RETRIES, -1, -1):
        try:
            return await attempt()
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable):
            if tries_left == 0 or connection.broken:
                raise
            metrics.COMMITS.labels("retried").inc()
    raise AssertionError("unreachable")


def _receipt(work: Work, new: set[str], unstorable: dict[str, str]) -> Receipt:
    """Claims this request's new ids: the same id in a second request of the same commit is its duplicate."""
    receipt = Receipt(0, 0, [])
    for index, row in zip(work.places, work.rows, strict=True):
        if row.event_id in new:
            new.remove(row.event_id)
            receipt.accepted += 1
        elif row.event_id in unstorable:
            message = f"PostgreSQL cannot store it: {unstorable[row.event_id]}."
            receipt.rejected.append(Rejection(index, row.event_id, "unstorable", None, message))
        else:
            receipt.duplicates += 1
    return receipt


def _refuse(works: Sequence[Work], problem: Problem) -> None:
    for work in works:
        if not work.done.done():
            work.done.set_exception(problem)
            with contextlib.suppress(Exception):
                work.done.exception()  # marked as seen: the client may have gone already
