"""The way out: customers for a secret key or a signed-in member, and a customer's own part for its token."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, get_args
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import Parameter
from litestar.response import Stream

from milepost.access.callers import Caller, is_still_admitted, member_email, token_customer
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.api.params import Cursor, CustomerId, Limit, list_filters, matchable
from milepost.api.schemas import errors
from milepost.api.traits import put_customer
from milepost.api.within import in_segment
from milepost.errors import InvalidRequest, NotFound
from milepost.identity.follow import WAITING
from milepost.insights import customer as one
from milepost.insights.conditions import Status
from milepost.insights.customer import Action, Customer, Event, Insights, Page, Session
from milepost.insights.customers import CustomerFilter, CustomerPage, list_customers
from milepost.insights.ordering import Sort
from milepost.store.database import DictConnection
from milepost.traits.keep import read_now
from milepost.vocabulary import MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_WORD_LENGTH, ME, EventType
from milepost.work.texts import MAX_TAG, tag_key

Search = Annotated[str | None, Parameter(max_length=MAX_ID_LENGTH, description="Part of a customer's id or name.")]
Score = Annotated[float | None, Parameter(ge=0, le=100, description="A bound of the scaling score, 0 to 100.")]
Weakest = Annotated[
    str | None, Parameter(max_length=MAX_WORD_LENGTH, description="The competency with the lowest score.")
]
Tag = Annotated[str | None, Parameter(max_length=MAX_TAG, description="A tag of the team's, in whatever case.")]
Owner = Annotated[
    str | None,
    Parameter(
        max_length=320,
        description="Who looks after them: a member's e-mail address, `nobody`, or of a signed-in member `me`.",
    ),
]
Filters = Annotated[
    str | None,
    Parameter(
        max_length=8_000,
        description="Conditions on traits and figures (`insight.NAME`) as JSON, as in questions: "
        '`[{"field": "trait.plan", "op": "is", "values": ["pro"]}]`.',
    ),
]
OfSegment = Annotated[
    str | None, Parameter(max_length=80, description="The customers of a segment, by its slug or its id.")
]
After = Annotated[
    str | None,
    Parameter(
        max_length=40,
        description="The `position` of a message: what was stored since then comes first, the newest 200 of it, and "
        "the first 50 announcements. All events that are remembered, 200 at most, where it is of before the server's "
        "last start.",
    ),
]
SortBy = Annotated[
    str,
    Parameter(
        max_length=MAX_NAME_LENGTH + 10,
        description=f"One of {', '.join(get_args(Sort))}, or trait.NAME or prediction.ID, with a minus for downwards.",
    ),
]
#: Seconds between two looks whether somebody may watch still. A message just before one puts it off by as many at most.
_ADMITTED_EVERY = 2.0
_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 422, 429, 503)


@get("/customers", summary="Customers", responses=_ONE, access=Caller.TEAM)
async def get_customers(
    request: AnyRequest,
    limit: Limit = 50,
    cursor: Cursor = None,
    sort: SortBy = "-last_seen",
    q: Search = None,
    status: Status = "all",
    min_score: Score = None,
    max_score: Score = None,
    weakest: Weakest = None,
    tag: Tag = None,
    owner: Owner = None,
    filters: Filters = None,
    segment: OfSegment = None,
) -> CustomerPage:
    """Customers, searched, filtered and sorted; `total` counts all pages. Scores, trends and risks are filtered and
    sorted as of the last settling, about a second behind."""
    served = services(request)
    traits, figures = list_filters(filters)
    wanted = CustomerFilter(
        q=matchable(q, "q"),
        status=status,
        min_score=min_score,
        max_score=max_score,
        weakest=matchable(weakest, "weakest"),
        tag=tag_key(tag) if matchable(tag, "tag") and tag else None,
        owner=_owner(request, owner),
        traits=traits,
        figures=figures,
        within=await in_segment(served, segment) if segment else None,
    )
    matchable(sort, "sort")
    async with served.database.transaction() as connection:
        return await list_customers(connection, now=served.now(), limit=limit, cursor=cursor, sort=sort, wanted=wanted)


@get("/customers/{customer_id:str}", summary="One customer", responses=_ONE, access=Caller.TEAM)
async def get_customer(request: AnyRequest, customer_id: CustomerId) -> Customer:
    """Name, traits and insights."""
    served, customer = services(request), customer_of(customer_id)
    async with served.database.transaction() as connection:
        found = await one.read_customer(connection, customer, now=served.now())
        found.traits = dict((await read_now(connection, "customer", [customer]))[customer])
    return found


@get("/customers/{customer_id:str}/insights", summary="A customer's insights", responses=_ONE, access=Caller.TEAM)
async def get_insights(request: AnyRequest, customer_id: CustomerId) -> Insights:
    """Every number with its components, their contributions, the coverage and the formulas' version."""
    served = services(request)
    async with served.database.transaction() as connection:
        return await one.read_insights(connection, customer_of(customer_id), now=served.now())


