"""Background work: a task has a name, is started again whenever it fails, and is finished when the server stops.

No failure passes unheard: each is logged with the task's name, counted (docs/running.md) and shown by `/health`.
Why this is not a library: docs/decisions/0013-one-supervisor.md.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

import msgspec

from milepost.supervisor.task import Backoff, Ended, Failing, Task, in_a_line

__all__ = ["Backoff", "Ended", "Failing", "Supervisor", "Task", "in_a_line", "in_thread"]

_log = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")

#: Seconds that what is closed has once it was told not to wait any longer.
_CUT_OFF = 1.0
#: The pauses of a task that asks for no others.
_PAUSES = Backoff()


class _Part(msgspec.Struct):
    """What `close` finishes: a running task, which `stop` asks to end, or what has only to be closed, by `stop`."""

    name: str
    within: float
    stop: Callable[[], Awaitable[None]] | None
    patience: float = 0.0
    task: Task | None = None
    runner: asyncio.Task[None] | None = None
    pausing: bool = False


class Supervisor:
    """Runs the tasks of one event loop."""

    def __init__(
        self,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._chance = chance
        self._parts: list[_Part] = []
        self._closing = False

    def start(
        self,
        name: str,
        run: Callable[[Task], Awaitable[None]],
        *,
        backoff: Backoff = _PAUSES,
        once: bool = False,
        stop: Callable[[], Awaitable[None]] | None = None,
        patience: float = 0.0,
        within: float = 5.0,
    ) -> None:
        """Runs `run` until `close`, again and again: it must not return, unless it is for `once`, and calls
        `works` of the task it is given whenever it has done something.

        When closing, `stop` asks it to end, for which it has `patience` seconds; then it is cancelled, and has `within`
        seconds more to let go of what it holds. Raises ValueError for a name that is taken.
        """
        if any(part.name == name for part in self._parts):
            raise ValueError(f"There is already a task {name!r}.")
        task = Task(name, backoff, clock=self._clock, chance=self._chance)
        part = _Part(name, within, stop, patience, task)
        part.runner = asyncio.create_task(self._run(part, task, run, once=once), name=name)
        self._parts.append(part)

    def close_with(self, name: str, close: Callable[[], Awaitable[None]], *, within: float = 5.0) -> None:
        """Has `close` called in its turn, when everything that was started later has ended."""
        self._parts.append(_Part(name, within, close))

    def failing(self) -> list[Failing]:
        """Tasks that have failed and not worked since, in the order in which they were started."""
        return [failing for part in self._parts if part.task and (failing := part.task.failing)]

    async def close(self) -> None:
        """Asks every task to end, then finishes one after the other, last started first, each within its time. What
        goes wrong with one is logged, and keeps no other from it.
        """
        self._closing = True
        now = asyncio.get_running_loop().time
        asked = now()
        for part in reversed(self._parts):
            if part.runner is not None and part.stop is not None:
                await self._finish(part.name, _called(part.stop), _CUT_OFF, _CUT_OFF)
        while self._parts:
            part = self._parts.pop()
            if part.runner is not None:
                patience = 0.0 if part.pausing else max(0.0, part.patience - (now() - asked))
                await self._finish(part.name, part.runner, patience, part.within)
            elif part.stop is not None:
                await self._finish(part.name, _called(part.stop), part.within, _CUT_OFF)

    async def _finish(self, name: str, work: asyncio.Task[None], patience: float, within: float) -> None:
        if patience:
            await asyncio.wait({work}, timeout=patience)
        if not work.done():
            work.cancel()
            await asyncio.wait({work}, timeout=within)
        if not work.done():
            _log.error("%s did not end in time when the server stopped, and is left behind", name)
        elif not work.cancelled() and (error := work.exception()):
            _log.error("%s failed when the server stopped: %s", name, in_a_line(error), exc_info=error)

    async def _run(self, part: _Part, task: Task, run: Callable[[Task], Awaitable[None]], *, once: bool) -> None:
        while not self._closing:
            task.begins()
            failure: BaseException = Ended("it ended without being asked to")
            try:
                await run(task)
                if once or self._closing:
                    task.works()
                    return
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # logged and counted, or raised where it was told to end
                told = isinstance(error, asyncio.CancelledError) and _is_cancelled()
                if told and not self._closing:
                    task.is_gone()  # the event loop ends without `close`: to go on would keep it from ending
                if told or self._closing:
                    raise
                failure = error
            part.pausing = True
            await self._sleep(task.fails(failure))
            part.pausing = False


async def in_thread(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """As asyncio.to_thread; but when cancelled it lets the thread finish first, as a thread cannot be stopped and what
    it works with must not be closed under it.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        if not work.cancelled() and (error := work.exception()):
            _log.warning("what was under way when it was asked to end failed: %s", in_a_line(error))
        raise


def _is_cancelled() -> bool:
    """Whether this task itself was cancelled, rather than something it waited for."""
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0


def _called(function: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    async def call() -> None:
        await function()

    return asyncio.create_task(call())
