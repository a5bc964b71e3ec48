"""Assistants for tests: clients of the official SDK, over HTTP and as a process of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.support.server import Server


@asynccontextmanager
async def over_http(server: Server, bearer: str, mode: str = "auto") -> AsyncIterator[Client]:
    """`mode`: "legacy" speaks as clients did until 2025, with a handshake; "auto" finds out."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {bearer}"}, timeout=60) as http,
        Client(streamable_http_client(f"{server.url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def as_process(server: Server, bearer: str) -> AsyncIterator[Client]:
    """`milepost mcp`, as an assistant starts it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MILEPOST_")}
    process = StdioServerParameters(
        command=sys.executable,
        args=["-m", "milepost", "mcp"],
        env={**kept, "MILEPOST_HOST": server.url, "MILEPOST_API_KEY": bearer},
    )
    async with Client(stdio_client(process)) as client:
        yield client
