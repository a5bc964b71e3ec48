"""The coach's answers: recommendations for the team and for the customer, the queue, playbooks with their lift."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import Parameter, QueryParameter

from milepost.access.callers import Caller, member_email, token_customer
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.api.acting import do_act
from milepost.api.params import Cursor, CustomerId, Limit, matchable
from milepost.api.schemas import errors, json_body
from milepost.coach import lift, marks
from milepost.coach.queue import Wanted, read_queue
from milepost.coach.read import read_open
from milepost.coach.replay import Replay, replay
from milepost.coach.said import (
    Acted,
    Coaching,
    Handled,
    Marked,
    Queue,
    Queued,
    Recommendation,
    Recommendations,
    Which,
)
from milepost.errors import NotFound
from milepost.vocabulary import MAX_WORD_LENGTH

_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 422, 429, 503)
_MARKING = errors(400, 401, 403, 404, 413, 422, 429, 503)
_BODY = json_body(Marked)
Playbook = Annotated[str | None, Parameter(max_length=MAX_WORD_LENGTH, description="A playbook's id, or `learned`.")]
PlaybookId = Annotated[str, Parameter(max_length=MAX_WORD_LENGTH, description="A playbook's id in the plan.")]
Chosen = Annotated[
    Which, QueryParameter(name="state", description="`open` is made, shown or accepted, and not expired.")
]
WithTeam = Annotated[Handled | None, Parameter(description="What the team has to do now, let wait, did or dismissed.")]
Whose = Annotated[
    str | None,
    Parameter(
        max_length=320,
        description="A member's e-mail address: what was given to them, and what nobody was given of their accounts. "
        "`nobody`: given to nobody, of accounts without an owner.",
    ),
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
    """What the customer made of it, said by hand: accepted, dismissed or done. What the team does is an act."""
    served = services(request)
    by = member_email(request) or "a secret key"
    return await marks.mark(
        served.database, served.plan, customer_of(customer_id), recommendation_id, data.state, now=served.now(), by=by
    )


@post(
    "/customers/{customer_id:str}/recommendations/{recommendation_id:uuid}/acts",
    status_code=200,
    summary="Assign, snooze, end or reopen a recommendation",
    operation_class=json_body(Acted),
    responses=_MARKING,
    access=Caller.TEAM,
)
async def act_on_recommendation(
    request: AnyRequest, customer_id: CustomerId, recommendation_id: UUID, data: Acted
) -> Queued:
    """What the team does about it, with who and when in the account's timeline. One that is over stays as it is."""
    today = services(request).now().astimezone(UTC).date()
    return await do_act(request, customer_of(customer_id), recommendation_id, data, today=today)


@get("/coach/queue", summary="Everybody's recommendations", responses=_MANY, access=Caller.TEAM)
async def get_queue(
    request: AnyRequest,
    limit: Limit = 50,
    cursor: Cursor = None,
    which: Chosen = "open",
    playbook: Playbook = None,
    handled: WithTeam = None,
    assignee: Whose = None,
) -> Queue:
    """Best first."""
    served = services(request)
    wanted = Wanted(
        today=served.now().astimezone(UTC).date(),
        which=which,
        handled=handled,
        whose=(matchable(assignee, "assignee") or "").strip().lower() or None,
        playbook=matchable(playbook, "playbook") or None,
    )
    async with served.database.transaction() as connection:
        return await read_queue(connection, wanted, now=served.now(), limit=limit, cursor=cursor)


@get("/coach/playbooks", summary="Playbooks and their lift", responses=_MANY, access=Caller.TEAM)
async def get_playbooks(request: AnyRequest) -> Coaching:
    """How often each was made, shown, accepted and done, and what recommending it changed."""
    served = services(request)
    async with served.database.transaction() as connection:
        return await lift.read_coaching(connection, served.plan)


@get(
    "/coach/playbooks/{playbook:str}/replay",
    summary="A playbook on the past",
    responses=_ONE,
    access=Caller.TEAM,
)
async def get_replay(request: AnyRequest, playbook: PlaybookId) -> Replay:
    """Whom it would have picked on days in the past, and what came of them, beside everybody who was there then."""
    served = services(request)
    chosen = next((one for one in served.plan.playbooks if one.id == playbook), None)
    if chosen is None:
        raise NotFound(f"The plan has no playbook {playbook!r}.")
    async with served.database.transaction() as connection:
        (found,) = await replay(connection, served.plan, [chosen], now=served.now())
    return found


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
        act_on_recommendation,
        get_queue,
        get_playbooks,
        get_replay,
        get_my_recommendations,
        mark_my_recommendation,
    ],
    tags=["coach"],
)
