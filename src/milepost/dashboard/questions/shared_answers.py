"""The answers that strangers with a link are shown: kept for a while, so that they cannot load the column store."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from milepost.access.services import Services
from milepost.api.answering import answers_for_any
from milepost.dashboard.questions.asked import PageQuestion
from milepost.dashboard.questions.named import names_with_segments
from milepost.dashboard.questions.shown import QuestionPage
from milepost.dashboard.questions.tabs import TITLES
from milepost.dashboard.questions.view import show, trouble
from milepost.dashboard.remembered import RememberedEach
from milepost.errors import Problem

#: Seconds that an answer is kept; one that took long is kept longer (remembered.py).
KEPT: Final = 60.0
#: Seconds that a page waits for an answer nobody has asked for yet.
_PATIENCE: Final = 5.0
_MOST: Final = 256


class SharedAnswers:
    """One question a minute for each card, however many read it. A failure is an answer, too, and kept like one."""

    def __init__(self, served: Services) -> None:
        self._served = served
        self._kept = RememberedEach[tuple[str, str], QuestionPage](_MOST, fresh=KEPT, stale=KEPT)

    async def page(self, asked: PageQuestion) -> QuestionPage:
        """The answer without ways to who is behind it; `waiting` where it is not there yet."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._kept.get((asked.name, asked.query), partial(self._ask, asked))
        except TimeoutError:
            return QuestionPage(asked, TITLES[asked.name], waiting=True)

    async def _ask(self, asked: PageQuestion) -> QuestionPage:
        try:
            return await answered(self._served, asked)
        except Problem as problem:
            return QuestionPage(asked, TITLES[asked.name], trouble=trouble(problem, self._served))


async def answered(served: Services, asked: PageQuestion) -> QuestionPage:
    """For nobody's request: the answer without ways to who is behind it. Raises what the questions raise."""
    found = await answers_for_any(served, asked.questions)
    names = await names_with_segments(served, asked)
    shown = show(asked, found, names, served.now(), drawer=False)
    return QuestionPage(asked, TITLES[asked.name], shown, as_of=found.as_of, behind=found.trouble)
