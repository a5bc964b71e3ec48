"""An answer that costs something, kept for a while: whoever asks meanwhile gets the one that is there."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from milepost.errors import Problem

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
_log = logging.getLogger(__name__)


class Remembered(Generic[T]):
    """Asks again when the answer is older than `fresh` seconds, or than twenty times what it took to get, so that
    asking never takes more than a twentieth of the time. Until the new one is there the old one serves, as long as
    it is not older than `stale` seconds. Many who ask at once cause one question."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[T]],
        *,
        fresh: float = 3.0,
        stale: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._fresh = fresh
        self._stale = stale
        self._clock = clock
        self._known: tuple[T, float, float] | None = None  # the answer, when it was asked for, how long it took
        self._asking: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Raises what the question raises, where there is no answer young enough."""
        if self._known is not None:
            answer, asked, took = self._known
            age = self._clock() - asked
            if age <= max(self._fresh, 20 * took):
                return answer
            if age <= self._stale:
                self._start().add_done_callback(_report)
                return answer
        # Shielded: one reader who goes away must not take the answer from the others.
        return await asyncio.shield(self._start())

    def _start(self) -> asyncio.Task[T]:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._refresh(), name="refresh an answer")
        return self._asking

    async def _refresh(self) -> T:
        started = self._clock()
        answer = await self._ask()
        self._known = (answer, started, self._clock() - started)
        return answer


class RememberedEach(Generic[K, T]):
    """An answer for each key, as `Remembered`; of more than `most` keys, the one that nobody asked for longest goes."""

    def __init__(self, most: int, *, fresh: float = 3.0, stale: float = 120.0) -> None:
        self._most = most
        self._fresh = fresh
        self._stale = stale
        self._kept: dict[K, Remembered[T]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, key: K, ask: Callable[[], Awaitable[T]]) -> T:
        """`ask` is always the same of a key. Raises as `Remembered.get`."""
        kept = self._kept.pop(key, None) or Remembered(ask, fresh=self._fresh, stale=self._stale)
        self._kept[key] = kept
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return await kept.get()


def _report(task: asyncio.Task[T]) -> None:
    """Nobody waits for a refresh in the background, so its failure is logged here."""
    if task.cancelled():
        return
    if isinstance(error := task.exception(), Problem):
        _log.info("the older answer stays: %s", error.message)
    elif error is not None:
        _log.error("the older answer stays", exc_info=error)
