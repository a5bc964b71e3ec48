"""The supervisor by itself, in a time of its own: what fails is told, counted and started again; closing ends all."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from milepost.errors import DatabaseUnavailable, Problem
from milepost.supervisor import Backoff, Ended, Failing, Supervisor, Task, in_thread

_names = (f"task {number}" for number in itertools.count())
_BACKOFF = Backoff(first=1.0, most=8.0)


@dataclass
class Time:
    """Passes when somebody sleeps. After `most` sleeps it stands still: whoever sleeps then does so for ever."""

    most: int = 1000
    now: float = 0.0
    slept: list[float] = field(default_factory=list)
    still: asyncio.Event = field(default_factory=asyncio.Event)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        if len(self.slept) >= self.most:
            self.still.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)


def supervisor(time: Time) -> Supervisor:
    return Supervisor(sleep=time.sleep, clock=lambda: time.now, chance=lambda: 0.0)


def counted(what: str, task: str) -> float:
    return REGISTRY.get_sample_value(f"milepost_task_{what}", {"task": task}) or 0.0


async def soon(awaitable: Awaitable[object]) -> None:
    async with asyncio.timeout(10):
        await awaitable


@given(
    first=st.floats(0.01, 10),
    most=st.floats(0.01, 1000),
    factor=st.floats(1, 10),
    failures=st.integers(1, 100_000),
    chance=st.floats(0, 1),
)
def test_a_pause_grows_up_to_its_cap(first: float, most: float, factor: float, failures: int, chance: float) -> None:
    backoff = Backoff(first, most, factor)
    whole = backoff.pause(failures, 0.0)
    assert min(first, most) <= whole <= most
    assert whole <= backoff.pause(failures + 1, 0.0)
    assert whole * 0.75 <= backoff.pause(failures, chance) <= whole


class _Unheard(BaseException):
    """As some libraries raise, for example Rust's panics."""


async def _cancelled_inside() -> None:
    inner = asyncio.ensure_future(asyncio.sleep(100))
    inner.cancel()
    await inner


#: What a run does: fail at once, in one of many ways, or after it has worked.
_ENDS = ["raises", "returns", "exits oddly", "is cancelled inside", "works and raises", "works and returns"]


@given(ends=st.lists(st.sampled_from(_ENDS), min_size=1, max_size=12))
def test_whatever_ends_a_task_it_is_counted_and_started_again(ends: list[str]) -> None:
    name = next(_names)

    async def play() -> tuple[Time, Failing]:
        time, left = Time(most=len(ends)), iter(ends)

        async def run(task: Task) -> None:
            end = next(left)
            if end.startswith("works"):
                task.works()
                assert counted("up", name) == 1
            if end.endswith("raises"):
                raise KeyError(end)
            if end == "exits oddly":
                raise _Unheard
            if end == "is cancelled inside":
                await _cancelled_inside()

        watched = supervisor(time)
        watched.start(name, run, backoff=_BACKOFF)
        await soon(time.still.wait())
        (failing,) = watched.failing()
        await watched.close()
        return time, failing

    time, failing = asyncio.run(play())
    in_a_row, since, now, pauses = 0, 0.0, 0.0, []
    for end in ends:
        in_a_row = 1 if end.startswith("works") else in_a_row + 1
        since = now if in_a_row == 1 else since
        pauses.append(min(2.0 ** (in_a_row - 1), 8.0))
        now += pauses[-1]
    assert time.slept == pauses
    assert failing == Failing(name, in_a_row, now - since)
    assert (counted("runs_total", name), counted("failures_total", name)) == (len(ends), len(ends))
    assert (counted("restarts_total", name), counted("up", name)) == (len(ends) - 1, 0)


async def test_every_failure_is_logged_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    name, time = next(_names), Time(most=3)

    async def run(task: Task) -> None:
        raise KeyError("nobody expects it")

    with caplog.at_level(logging.INFO):
        watched = supervisor(time)
        watched.start(name, run, backoff=_BACKOFF)
        await soon(time.still.wait())
        await watched.close()
    told = [record for record in caplog.records if name in record.getMessage()]
    assert [record.levelname for record in told] == ["ERROR"] * 3
    assert all(record.exc_info and "nobody expects it" in record.getMessage() for record in told)


_AWAY = psycopg.OperationalError("connection refused\nand more of it")


@pytest.mark.parametrize(
    ("error", "levels", "traced"),
    [
        (_AWAY, ["INFO", "WARNING", "WARNING"], False),
        (DatabaseUnavailable(), ["INFO", "WARNING", "WARNING"], False),
        (Problem("Do this."), ["ERROR", "ERROR", "ERROR"], False),
        (Ended("it died"), ["ERROR", "ERROR", "ERROR"], False),
        (psycopg.errors.UndefinedTable("no such table"), ["ERROR", "ERROR", "ERROR"], True),
    ],
)
def test_an_absent_database_is_a_line_and_at_first_no_worry(
    error: Exception, levels: list[str], traced: bool, caplog: pytest.LogCaptureFixture
) -> None:
    time = Time()
    task = Task(next(_names), Backoff(), clock=lambda: time.now, chance=lambda: 0.0)
    with caplog.at_level(logging.INFO):
        task.fails(error)
        time.now = 21.0
        task.fails(error)
        task.works()
        task.fails(error)
    assert [record.levelname for record in caplog.records] == levels
    assert {bool(record.exc_info) for record in caplog.records} == {traced}
    assert all("\n" not in record.getMessage() for record in caplog.records)


