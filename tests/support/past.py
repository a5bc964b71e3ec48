"""Customers of a running server with a past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tests.support.server import SERVER_KEY, Server


def send_past(server: Server, customer: str, days_ago: Iterable[int]) -> None:
    """An event on each of these days before today."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=1, microsecond=0)
    events = [
        {"customer_id": customer, "event_type": "navigation", "timestamp": (midnight - timedelta(days=ago)).isoformat()}
        for ago in days_ago
    ]
    with server.client(SERVER_KEY) as client:
        receipt = client.post("/v1/events", json={"events": events}).json()
        assert receipt["accepted"] == len(events), receipt