@get("/customers/{customer_id:str}/events", summary="A customer's events", responses=_ONE, access=Caller.TEAM)
async def get_events(
    request: AnyRequest,
    customer_id: CustomerId,
    limit: Limit = 50,
    cursor: Cursor = None,
    event_type: EventType | None = None,
) -> Page[Event]:
    """Newest first."""
    async with services(request).database.transaction() as connection:
        return await one.read_events(
            connection, customer_of(customer_id), limit=limit, cursor=cursor, event_type=event_type
        )


@get("/customers/{customer_id:str}/sessions", summary="A customer's sessions", responses=_ONE, access=Caller.TEAM)
async def get_sessions(
    request: AnyRequest, customer_id: CustomerId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Session]:
    """Newest first."""
    async with services(request).database.transaction() as connection:
        return await one.read_sessions(connection, customer_of(customer_id), limit=limit, cursor=cursor)


@get("/customers/{customer_id:str}/actions", summary="A customer's offline actions", responses=_ONE, access=Caller.TEAM)
async def get_actions(
    request: AnyRequest, customer_id: CustomerId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Action]:
    """Newest first."""
    async with services(request).database.transaction() as connection:
        return await one.read_actions(connection, customer_of(customer_id), limit=limit, cursor=cursor)


@get("/me", summary="The customer's own standing", responses=_ONE, access=Caller.CUSTOMER)
async def get_me(request: AnyRequest) -> Customer:
    """What `/v1/customers/{id}` answers, for the customer whose token this is."""
    customer_id, served = token_customer(request), services(request)
    async with served.database.customer(customer_id) as connection:
        found = await one.read_customer(connection, customer_id, now=served.now())
    shown = served.plan.shown_traits()
    if shown:
        async with served.database.transaction() as connection:
            known = (await read_now(connection, "customer", [customer_id]))[customer_id]
        found.traits = {name: value for name, value in known.items() if name in shown}
    return found


@get("/me/insights", summary="The customer's own insights", responses=_ONE, access=Caller.CUSTOMER)
async def get_my_insights(request: AnyRequest) -> Insights:
    """What `/v1/customers/{id}/insights` answers, for the customer whose token this is."""
    customer_id, served = token_customer(request), services(request)
    async with served.database.customer(customer_id) as connection:
        return await one.read_insights(connection, customer_id, now=served.now())


@get("/me/events", summary="The customer's own events", responses=_ONE, access=Caller.CUSTOMER)
async def get_my_events(
    request: AnyRequest, limit: Limit = 50, cursor: Cursor = None, event_type: EventType | None = None
) -> Page[Event]:
    """Newest first."""
    customer_id = token_customer(request)
    async with services(request).database.customer(customer_id) as connection:
        return await one.read_events(connection, customer_id, limit=limit, cursor=cursor, event_type=event_type)


@get("/me/sessions", summary="The customer's own sessions", responses=_ONE, access=Caller.CUSTOMER)
async def get_my_sessions(request: AnyRequest, limit: Limit = 50, cursor: Cursor = None) -> Page[Session]:
    """Newest first."""
    customer_id = token_customer(request)
    async with services(request).database.customer(customer_id) as connection:
        return await one.read_sessions(connection, customer_id, limit=limit, cursor=cursor)


