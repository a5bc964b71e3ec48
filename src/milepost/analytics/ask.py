"""Answers any question, and says who is behind any place in an answer.

A question's module has `answer(store, question)` and `who(store, question, place)`; here is which is whose.
"""

from __future__ import annotations

import msgspec

from milepost.analytics import funnel, lifecycle, paths, retention, sessions, stickiness, tools, trends
from milepost.analytics.asking import Answer, People, Question
from milepost.analytics.context import Store
from milepost.analytics.funnel import Funnel
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.paths import Paths
from milepost.analytics.places import (
    FunnelPlace,
    LifecyclePlace,
    PathsPlace,
    RetentionPlace,
    SessionsPlace,
    StickinessPlace,
    ToolsPlace,
    TrendsPlace,
)
from milepost.analytics.retention import Retention
from milepost.analytics.sessions import Sessions
from milepost.analytics.stickiness import Stickiness
from milepost.analytics.tools import Tools
from milepost.analytics.trends import Trends
from milepost.errors import InvalidRequest


async def ask(store: Store, question: Question) -> Answer:
    """Raises InvalidRequest for what cannot be asked, and what `Reader.query` and `Database.transaction` raise."""
    return msgspec.structs.replace(await _answer(store, question), traits=question.traits)


async def _answer(store: Store, question: Question) -> Answer:
    match question:
        case Trends():
            return await trends.answer(store, question)
        case Funnel():
            return await funnel.answer(store, question)
        case Retention():
            return await retention.answer(store, question)
        case Lifecycle():
            return await lifecycle.answer(store, question)
        case Paths():
            return await paths.answer(store, question)
        case Sessions():
            return await sessions.answer(store, question)
        case Stickiness():
            return await stickiness.answer(store, question)
        case Tools():
            return await tools.answer(store, question)
        case _:
            raise InvalidRequest(f"Nothing answers a {type(question).__name__}.", field="question")


async def who(store: Store, question: Question, place: object) -> People:
    """Who is behind a place in the answer to a question: `place` is the question's own of `places`.

    Raises what `ask` raises, and InvalidRequest for a place that the answer does not have.
    """
    match question, place:
        case Trends(), TrendsPlace():
            return await trends.who(store, question, place)
        case Funnel(), FunnelPlace():
            return await funnel.who(store, question, place)
        case Retention(), RetentionPlace():
            return await retention.who(store, question, place)
        case Lifecycle(), LifecyclePlace():
            return await lifecycle.who(store, question, place)
        case Paths(), PathsPlace():
            return await paths.who(store, question, place)
        case Sessions(), SessionsPlace():
            return await sessions.who(store, question, place)
        case Stickiness(), StickinessPlace():
            return await stickiness.who(store, question, place)
        case Tools(), ToolsPlace():
            return await tools.who(store, question, place)
        case _:
            raise InvalidRequest(
                f"A {type(question).__name__} has no {type(place).__name__}: name a place in this question's answer.",
                field="place",
            )
