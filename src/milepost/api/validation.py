"""Whether the score holds, over HTTP: the newest comparison of it with what happened next."""

from __future__ import annotations

from litestar import Router, get

from milepost.access.callers import Caller
from milepost.access.services import AnyRequest, services
from milepost.api.schemas import errors
from milepost.insights import validate_runs
from milepost.insights.validate_runs import Runs


@get(
    "/insights/validation",
    summary="Does the score hold up?",
    responses=errors(400, 401, 403, 422, 429, 503),
    access=Caller.TEAM,
)
async def get_validation(request: AnyRequest) -> Runs:
    """The newest comparison of the score with what happened next, and the state of one that is under way."""
    return await validate_runs.latest(services(request).database)


router = Router("/v1", route_handlers=[get_validation], tags=["insights"])