@get("/me/actions", summary="The customer's own offline actions", responses=_ONE, access=Caller.CUSTOMER)
async def get_my_actions(request: AnyRequest, limit: Limit = 50, cursor: Cursor = None) -> Page[Action]:
    """Newest first."""
    customer_id = token_customer(request)
    async with services(request).database.customer(customer_id) as connection:
        return await one.read_actions(connection, customer_id, limit=limit, cursor=cursor)


@get("/live", summary="Events as they are stored", media_type="text/event-stream", responses=_MANY, access=Caller.TEAM)
async def get_live(request: AnyRequest, after: After = None) -> Stream:
    """Server-sent events named `events`: `{"events": [...], "per_minute": [60 numbers], "position": "..."}`, at most
    four a second, with at most 200 events a second, the newest. The first has what came since `after`. An EventSource
    that connects again by itself tells where it was in the header Last-Event-ID, which counts before `after`; what came
    in the last minute it then finds whole. A reader who is further behind is left: connect again."""
    feed = services(request).live
    feed.check_room()
    told = feed.subscribe(_ADMITTED_EVERY, request.headers.get("last-event-id") or after)

    async def messages() -> AsyncIterator[bytes]:
        asked = time.monotonic()
        async with aclosing(told):
            async for message in told:
                if time.monotonic() - asked >= _ADMITTED_EVERY:
                    if not await is_still_admitted(request, Caller.TEAM):
                        return
                    asked = time.monotonic()
                yield message.text

    # A proxy that keeps answers back would keep these for ever.
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Stream(messages(), media_type="text/event-stream", headers=headers)


def _owner(request: AnyRequest, owner: str | None) -> str | None:
    if (wanted := (matchable(owner, "owner") or "").strip().lower()) != ME:
        return wanted or None
    if (email := member_email(request)) is None:
        raise InvalidRequest("A secret key owns no customers. Give a member's address.", field="owner")
    return email


class Following(msgspec.Struct):
    """How far stored events have followed the ties of their ids: `ids` wait for theirs to be looked at, `looked_at` and
    `moved` count those of these ids so far, `to_recount` days and sessions that events have left. All 0, and `since`
    null, when every event is whose the ties say."""

    ids: int
    looked_at: int
    moved: int
    to_recount: int
    since: datetime | None


@get("/identity/following", summary="How far events have followed their ties", responses=_ONE, access=Caller.SECRET_KEY)
async def get_following(request: AnyRequest) -> Following:
    """What stored events still wait for after an identify, group or alias, or its undoing."""
    async with services(request).database.transaction() as connection:
        return await _following(connection)


class UndoneTie(msgspec.Struct):
    """A tie that was taken back: what is stored from now on knows no more of it. Stored events that belong to another
    now are moved in the background."""

    tie_id: UUID
    following: Following


@post(
    "/identity/changes/{change_id:uuid}/undo",
    status_code=200,
    summary="Undo an identify, group or alias",
    responses=_ONE,
    access=Caller.SECRET_KEY,
)
async def undo_identity(request: AnyRequest, change_id: UUID) -> UndoneTie:
    """Undoes a tie: every event goes back to whom it belongs without it."""
    async with services(request).database.transaction() as connection:
        cursor = await connection.execute("select milepost.undo_tie(%s) as undone", (change_id,))
        row = await cursor.fetchone()
        if row is None or not row["undone"]:
            raise NotFound("There is no such change, or it has already been undone.", field="change_id")
        return UndoneTie(change_id, await _following(connection))


async def _following(connection: DictConnection) -> Following:
    return msgspec.convert(await (await connection.execute(WAITING)).fetchone(), Following)


router = Router(
    "/v1",
    route_handlers=[
        get_customers,
        get_customer,
        put_customer,
        get_insights,
        get_events,
        get_sessions,
        get_actions,
        get_me,
        get_my_insights,
        get_my_events,
        get_my_sessions,
        get_my_actions,
        get_live,
        get_following,
        undo_identity,
    ],
    tags=["read"],
)
