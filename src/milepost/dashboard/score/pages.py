"""The routes of the page that says whether the score holds, and of the run behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Response, Router, get, post
from litestar.response import Redirect, Template
from msgspec.structs import replace

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import PAGE_HEADERS, page
from milepost.dashboard.questions.annotated import annotated
from milepost.dashboard.score.view import score_page
from milepost.insights import validate_runs


@get("/score")
async def show_score(request: AnyRequest) -> Template:
    """The newest validation, in words, tables and charts."""
    runs = await validate_runs.latest(services(request).database)
    view = score_page(runs, request.query_params.get("outcome", ""))
    if view.report is not None and view.report.slices:
        days = [one.day for one in view.report.slices]
        # A slice stands for the days until the next one.
        last = days[-1] + (days[-1] - days[-2] if len(days) > 1 else timedelta(days=1)) - timedelta(days=1)
        view = replace(view, panels=await annotated(services(request).database, view.panels, last))
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


def _back() -> Redirect:
    return Redirect("/score", status_code=303, headers=dict(PAGE_HEADERS))


router = Router(
    "/", route_handlers=[show_score, progress, start, stop], opt={ACCESS: Caller.MEMBER}, include_in_schema=False
)
