"""Answers that are kept: fresh, stale, asked for once by many, and failing."""

from __future__ import annotations

import asyncio

import pytest

from milepost.dashboard.remembered import Remembered, RememberedEach
from milepost.errors import DatabaseUnavailable


class _Source:
    def __init__(self) -> None:
        self.time = 0.0
        self.asked = 0
        self.takes = 0.0
        self.fails = False

    async def ask(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        self.time += self.takes
        if self.fails:
            raise DatabaseUnavailable
        return self.asked

    def remembered(self) -> Remembered[int]:
        return Remembered(self.ask, fresh=3, stale=60, clock=lambda: self.time)


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_many_at_once_ask_once() -> None:
    source = _Source()
    kept = source.remembered()
    assert await asyncio.gather(*(kept.get() for _ in range(20))) == [1] * 20


async def test_old_answers_serve_while_a_new_one_comes() -> None:
    source = _Source()
    kept = source.remembered()
    assert await kept.get() == 1
    source.time = 2.9
    assert await kept.get() == 1
    source.time = 3.1
    assert await kept.get() == 1, "stale, so it serves, and a new one is asked for"
    await _settle()
    assert await kept.get() == 2
    source.time += 61
    assert await kept.get() == 3, "too old to be served"


async def test_what_takes_long_is_asked_for_less_often() -> None:
    source = _Source()
    source.takes = 1.0
    kept = source.remembered()
    await kept.get()
    source.time = 19.0
    await kept.get()
    await _settle()
    assert source.asked == 1


async def test_a_failure_is_told_to_who_waits_and_not_kept() -> None:
    source = _Source()
    kept = source.remembered()
    source.fails = True
    with pytest.raises(DatabaseUnavailable):
        await kept.get()
    source.fails = False
    assert await kept.get() == 2
    source.fails, source.time = True, 10.0
    assert await kept.get() == 2, "the old answer goes on while the new one fails"
    await _settle()
    assert await kept.get() == 2


async def test_who_goes_away_does_not_take_the_answer_along() -> None:
    source = _Source()
    kept = source.remembered()
    impatient = asyncio.create_task(kept.get())
    patient = asyncio.create_task(kept.get())
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 1


async def test_of_too_many_keys_the_one_that_nobody_asked_for_longest_goes() -> None:
    sources = {key: _Source() for key in "abc"}
    kept = RememberedEach[str, int](2, fresh=1_000)
    for key in "abacab":
        await kept.get(key, sources[key].ask)
    # c took b's place, and b that of c.
    assert {key: source.asked for key, source in sources.items()} == {"a": 1, "b": 2, "c": 1}
