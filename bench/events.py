"""The same believable events for every measurement: 1,000 customers, or more where asked for, of three users each, and
sessions of about 20 events."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from milepost.ingest.ids import new_id

_TYPES = ("tool_usage", "navigation", "content_interaction", "navigation", "export_action", "resource_generation")
_TOOLS = ("icp-analysis", "cost-calculator", "business-case", "resource-library")
_AREAS = ("customer_intelligence", "value_communication", "sales_execution", "systematic_optimization")

Event = dict[str, object]


def events(seed: int, customers: int = 1_000, sessions: int = 200) -> Iterator[Event]:
    """Endless events, so many sessions interleaved, each of 8 to 31 events; ids and times of now."""
    chance = random.Random(seed)
    running: list[tuple[str, str, str, int]] = []
    while True:
        if len(running) < sessions:
            customer = f"customer-{chance.randrange(customers)}"
            session = f"session-{chance.getrandbits(48):x}"
            running.append((customer, f"{customer}-user-{chance.randrange(3)}", session, chance.randrange(8, 32)))
        place = chance.randrange(len(running))
        customer, user, session, left = running[place]
        running[place] = (customer, user, session, left - 1)
        if left <= 1:
            running.pop(place)
        now = datetime.now(UTC) - timedelta(milliseconds=chance.randrange(2000))
        tool = chance.randrange(4)
        yield {
            "event_id": new_id(now),
            "timestamp": now.isoformat(),
            "event_type": chance.choice(_TYPES),
            "customer_id": customer,
            "user_id": user,
            "session_id": session,
            "tool_id": _TOOLS[tool],
            "tool_section": "results",
            "competency_area": _AREAS[tool],
            "business_impact": chance.choice(("low", "low", "medium", "high")),
            "current_arr": "$2M+",
            "target_arr": "$10M",
            "growth_stage": "rapid_scaling",
            "event_metadata": {"format": "pdf", "step": chance.randrange(10), "label": "Quarterly summary"},
            "session_duration": chance.randrange(600_000),
            "page_url": "https://app.example.com/tools/results?tab=2",
            "device_type": "desktop",
            "browser": "Chrome",
        }


def batches(seed: int, size: int, count: int, customers: int = 1_000, sessions: int = 200) -> list[list[Event]]:
    """`count` batches of `size` events."""
    source = events(seed, customers, sessions)
    return [[next(source) for _ in range(size)] for _ in range(count)]


def bodies(made: list[list[Event]]) -> list[bytes]:
    """The batches as `POST /v1/events` takes them."""
    return [msgspec.json.encode({"events": batch}) for batch in made]
