"""Real events to ask about: a shop's clicks and a university's."""

from __future__ import annotations

import csv
import gzip
import random
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from milepost.demo.data import MAP_FILE
from milepost.importing import load_mapping
from milepost.vocabulary import EventType, default_impact
from tests.analytics.reference.events import Event, Whom, World
from tests.support.examples import repeatable
from tests.support.real_data import OULAD_COLUMNS, SHOP_FILE, oulad_rows, oulad_students

#: Of the students, and every so manieth of the shop's clients. A soak takes all of the shop.
_STUDENTS, _CLIENTS = (40, 4) if repeatable() else (150, 1)
_IDLE = timedelta(minutes=30)

#: The shop's events: our type, and the section of the shop.
_SHOP: dict[str, tuple[EventType, str]] = {
    "main": ("navigation", "shop"),
    "catalog": ("navigation", "shop"),
    "product1": ("content_interaction", "shop"),
    "product2": ("content_interaction", "shop"),
    "cart": ("tool_usage", "cart"),
    "delivery_choice": ("systematic_progression", "delivery"),
    "delivery_courier": ("professional_action", "delivery"),
    "delivery_pickup": ("professional_action", "delivery"),
    "payment_choice": ("systematic_progression", "payment"),
    "payment_card": ("scaling_metric", "payment"),
    "payment_cash": ("resource_generation", "payment"),
    "payment_done": ("export_action", "payment"),
}
_DEVICES = ("desktop", "mobile", "tablet", None)
_BROWSERS = ("Firefox", "Chrome", "Safari", "", None)
_REFERRERS = ("https://www.google.com/search?q=shop", "https://mail.example.org", None)
_STAGES = ("early_scaling", "rapid_scaling", "mature_scaling", None, None)


def shop() -> World:
    """The shop's events; a customer is a client, a user or an anonymous visitor of the same id, or neither."""
    made = random.Random(1)
    events: list[Event] = []
    with gzip.open(SHOP_FILE, "rt", newline="") as file:
        for row in csv.DictReader(file):
            name, client = row["event"], row["client_id"]
            if name not in _SHOP or zlib.crc32(client.encode()) % _CLIENTS:
                continue  # the former is a heading that got among the rows
            event_type, section = _SHOP[name]
            kind = int(client) % 3
            events.append(
                Event(
                    event_id=an_id(made),
                    customer_id=client,
                    user_id=client if kind == 0 else None,
                    anonymous_id=client if kind == 1 else None,
                    at=datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC),
                    event_type=event_type,
                    tool_id=name,
                    tool_section=section,
                    business_impact=default_impact(event_type),
                    device_type=_DEVICES[int(client) % 4],
                    browser=_BROWSERS[int(client) % 5],
                    page_url=f"/{section}/{name}" if name != "main" else None,
                    referrer=made.choice(_REFERRERS),
                    time_on_page=made.choice((None, made.randrange(60_000))),
                    metadata={"name": name, "weight": len(name), "paid": name.startswith("payment")},
                )
            )
    return world(in_sessions(events), now=datetime(2020, 4, 30, 10, tzinfo=UTC))


def oulad() -> World:
    """A slice of the students. The data has days alone: their events are spread over them to the minute, by a seed."""
    made = random.Random(2)
    types = load_mapping(MAP_FILE).values["event_type"]
    began = {"AAA_2013J": date(2013, 10, 1), "BBB_2013B": date(2013, 2, 1)}
    events: list[Event] = []
    for values in oulad_rows(made.sample(oulad_students(), _STUDENTS)):
        row = dict(zip(OULAD_COLUMNS, values, strict=True))
        kind = row["activity_type"]
        day = began[row["pres"]] + timedelta(days=int(row["date"]))
        minute = timedelta(minutes=made.randrange(24 * 60))
        event_type = str(types[kind])
        clicks = float(row["sum_click"]) if row["sum_click"] else None
        events.append(
            Event(
                event_id=an_id(made),
                customer_id=row["id_student"],
                user_id=f"{row['pres']} {row['id_student']}" if int(row["id_student"]) % 7 else None,
                at=datetime(day.year, day.month, day.day, tzinfo=UTC) + minute,
                event_type=event_type,
                tool_id=kind,
                tool_section=row["id_site"] or None,
                business_impact=default_impact(event_type),
                device_type=made.choice(_DEVICES),
                session_duration=None if clicks is None else int(clicks * 1000),
                metadata={"clicks": clicks, "kind": row["kind"], "course": row["pres"][:3]},
            )
        )
    return world(in_sessions(events), now=datetime(2014, 7, 1, 10, tzinfo=UTC))


def world(events: list[Event], now: datetime) -> World:
    """With an insight or two of every customer."""
    counts: dict[str, int] = defaultdict(int)
    for event in events:
        counts[event.customer_id] += 1
    insights: dict[str, dict[str, str | int | None]] = {
        customer: {"total_events": counts[customer], "growth_stage": _STAGES[place % len(_STAGES)]}
        for place, customer in enumerate(sorted(counts))
    }
    return World(events=events, now=now, insights=insights, traits=_traits(events))


def _traits(events: list[Event]) -> dict[Whom, dict[str, list[tuple[datetime, object]]]]:
    """Some of every customer and user, some of which change at the very moment of an event."""
    found: dict[Whom, dict[str, list[tuple[datetime, object]]]] = {}
    by_customer: dict[str, list[datetime]] = defaultdict(list)
    for event in events:
        by_customer[event.customer_id].append(event.at)
    for place, customer in enumerate(sorted(by_customer)):
        times = sorted(by_customer[customer])
        first, middle, late = times[0], times[len(times) // 2], times[-1]
        plans = [("free", "pro", None), ("pro", "pro", "Pro"), ("free", None, "te\tam'")][place % 3]
        told: dict[str, list[tuple[datetime, object]]] = {
            "plan": list(_later(zip((first, middle, late), plans, strict=True))),
            "seats": list(_later([(middle, place * 2.5), (late, place)])),
            "tags": list(_later([(first, ["a", "b"]), (middle, ["b", "c d"] if place % 2 else [])])),
            "vip": [(middle, place % 2 == 0)],
            "renewal": [(first, f"20{17 + place % 4}-0{1 + place % 9}-1{place % 9}")],
        }
        if place % 4 != 3:
            found["customer", customer] = told
    for place, user in enumerate(sorted({event.user_id for event in events if event.user_id})):
        times = sorted(event.at for event in events if event.user_id == user)
        if place % 5 != 4:
            found["user", user] = {
                "role": list(_later([(times[0], ("admin", "маршрут")[place % 2]), (times[-1], "user")])),
                "seats": [(times[0], str(place))],
            }
    return found


def _later(told: Iterable[tuple[datetime, object]]) -> Iterator[tuple[datetime, object]]:
    """Of several for one moment the last alone."""
    yield from {at: (at, value) for at, value in told}.values()


def in_sessions(events: Iterable[Event]) -> list[Event]:
    """With session ids, a new one wherever a customer did nothing for 30 minutes."""
    by_customer: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_customer[event.customer_id].append(event)
    return [event for found in by_customer.values() for event in _cut(found)]


def _cut(events: list[Event]) -> Iterator[Event]:
    number, last = 0, None
    for event in sorted(events, key=lambda event: event.order):
        if last is not None and event.at - last > _IDLE:
            number += 1
        last = event.at
        # The same ids for every customer: a session is the customer's.
        yield replace(event, session_id=f"session {number}")


def an_id(made: random.Random) -> str:
    """An id that says nothing about the time, so that order by id differs from any other."""
    return str(UUID(int=made.getrandbits(128)))
