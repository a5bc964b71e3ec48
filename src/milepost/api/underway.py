"""Answers that take longer than a page waits: they go on, and the next request for the same takes them over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from milepost.errors import Problem

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Underway(Generic[T]):
    """What nobody takes over within `patience` seconds is stopped, and of more than `most` the one begun first."""

    def __init__(self, *, patience: float = 10.0, most: int = 32) -> None:
        self._patience = patience
        self._most = most
        self._waiting: dict[bytes, asyncio.Task[T]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    async def briefly(self, key: bytes, ask: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> T | None:
        """The answer, or None where it takes longer; raises what the question raises. `ask` is always the same of a
        key."""
        task = self._taken(key, ask)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if done:
            return task.result()
        self._leave(key, task)
        return None

    async def whole(self, key: bytes, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer, however long it takes; raises what the question raises. It is stopped with whoever waits for
        it."""
        return await self._taken(key, ask)

    def _taken(self, key: bytes, ask: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        return self._waiting.pop(key, None) or asyncio.create_task(ask(), name="answer a question")

    def _leave(self, key: bytes, task: asyncio.Task[T]) -> None:
        if key in self._waiting:  # somebody else's, who asked the same at the same time
            task.cancel()
            return
        if len(self._waiting) >= self._most:
            self._drop(*next(iter(self._waiting.items())))
        self._waiting[key] = task
        asyncio.get_running_loop().call_later(self._patience, self._drop, key, task)

    def _drop(self, key: bytes, task: asyncio.Task[T]) -> None:
        if self._waiting.get(key) is not task:
            return  # taken over
        del self._waiting[key]
        task.add_done_callback(_report)
        task.cancel()


def _report(task: asyncio.Task[T]) -> None:
    """Nobody waits for it any more, so what went wrong is told here."""
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, Problem):
        _log.error("a question that nobody waited for failed", exc_info=error)
