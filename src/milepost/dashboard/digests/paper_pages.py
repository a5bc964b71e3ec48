"""PDFs: a dashboard as its page shows it, and the weekly mails."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from litestar import Response, Router, get
from litestar.response import Redirect

from milepost.access.callers import ACCESS, Caller, who_asks
from milepost.access.services import AnyRequest, services
from milepost.api.answering import while_there
from milepost.columns.reading import ColumnsUnavailable
from milepost.dashboard.digests.composing import digest_of, weekly_digest
from milepost.dashboard.digests.printing import Printer, file_name
from milepost.dashboard.page_context import PAGE_HEADERS, go, zone_of
from milepost.dashboard.questions import kept
from milepost.dashboard.questions.dashboard_pages import frame_of
from milepost.digests.digest import Digest
from milepost.digests.weekly import compose


@get("/dashboards/{dashboard_id:uuid}/pdf")
async def of_dashboard(request: AnyRequest, dashboard_id: UUID) -> Response[bytes] | Redirect:
    """With the days and the segment of its address, as its page."""
    served = services(request)
    dashboard = await kept.dashboard(served.database, dashboard_id)
    made = digest_of(served, dashboard, frame_of(request, dashboard.frame), str(zone_of(request)))
    return await _answered(request, made, f"/dashboards/{dashboard_id}")


@get("/dashboards/{dashboard_id:uuid}/week/pdf")
async def of_dashboards_week(request: AnyRequest, dashboard_id: UUID) -> Response[bytes] | Redirect:
    """As its weekly mail would be sent now."""
    served = services(request)
    dashboard = await kept.dashboard(served.database, dashboard_id)
    made = weekly_digest(served, dashboard, str(zone_of(request)))
    return await _answered(request, made, f"/dashboards/{dashboard_id}/week")


@get("/settings/week/pdf")
async def of_own_week(request: AnyRequest) -> Response[bytes]:
    """As a member's own weekly mail would be sent now."""
    served, me = services(request), who_asks(request)
    async with served.database.transaction() as connection:
        digest = await compose(connection, me.email, now=served.now())
    return await _printed(request, digest)


async def _answered(request: AnyRequest, made: Coroutine[Any, Any, Digest], page: str) -> Response[bytes] | Redirect:
    """While the column store is away the `page` says so, in the place of each answer."""
    try:
        digest = await while_there(request, made)
    except ColumnsUnavailable:
        return go(page)
    return await _printed(request, digest)


async def _printed(request: AnyRequest, digest: Digest) -> Response[bytes]:
    printer = cast(Printer, request.app.state["printer"])
    body = await printer.pdf(digest, services(request).settings.url)
    name = quote(file_name(digest), safe="")
    headers = {
        **PAGE_HEADERS,
        # Names of any letters as RFC 6266 has them; the first is for programs that know ASCII alone.
        "Content-Disposition": f"attachment; filename=\"milepost.pdf\"; filename*=UTF-8''{name}.pdf",
    }
    return Response(body, media_type="application/pdf", headers=headers)


router = Router(
    "/",
    route_handlers=[of_dashboard, of_dashboards_week, of_own_week],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
