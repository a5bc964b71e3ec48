"""What the form of the traits does: one trait of one customer or person, told by a member."""

from __future__ import annotations

from litestar import Router, post
from litestar.response import Redirect

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.paths import customer_of, person_of
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import PAGE_HEADERS
from milepost.dashboard.texts import form_texts
from milepost.dashboard.traits.panel import type_of, typed_value
from milepost.dashboard.views import customer_url, person_url
from milepost.ingest.describing import Described, take_one
from milepost.traits.keep import read_names
from milepost.traits.values import Kind


@post("/customers/{segment:str}/traits")
async def tell_of_customer(request: AnyRequest, segment: str) -> Redirect:
    """Keeps what was typed; an empty value takes the trait away. Back to the page, which says what is wrong."""
    customer_id = customer_of(segment)
    return await _tell(request, "customer", customer_id, customer_url(customer_id))


@post("/people/{segment:str}/traits")
async def tell_of_person(request: AnyRequest, segment: str) -> Redirect:
    """The same of a person."""
    user_id = person_of(segment)
    return await _tell(request, "person", user_id, person_url(user_id))


async def _tell(request: AnyRequest, kind: Kind, whose: str, back: str) -> Redirect:
    served, fields = services(request), await form_texts(request)
    name, text = (fields.get(key, "").strip() for key in ("name", "value"))
    async with served.database.transaction() as connection:
        known = next((one for one in await read_names(connection, kind) if one.name == name), None)
    planned = next((one for one in served.plan.traits if one.of == kind and one.name == name), None)
    described = Described(kind, whose, {name: typed_value(text, type_of(known, planned))})
    await take_one(served.database, described, now=served.now(), source=member_email(request) or "a member")
    return Redirect(f"{back}#traits", status_code=303, headers=dict(PAGE_HEADERS))


router = Router(
    "/", route_handlers=[tell_of_customer, tell_of_person], opt={ACCESS: Caller.MEMBER}, include_in_schema=False
)
