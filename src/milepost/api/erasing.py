"""Erasing a customer or a person, for good."""

from __future__ import annotations

import time

from litestar import Router, post

from milepost.access.callers import Caller
from milepost.access.paths import customer_of, person_of
from milepost.access.services import AnyRequest, services
from milepost.api.params import CustomerId
from milepost.api.people import UserId
from milepost.api.schemas import errors
from milepost.privacy.erase import Erased, Of, erase

_ERRORS = errors(400, 401, 403, 404, 413, 422, 429, 503)
#: Seconds after which a request answers, done or not.
_SECONDS = 15.0


@post(
    "/customers/{customer_id:str}/erase",
    status_code=200,
    summary="Erase a customer",
    responses=_ERRORS,
    access=Caller.SECRET_KEY,
)
async def erase_customer(request: AnyRequest, customer_id: CustomerId) -> Erased:
    """Everything that is known of it, its history included. Of very many events this takes several calls: `done` says
    whether another is needed. There is no way back."""
    return await _erase(request, "customer", customer_of(customer_id))


@post(
    "/people/{user_id:str}/erase",
    status_code=200,
    summary="Erase a person",
    responses=_ERRORS,
    access=Caller.SECRET_KEY,
)
async def erase_person(request: AnyRequest, user_id: UserId) -> Erased:
    """The same of a person, in every customer: their customers' numbers are then what they are without them."""
    return await _erase(request, "person", person_of(user_id))


router = Router("/v1", route_handlers=[erase_customer, erase_person], tags=["privacy"])


async def _erase(request: AnyRequest, of: Of, whose: str) -> Erased:
    until = time.monotonic() + _SECONDS
    return await erase(services(request).database, of, whose, enough=lambda: time.monotonic() > until)
