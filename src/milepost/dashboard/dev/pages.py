"""The page that shows every part the pages are made of, in every state."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest
from milepost.dashboard.dev.view import Parts
from milepost.dashboard.page_context import go, page
from milepost.dashboard.questions import words


@get("/dev/parts")
async def show_parts(request: AnyRequest) -> Template:
    return page(request, "dev/parts.html", section="parts", view=Parts(), words=words)


@post("/dev/parts")
async def press() -> Redirect:
    """What the page's forms send: nothing is done with it."""
    return go("/dev/parts#said")


router = Router("/", route_handlers=[show_parts, press], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
