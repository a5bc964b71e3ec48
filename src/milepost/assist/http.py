"""`POST /mcp`: assistants over HTTP ("streamable HTTP"). Each request stands for itself and is answered in JSON: there
are no sessions to keep or to steal, and nothing goes on when it is answered."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from litestar import Router, post
from litestar.types import ASGIApp

from milepost.access.callers import Caller
from milepost.access.services import AnyRequest, services
from milepost.errors import Forbidden
from milepost.supervisor import in_thread

if TYPE_CHECKING:
    from milepost.assist.schemas import Tools

#: The longest request: a question with all of its filters has a tenth of it.
MAX_BYTES: Final = 256 * 1024
_INSIDE: Final = "milepost.assist.inside"


class Assistants:
    """What all assistants of an application share: the SDK and the tools, which are there once the first one asks."""

    def __init__(self) -> None:
        self._making = asyncio.Lock()
        self._tools: Tools | None = None

    async def answer(self, request: AnyRequest, body: bytes) -> ASGIApp:
        async with self._making:
            if self._tools is None:
                # It takes 1.5 s: beside the event loop.
                await in_thread(import_module, _INSIDE)
            from milepost.assist.inside import answering, tools_of

            self._tools = self._tools or await tools_of(request)
        return answering(request, body, self._tools)


@post("/mcp", include_in_schema=False, request_max_body_size=MAX_BYTES, access=Caller.READER)
async def post_mcp(request: AnyRequest) -> ASGIApp:
    """A message of the Model Context Protocol, for a secret key or a customer's token."""
    _refuse_other_sites(request)
    assistants: Assistants = request.app.state.assistants
    return await assistants.answer(request, await request.body())


def _refuse_other_sites(request: AnyRequest) -> None:
    """A browser's page may ask where CORS lets it, and no other: neither one whose name was bound to our address anew.

    Raises Forbidden.
    """
    settings = services(request).settings
    origin = request.headers.get("origin")
    if origin is None or "*" in settings.origins or origin in settings.origins:
        return
    if urlsplit(origin).netloc != urlsplit(settings.url).netloc:
        raise Forbidden("This site's pages may not ask. Name its origin in MILEPOST_ALLOWED_ORIGINS.", field="origin")


router = Router("/", route_handlers=[post_mcp])
