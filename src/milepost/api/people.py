"""Who of a customer uses the product, and for whom a person does, over HTTP."""

from __future__ import annotations

from typing import Annotated, get_args

from litestar import Router, get
from litestar.params import Parameter

from milepost.access.callers import Caller
from milepost.access.paths import customer_of, person_of
from milepost.access.services import AnyRequest, services
from milepost.api.answering import store
from milepost.api.params import CustomerId, matchable
from milepost.api.schemas import errors
from milepost.people.model import CustomerPeople, PersonSeen
from milepost.people.read import read_people, read_person
from milepost.people.wanted import Show, Sort, Wanted
from milepost.vocabulary import MAX_ID_LENGTH

_ONE = errors(400, 401, 403, 404, 422, 429, 503)
UserId = Annotated[str, Parameter(min_length=1, max_length=600)]
PersonSearch = Annotated[
    str | None, Parameter(max_length=MAX_ID_LENGTH, description="Part of a person's id, name, role or address.")
]
PeopleShown = Annotated[
    Show,
    Parameter(
        description="Active in the last 28 days, away for as long, new in them, or champions who have gone quiet."
    ),
]
PeopleSort = Annotated[
    str,
    Parameter(max_length=20, description=f"One of {', '.join(get_args(Sort))}, with a minus for downwards."),
]


@get("/customers/{customer_id:str}/people", summary="A customer's people", responses=_ONE, access=Caller.TEAM)
async def get_people(
    request: AnyRequest,
    customer_id: CustomerId,
    q: PersonSearch = None,
    show: PeopleShown = "all",
    sort: PeopleSort = "-events_28",
) -> CustomerPeople:
    """Who acts for the customer, people and software apart: how many, how evenly, and what is worth a look. `q`, `show`
    and `sort` say which people are listed; the numbers are of all."""
    wanted = Wanted(text=matchable(q, "q") or "", show=show, sort=sort)
    return await read_people(store(services(request)), customer_of(customer_id), wanted)


@get("/people/{user_id:str}", summary="One person", responses=_ONE, access=Caller.TEAM)
async def get_person(request: AnyRequest, user_id: UserId) -> PersonSeen:
    """Traits, and what the person did for each of their customers."""
    return await read_person(store(services(request)), person_of(user_id))


# get_person stands beside put_person (traits.py): a path belongs to one router.
router = Router("/v1", route_handlers=[get_people], tags=["people"])
