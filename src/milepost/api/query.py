"""Questions over all events, who is behind an answer, and cohorts: for a secret key or a signed-in member."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar import Router, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from milepost.access.callers import Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.analytics import cohorts, places
from milepost.analytics.asking import Answer, Interval, People, Question, QuestionPart
from milepost.analytics.cohorts import Cohort, CohortCustomers, Definition
from milepost.analytics.compile import Nesting, members
from milepost.analytics.funnel import Funnel, FunnelAnswer
from milepost.analytics.lifecycle import Lifecycle, LifecycleAnswer
from milepost.analytics.measures import Measure
from milepost.analytics.paths import Paths, PathsAnswer
from milepost.analytics.retention import Retention, RetentionAnswer
from milepost.analytics.sessions import Sessions, SessionsAnswer
from milepost.analytics.stickiness import Stickiness, StickinessAnswer
from milepost.analytics.tools import Tools, ToolsAnswer
from milepost.analytics.trends import Line, Trends, TrendsAnswer
from milepost.api.answering import answers, people, store
from milepost.api.schemas import errors, json_body
from milepost.errors import InvalidRequest
from milepost.vocabulary import MAX_NAME_LENGTH

Q = TypeVar("Q")
P = TypeVar("P")
_ASKING = errors(400, 401, 403, 413, 422, 429, 503)
_KEEPING = errors(400, 401, 403, 404, 413, 422, 429, 503)


class WhoRequest(QuestionPart, Generic[Q, P], frozen=True, kw_only=True):
    """Who is behind a place in the answer to `asked`: `place` says which place."""

    asked: Q
    place: P


class SavedCohort(QuestionPart, frozen=True, kw_only=True):
    """A cohort as it is saved."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
    definition: Definition


_COHORT = json_body(SavedCohort)


class CohortSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A saved cohort; `definition` is as it was sent."""

    cohort_id: UUID
    name: str
    definition: dict[str, Any]
    created_at: str
    updated_at: str
    created_by: str | None


class TrendsSaid(Answer, frozen=True):
    """`buckets`: the local start of each: a date, or for hours a time with its offset."""

    interval: Interval
    measure: Measure
    buckets: list[str]
    lines: list[Line]
    #: The days, both included, that these are compared with.
    previous_first: date | None = None
    previous_last: date | None = None


def _said(answer: Answer) -> Answer:
    """The answer in types that the document can name: days and times are both texts in JSON."""
    if not isinstance(answer, TrendsAnswer):
        return answer
    fields = {name: getattr(answer, name) for name in answer.__struct_fields__}
    return TrendsSaid(**{**fields, "buckets": [bucket.isoformat() for bucket in answer.buckets]})


def _question(
    name: str, question: type[Question], answer: type[Answer], place: type[QuestionPart], title: str
) -> list[HTTPRouteHandler]:
    """The two routes of a question. Their types are known here alone, so the annotations are set by hand."""

    async def ask_it(request: AnyRequest, data: Any) -> Any:
        found = await answers(request, [data])
        return msgspec.structs.replace(_said(found.answers[0]), fresh_as_of=found.as_of)

    async def ask_who(request: AnyRequest, data: Any) -> People:
        return await people(request, data.asked, data.place)

    ask_it.__doc__ = question.__doc__ or title
    ask_it.__annotations__ = {"request": AnyRequest, "data": question, "return": answer}
    ask_who.__doc__ = place.__doc__ or title
    ask_who.__annotations__ = {"request": AnyRequest, "data": WhoRequest[question, place], "return": People}  # type: ignore[valid-type]  # a type made at run time
    responses: dict[int, ResponseSpec] = _ASKING
    bodies = json_body(question), json_body(WhoRequest[question, place])  # type: ignore[valid-type]  # likewise
    return [
        post(f"/query/{name}", status_code=200, name=f"ask_{name}", operation_id=f"ask_{name}", summary=title,
             operation_class=bodies[0], responses=responses, access=Caller.TEAM)(ask_it),
        post(f"/query/{name}/who", status_code=200, name=f"who_{name}", operation_id=f"who_{name}",
             summary=f"Who is behind it: {title.lower()}", operation_class=bodies[1],
             responses=responses, access=Caller.TEAM)(ask_who),
    ]  # fmt: skip


@get("/cohorts", summary="Cohorts", responses=_ASKING, access=Caller.TEAM)
async def get_cohorts(request: AnyRequest) -> list[CohortSaid]:
    """All that are saved, by name."""
    return [_cohort(one) for one in await cohorts.list_cohorts(services(request).database)]


@get("/cohorts/{cohort_id:uuid}", summary="One cohort", responses=_KEEPING, access=Caller.TEAM)
async def get_cohort(request: AnyRequest, cohort_id: UUID) -> CohortSaid:
    """Its definition; who is in it is asked for under `/customers`."""
    return _cohort(await cohorts.read_cohort(services(request).database, cohort_id))


@post("/cohorts", summary="Save a cohort", operation_class=_COHORT, responses=_KEEPING, access=Caller.TEAM)
async def create_cohort(request: AnyRequest, data: SavedCohort) -> CohortSaid:
    """Answers with the cohort and its id, by which filters name it."""
    await _check(request, data)
    by = member_email(request)
    return _cohort(await cohorts.create_cohort(services(request).database, data.name, data.definition, by=by))


@put(
    "/cohorts/{cohort_id:uuid}",
    summary="Change a cohort",
    operation_class=_COHORT,
    responses=_KEEPING,
    access=Caller.TEAM,
)
async def change_cohort(request: AnyRequest, cohort_id: UUID, data: SavedCohort) -> CohortSaid:
    """Its name and its whole definition."""
    await _check(request, data, cohort_id)
    return _cohort(await cohorts.change_cohort(services(request).database, cohort_id, data.name, data.definition))


@delete("/cohorts/{cohort_id:uuid}", summary="Delete a cohort", responses=_KEEPING, access=Caller.TEAM)
async def delete_cohort(request: AnyRequest, cohort_id: UUID) -> None:
    """Questions that filter by it are refused from then on."""
    await cohorts.delete_cohort(services(request).database, cohort_id)


@get("/cohorts/{cohort_id:uuid}/customers", summary="Who is in a cohort", responses=_KEEPING, access=Caller.TEAM)
async def get_cohort_customers(
    request: AnyRequest,
    cohort_id: UUID,
    limit: Annotated[int, Parameter(ge=1, le=500, description="The most to return.")] = 100,
    offset: Annotated[int, Parameter(ge=0, le=10_000_000, description="How many to skip.")] = 0,
) -> CohortCustomers:
    """The customers in it right now, by id."""
    database = services(request).database
    cohort = await cohorts.read_cohort(database, cohort_id)
    found = await members(store(services(request)), cohort.definition, Nesting().within(cohort_id))
    return await cohorts.customers_of(database, found, limit=limit, offset=offset)


def _cohort(cohort: Cohort) -> CohortSaid:
    fields = {name: getattr(cohort, name) for name in cohort.__struct_fields__}
    return CohortSaid(**{**fields, "definition": msgspec.to_builtins(cohort.definition)})


async def _check(request: AnyRequest, data: SavedCohort, cohort_id: UUID | None = None) -> None:
    """Raises InvalidRequest for a cohort that nobody could ask for, so that none is saved."""
    if "\x00" in data.name:
        raise InvalidRequest("A name cannot contain the character U+0000. Remove it.", field="name")
    await members(store(services(request)), data.definition, Nesting().within(cohort_id) if cohort_id else None)


router = Router(
    "/v1",
    route_handlers=[
        *_question("trends", Trends, TrendsSaid, places.TrendsPlace, "Trends"),
        *_question("funnel", Funnel, FunnelAnswer, places.FunnelPlace, "Funnel"),
        *_question("retention", Retention, RetentionAnswer, places.RetentionPlace, "Retention"),
        *_question("paths", Paths, PathsAnswer, places.PathsPlace, "Paths"),
        *_question("lifecycle", Lifecycle, LifecycleAnswer, places.LifecyclePlace, "Lifecycle"),
        *_question("stickiness", Stickiness, StickinessAnswer, places.StickinessPlace, "Stickiness"),
        *_question("tools", Tools, ToolsAnswer, places.ToolsPlace, "Tool adoption"),
        *_question("sessions", Sessions, SessionsAnswer, places.SessionsPlace, "Sessions"),
        get_cohorts,
        get_cohort,
        create_cohort,
        change_cohort,
        delete_cohort,
        get_cohort_customers,
    ],
    tags=["questions"],
)
