"""The coach's answers: recommendations for the team and for the customer, the queue, playbooks with their lift."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import Parameter, QueryParameter

from milepost.access.callers import Caller, member_email, token_customer
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.api.params import Cursor, CustomerId, Limit, matchable
from milepost.api.schemas import errors, json_body
from milepost.coach import lift, marks
from milepost.coach.read import read_open, read_queue
from milepost.coach.said import Coaching, Marked, Queue, Recommendation, Recommendations, Which
from milepost.vocabulary import MAX_WORD_LENGTH

_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 422, 429, 503)
_MARKING = errors(400, 401, 403, 404, 413, 422, 429, 503)
_BODY = json_body(Marked)
Playbook = Annotated[str | None, Parameter(max_length=MAX_WORD_LENGTH, description="A playbook's id, or `learned`.")]
Chosen = Annotated[
    Which, QueryParameter(name="state", description="`open` is made, shown or accepted, and not expired.")
]


@get(
    "/customers/{customer_id:str}/recommendations",
    summary="What a customer should do next",
    responses=_ONE,
    access=Caller.TEAM,
)
async def get_recommendations(request: AnyRequest, customer_id: CustomerId) -> Recommendations:
    """The open ones, best first, each with its reason."""
    served = services(request)
    async with served.database.transaction() as connection:
        return await read_open(connection, customer_of(customer_id), now=served.now())


@post(
    "/customers/{customer_id:str}/recommendations/{recommendation_id:uuid}",
    status_code=200,
    summary="Say what became of a recommendation",
    operation_class=_BODY,
    responses=_MARKING,
    access=Caller.TEAM,
)
async def mark_recommendation(
    request: AnyRequest, customer_id: CustomerId, recommendation_id: UUID, data: Marked
) -> Recommendation:
    """Marks it by hand: accepted, dismissed or done. What customers do themselves is in their events."""
    served = services(request)
    by = member_email(request) or "a secret key"
    return await marks.mark(
        served.database, served.plan, customer_of(customer_id), recommendation_id, data.state, now=served.now(), by=by
    )


@get("/coach/queue", summary="Everybody's recommendations", responses=_MANY, access=Caller.TEAM)
async def get_queue(
    request: AnyRequest, limit: Limit = 50, cursor: Cursor = None, which: Chosen = "open", playbook: Playbook = None
) -> Queue:
    """Best first."""
    served = services(request)
    wanted = matchable(playbook, "playbook")
    async with served.database.transaction() as connection:
        return await read_queue(
            connection, now=served.now(), limit=limit, cursor=cursor, which=which, playbook=wanted or None
        )


@get("/coach/playbooks", summary="Playbooks and their lift", responses=_MANY, access=Caller.TEAM)
async def get_playbooks(request: AnyRequest) -> Coaching:
    """How often each was made, shown, accepted and done, and what recommending it changed."""
    served = services(request)
    async with served.database.transaction() as connection:
        return await lift.read_coaching(connection, served.plan)


@get("/me/recommendations", summary="What to do next", responses=_ONE, access=Caller.CUSTOMER)
async def get_my_recommendations(request: AnyRequest) -> Recommendations:
    """The open ones, best first, each with its reason."""
    customer_id, served = token_customer(request), services(request)
    async with served.database.customer(customer_id) as connection:
        return await read_open(connection, customer_id, now=served.now())


@post(
    "/me/recommendations/{recommendation_id:uuid}",
    status_code=200,
    summary="Say what became of one of the customer's own recommendations",
    operation_class=_BODY,
    responses=_MARKING,
    access=Caller.CUSTOMER,
)
async def mark_my_recommendation(request: AnyRequest, recommendation_id: UUID, data: Marked) -> Recommendation:
    """For products that do not send events about it."""
    customer_id, served = token_customer(request), services(request)
    return await marks.mark(
        served.database, served.plan, customer_id, recommendation_id, data.state, now=served.now(), by="the customer"
    )


router = Router(
    "/v1",
    route_handlers=[
        get_recommendations,
        mark_recommendation,
        get_queue,
        get_playbooks,
        get_my_recommendations,
        mark_my_recommendation,
    ],
    tags=["coach"],
)
