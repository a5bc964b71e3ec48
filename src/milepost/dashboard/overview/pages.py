"""The routes of the overview, and of the page that waits for the first event."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from litestar import Response, Router, get
from litestar.response import Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.keys import create_key, first_browser_key
from milepost.access.services import AnyRequest, Services, services
from milepost.dashboard import views as v
from milepost.dashboard.account.views import GettingStarted
from milepost.dashboard.overview.view import overview_view
from milepost.dashboard.page_context import PAGE_HEADERS, page, zone_of
from milepost.dashboard.remembered import Remembered
from milepost.insights.overview import Activity, any_event, read_activity
from milepost.work.annotations import Annotation, annotations_between


def remembered_activity(served: Services) -> Remembered[Activity]:
    """The overview's figures, kept for a few seconds: they cost more the more there is to count."""

    async def read() -> Activity:
        async with served.database.transaction() as connection:
            return await read_activity(connection, now=served.now(), quiet_days=v.QUIET_DAYS)

    return Remembered(read)


@get("/")
async def overview(request: AnyRequest) -> Template:
    """The overview, or how to send the first event."""
    served = services(request)
    async with served.database.transaction() as connection:
        started = await any_event(connection)
    if not started:
        view = GettingStarted(served.settings.url, await _example_key(request))
        if served.plan.tools:
            view = replace(view, tool=served.plan.tools[0].id)
        return page(request, "getting_started.html", section="overview", view=view)
    activity = await cast("Remembered[Activity]", request.app.state.activity).get()
    notes: list[Annotation] = []
    if activity.days:
        async with served.database.transaction() as connection:
            notes = await annotations_between(connection, activity.days[0].day, activity.days[-1].day)
    view_now = overview_view(activity, served.plan, zone_of(request), notes)
    return page(request, "overview.html", section="overview", view=view_now)


@get("/first-event")
async def first_event(request: AnyRequest) -> Response[Any]:
    """Asked by the page that waits for it: 204 while there is none, then word to load the page again."""
    async with services(request).database.transaction() as connection:
        started = await any_event(connection)
    headers = dict(PAGE_HEADERS)
    if started:
        return Response(b"", status_code=200, headers=headers | {"HX-Refresh": "true"})
    return Response(None, status_code=204, headers=headers)


async def _example_key(request: AnyRequest) -> str:
    """A browser key to copy from: the preset one, else the oldest, else a first one, so that a newcomer has it."""
    served = services(request)
    if served.settings.write_key:
        return served.settings.write_key
    if key := await first_browser_key(served.database):
        return key
    return await create_key(served.database, "browser", "First key", by=member_email(request))


router = Router("/", route_handlers=[overview, first_event], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
