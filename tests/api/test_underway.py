"""Answers that take longer than a page waits: asked once, taken over once, stopped where nobody comes."""

from __future__ import annotations

import asyncio
import logging

import pytest

from milepost.api.underway import Underway


class _Question:
    """Counts how often it was asked and stopped; answers once it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.stopped = 0
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask(self) -> str:
        self.asked += 1
        try:
            return await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            self.stopped += 1
            raise


async def _turn() -> None:
    """Everything that can go on has gone on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_takes_long_goes_on_and_is_taken_over() -> None:
    underway, question = Underway[str](), _Question()
    assert await underway.briefly(b"q", question.ask, 0) is None
    assert len(underway) == 1
    whole = asyncio.create_task(underway.whole(b"q", question.ask))
    await _turn()
    question.answer.set_result("42")
    assert await whole == "42"
    assert (question.asked, question.stopped, len(underway)) == (1, 0, 0)
    assert await underway.briefly(b"q", question.ask, 5) == "42"
    assert question.asked == 2, "an answer is taken once: the next is a new one"


async def test_what_comes_in_time_is_not_kept() -> None:
    underway, question = Underway[str](), _Question()
    question.answer.set_result("42")
    assert await underway.briefly(b"q", question.ask, 5) == "42"
    assert len(underway) == 0


async def test_it_is_stopped_with_whoever_waits_for_it() -> None:
    underway, question = Underway[str](), _Question()
    for waiting in (underway.briefly(b"q", question.ask, 60), underway.whole(b"q", question.ask)):
        reader = asyncio.create_task(waiting)
        await _turn()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
    await _turn()
    assert (question.asked, question.stopped, len(underway)) == (2, 2, 0)


async def test_what_nobody_takes_over_is_stopped() -> None:
    question = _Question()
    underway = Underway[str](patience=0)
    assert await underway.briefly(b"q", question.ask, 0) is None
    while len(underway):
        await _turn()
    await _turn()
    assert question.stopped == 1


async def test_of_too_many_the_first_is_stopped() -> None:
    underway, questions = Underway[str](most=2), [_Question() for _ in range(3)]
    for name, question in zip("abc", questions, strict=True):
        assert await underway.briefly(name.encode(), question.ask, 0) is None
    await _turn()
    assert [question.stopped for question in questions] == [1, 0, 0]
    assert len(underway) == 2


async def test_two_who_ask_the_same_at_once_leave_one() -> None:
    underway, question = Underway[str](), _Question()
    assert await asyncio.gather(*(underway.briefly(b"q", question.ask, 0) for _ in range(2))) == [None, None]
    await _turn()
    assert (question.asked, question.stopped, len(underway)) == (2, 1, 1)


async def test_a_failure_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    question, another = _Question(), _Question()
    underway = Underway[str](most=1)
    assert await underway.briefly(b"q", question.ask, 0) is None
    question.answer.set_exception(RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        await underway.whole(b"q", question.ask)
    assert await underway.briefly(b"a", another.ask, 0) is None
    another.answer.set_exception(RuntimeError("broken"))
    await _turn()
    with caplog.at_level(logging.ERROR):
        assert await underway.briefly(b"b", _Question().ask, 0) is None
        await _turn()
    assert "a question that nobody waited for failed" in caplog.text
