"""The charts of Home of all events: who was active, what they did, which tools they use. They follow the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, cast

import msgspec
from litestar import get
from litestar.response import Template
from markupsafe import Markup
from msgspec.structs import replace

from milepost.access.services import AnyRequest, Services, services
from milepost.analytics.asking import Question
from milepost.analytics.tools import ToolsAnswer
from milepost.analytics.trends import Trends, TrendsAnswer
from milepost.api.answering import Answers, answers_for_any
from milepost.dashboard.page_context import page
from milepost.dashboard.questions import show_tools, show_trends, words
from milepost.dashboard.questions.annotated import annotated
from milepost.dashboard.questions.asked import PageQuestion
from milepost.dashboard.questions.context import AnswerContext
from milepost.dashboard.questions.shown import Panel
from milepost.dashboard.questions.view import asked_by, trouble
from milepost.dashboard.remembered import RememberedEach
from milepost.errors import Problem
from milepost.names.names import called

_ACTIVE = "days=90&measure=units&interval=week"
_KINDS = "days=90&interval=week&by=event_type&top=5"
#: By their own names, where events have any.
_NAMES = "days=90&interval=week&by=event_name&top=5"
_TOOLS = "days=30"
_MOST_TOOLS = 8
#: Days, clocks and choices of names whose answers are kept at once.
_MOST_KEPT: Final = 16


class ChartAnswers:
    """The answers below Home, kept for a while: on millions of events they take all of the machine for seconds, and
    everybody who signs in asks for them."""

    def __init__(self, served: Services) -> None:
        self._served = served
        self._kept = RememberedEach[bytes, Answers](_MOST_KEPT, fresh=1.0)

    async def get(self, questions: Sequence[Question]) -> Answers:
        """Raises what the questions raise."""
        return await self._kept.get(msgspec.json.encode(questions), partial(answers_for_any, self._served, questions))


@get("/overview/charts")
async def overview_charts(request: AnyRequest) -> Template:
    """A part of Home. Without the column store it says so, and the rest of the page stands as it is."""
    served = services(request)
    async with served.database.transaction() as connection:
        names = await called(connection)
    asked = [
        asked_by(request, "trends", _ACTIVE),
        asked_by(request, "trends", _NAMES if names else _KINDS),
        asked_by(request, "tools", _TOOLS),
    ]
    problem, behind, panels, as_of = "", "", [], None
    try:
        found = await cast("ChartAnswers", request.app.state["home_charts"]).get([each.questions[0] for each in asked])
        as_of, behind = found.as_of, found.trouble
        titled = _panels(request, asked, found, names)
        drawn = await annotated(served.database, [panel for panel, _ in titled], found.answers[0].last)
        panels = [(panel, address) for panel, (_, address) in zip(drawn, titled, strict=True)]
    except Problem as error:
        problem = trouble(error, served)
    return page(
        request,
        "questions/_overview.html",
        section="overview",
        panels=panels,
        trouble=problem,
        as_of=as_of,
        behind=behind,
        names=served.plan.tool_names(),
    )


def _panels(
    request: AnyRequest, asked: list[PageQuestion], found: Answers, names_of_events: Mapping[str, str]
) -> list[tuple[Panel, str]]:
    """Each panel with the address of its question."""
    served = services(request)
    known = {**words.names_of(served.plan), "event_name": names_of_events}
    now = served.now()

    def context(place: int) -> AnswerContext:
        answer = found.answers[place]
        today = now.astimezone(asked[place].zone).date()
        return AnswerContext(asked[place], known, today, answer.first, answer.last)

    shown: list[tuple[Panel, str]] = []
    for place, title in (
        (0, "Customers active per week"),
        (1, "Events by name" if names_of_events else "Events by kind"),
    ):
        answer = cast(TrendsAnswer, found.answers[place])
        view = show_trends.show(answer, cast(Trends, asked[place].questions[0]), context(place))
        shown += [(_titled(panel, title, view.answer, "medium"), asked[place].url) for panel in view.panels]
    adopted = cast(ToolsAnswer, found.answers[2])
    if adopted.tools:
        names = [words.value_words("tool_id", tool.tool_id, known) for tool in adopted.tools]
        sentence = show_tools.sentence(adopted, names, context(2))
        most = msgspec.structs.replace(adopted, tools=adopted.tools[:_MOST_TOOLS])
        panel = show_tools.adoption(most, None, names[:_MOST_TOOLS], context(2))
        shown.append((_titled(panel, "Tool adoption", sentence, panel.size), asked[2].url))
    return shown


def _titled(panel: Panel, title: str, sentence: Markup, size: str) -> Panel:
    return replace(
        panel, id=title.lower().replace(" ", "-"), title=title, sentence=sentence, size=size, keep_table=False
    )
