"""Helpers: a destination as the settings make it, and one round of sending to it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_network
from typing import Any

import psycopg
from psycopg.rows import dict_row

from milepost.messages.destinations import note_preset
from milepost.messages.mail import MailServer
from milepost.messages.reach import Network
from milepost.messages.sending import Sender, new_client, send_due

KEY = b"a key of some bytes"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
HOME: Sequence[Network] = (ip_network("127.0.0.0/8"),)
URL = "https://milepost.example.com"


def derive(purpose: str) -> bytes:
    """The server's own secret, for one purpose."""
    return hashlib.sha256(purpose.encode()).digest()


def sender(*, secret: str = SECRET, networks: Sequence[Network] = HOME, mail: MailServer | None = None) -> Sender:
    return Sender("", secret, derive, URL, networks, mail)


def listen(connection: psycopg.Connection[Any], now: datetime, url: str = "https://unknown.invalid/") -> None:
    """Somebody wants to be told everything, as MILEPOST_WEBHOOK_URL says."""
    note_preset(connection, url, now=now)


def add(connection: psycopg.Connection[Any], kind: str, address: str, now: datetime, *topics: str, **more: Any) -> str:
    """A destination as the page makes it; answers its id."""
    values = {
        "kind": kind, "name": f"{kind} of the test", "address": address, "topics": list(topics), "made_at": now, **more,
    }  # fmt: skip
    names, marks = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    statement = f"insert into milepost.destinations ({names}) values ({marks}) returning destination_id::text"
    row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return str(row[0])


def send(connection: psycopg.Connection, now: datetime, by: Sender | None = None) -> int:
    """Sends what is due once; answers how many messages."""

    async def once() -> int:
        chosen = by or sender()
        async with new_client(chosen.networks) as client:
            return await send_due(connection, client, chosen, now=lambda: now)

    return asyncio.run(once())


def outbox(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """All that was ever to be sent, the oldest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        query = (
            "select * from milepost.deliveries join milepost.messages using (message_id) order by made_at, message_id"
        )
        return cursor.execute(query).fetchall()
