"""The routes of the questions' pages, of who is behind an answer, and of the values a filter may have."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar import Response, Router, get
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.api.answering import people
from milepost.dashboard.page_context import PAGE_HEADERS, page
from milepost.dashboard.questions import behind, words
from milepost.dashboard.questions.address import Address, address_of, kind_pairs
from milepost.dashboard.questions.asked import COMPARABLE, NAMES, Name, PageQuestion
from milepost.dashboard.questions.beginning import first_steps
from milepost.dashboard.questions.cohort_pages import cohort_handlers
from milepost.dashboard.questions.dashboard_pages import dashboard_handlers
from milepost.dashboard.questions.kept import Dashboard, Report, dashboards, report
from milepost.dashboard.questions.kept_pages import kept_handlers
from milepost.dashboard.questions.named import event_choices, names_with_segments
from milepost.dashboard.questions.overview_charts import overview_charts
from milepost.dashboard.questions.periods import since
from milepost.dashboard.questions.picks import frequent, picks
from milepost.dashboard.questions.shared_pages import share_handlers
from milepost.dashboard.questions.shown import Behind, QuestionPage
from milepost.dashboard.questions.tabs import tabs
from milepost.dashboard.questions.view import asked_by, question_page, trouble
from milepost.errors import NotFound, Problem
from milepost.plan import Plan
from milepost.work.annotations import Annotation, list_annotations

#: The newest annotations, to ask what has changed since.
_SINCE = 8
TEMPLATES = {name: f"questions/{name}.html" for name in NAMES}


def _query(request: AnyRequest) -> str:
    return request.scope["query_string"].decode("latin-1")


def _name(request: AnyRequest) -> Name:
    first = request.url.path.strip("/").partition("/")[0]
    return next(name for name in NAMES if name == first)


@get([f"/{name}" for name in NAMES])
async def question(request: AnyRequest) -> Template | Redirect:
    """A question with its answer. A browser that has scripts asks for the answer alone where it takes long."""
    name, query = _name(request), _query(request)
    if name == "funnels" and "s." not in query:
        query = address_of(query, kind_pairs(await first_steps(request), "s.")).replace("?", "&")
    asked = asked_by(request, name, query)
    part = "hx-request" in request.headers
    if "do" in request.query_params and not part:
        # A button of a form without scripts: the address says what came of it, so that a reload does not do it again.
        where = f"{asked.url}#{asked.focus}" if asked.focus else asked.url
        return Redirect(where, status_code=303, headers=dict(PAGE_HEADERS))
    patient = part or "wait" in request.query_params
    view, status = await question_page(request, asked, patient=patient)
    # htmx shows no answer but a good one, and this page says in words what went wrong.
    answer = await lay_out(request, view, status_code=200 if part else status)
    # The answer that a page waited for is one to what its address says already.
    if part and request.headers.get("hx-target") != "answer-body":
        answer.headers["HX-Push-Url" if "hx-boosted" not in request.headers else "HX-Replace-Url"] = asked.url
    return answer


async def lay_out(request: AnyRequest, view: QuestionPage, *, status_code: int = 200) -> Template:
    served, asked = services(request), view.asked
    saved = None
    with suppress(ValueError, NotFound):
        saved = await report(served.database, UUID(request.query_params.get("saved", "")))
    async with served.database.transaction() as connection:
        notes = (await list_annotations(connection, last=asked.last, limit=_SINCE)).items
    context = laid_out(
        view, served.plan, await names_with_segments(served, asked), await event_choices(served), notes,
        saved=saved, dashboards=await dashboards(served.database) if saved else (),
    )  # fmt: skip
    return page(request, TEMPLATES[asked.name], section=asked.name, status_code=status_code, **context)


def laid_out(
    view: QuestionPage,
    plan: Plan,
    names: words.Names,
    events: Sequence[tuple[str, str]],
    notes: Sequence[Annotation],
    *,
    saved: Report | None = None,
    dashboards: Sequence[Dashboard] = (),
) -> dict[str, object]:
    """What the template of a question's page takes. `events`: (value, words) to choose from; `notes`: to ask since."""
    asked = view.asked
    return {
        "view": view,
        "asked": asked,
        "tabs": tabs(asked),
        "names": names,
        "words": words,
        "comparable": asked.name in COMPARABLE,
        "suggestions": words.suggestions(plan),
        "events": events,
        "since": [since(note.day, note.text) for note in notes],
        "cohorts": tuple(names["cohort"].items()),
        "segments": tuple(names[words.SEGMENT].items()),
        "dashboards": dashboards,
        "saved": saved,
    }


@get([f"/{name}/who" for name in NAMES])
async def who(request: AnyRequest) -> Template:
    """Who is behind a place in the answer."""
    served = services(request)
    address = Address.of(_query(request))
    asked: PageQuestion = asked_by(request, _name(request), _query(request))
    status = 200
    try:
        asking, place = behind.read_place(asked, address)
        found = await people(request, asking, place)
        view = behind.view(asked, place, found, await names_with_segments(served), address)
    except Problem as problem:
        if problem.status == 499:
            raise
        status = problem.status
        view = Behind("Who is behind it", "", (), 0, asked.unit, asked.url, trouble=trouble(problem, served))
    if "hx-request" in request.headers:
        status = 200
    return page(request, "questions/behind.html", section=asked.name, status_code=status, view=view)


@get("/questions/values")
async def values(request: AnyRequest) -> Response[Any]:
    """The most frequent values of a field in the last 90 days, to pick from."""
    wanted = Address.of(_query(request)).text("field")[:210]
    return Response(await frequent(request, wanted), headers=dict(PAGE_HEADERS))


router = Router(
    "/",
    route_handlers=[
        question,
        who,
        values,
        picks,
        overview_charts,
        *cohort_handlers,
        *kept_handlers,
        *dashboard_handlers,
        *share_handlers,
    ],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
