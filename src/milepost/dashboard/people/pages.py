"""The routes of people: all of a customer's, and one."""

from __future__ import annotations

from litestar import Router, get
from litestar.response import Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.paths import customer_of, person_of
from milepost.access.services import AnyRequest, services
from milepost.api.answering import store
from milepost.dashboard import format as fmt
from milepost.dashboard.customers.timeline import shown_day
from milepost.dashboard.page_context import page, zone_of
from milepost.dashboard.people.asked import asked_of
from milepost.dashboard.people.panel import people_panel
from milepost.dashboard.people.person import lived_view, person_view
from milepost.dashboard.questions.view import trouble
from milepost.dashboard.traits.panel import traits_panel
from milepost.dashboard.views import customer_url
from milepost.errors import NotFound, Problem
from milepost.insights.customer import read_customer
from milepost.people.history import read_did, read_sittings
from milepost.people.model import Did, PersonSeen, Sitting
from milepost.people.read import read_person
from milepost.traits.keep import read_now

_ENTRIES = 100
_SESSIONS = 10


@get("/customers/{segment:str}/people")
async def people(request: AnyRequest, segment: str) -> Template:
    """Everybody of a customer; with `first=1` what the customer's page shows of them, which it asks for when it could
    not wait."""
    served, customer_id = services(request), customer_of(segment)
    async with served.database.transaction() as connection:
        found = await read_customer(connection, customer_id, now=served.now())
    query = request.query_params
    asked = None if query.get("first") == "1" else asked_of(query, f"{customer_url(customer_id)}/people")
    panel = await people_panel(request, customer_id, asked=asked)
    name = fmt.visible_name(found.name, customer_id)
    return page(request, "people/people.html", section="customers", people=panel, name=name)


@get("/people/{segment:str}")
async def person(request: AnyRequest, segment: str) -> Template:
    """A person; while the column store is away, what is known without it."""
    served, user_id = services(request), person_of(segment)
    why, did, sat, following = "", list[Did](), list[Sitting](), None
    async with served.database.transaction() as connection:
        traits = (await read_now(connection, "person", [user_id]))[user_id]
        panel = await traits_panel(request, connection, "person", user_id)
    try:
        found = await read_person(store(served), user_id)
        did, following = await read_did(store(served), user_id, limit=_ENTRIES)
        sat = await read_sittings(store(served), user_id, limit=_SESSIONS)
    except NotFound:
        raise
    except Problem as problem:
        why = trouble(problem, served)
        found = PersonSeen(user_id=user_id, as_of=None, traits=dict(traits), customers_total=0, customers=[])
    tools, zone = served.plan.tool_names(), zone_of(request)
    lived = lived_view(did, user_id, tools, zone, following=following, several=found.customers_total > 1)
    view = person_view(found, lived, sat, tools, trouble=why)
    return page(request, "people/person.html", section="customers", view=view, traits=panel)


@get("/people/{segment:str}/timeline")
async def timeline(request: AnyRequest, segment: str) -> Template:
    """The next part of a person's timeline."""
    served, user_id, query = services(request), person_of(segment), request.query_params
    did, following = await read_did(store(served), user_id, limit=_ENTRIES, before=query.get("before") or None)
    lived = lived_view(
        did,
        user_id,
        served.plan.tool_names(),
        zone_of(request),
        following=following,
        several=query.get("several") == "1",
        shown=shown_day(query.get("day", "")),
    )
    return page(request, "partials/timeline.html", section="customers", timeline=lived)


router = Router("/", route_handlers=[people, person, timeline], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
