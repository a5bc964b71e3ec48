"""Customers of a running server with a past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tests.support.server import SERVER_KEY, Server


def send_past(server: Server, **days_ago: Iterable[int]) -> None:
    """An event of each customer, `fell_inc` being 'fell-inc', on each of these days before today; and a crowd of others
    today, so that some who fell are at risk, whoever else did."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=1, microsecond=0)
    crowd = {f"crowd-{n}": [0] for n in range(33)}
    events = [
        {"customer_id": name, "event_type": "navigation", "timestamp": (midnight - timedelta(days=ago)).isoformat()}
        for name, days in ({name.replace("_", "-"): days for name, days in days_ago.items()} | crowd).items()
        for ago in days
    ]
    with server.client(SERVER_KEY) as client:
        receipt = client.post("/v1/events", json={"events": events}).json()
        assert receipt["accepted"] == len(events), receipt
