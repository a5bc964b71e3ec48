"""The routes of customers' pages: the list, one customer, the rest of its timeline, one event."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from litestar import Router, get, post
from litestar.response import Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.dashboard.coach.pages import next_steps
from milepost.dashboard.customers.brief import read_brief
from milepost.dashboard.customers.bulk import MOST_BYTES, change_many, ticked_of
from milepost.dashboard.customers.column_pages import change_columns
from milepost.dashboard.customers.listed import count_people, read_frame, read_list
from milepost.dashboard.customers.rows import people_id
from milepost.dashboard.customers.table import customers_csv
from milepost.dashboard.customers.timeline import event_view, shown_day, timeline_view
from milepost.dashboard.customers.view import customer_view
from milepost.dashboard.game.pages import customer_panel
from milepost.dashboard.offline.panel import offline_panel
from milepost.dashboard.page_context import page, zone_of
from milepost.dashboard.people.panel import people_panel
from milepost.dashboard.traits.panel import traits_panel
from milepost.dashboard.work.panel import work_panel
from milepost.insights.customer import read_customer, read_sessions
from milepost.insights.history import read_history
from milepost.insights.timeline import read_event, read_timeline
from milepost.predict.reading import read_expected, read_prediction
from milepost.work.annotations import annotations_between

_ENTRIES = 40
_SESSIONS = 10
#: The score's line is no longer than this.
_YEAR = timedelta(days=366)


@get("/customers")
async def customers(request: AnyRequest) -> Template:
    """The list. Whatever the address says that cannot be, is as if it were not there."""
    wanted, frame = request.query_params, await read_frame(request)
    state = frame.state(request.scope["query_string"].decode("latin-1"))
    after, before, opened = (wanted.get(name, "") for name in ("after", "before", "open"))
    counted = wanted.get("people") == "counted"
    view = await read_list(request, frame, state, after=after, before=before, opened=opened, counted=counted)
    return page(request, "customers.html", section="customers", view=view)


@post("/customers/people", request_max_body_size=MOST_BYTES, status_code=200)
async def people(request: AnyRequest) -> Template:
    """How many people of some customers were active, to be put into their rows: no list waits for the column store."""
    ids = ticked_of(await request.form())
    found = await count_people(request, ids) if ids else {}
    counts = tuple((people_id(one), found.get(one)) for one in ids)
    return page(request, "customers/_people.html", section="customers", counts=counts)


@get("/customers/{segment:str}/brief")
async def brief(request: AnyRequest, segment: str) -> Template:
    """The panel of a customer, beside the list."""
    found = await read_brief(request, customer_of(segment), (await read_frame(request)).words)
    return page(request, "customers/_brief.html", section="customers", brief=found, back="/customers")


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
        traits = await traits_panel(request, connection, "customer", customer_id)
        outlook = await read_prediction(connection, customer_id, today=now.date())
        expected = await read_expected(connection, served.plan, customer_id, today=now.date())
    # Of the column store: no connection of the pool waits for it.
    persons = await people_panel(request, customer_id, briefly=True)
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
        people=persons,
        outlook=outlook,
        expected=expected,
        quiet_days=served.plan.predictions.quiet_days,
    )


@get("/customers/{segment:str}/timeline")
async def timeline(request: AnyRequest, segment: str) -> Template:
    """The next part of a customer's timeline."""
    served, customer_id = services(request), customer_of(segment)
    async with served.database.transaction() as connection:
        entries, following = await read_timeline(
            connection, customer_id, limit=_ENTRIES, before=request.query_params.get("before") or None
        )
    shown = shown_day(request.query_params.get("day", ""))
    view = timeline_view(entries, customer_id, served.plan, zone_of(request), following=following, shown=shown)
    return page(request, "partials/timeline.html", section="customers", timeline=view)


@get("/customers/{segment:str}/events/{event_id:uuid}")
async def event(request: AnyRequest, segment: str, event_id: UUID) -> Template:
    """Everything that is stored of an event."""
    async with services(request).database.transaction() as connection:
        found = await read_event(connection, customer_of(segment), event_id)
    return page(request, "partials/event_detail.html", section="customers", view=event_view(found))


router = Router(
    "/",
    route_handlers=[customers, customers_csv, change_many, change_columns, people, customer, brief, timeline, event],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
