"""Who is likely to go quiet, for the team's own software."""

from __future__ import annotations

from litestar import Router, get

from milepost.access.callers import Caller
from milepost.access.services import AnyRequest, services
from milepost.api.params import Limit
from milepost.api.schemas import errors
from milepost.predict.reading import read_predictions
from milepost.predict.said import Predictions


@get(
    "/predictions",
    summary="Who is likely to go quiet",
    responses=errors(400, 401, 403, 422, 429, 503),
    access=Caller.TEAM,
)
async def get_predictions(request: AnyRequest, limit: Limit = 100) -> Predictions:
    """The likeliest first, each with its reasons, and what the model behind them is worth."""
    served = services(request)
    async with served.database.transaction() as connection:
        return await read_predictions(connection, served.plan, most=limit)


router = Router("/v1", route_handlers=[get_predictions], tags=["insights"])
