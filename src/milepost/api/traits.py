"""What is known of customers and people: told one by one or many at once, and read."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Router, get, post, put

from milepost.access.callers import Caller
from milepost.access.paths import customer_of, person_of
from milepost.access.services import AnyRequest, services
from milepost.api.bodies import read_batch
from milepost.api.params import CustomerId, matchable
from milepost.api.people import UserId, get_person
from milepost.api.schemas import answers, errors, events_body, json_body
from milepost.ingest.body import Batch
from milepost.ingest.decode import decode_json
from milepost.ingest.describing import CustomerTraits, Described, PersonTraits, TraitFault, TraitReceipt, take, take_one
from milepost.ingest.events import JsonObject, RejectedEvent, Rejection
from milepost.traits.keep import Trait, Was, describe, read_history, read_names, read_now
from milepost.traits.values import Kind, Type, Value
from milepost.vocabulary import MAX_BATCH_BYTES, MAX_NAME_LENGTH, MAX_WORD_LENGTH

_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 413, 422, 429, 503)


class TraitsTold(msgspec.Struct):
    """Traits by name; null takes one away, and those that are not named stay as they are."""

    traits: JsonObject


class TraitsKept(msgspec.Struct):
    """The traits as they are now; `faults` are those that could not be kept."""

    id: str
    traits: dict[str, Value]
    faults: list[TraitFault]


class TraitSaid(msgspec.Struct, forbid_unknown_fields=True):
    """What the team says of a trait: `label` is what pages call it, `type` what it counts as; a hidden one is left out
    of lists and pickers."""

    of: Kind
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_WORD_LENGTH, pattern=r"\A[^\x00]*\Z")] | None = None
    type: Type | None = None
    hidden: bool = False


@put(
    "/customers/{customer_id:str}",
    summary="Say what is known of a customer",
    operation_class=json_body(TraitsTold),
    responses=_ONE,
    access=Caller.SERVER,
)
async def put_customer(request: AnyRequest, customer_id: CustomerId, data: TraitsTold) -> TraitsKept:
    """Keeps traits of a customer; one that is not known yet becomes known."""
    return await _put(request, "customer", customer_of(customer_id), data)


@put(
    "/people/{user_id:str}",
    summary="Say what is known of a person",
    operation_class=json_body(TraitsTold),
    responses=_ONE,
    access=Caller.SERVER,
)
async def put_person(request: AnyRequest, user_id: UserId, data: TraitsTold) -> TraitsKept:
    """Keeps traits of a person."""
    return await _put(request, "person", person_of(user_id), data)


@post(
    "/customers/batch",
    status_code=200,
    summary="Say what is known of many customers",
    operation_class=events_body(CustomerTraits, "customers"),
    responses=answers(TraitReceipt),
    access=Caller.SERVER,
)
async def post_customers(request: AnyRequest) -> TraitReceipt:
    """`{"customers": [{"customer_id": ..., "traits": {...}}]}`; 200 means committed. The same batch again changes
    nothing, and one that cannot be taken costs no other."""
    batch = await read_batch(request, "customers")
    return await _take(request, batch, "customer", msgspec.json.Decoder(CustomerTraits))


@post(
    "/people/batch",
    status_code=200,
    summary="Say what is known of many people",
    operation_class=events_body(PersonTraits, "people"),
    responses=answers(TraitReceipt),
    access=Caller.SERVER,
)
async def post_people(request: AnyRequest) -> TraitReceipt:
    """`{"people": [{"user_id": ..., "traits": {...}}]}`, as for customers."""
    batch = await read_batch(request, "people")
    return await _take(request, batch, "person", msgspec.json.Decoder(PersonTraits))


@get("/traits", summary="Every trait there is", responses=_MANY, access=Caller.TEAM)
async def get_traits(request: AnyRequest, of: Kind | None = None) -> list[Trait]:
    """Of customers and of people: the types they were seen with, and what the team says of them."""
    async with services(request).database.transaction() as connection:
        return await read_names(connection, *((of,) if of else ()))


@put(
    "/traits",
    summary="Name, type or hide a trait",
    operation_class=json_body(TraitSaid),
    responses=_ONE,
    access=Caller.TEAM,
)
async def put_trait(request: AnyRequest, data: TraitSaid) -> Trait:
    """Replaces what was said before; what is not said is as it is seen."""
    matchable(data.name, "name")
    async with services(request).database.transaction() as connection:
        return await describe(connection, data.of, data.name, label=data.label, type_=data.type, hidden=data.hidden)


@get(
    "/customers/{customer_id:str}/traits/history",
    summary="What a customer's traits have been",
    responses=_ONE,
    access=Caller.TEAM,
)
async def get_customer_history(request: AnyRequest, customer_id: CustomerId) -> list[Was]:
    """By name, newest first: each value with when it held and who told it."""
    async with services(request).database.transaction() as connection:
        return await read_history(connection, "customer", customer_of(customer_id))


router = Router(
    "/v1",
    # put_customer stands beside get_customer (read.py): a path belongs to one router.
    route_handlers=[
        put_person,
        get_person,
        post_customers,
        post_people,
        get_traits,
        put_trait,
        get_customer_history,
    ],
    request_max_body_size=MAX_BATCH_BYTES + 1,
    tags=["traits"],
)


async def _put(request: AnyRequest, kind: Kind, whose: str, data: TraitsTold) -> TraitsKept:
    served = services(request)
    faults = await take_one(served.database, Described(kind, whose, data.traits), now=served.now(), source="api")
    async with served.database.transaction() as connection:
        return TraitsKept(whose, (await read_now(connection, kind, [whose]))[whose], faults)


async def _take(request: AnyRequest, batch: Batch, kind: Kind, decoder: msgspec.json.Decoder[Any]) -> TraitReceipt:
    served = services(request)
    told: list[tuple[int, Described]] = []
    rejected: list[Rejection] = []
    for place, raw in enumerate(batch.items):
        try:
            one: CustomerTraits | PersonTraits = decode_json(raw, decoder.decode)
            whose = one.customer_id if isinstance(one, CustomerTraits) else one.user_id
            told.append((place, Described(kind, whose, one.traits)))
        except RejectedEvent as reason:
            rejected.append(Rejection(place, None, reason.code, reason.field, reason.message))
    receipt = await take(served.database, told, now=served.now(), source="api")
    receipt.rejected = sorted(receipt.rejected + rejected, key=lambda one: one.index)
    return receipt
