"""From a request to what a question's page shows: the answer in words, or why there is none, in place."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, assert_never, cast
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from milepost.access.services import AnyRequest, Services, services
from milepost.analytics.asking import Answer
from milepost.analytics.funnel import Funnel, FunnelAnswer
from milepost.analytics.lifecycle import LifecycleAnswer
from milepost.analytics.paths import Paths, PathsAnswer
from milepost.analytics.retention import Retention, RetentionAnswer
from milepost.analytics.sessions import Sessions, SessionsAnswer
from milepost.analytics.stickiness import StickinessAnswer
from milepost.analytics.tools import ToolsAnswer
from milepost.analytics.trends import Trends, TrendsAnswer
from milepost.api.answering import Answers, answers, answers_briefly
from milepost.columns.reading import ColumnsDamaged, ColumnsFull, ColumnsUnavailable, QuestionTooBig, QuestionTooLong
from milepost.dashboard.page_context import zone_of
from milepost.dashboard.questions import (
    show_funnel,
    show_lifecycle,
    show_paths,
    show_retention,
    show_sessions,
    show_tools,
    show_trends,
    words,
)
from milepost.dashboard.questions.address import Address, kind_pairs
from milepost.dashboard.questions.annotated import annotated
from milepost.dashboard.questions.asked import Name, PageQuestion
from milepost.dashboard.questions.beginning import planned_steps
from milepost.dashboard.questions.context import AnswerContext
from milepost.dashboard.questions.named import names_with_segments
from milepost.dashboard.questions.reading import read
from milepost.dashboard.questions.shown import QuestionPage, Shown
from milepost.dashboard.questions.tabs import TITLES
from milepost.errors import Problem
from milepost.insights.overview import any_event

#: What to do, by the problem's class; anything else says it itself.
_ADVICE: Final = (
    (
        QuestionTooLong,
        "This took longer than a question may take, so it was stopped. Choose fewer days, or add a filter.",
    ),
    (QuestionTooBig, "This needed more memory than a question may use. Choose fewer days, or a coarser breakdown."),
    (
        ColumnsDamaged,
        "A part of the store that answers questions was damaged, and is being loaded again. Nothing is lost; try again"
        " in a moment.",
    ),
    (ColumnsFull, ColumnsFull().message),
    (
        ColumnsUnavailable,
        "The store that answers questions is starting or being rebuilt. Nothing is lost; try again in a moment.",
    ),
)


def asked_by(request: AnyRequest, name: Name, query: str) -> PageQuestion:
    """What an address asks, by the reader's clock where it names none."""
    return asked_of(services(request), name, query, getattr(zone_of(request), "key", "UTC"))


def asked_of(served: Services, name: Name, query: str, zone: str) -> PageQuestion:
    """What an address asks, by the clock of `zone` where it names none."""
    address = Address.of(query)
    if name == "funnels" and not any(key.startswith("s.") for key, _ in address.pairs):
        address = Address([*address.pairs, *kind_pairs(planned_steps(served.plan), "s.")])
    return read(name, address, zone, served.now())


async def question_page(request: AnyRequest, asked: PageQuestion, *, patient: bool) -> tuple[QuestionPage, int]:
    """The page and its status. `patient`: waits until the answer is there, however long that takes."""
    title = TITLES[asked.name]
    try:
        found = await (answers if patient else answers_briefly)(request, asked.questions)
    except Problem as problem:
        if problem.status == 499:
            raise
        said = trouble(problem, services(request))
        return QuestionPage(asked, title, trouble=said, misasked=problem.status < 500), problem.status
    if found is None:
        return QuestionPage(asked, title, waiting=True), 200
    served = services(request)
    shown = show(asked, found, await names_with_segments(served, asked), served.now())
    if shown.empty and not await _anything(served):
        # Nothing else that could be chosen would help.
        hint = "Once there are some, this question is answered here."
        shown = replace(shown, empty="No event has been sent yet", hint=hint, way_on=("Send the first one", "/"))
    shown = replace(shown, panels=await annotated(served.database, shown.panels, found.answers[0].last))
    traits = words.traits_words(found.answers[0].traits) if asked.uses_traits else ""
    return QuestionPage(asked, title, shown, as_of=found.as_of, behind=found.trouble, traits=traits), 200


async def _anything(served: Services) -> bool:
    async with served.database.transaction() as connection:
        return await any_event(connection)


def trouble(problem: Problem, served: Services) -> str:
    """Why there is no answer, and what to do about it."""
    if isinstance(problem, ColumnsUnavailable) and not served.settings.columns:
        return "This server answers no questions: whoever runs it turned its column store off (MILEPOST_COLUMNS)."
    return next((advice for kind, advice in _ADVICE if isinstance(problem, kind)), problem.message)


def show(asked: PageQuestion, found: Answers, names: words.Names, now: datetime, *, drawer: bool = True) -> Shown:
    """The answers as sentence, figures and panels; without `drawer` nothing leads to who is behind them."""
    first = found.answers[0]
    context = AnswerContext(asked, names, _today(first, now), first.first, first.last, drawer)
    return _show(asked, found.answers, context)


def _show(asked: PageQuestion, found: list[Answer], context: AnswerContext) -> Shown:
    question, before = asked.questions[0], found[1] if len(found) > 1 else None
    match asked.name:
        case "trends":
            return show_trends.show(cast(TrendsAnswer, found[0]), cast(Trends, question), context)
        case "funnels":
            was = cast(FunnelAnswer | None, before)
            return show_funnel.show(cast(FunnelAnswer, found[0]), was, cast(Funnel, question), context)
        case "retention":
            return show_retention.show(
                cast(RetentionAnswer, found[0]),
                cast(RetentionAnswer | None, before),
                cast(Retention, question),
                context,
            )
        case "paths":
            return show_paths.show(cast(PathsAnswer, found[0]), cast(Paths, question), context)
        case "lifecycle":
            return show_lifecycle.show(cast(LifecycleAnswer, found[0]), cast(StickinessAnswer, found[1]), context)
        case "tools":
            return show_tools.show(cast(ToolsAnswer, found[0]), cast(ToolsAnswer | None, before), context)
        case "sessions":
            return show_sessions.show(
                cast(SessionsAnswer, found[0]), cast(SessionsAnswer | None, before), cast(Sessions, question), context
            )
    assert_never(asked.name)


def _today(answer: Answer, now: datetime) -> date:
    return now.astimezone(ZoneInfo(answer.timezone)).date()
