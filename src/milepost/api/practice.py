"""Practice against results over HTTP: of a customer for the team, and a customer's own for its token."""

from __future__ import annotations

from litestar import Router, get

from milepost.access.callers import Caller, token_customer
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.api.params import CustomerId
from milepost.api.schemas import errors
from milepost.insights.practice import Practice, read_practice

_ONE = errors(400, 401, 403, 404, 422, 429, 503)


@get("/customers/{customer_id:str}/practice", summary="A customer's practice and results", responses=_ONE,
     access=Caller.TEAM)  # fmt: skip
async def get_practice(request: AnyRequest, customer_id: CustomerId) -> Practice:
    """Practice (online) against results (offline) by competency and week, and what followed each intervention."""
    served = services(request)
    async with served.database.transaction() as connection:
        return await read_practice(connection, customer_of(customer_id), now=served.now())


@get("/me/practice", summary="The customer's own practice and results", responses=_ONE, access=Caller.CUSTOMER)
async def get_my_practice(request: AnyRequest) -> Practice:
    """What `/v1/customers/{id}/practice` answers, for the customer whose token this is."""
    customer_id, served = token_customer(request), services(request)
    async with served.database.customer(customer_id) as connection:
        return await read_practice(connection, customer_id, now=served.now())


router = Router("/v1", route_handlers=[get_practice, get_my_practice], tags=["read"])
