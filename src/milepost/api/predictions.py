"""What is likely to come of whom, for the team's own software."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.params import Parameter

from milepost.access.callers import Caller
from milepost.access.services import AnyRequest, services
from milepost.api.params import Limit
from milepost.api.schemas import errors
from milepost.errors import InvalidRequest
from milepost.plan.predictions import GOES_QUIET
from milepost.predict.reading import read_predictions
from milepost.predict.said import Predictions

TargetId = Annotated[
    str, Parameter(max_length=200, description="Of the plan's `[[predictions.targets]]`, or `goes_quiet`.")
]


@get(
    "/predictions",
    summary="What is likely to come of whom",
    responses=errors(400, 401, 403, 422, 429, 503),
    access=Caller.TEAM,
)
async def get_predictions(request: AnyRequest, target: TargetId = GOES_QUIET, limit: Limit = 100) -> Predictions:
    """The likeliest first, each with its reasons, and what the model behind them is worth."""
    served = services(request)
    if target not in served.plan.predictions.labels:
        known = ", ".join(served.plan.predictions.labels)
        raise InvalidRequest(f"{target!r} is no target of the plan; those are {known}.", field="target")
    async with served.database.transaction() as connection:
        return await read_predictions(connection, served.plan, target, most=limit)


router = Router("/v1", route_handlers=[get_predictions], tags=["insights"])
