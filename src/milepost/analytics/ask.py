"""Answers any question, and says who is behind any place in an answer.

A question's module has `answer(store, question)` and `who(store, question, point)`; here is which is whose.
"""

from __future__ import annotations

from milepost.analytics import trends
from milepost.analytics.asking import Answer, People, Question
from milepost.analytics.context import Store
from milepost.analytics.points import TrendsPoint
from milepost.analytics.trends import Trends
from milepost.errors import InvalidRequest


async def ask(store: Store, question: Question) -> Answer:
    """Raises InvalidRequest for what cannot be asked, and what `Reader.query` and `Database.transaction` raise."""
    match question:
        case Trends():
            return await trends.answer(store, question)
        case _:
            raise InvalidRequest(f"Nothing answers a {type(question).__name__}.", field="question")


async def who(store: Store, question: Question, point: object) -> People:
    """Who is behind a place in the answer to a question: `point` is the one of `points` that is the question's.

    Raises what `ask` raises, and InvalidRequest for a place that the answer does not have.
    """
    match question, point:
        case Trends(), TrendsPoint():
            return await trends.who(store, question, point)
        case _:
            raise InvalidRequest(
                f"A {type(question).__name__} has no {type(point).__name__}: give the point of its own kind.",
                field="point",
            )
