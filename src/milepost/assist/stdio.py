"""`milepost mcp`: an assistant starts it as a process, and it asks a Milepost server elsewhere over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

from milepost.assist.calls import TIMEOUT, Api
from milepost.assist.catalogue import reader_of
from milepost.assist.schemas import tools_for


async def serve_stdio(url: str, bearer: str) -> None:
    """Serves until standard input ends. Raises Refused where there is no Milepost at `url`."""
    from mcp.server.stdio import stdio_server  # slow, as the next

    from milepost.assist.serving import Assistant

    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT) as client:
        api, reader = Api(client, f"Bearer {bearer}"), reader_of(bearer)
        tools = tools_for(await api.document())[reader]
        server = Assistant(api, reader, tools, url, lambda: datetime.now(UTC)).server()
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())
