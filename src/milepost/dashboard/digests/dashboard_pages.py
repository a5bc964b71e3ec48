"""A member's weekly mail of a dashboard: how it would read now, and whether it is sent."""

from __future__ import annotations

import asyncio
from uuid import UUID

from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, who_asks
from milepost.access.services import AnyRequest, services
from milepost.api.answering import BRIEFLY, while_there
from milepost.dashboard.digests.composing import weekly_digest
from milepost.dashboard.digests.pages import WeekPage
from milepost.dashboard.page_context import go, local_path, page, zone_of
from milepost.dashboard.questions import kept
from milepost.dashboard.questions.view import trouble
from milepost.dashboard.texts import form_texts
from milepost.digests.digest import Digest
from milepost.digests.subscribe import is_subscribed, subscribe, unsubscribe
from milepost.errors import NotFound, Problem


@get("/dashboards/{dashboard_id:uuid}/week")
async def show(request: AnyRequest, dashboard_id: UUID) -> Template:
    """As it would be sent now. What takes longer than a page may follows: a browser with scripts asks for it."""
    served, me = services(request), who_asks(request)
    dashboard = await kept.dashboard(served.database, dashboard_id)
    zone, said = str(zone_of(request)), ""
    patient = "hx-request" in request.headers or "wait" in request.query_params
    digest: Digest | None = None
    try:
        if patient:
            digest = await while_there(request, weekly_digest(served, dashboard, zone))
        else:
            async with asyncio.timeout(BRIEFLY):
                digest = await weekly_digest(served, dashboard, zone)
    except TimeoutError:
        pass
    except Problem as problem:
        if problem.status == 499:
            raise
        said = trouble(problem, served)
    async with served.database.transaction() as connection:
        subscribed = await is_subscribed(connection, me.member_id, dashboard_id)
    view = WeekPage(
        digest, me.email, zone, subscribed, served.sender.mail_server is not None,
        here=f"/dashboards/{dashboard_id}/week", dashboard=dashboard.name, trouble=said,
    )  # fmt: skip
    return page(request, "digests/week.html", section="dashboards", view=view)


@post("/dashboards/{dashboard_id:uuid}/week")
async def switch(request: AnyRequest, dashboard_id: UUID) -> Redirect:
    """Asks for it, or ends it. `back`: the page of ours that it was done on."""
    served, me, fields = services(request), who_asks(request), await form_texts(request)
    async with served.database.transaction() as connection:
        if fields.get("do") == "on":
            zone = str(zone_of(request))
            if not await subscribe(connection, me.member_id, dashboard_id, zone=zone, now=served.now()):
                raise NotFound("There is no such dashboard; it may have been deleted.")
        else:
            await unsubscribe(connection, me.member_id, dashboard_id)
    return go(local_path(fields.get("back") or f"/dashboards/{dashboard_id}/week"))


router = Router("/", route_handlers=[show, switch], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
