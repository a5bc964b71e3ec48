"""What the form of the traits does: one trait of one customer, told by a member."""

from __future__ import annotations

from litestar import Router, post
from litestar.response import Redirect

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import PAGE_HEADERS
from milepost.dashboard.texts import form_texts
from milepost.dashboard.traits.panel import type_of, typed_value
from milepost.dashboard.views import customer_url
from milepost.ingest.describing import Described, take_one
from milepost.traits.keep import read_names


@post("/customers/{segment:str}/traits")
async def tell(request: AnyRequest, segment: str) -> Redirect:
    """Keeps what was typed; an empty value takes the trait away. Back to the page, which says what is wrong."""
    served, customer_id = services(request), customer_of(segment)
    fields = await form_texts(request)
    name, text = (fields.get(key, "").strip() for key in ("name", "value"))
    async with served.database.transaction() as connection:
        known = next((one for one in await read_names(connection, "customer") if one.name == name), None)
    planned = next((one for one in served.plan.traits if one.of == "customer" and one.name == name), None)
    described = Described("customer", customer_id, {name: typed_value(text, type_of(known, planned))})
    await take_one(served.database, described, now=served.now(), source=member_email(request) or "a member")
    return Redirect(f"{customer_url(customer_id)}#traits", status_code=303, headers=dict(PAGE_HEADERS))


router = Router("/", route_handlers=[tell], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
