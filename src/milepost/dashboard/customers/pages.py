"""The routes of customers' pages: the list, one customer, the rest of its timeline, one event."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.response import Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.dashboard.coach.pages import next_steps
from milepost.dashboard.customers.listing import (
    CUSTOMER_SORTS,
    SHOWS,
    Customers,
    CustomerSort,
    Show,
    conditions_of,
    default_descending,
    row,
)
from milepost.dashboard.customers.timeline import event_view, timeline_view
from milepost.dashboard.customers.view import customer_view
from milepost.dashboard.game.pages import customer_panel
from milepost.dashboard.offline.panel import offline_panel
from milepost.dashboard.page_context import page, zone_of
from milepost.dashboard.people.panel import people_panel
from milepost.dashboard.texts import storable
from milepost.dashboard.traits.panel import traits_panel
from milepost.dashboard.work.panel import work_panel
from milepost.errors import InvalidRequest
from milepost.insights.customer import read_customer, read_sessions
from milepost.insights.customers import (
    CustomerFilter,
    count_customers,
    count_waiting,
    list_customers,
)
from milepost.insights.history import read_history
from milepost.insights.ordering import Sort
from milepost.insights.timeline import read_event, read_timeline
from milepost.segments.compile import within
from milepost.segments.keep import list_segments
from milepost.segments.model import MOST_CONDITIONS
from milepost.work.annotations import annotations_between
from milepost.work.tags import count_tags, tags_of
from milepost.work.texts import MAX_TAG, tag_key

_PAGE = 50
_ENTRIES = 40
_SESSIONS = 10
#: The score's line is no longer than this.
_YEAR = timedelta(days=366)
#: Tags that are offered to choose from.
_TAGS = 500
#: Fewer customers than these are settled before anybody has read that they are not.
_MANY_WAITING = 100


@get("/customers")
async def customers(request: AnyRequest) -> Template:
    """The list. Whatever the address says that cannot be, is as if it were not there."""
    wanted = request.query_params
    sort: CustomerSort = next((s for s in CUSTOMER_SORTS if s == wanted.get("sort")), "last_seen")
    show: Show = next((s for s in SHOWS if s == wanted.get("show")), "all")
    query = storable(wanted.get("q", "")).strip()[:200]
    tag = storable(wanted.get("tag", "")).strip()[:MAX_TAG]
    down = {"asc": False, "desc": True}.get(wanted.get("dir", ""), default_descending(sort))
    served = services(request)
    async with served.database.transaction() as connection:
        segments = await list_segments(connection)
    segment = next((one for one in segments if one.slug == wanted.get("segment")), None)
    chosen = None if segment is None else await within(served.database, segment.conditions, now=served.now())
    asked: dict[str, Any] = {
        "now": served.now(),
        "limit": _PAGE,
        "sort": cast(Sort, ("-" if down else "") + sort),
        "wanted": CustomerFilter(q=query, status=show, tag=tag_key(tag) or None, within=chosen),
    }
    own = conditions_of(query, tag, show)
    conditions = conditions_of(query, tag, show, segment.conditions if segment else ())
    saveable = msgspec.json.encode(conditions).decode() if own and len(conditions) <= MOST_CONDITIONS else ""
    async with served.database.transaction() as connection:
        try:
            found = await list_customers(
                connection, cursor=wanted.get("after") or None, before=wanted.get("before") or None, **asked
            )
        except InvalidRequest:  # a cursor of another order or another server: the list begins anew
            found = await list_customers(connection, **asked)
        tags = await tags_of(connection, [item.customer_id for item in found.items])
        known_tags = [one.tag for one in (await count_tags(connection, limit=_TAGS)).items]
        waiting = await count_waiting(connection, now=served.now())
        everyone = await count_customers(connection, now=served.now()) if own or segment else found.total
    view = Customers(
        tuple(row(item, tags.get(item.customer_id, ())) for item in found.items),
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
        tag=next((one for one in known_tags if tag_key(one) == tag_key(tag)), tag),
        known_tags=tuple(known_tags),
        segment=segment.slug if segment else "",
        segments=tuple((one.slug, one.name) for one in segments),
        saveable=saveable,
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
        notes = await annotations_between(connection, now.date() - _YEAR, now.date())
        offline = await offline_panel(request, connection, customer_id)
        coach = await next_steps(request, connection, customer_id)
        game = await customer_panel(request, connection, customer_id)
        work = await work_panel(request, connection, customer_id)
        traits = await traits_panel(request, connection, customer_id)
    # Of the column store: no connection of the pool waits for it.
    people = await people_panel(request, customer_id, briefly=True)
    first = timeline_view(entries, customer_id, served.plan, zone_of(request), following=following)
    view = customer_view(found, sessions.items, first, served.plan, now=now, days=history.days, notes=notes)
    return page(
        request,
        "customer.html",
        section="customers",
        view=view,
        offline=offline,
        coach=coach,
        game=game,
        work=work,
        traits=traits,
        people=people,
    )


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


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


router = Router(
    "/",
    route_handlers=[customers, customer, timeline, event],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
