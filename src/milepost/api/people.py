"""Who of a customer uses the product, and for whom a person does, over HTTP."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.params import Parameter

from milepost.access.callers import Caller
from milepost.access.paths import customer_of, person_of
from milepost.access.services import AnyRequest, services
from milepost.api.answering import store
from milepost.api.params import CustomerId
from milepost.api.schemas import errors
from milepost.people.model import CustomerPeople, PersonSeen
from milepost.people.read import read_people, read_person

_ONE = errors(400, 401, 403, 404, 422, 429, 503)
UserId = Annotated[str, Parameter(min_length=1, max_length=600)]


@get("/customers/{customer_id:str}/people", summary="A customer's people", responses=_ONE, access=Caller.TEAM)
async def get_people(request: AnyRequest, customer_id: CustomerId) -> CustomerPeople:
    """Who acts for the customer, people and software apart: how many, how evenly, and what is worth a look."""
    return await read_people(store(services(request)), customer_of(customer_id))


@get("/people/{user_id:str}", summary="One person", responses=_ONE, access=Caller.TEAM)
async def get_person(request: AnyRequest, user_id: UserId) -> PersonSeen:
    """Traits, and what the person did for each of their customers."""
    return await read_person(store(services(request)), person_of(user_id))


# get_person stands beside put_person (traits.py): a path belongs to one router.
router = Router("/v1", route_handlers=[get_people], tags=["people"])
