"""The page that says what can be predicted, and what that is worth."""

from __future__ import annotations

from litestar import Router, get
from litestar.response import Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import page
from milepost.dashboard.predictions.score_view import score_page
from milepost.dashboard.predictions.view import predictions_page
from milepost.plan.predictions import GOES_QUIET
from milepost.predict.stored import read_stored


@get("/predictions")
async def show_predictions(request: AnyRequest) -> Template:
    """A target's newest training; `target` is one of the plan, any other is to go quiet."""
    served = services(request)
    asked = served.plan.predictions
    target = request.query_params.get("target", GOES_QUIET)
    if target not in asked.labels:
        target = GOES_QUIET
    async with served.database.transaction() as connection:
        is_score = target not in asked.likelihoods
        stored = await read_stored(connection, target, is_score=is_score)
    view = (score_page if is_score else predictions_page)(stored, asked, target)
    return page(request, "predictions.html", section="predictions", view=view)


router = Router("/", route_handlers=[show_predictions], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