async def test_what_is_for_once_is_tried_until_it_is_done() -> None:
    name, time, runs = next(_names), Time(), 0
    done = asyncio.Event()

    async def run(task: Task) -> None:
        nonlocal runs
        runs += 1
        if runs < 4:
            raise RuntimeError("not yet")
        done.set()

    watched = supervisor(time)
    watched.start(name, run, backoff=_BACKOFF, once=True)
    await soon(done.wait())
    await asyncio.sleep(0)
    assert (runs, time.slept, counted("up", name), watched.failing()) == (4, [1, 2, 4], 1, [])
    await watched.close()
    assert runs == 4


async def test_a_name_is_given_once() -> None:
    watched = supervisor(Time())
    watched.start("one", lambda _: asyncio.sleep(100))
    with pytest.raises(ValueError, match="'one'"):
        watched.start("one", lambda _: asyncio.sleep(100))
    await watched.close()


def _holding(ended: list[str], name: str, forever: asyncio.Event) -> Callable[[Task], Awaitable[None]]:
    async def run(task: Task) -> None:
        try:
            await forever.wait()
        finally:
            ended.append(name)
            if "raises" in name:
                raise RuntimeError(name)
            while "hangs" in name and not forever.is_set():
                try:
                    await forever.wait()
                except asyncio.CancelledError:
                    continue

    return run


@given(kinds=st.lists(st.sampled_from(["ends", "raises", "hangs", "closes", "closing raises", "closing hangs"])))
@settings(max_examples=30)
def test_closing_finishes_all_last_first_whatever_some_of_them_do(kinds: list[str]) -> None:
    ended: list[str] = []
    names = [f"{kind} {number}" for number, kind in enumerate(kinds)]

    async def play() -> None:
        watched, forever = Supervisor(), asyncio.Event()
        for kind, name in zip(kinds, names, strict=True):
            run = _holding(ended, name, forever)
            if kind.startswith("clos"):

                async def close(name: str = name) -> None:
                    ended.append(name)
                    if "raises" in name:
                        raise RuntimeError(name)
                    if "hangs" in name:
                        await forever.wait()

                watched.close_with(name, close, within=0.01)
            else:
                watched.start(name, run, within=0.01)
        await asyncio.sleep(0)
        await soon(watched.close())
        forever.set()

    asyncio.run(play())
    assert ended == names[::-1]


async def test_what_hangs_or_fails_at_the_end_is_told(caplog: pytest.LogCaptureFixture) -> None:
    watched, forever = Supervisor(), asyncio.Event()
    for name in ("hangs", "raises"):
        watched.start(name, _holding([], name, forever), within=0.01)
    await asyncio.sleep(0)
    await soon(watched.close())
    forever.set()
    raises, hangs = (record.getMessage() for record in caplog.records)
    assert raises == "raises failed when the server stopped: RuntimeError: raises"
    assert hangs == "hangs did not end in time when the server stopped, and is left behind"


async def test_one_that_is_asked_to_end_has_its_time_for_it() -> None:
    asked, finished, left = asyncio.Event(), False, asyncio.Event()

    async def run(task: Task) -> None:
        nonlocal finished
        await asked.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        finished = True

    async def stop() -> None:
        asked.set()
        raise RuntimeError("which keeps nothing from ending")

    async def endless(task: Task) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    watched = supervisor(Time())
    watched.start("asked", run, stop=stop, patience=10)
    watched.start("deaf", endless, patience=0.01)
    await asyncio.sleep(0)
    await soon(watched.close())
    assert finished
    assert left.is_set()


async def test_closing_does_not_wait_for_a_pause() -> None:
    time = Time(most=1)

    async def run(task: Task) -> None:
        raise RuntimeError

    watched = supervisor(time)
    watched.start("paused", run, patience=1000, backoff=Backoff(1000, 1000))
    await soon(time.still.wait())
    await soon(watched.close())
    assert counted("runs_total", "paused") == 1


async def test_what_is_started_meanwhile_is_closed_as_well() -> None:
    watched, ended = supervisor(Time()), list[str]()

    async def starting(task: Task) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            watched.start("late", _holding(ended, "late", asyncio.Event()))
            await asyncio.sleep(0)

    watched.start("starting", starting)
    await asyncio.sleep(0)
    await soon(watched.close())
    # Told to end before it began, it did not begin.
    assert watched.failing() == []
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "late"]


async def test_one_cancelled_from_outside_is_told(caplog: pytest.LogCaptureFixture) -> None:
    watched = supervisor(Time())
    watched.start("victim", lambda _: asyncio.sleep(100))
    await asyncio.sleep(0)
    (runner,) = (task for task in asyncio.all_tasks() if task.get_name() == "victim")
    runner.cancel()
    await asyncio.wait({runner})
    assert "victim was cancelled while the server is running" in caplog.text
    assert [failing.task for failing in watched.failing()] == ["victim"]
    await watched.close()


async def test_a_thread_finishes_before_what_it_uses_is_let_go() -> None:
    begun, may_end, events = threading.Event(), threading.Event(), list[str]()

    def work() -> None:
        begun.set()
        may_end.wait(10)
        events.append("worked")

    async def run(task: Task) -> None:
        try:
            await in_thread(work)
        finally:
            events.append("let go")

    watched = supervisor(Time())
    watched.start("threaded", run)
    await asyncio.to_thread(begun.wait, 10)
    closing = asyncio.create_task(watched.close())
    await asyncio.sleep(0)
    may_end.set()
    await soon(closing)
    assert events == ["worked", "let go"]
