"""A customer's insights day by day, and the state of the plan, over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from litestar import MediaType, Router, get
from litestar.params import Parameter

from milepost.access.callers import Caller, token_customer
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.api.params import CustomerId
from milepost.api.schemas import errors
from milepost.insights.history import History, PlanStatus, read_history, read_plan_status

_ONE = errors(400, 401, 403, 404, 422, 429, 503)
Start = Annotated[date | None, Parameter(description="The first day; default: 89 days before `end`.")]
End = Annotated[date | None, Parameter(description="The last day; default: today, UTC.")]
Version = Annotated[
    int | None,
    Parameter(ge=0, le=2**31 - 1, description="A plan version; default: the one the customer's numbers are based on."),
]


@get("/customers/{customer_id:str}/insights/history", summary="Insights by day", responses=_ONE, access=Caller.TEAM)
async def get_history(
    request: AnyRequest, customer_id: CustomerId, start: Start = None, end: End = None, plan_version: Version = None
) -> History:
    """A row a UTC day, oldest first, all of one plan version; `versions` lists those there are."""
    served = services(request)
    async with served.database.transaction() as connection:
        return await read_history(
            connection,
            customer_of(customer_id),
            today=served.now().date(),
            start=start,
            end=end,
            plan_version=plan_version,
        )


@get("/me/insights/history", summary="The customer's own insights by day", responses=_ONE, access=Caller.CUSTOMER)
async def get_my_history(
    request: AnyRequest, start: Start = None, end: End = None, plan_version: Version = None
) -> History:
    """What `/v1/customers/{id}/insights/history` answers, for the customer whose token this is."""
    customer_id, served = token_customer(request), services(request)
    async with served.database.customer(customer_id) as connection:
        return await read_history(
            connection, customer_id, today=served.now().date(), start=start, end=end, plan_version=plan_version
        )


@get("/plan", summary="The plan in force", responses=errors(400, 401, 403, 404, 429, 503), access=Caller.TEAM)
async def get_plan(request: AnyRequest) -> PlanStatus:
    """Its version, how many customers have moved to it, and the versions before it."""
    async with services(request).database.transaction() as connection:
        return await read_plan_status(connection)


@get(
    "/plan/text",
    summary="The plan as it is written",
    media_type=MediaType.TEXT,
    responses=errors(400, 401, 403, 429, 503),
    access=Caller.TEAM,
)
async def get_plan_text(request: AnyRequest) -> str:
    """TOML, with its comments: tools, competencies, points, targets and playbooks."""
    return services(request).plans.in_force.text


router = Router("/v1", route_handlers=[get_history, get_my_history, get_plan, get_plan_text], tags=["read"])
