"""The route that the command bar asks while one types."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import PAGE_HEADERS
from milepost.dashboard.search.find import find
from milepost.dashboard.texts import storable
from milepost.vocabulary import MAX_ID_LENGTH


@get("/search")
async def search(request: AnyRequest) -> Response[Any]:
    """`{"items": [{kind, name, hint, href}], "whole": bool}` for `?q=`, a part of a name or an id."""
    text = " ".join(storable(request.query_params.get("q", "")).split())[:MAX_ID_LENGTH]
    return Response(await find(services(request).database, text), headers=dict(PAGE_HEADERS))


router = Router("/", route_handlers=[search], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
