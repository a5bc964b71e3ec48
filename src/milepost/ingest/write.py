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
from psycopg.conninfo import make_conninfo

from milepost.errors import DatabaseUnavailable, Overloaded, Problem
from milepost.ingest import metrics
from milepost.ingest.events import Receipt, Rejection, Row, Told
from milepost.store.queries import load

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_SQL = load("milepost.ingest", "write.sql")
_encode = msgspec.json.Encoder().encode

#: Most rows in one commit: enough for speed, few enough that nobody behind it waits long.
_MOST_ROWS = 5_000
_RETRIES = 5
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


class Writer:
    """Commits what requests bring. One per process; `writers` connections work side by side."""

    def __init__(
        self, dsn: str, *, writers: int, most_bytes: int, stored: Callable[[list[Row]], None] = lambda _: None
    ) -> None:
        self._dsn = make_conninfo(dsn, **_KEEPALIVE)
        self._count = writers
        self._most_bytes = most_bytes
        self._stored = stored
        self._waiting: deque[Work] = deque()
        self._bytes = 0
        self._wake = asyncio.Condition()
        self._tried = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self._up = 0

    @property
    def available(self) -> bool:
        """Whether a connection to PostgreSQL stands, as far as known."""
        return self._up > 0

    async def start(self) -> None:
        """Returns when a connection stands, or could not be made: the writer keeps trying by itself."""
        self._tasks = [asyncio.create_task(self._run(), name=f"writer-{n}") for n in range(self._count)]
        await self._tried.wait()

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
        if self._closing or not self.available:
            raise DatabaseUnavailable(retry_after=_RETRY_AFTER)
        # One batch is always taken, so that a low limit holds none up for ever.
        if self._bytes and self._bytes + work.memory > self._most_bytes:
            raise Overloaded(retry_after=_RETRY_AFTER)
        self._hold(work.memory)
        self._waiting.append(work)
        async with self._wake:
            self._wake.notify()
        try:
            # Shielded: who gives up waiting leaves the work where it is, and its bytes count until it is done.
            return await asyncio.wait_for(asyncio.shield(work.done), _LONGEST_WAIT)
        except TimeoutError:
            message = (
                f"The database took more than {_LONGEST_WAIT:g} s. Send it again: what is stored by then counts once."
            )
            raise DatabaseUnavailable(message, retry_after=_RETRY_AFTER) from None

    def _hold(self, size: int) -> None:
        self._bytes += size
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
                    self._tried.set()
                    pause = 0.1
                    try:
                        await self._serve(connection)
                    finally:
                        self._up -= 1
            except psycopg.Error as error:
                _log.warning("the event writer lost PostgreSQL: %s", str(error).strip().splitlines()[0])
                self._tried.set()
                if not self.available:
                    self._refuse_all(DatabaseUnavailable(retry_after=_RETRY_AFTER))
                # A pause that grows, so that a database in recovery is not hammered.
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
            except Exception:  # noqa: BLE001 -- logged; a mistake of ours ends one commit, never the writer
                _log.exception("the event writer failed")
                self._tried.set()
                await asyncio.sleep(pause)

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
            except asyncio.CancelledError:
                _refuse(works, DatabaseUnavailable(retry_after=_RETRY_AFTER))
                raise
            except Exception:
                _refuse(works, Problem())
                raise
            finally:
                self._hold(-sum(work.memory for work in works))

    def _take(self) -> list[Work]:
        works, rows = [self._waiting.popleft()], 0
        rows = len(works[0].rows)
        while self._waiting and rows + len(self._waiting[0].rows) <= _MOST_ROWS:
            works.append(self._waiting.popleft())
            rows += len(works[-1].rows)
        return works

    async def _commit(self, connection: AsyncConnection, works: list[Work]) -> None:
        started = time.perf_counter()
        unstorable: dict[str, str] = {}
        if told := [told for work in works for told in work.told]:
            await _store_told(connection, told, unstorable)
        rows = [row for work in works for row in work.rows if row.event_id not in unstorable]
        new = await _store(connection, rows, unstorable) if rows else set()
        metrics.COMMITS.labels("done").inc()
        metrics.COMMIT_SECONDS.observe(time.perf_counter() - started)
        metrics.COMMIT_EVENTS.observe(len(rows))
        stored = [row for row in rows if row.event_id in new]
        for work in works:
            receipt = _receipt(work, new, unstorable)
            metrics.EVENTS.labels("accepted").inc(receipt.accepted)
            metrics.EVENTS.labels("duplicate").inc(receipt.duplicates)
            if not work.done.done():
                work.done.set_result(receipt)
        # Last, as whatever goes wrong with it must not cost anybody the receipt.
        if stored:
            self._stored(stored)

    def _refuse_all(self, problem: Problem) -> None:
        waiting, self._waiting = list(self._waiting), deque()
        self._hold(-sum(work.memory for work in waiting))
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
        if not _row_at_fault(error):
            raise
        if len(rows) == 1:
            unstorable[rows[0].event_id] = (error.diag.message_primary or str(error)).strip()
            return set()
        half = len(rows) // 2
        first = await _store(connection, rows[:half], unstorable)
        return first | await _store(connection, rows[half:], unstorable)


async def _store_told(connection: AsyncConnection, told: Sequence[Told], unstorable: dict[str, str]) -> None:
    """Applies ties and traits in one transaction. What PostgreSQL cannot take is found by halving, as with rows.

    They go before their events, so that no retry is needed to bring them about once an event is stored.
    """

    async def apply() -> None:
        async with connection.transaction():
            ids = [one.event_id for one in told]
            stored = {str(row[0]) for row in await (await connection.execute(_SQL["stored_events"], (ids,))).fetchall()}
            for one in told:
                if one.event_id not in stored:
                    await _apply(connection, one)

    try:
        await _with_retries(connection, apply)
    except psycopg.Error as error:
        if not _row_at_fault(error):
            raise
        if len(told) == 1:
            unstorable[told[0].event_id] = (error.diag.message_primary or str(error)).strip()
            return
        half = len(told) // 2
        await _store_told(connection, told[:half], unstorable)
        await _store_told(connection, told[half:], unstorable)


async def _apply(connection: AsyncConnection, told: Told) -> None:
    for traits in told.traits:
        values = {f"{traits.of}_id": traits.id, "name": traits.name, "traits": traits.traits.decode()}
        await connection.execute(_SQL[f"describe_{traits.of}"], values)
    for tie in told.ties:
        await connection.execute(_SQL["tie"], (tie.call, tie.kind, tie.from_id, tie.to_id))


def _row_at_fault(error: psycopg.Error) -> bool:
    """Data, integrity, and values past PostgreSQL's limits (54): what a single row can be at fault for."""
    return isinstance(error, (psycopg.DataError, psycopg.IntegrityError)) or (error.sqlstate or "").startswith("54")


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
