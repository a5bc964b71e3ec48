"""The loop of a task that works through what waits: when it looks again, and how it ends."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass

import pytest

from milepost.supervisor import Backoff, Supervisor, Task
from milepost.supervisor.batches import work_off
from milepost.supervisor.task import UP
from tests.support.waiting import until


@dataclass(frozen=True)
class Done:
    more: bool


class Finished(Exception):
    """Ends a loop that has no end."""


@pytest.mark.parametrize(
    ("took", "more", "rested"),
    [(0.1, True, 0.1), (5.0, True, 1.0), (0.1, False, 1.0), (5.0, False, 1.0)],
    ids=["as long as the batch took", "a tick at most", "a tick without more to do", "a tick after a long last batch"],
)
async def test_it_rests_between_two_batches(took: float, more: bool, rested: float) -> None:
    slept: list[float] = []
    now = 0.0

    def batch() -> Done:
        nonlocal now
        now += took
        return Done(more)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise Finished

    with pytest.raises(Finished):
        await work_off(Task("resting", Backoff()), batch, tick=1.0, sleep=sleep, clock=lambda: now)
    assert slept == pytest.approx([rested] * 3)


async def test_what_a_batch_raises_ends_it() -> None:
    def batch() -> Done:
        raise Finished

    with pytest.raises(Finished):
        await work_off(Task("failing", Backoff()), batch, tick=1.0)


async def test_a_running_batch_finishes_when_it_is_cancelled() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def batch() -> Done:
        begun.set()
        assert go_on.wait(10)
        ended.set()
        return Done(more=True)

    async def run(task: Task) -> None:
        await work_off(task, batch, tick=1.0)

    running = Supervisor()
    running.start("cancelled", run)
    assert await asyncio.to_thread(begun.wait, 10)
    closing = asyncio.ensure_future(running.close())
    go_on.set()
    await closing
    assert ended.is_set()


async def test_a_batch_that_hangs_is_told_of_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    go_on = threading.Event()

    def batch() -> Done:
        assert go_on.wait(10)
        return Done(more=True)

    async def rest(_: float) -> None:
        raise Finished

    task = Task("hanging", Backoff())
    working = asyncio.ensure_future(work_off(task, batch, tick=1.0, sleep=rest, long=0.01))
    await until(lambda: task.failing is not None, "it to be told of")
    assert (task.failing and task.failing.failures, UP.labels("hanging")._value.get()) == (0, 0)
    go_on.set()
    with pytest.raises(Finished):
        await working
    assert (task.failing, UP.labels("hanging")._value.get()) == (None, 1)
    assert [record.message.split(" after")[0] for record in caplog.records] == [
        "hanging has waited 0 s for the database, and goes on waiting",
        "hanging goes on",
    ]
