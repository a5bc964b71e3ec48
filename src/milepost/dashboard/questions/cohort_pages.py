"""The routes of cohorts: the list, building one and seeing who is in it, saving and deleting."""

from __future__ import annotations

from uuid import UUID

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, Services, services
from milepost.analytics import cohorts
from milepost.analytics.cohorts import Cohort, CohortCustomers, Definition
from milepost.analytics.compile import members
from milepost.api.answering import store
from milepost.dashboard.page_context import go, page
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address
from milepost.dashboard.questions.cohort_form import in_words, read_form
from milepost.dashboard.questions.kept import named
from milepost.dashboard.questions.named import event_choices, names_with_segments, segment_names
from milepost.dashboard.questions.tabs import tabs
from milepost.dashboard.questions.view import trouble
from milepost.dashboard.texts import form_texts
from milepost.errors import InvalidRequest, Problem

_SHOWN = 200


async def _members(served: Services, definition: Definition) -> tuple[CohortCustomers | None, str]:
    """Who is in it, or why that cannot be said."""
    try:
        numbers = await members(store(served), definition)
        return await cohorts.customers_of(served.database, numbers, limit=_SHOWN, offset=0), ""
    except Problem as problem:
        return None, trouble(problem, served)


@get("/cohorts")
async def all_cohorts(request: AnyRequest) -> Template:
    served = services(request)
    found = await cohorts.list_cohorts(served.database)
    names = await names_with_segments(served)
    return page(
        request,
        "questions/cohorts.html",
        section="cohorts",
        tabs=tabs(),
        cohorts=[(cohort, in_words(cohort.definition, names)) for cohort in found],
    )


@get("/cohorts/new")
async def build(request: AnyRequest) -> Template | Redirect:
    """The form of a cohort, and who would be in it."""
    served = services(request)
    wanted = read_form(Address.of(request.scope["query_string"].decode("latin-1")))
    part = "hx-request" in request.headers
    if "do" in request.query_params and not part:
        return go(wanted.url)
    found: CohortCustomers | None = None
    problem = ""
    definition = wanted.definition
    if definition is not None:
        found, problem = await _members(served, definition)
    answer = page(
        request,
        "questions/cohort_new.html",
        section="cohorts",
        form=wanted,
        found=found,
        trouble=problem,
        definition=msgspec.json.encode(definition).decode() if definition else "",
        said=in_words(definition, await names_with_segments(served)) if definition else "",
        words=words,
        cohorts=(),
        events=await event_choices(served),
        segments=await segment_names(served),
        names=await names_with_segments(served),
        suggestions=words.suggestions(served.plan),
    )
    if part:
        answer.headers["HX-Push-Url"] = wanted.url
    return answer


@post("/cohorts")
async def save(request: AnyRequest) -> Redirect:
    """Saves a definition under a name."""
    fields, served = await form_texts(request), services(request)
    try:
        definition = msgspec.json.decode(fields.get("definition", "").encode(), type=Definition)
    except msgspec.MsgspecError as error:
        raise InvalidRequest(f"This is no cohort: {error}.", field="definition") from error
    made = await cohorts.create_cohort(
        served.database, named(fields.get("name", "")), definition, by=member_email(request)
    )
    return go(f"/cohorts/{made.cohort_id}")


@get("/cohorts/{cohort_id:uuid}")
async def show(request: AnyRequest, cohort_id: UUID) -> Template:
    """Who is in it just now."""
    served = services(request)
    cohort: Cohort = await cohorts.read_cohort(served.database, cohort_id)
    found, problem = await _members(served, cohort.definition)
    return page(
        request,
        "questions/cohort.html",
        section="cohorts",
        cohort=cohort,
        said=in_words(cohort.definition, await names_with_segments(served)),
        found=found,
        trouble=problem,
    )


@post("/cohorts/{cohort_id:uuid}/delete")
async def delete(request: AnyRequest, cohort_id: UUID) -> Redirect:
    await cohorts.delete_cohort(services(request).database, cohort_id)
    return go("/cohorts")


cohort_handlers = (all_cohorts, build, save, show, delete)
