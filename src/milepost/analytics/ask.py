"""Answers any question, and says who is behind any place in an answer.

A question's module has `answer(store, question)` and `who(store, question, point)`; here is which is whose.
"""

from __future__ import annotations

from milepost.analytics import funnel, lifecycle, paths, retention, sessions, stickiness, tools, trends
from milepost.analytics.asking import Answer, People, Question
from milepost.analytics.context import Store
from milepost.analytics.funnel import Funnel
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.paths import Paths
from milepost.analytics.points import (
    FunnelPoint,
    LifecyclePoint,
    PathsPoint,
    RetentionPoint,
    SessionsPoint,
    StickinessPoint,
    ToolsPoint,
    TrendsPoint,
)
from milepost.analytics.retention import Retention
from milepost.analytics.sessions import Sessions
from milepost.analytics.stickiness import Stickiness
from milepost.analytics.tools import Tools
from milepost.analytics.trends import Trends
from milepost.errors import InvalidRequest


async def ask(store: Store, question: Question) -> Answer:
    """Raises InvalidRequest for what cannot be asked, and what `Reader.query` and `Database.transaction` raise."""
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


async def who(store: Store, question: Question, point: object) -> People:
    """Who is behind a place in the answer to a question: `point` is the one of `points` that is the question's.

    Raises what `ask` raises, and InvalidRequest for a place that the answer does not have.
    """
    match question, point:
        case Trends(), TrendsPoint():
            return await trends.who(store, question, point)
        case Funnel(), FunnelPoint():
            return await funnel.who(store, question, point)
        case Retention(), RetentionPoint():
            return await retention.who(store, question, point)
        case Lifecycle(), LifecyclePoint():
            return await lifecycle.who(store, question, point)
        case Paths(), PathsPoint():
            return await paths.who(store, question, point)
        case Sessions(), SessionsPoint():
            return await sessions.who(store, question, point)
        case Stickiness(), StickinessPoint():
            return await stickiness.who(store, question, point)
        case Tools(), ToolsPoint():
            return await tools.who(store, question, point)
        case _:
            raise InvalidRequest(
                f"A {type(question).__name__} has no {type(point).__name__}: give the point of its own kind.",
                field="point",
            )
