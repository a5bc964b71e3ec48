"""What was sent to the server of these tests, with known answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

#: 40 customers analyse, 24 of them export, 10 of these share.
ANALYSED, EXPORTED, SHARED = 40, 24, 10
NAMES = 1200
PAGES = ("/trends", "/funnels", "/retention", "/paths", "/lifecycle", "/tools", "/sessions")


def history(now: datetime) -> Iterator[dict[str, Any]]:
    """Two days ago everybody used the ICP analysis; an hour later some exported, two hours later some shared."""
    for number in range(ANALYSED):
        at = now - timedelta(days=2 + 7 * (number % 4), minutes=number)
        common = {"customer_id": f"c-{number:02}", "session_id": f"s-{number}", "device_type": "desktop"}
        yield common | {"event_type": "tool_usage", "tool_id": "icp-analysis", "timestamp": at.isoformat()}
        if number < EXPORTED:
            later = (at + timedelta(hours=1)).isoformat()
            yield common | {"event_type": "export_action", "tool_id": "business-case", "timestamp": later}
        if number < SHARED:
            later = (at + timedelta(hours=2)).isoformat()
            yield common | {"event_type": "resource_share", "tool_id": "resource-library", "timestamp": later}
        # Half of them come back the day after.
        if number % 2:
            yield common | {"event_type": "navigation", "timestamp": (at + timedelta(days=1)).isoformat()}


def named(now: datetime) -> Iterator[dict[str, Any]]:
    """More names of events than a list shows, sent by one of the customers long before what is counted here."""
    at = (now - timedelta(days=100)).isoformat()
    for number in range(NAMES):
        yield {"customer_id": "c-00", "event_name": f"Feature {number:04} opened", "timestamp": at}
