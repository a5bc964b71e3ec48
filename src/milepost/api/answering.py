"""Asking questions for a request: all at once, briefly where a page should stand first, and never for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from milepost.access.services import AnyRequest, Services, services
from milepost.analytics.ask import ask, who
from milepost.analytics.asking import Answer, People, Question
from milepost.analytics.context import Store
from milepost.api.underway import Underway
from milepost.columns.reading import Freshness
from milepost.errors import Problem
from milepost.segments.compile import finder

#: Seconds that a page waits for its answer; after that it stands, and the answer follows.
BRIEFLY = 0.6
T = TypeVar("T")


class Answers(NamedTuple):
    """In the order of the questions. `as_of`: everything up to then is in them; None while that is not known.
    `trouble`: why nothing newer is, in a sentence; "" where nothing is the matter."""

    answers: list[Answer]
    as_of: datetime | None
    trouble: str


class CallerGone(Problem):
    """Whoever asked went away before there was an answer."""

    status = 499
    code = "gone"


def store(served: Services) -> Store:
    return Store(served.columns, served.database, served.now, finder(served.database, served.now))


async def answers(request: AnyRequest, questions: Sequence[Question]) -> Answers:
    """Raises what the questions raise; stops them when the reader goes away."""
    ask = partial(_answers, services(request), questions)
    return await while_there(request, _underway(request).whole(_key(questions), ask))


async def answers_briefly(request: AnyRequest, questions: Sequence[Question]) -> Answers | None:
    """None when it takes longer than a page should wait: they go on for a while, and the browser asks for `answers`.
    Many may be asked for one request, as on a dashboard."""
    ask = partial(_answers, services(request), questions)
    return await _underway(request).briefly(_key(questions), ask, BRIEFLY)


async def answers_for_any(served: Services, questions: Sequence[Question]) -> Answers:
    """Whoever asks goes on or away: the answer is kept for others, too. Raises what the questions raise."""
    return await _answers(served, questions)


async def people(request: AnyRequest, question: Question, point: object) -> People:
    """Who is behind a place in an answer."""
    return await while_there(request, who(store(services(request)), question, point))


def _underway(request: AnyRequest) -> Underway[Answers]:
    return cast("Underway[Answers]", request.app.state["underway"])


def _key(questions: Sequence[Question]) -> bytes:
    return msgspec.json.encode([[type(one).__name__, one] for one in questions])


async def _answers(served: Services, questions: Sequence[Question]) -> Answers:
    asked_of = store(served)
    try:
        async with asyncio.TaskGroup() as group:
            fresh = group.create_task(_freshness(served))
            tasks = [group.create_task(ask(asked_of, question)) for question in questions]
    except BaseExceptionGroup as failed:
        # Several questions may fail at once: the first says enough.
        raise _first(failed) from failed
    found = fresh.result()
    return Answers([task.result() for task in tasks], found.at, found.trouble)


async def _freshness(served: Services) -> Freshness:
    with suppress(Problem):
        return await served.columns.freshness()
    return Freshness(None, None)


async def while_there(request: AnyRequest, work: Coroutine[Any, Any, T]) -> T:
    """Cancels the work when the browser closes the connection, as its Cancel button makes it do.

    Once in a request: what the server tells of a connection, it tells once.
    """
    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise CallerGone
        return task.result()
    finally:
        for left in (task, watch):
            left.cancel()
        await asyncio.gather(task, watch, return_exceptions=True)


async def _gone(request: AnyRequest) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _first(group: BaseExceptionGroup) -> BaseException:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
