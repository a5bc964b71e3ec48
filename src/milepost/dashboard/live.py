"""The page of events as they are stored."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Router, get
from litestar.response import Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.dashboard.describe import event_in_words
from milepost.dashboard.page_context import page
from milepost.dashboard.views import customer_url
from milepost.insights.timeline import read_newest
from milepost.vocabulary import EVENT_TYPES, EventType, Impact

_STREAM = 50


class LiveEvent(msgspec.Struct, frozen=True):
    """A row of the stream, as GET /v1/live sends it; `summary` is the plain sentence about it."""

    event_id: str
    customer_id: str
    customer_name: str
    event_type: str
    timestamp: datetime
    business_impact: Impact | None = None
    summary: str = ""
    name: str = ""
    """What its sender calls it, where that is told: what it means is said under that."""

    @property
    def url(self) -> str:
        return customer_url(self.customer_id)


class Live(msgspec.Struct, frozen=True):
    """live.html?customer&type. `events` newest first (50 at most), `per_minute` 60 counts, oldest first; the stream
    goes on from `position`. The page filters by itself, so `events` are unfiltered."""

    events: tuple[LiveEvent, ...]
    per_minute: tuple[int, ...]
    position: str = ""
    customer: str = ""
    event_type: str = ""
    event_types: tuple[EventType, ...] = EVENT_TYPES


@get("/live")
async def live(request: AnyRequest) -> Template:
    """The newest events; the browser then listens to GET /v1/live."""
    served = services(request)
    async with served.database.transaction() as connection:
        # Before the events are read, so that none falls between them and the stream.
        feed = await served.live.now(connection)
        newest = await read_newest(connection, now=served.now(), limit=_STREAM)
    tools = served.plan.tool_names()
    wanted = request.query_params
    kind = wanted.get("type", "")
    view = Live(
        tuple(
            LiveEvent(
                str(e.event_id),
                e.customer_id,
                e.customer_name or e.customer_id,
                e.event_type,
                e.timestamp,
                e.business_impact,
                event_in_words(
                    e.event_type, e.tool_id, e.tool_section, e.event_metadata, e.page_url, tools, e.event_name
                ).sentence,
                e.event_name or "",
            )
            for e in newest
        ),
        tuple(feed.per_minute),
        position=feed.position,
        customer=wanted.get("customer", "")[:200],
        event_type=kind if kind in EVENT_TYPES else "",
    )
    return page(request, "live.html", section="live", view=view)


router = Router("/", route_handlers=[live], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
