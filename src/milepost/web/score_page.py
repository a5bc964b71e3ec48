"""The page that says whether the score holds, the run behind it, and the same over HTTP."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post
from litestar.response import Redirect, Template

from milepost.insights import validate_runs
from milepost.insights.validate_runs import Runs
from milepost.web.page_context import PAGE_HEADERS, member_email, page, require_member
from milepost.web.read_api import require_reader
from milepost.web.schemas import READS, errors
from milepost.web.score_view import score_page
from milepost.web.services import AnyRequest, services


@get("/score")
async def show_score(request: AnyRequest) -> Template:
    """The newest validation, in words, tables and charts."""
    runs = await validate_runs.latest(services(request).database)
    view = score_page(runs, request.query_params.get("outcome", ""))
    return page(request, "score.html", section="score", view=view)


@get("/score/progress")
async def progress(request: AnyRequest) -> Template | Response[Any]:
    """Asked by the page while a run is under way: how far it is, and at its end word to load the page again."""
    runs = await validate_runs.latest(services(request).database)
    view = score_page(runs, "")
    if view.under_way is None:
        return Response(b"", status_code=200, headers={**PAGE_HEADERS, "HX-Refresh": "true"})
    return page(request, "partials/score_progress.html", section="score", view=view)


@post("/score/run")
async def start(request: AnyRequest) -> Redirect:
    """Puts a run into the queue; where one is under way, that one is shown."""
    served = services(request)
    await validate_runs.ask(served.database, now=served.now(), by=member_email(request))
    return _back()


@post("/score/cancel")
async def stop(request: AnyRequest) -> Redirect:
    """Ends the run that is under way; what was found before stays."""
    served = services(request)
    await validate_runs.cancel(served.database, now=served.now())
    return _back()


@get(
    "/insights/validation",
    summary="Does the score hold?",
    responses=errors(400, 401, 403, 422, 429, 503),
    security=READS,
)
async def get_validation(request: AnyRequest) -> Runs:
    """The newest comparison of the score with what happened next, and the state of one that is under way."""
    return await validate_runs.latest(services(request).database)


def _back() -> Redirect:
    return Redirect("/score", status_code=303, headers=dict(PAGE_HEADERS))


router = Router(
    "/", route_handlers=[show_score, progress, start, stop], before_request=require_member, include_in_schema=False
)
api_router = Router("/v1", route_handlers=[get_validation], before_request=require_reader, tags=["insights"])
