"""Signing in to a running server, as a browser would but without one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx

from milepost.access.members import make_link
from milepost.store.database import Database
from tests.support.server import Server

EMAIL = "dana@example.com"
PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="_csrf_token" value="([^"]*)"')


def sign_in_link(server: Server) -> str:
    """A fresh one-time link, as `milepost sign-in-link` prints it."""

    async def make() -> str:
        database = Database(server.database_url, size=1, query_seconds=10)
        await database.open()
        try:
            return await make_link(database, server.url, now=datetime.now(UTC))
        finally:
            await database.close()

    # In a thread of its own: Playwright has a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, make()).result()


def visitor(server: Server, address: str = "127.0.0.1") -> httpx.Client:
    """A browser that is not signed in. `address`: where it seems to be, as sign-ins are limited by that."""
    return httpx.Client(
        base_url=server.url,
        headers={"Accept": "text/html,application/xhtml+xml"},
        transport=httpx.HTTPTransport(verify=False, local_address=address),
        timeout=30,
    )


def form_token(client: httpx.Client, page: str) -> str:
    """What the forms of `page` carry."""
    token = _TOKEN.search(client.get(page).text)
    assert token is not None, f"{page} has no form"
    return token[1]


def send_form(client: httpx.Client, page: str, action: str, **fields: str) -> httpx.Response:
    """Loads `page`, fills its form in and sends it to `action`."""
    return client.post(action, data={"_csrf_token": form_token(client, page), **fields})


@contextmanager
def member(server: Server, address: str = "127.0.0.1", email: str = EMAIL) -> Iterator[httpx.Client]:
    """Somebody who came by a one-time link and is signed in."""
    link = sign_in_link(server)
    with visitor(server, address) as client:
        answer = send_form(client, link, link, email=email, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        yield client
