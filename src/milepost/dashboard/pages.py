"""The dashboard's pages: overview, live, customers, one customer. Each reads, makes its view, and lays it out."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from uuid import UUID

from litestar import Response, Router, get
from litestar.response import Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.keys import create_key, first_write_key
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, Services, services
from milepost.dashboard import views as v
from milepost.dashboard.account.views import GettingStarted
from milepost.dashboard.coach.pages import next_steps
from milepost.dashboard.customer import customer_view, event_view, timeline_view
from milepost.dashboard.describe import event_in_words
from milepost.dashboard.game.pages import customer_panel
from milepost.dashboard.offline.panel import offline_panel
from milepost.dashboard.overview import overview_view
from milepost.dashboard.page_context import PAGE_HEADERS, page, zone_of
from milepost.dashboard.remembered import Remembered
from milepost.dashboard.texts import storable
from milepost.errors import InvalidRequest
from milepost.insights.customer import read_customer, read_sessions
from milepost.insights.customers import (
    CustomerFilter,
    CustomerSummary,
    Sort,
    count_customers,
    count_waiting,
    list_customers,
)
from milepost.insights.history import read_history
from milepost.insights.overview import Activity, any_event, read_activity
from milepost.insights.timeline import read_event, read_newest, read_timeline
from milepost.vocabulary import EVENT_TYPES

_PAGE = 50
_ENTRIES = 40
_SESSIONS = 10
_STREAM = 50
#: Fewer customers than these are settled before anybody has read that they are not.
_MANY_WAITING = 100


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
        return page(request, "getting_started.html", section="overview", view=view)
    activity = await cast("Remembered[Activity]", request.app.state.activity).get()
    return page(
        request, "overview.html", section="overview", view=overview_view(activity, served.plan, zone_of(request))
    )


@get("/first-event")
async def first_event(request: AnyRequest) -> Response[Any]:
    """Asked by the page that waits for it: 204 while there is none, then word to load the page again."""
    async with services(request).database.transaction() as connection:
        started = await any_event(connection)
    headers = dict(PAGE_HEADERS)
    if started:
        return Response(b"", status_code=200, headers=headers | {"HX-Refresh": "true"})
    return Response(None, status_code=204, headers=headers)


@get("/live")
async def live(request: AnyRequest) -> Template:
    """The newest events; the browser then listens to GET /v1/live."""
    served = services(request)
    async with served.database.transaction() as connection:
        newest = await read_newest(connection, now=served.now(), limit=_STREAM)
    feed = served.live.subscribe()
    per_minute = (await anext(feed)).per_minute
    await feed.aclose()  # type: ignore[attr-defined]
    tools = served.plan.tool_names()
    wanted = request.query_params
    kind = wanted.get("type", "")
    view = v.Live(
        tuple(
            v.LiveEvent(
                str(e.event_id),
                e.customer_id,
                e.customer_name or e.customer_id,
                e.event_type,
                e.timestamp,
                e.business_impact,
                event_in_words(e.event_type, e.tool_id, e.tool_section, e.event_metadata, e.page_url, tools).sentence,
            )
            for e in newest
        ),
        tuple(per_minute),
        customer=wanted.get("customer", "")[:200],
        event_type=kind if kind in EVENT_TYPES else "",
    )
    return page(request, "live.html", section="live", view=view)


@get("/customers")
async def customers(request: AnyRequest) -> Template:
    """The list. Whatever the address says that cannot be, is as if it were not there."""
    wanted = request.query_params
    sort: v.CustomerSort = next((s for s in v.CUSTOMER_SORTS if s == wanted.get("sort")), "last_seen")
    show: v.Show = next((s for s in v.SHOWS if s == wanted.get("show")), "all")
    query = storable(wanted.get("q", "")).strip()[:200]
    down = {"asc": False, "desc": True}.get(wanted.get("dir", ""), v.default_descending(sort))
    served = services(request)
    asked: dict[str, Any] = {
        "now": served.now(),
        "limit": _PAGE,
        "sort": cast(Sort, ("-" if down else "") + sort),
        "wanted": CustomerFilter(q=query, status=show),
    }
    async with served.database.transaction() as connection:
        try:
            found = await list_customers(
                connection, cursor=wanted.get("after") or None, before=wanted.get("before") or None, **asked
            )
        except InvalidRequest:  # a cursor of another order or another server: the list begins anew
            found = await list_customers(connection, **asked)
        waiting = await count_waiting(connection, now=served.now())
        everyone = await count_customers(connection, now=served.now()) if query or show != "all" else found.total
    view = v.Customers(
        tuple(_row(item) for item in found.items),
        found.total,
        everyone,
        query=query,
        show=show,
        sort=sort,
        descending=down,
        after=found.next,
        before=found.previous,
        first=found.previous is None,
        waiting=waiting if waiting >= _MANY_WAITING else 0,
    )
    return page(request, "customers.html", section="customers", view=view)


@get("/customers/{segment:str}")
async def customer(request: AnyRequest, segment: str) -> Template:
    """A customer."""
    served, now, customer_id = services(request), services(request).now(), customer_of(segment)
    async with served.database.transaction() as connection:
        found = await read_customer(connection, customer_id, now=now)
        sessions = await read_sessions(connection, customer_id, limit=_SESSIONS)
        entries, following = await read_timeline(connection, customer_id, limit=_ENTRIES)
        history = await read_history(connection, customer_id, today=now.date())
        offline = await offline_panel(request, connection, customer_id)
        coach = await next_steps(request, connection, customer_id)
        game = await customer_panel(request, connection, customer_id)
    first = timeline_view(entries, customer_id, served.plan, zone_of(request), following=following)
    view = customer_view(found, sessions.items, first, served.plan, now=now, days=history.days)
    return page(request, "customer.html", section="customers", view=view, offline=offline, coach=coach, game=game)


@get("/customers/{segment:str}/timeline")
async def timeline(request: AnyRequest, segment: str) -> Template:
    """The next part of a customer's timeline."""
    served, customer_id = services(request), customer_of(segment)
    async with served.database.transaction() as connection:
        entries, following = await read_timeline(
            connection, customer_id, limit=_ENTRIES, before=request.query_params.get("before") or None
        )
    shown = _day(request.query_params.get("day", ""))
    view = timeline_view(entries, customer_id, served.plan, zone_of(request), following=following, shown=shown)
    return page(request, "partials/timeline.html", section="customers", timeline=view)


@get("/customers/{segment:str}/events/{event_id:uuid}")
async def event(request: AnyRequest, segment: str, event_id: UUID) -> Template:
    """Everything that is stored of an event."""
    async with services(request).database.transaction() as connection:
        found = await read_event(connection, customer_of(segment), event_id)
    return page(request, "partials/event_detail.html", section="customers", view=event_view(found))


async def _example_key(request: AnyRequest) -> str:
    """A write key to copy from: the preset one, else the oldest, else a first one, so that a newcomer has it."""
    served = services(request)
    if served.settings.write_key:
        return served.settings.write_key
    if key := await first_write_key(served.database):
        return key
    return await create_key(served.database, "write", "First key", by=member_email(request))


def _row(item: CustomerSummary) -> v.CustomerRow:
    return v.CustomerRow(
        item.customer_id,
        item.name or item.customer_id,
        item.last_event_at,
        item.total_events,
        item.total_sessions,
        item.total_exports_generated,
        item.total_resources_created,
        item.current_scaling_score,
        item.systematic_progression_rate,
        tuple(item.weekly_events),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


router = Router(
    "/",
    route_handlers=[overview, first_event, live, customers, customer, timeline, event],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
