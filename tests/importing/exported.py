"""Generated exports of Mixpanel and PostHog, each line with what it must become; made from what happened, not by
reading the lines."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
NAMES = ("Invoice Sent", "Report Opened", "Project Created", "export_action")
_PAGES = ("https://app.example.com/", "https://app.example.com/reports?tab=1")
_SYSTEMS = {"Mac OS X": ("Safari", "desktop", "Desktop"), "iOS": ("Mobile Safari", "mobile", "Mobile")}
#: What a refused line is refused for, in turn.
_BAD = ("json", "time", "old")


class Expected(NamedTuple):
    """The columns of an event that its line says, and the customer that the ties of the file give it."""

    at: datetime
    event_type: str
    event_name: str | None
    customer_id: str
    user_id: str | None
    anonymous_id: str | None
    session_id: str | None
    page_url: str | None
    device_type: str
    browser: str
    metadata: dict[str, Any]


class Line(NamedTuple):
    """A line of an export. `expected`: None where it is refused (`refused` says for what), left out, or a repeat."""

    text: str
    expected: Expected | None
    refused: str | None = None
    repeats: bool = False
    left_out: bool = False


class _Person(NamedTuple):
    user: str
    device: str
    customer: str
    system: str


def _people(chance: random.Random, number: int) -> list[_Person]:
    return [
        _Person(
            f"u{n}", str(uuid.UUID(int=chance.getrandbits(128), version=4)), f"c{n % 17}", chance.choice([*_SYSTEMS])
        )
        for n in range(number)
    ]


def _type_of(name: str) -> str:
    return "export_action" if name == "export_action" else "content_interaction"


def posthog(count: int, seed: int = 7, people: int = 60) -> Iterator[Line]:
    """A batch export in JSON lines: each person is somebody unknown, is identified, and joins a company."""
    chance = random.Random(seed)
    everybody = _people(chance, people)
    seen: dict[str, int] = {}
    last: Line | None = None
    for n in range(count):
        at = START + timedelta(seconds=n, milliseconds=n % 1000)
        who = chance.choice(everybody)
        stage = seen.get(who.user, 0)
        browser, device_type, kind = _SYSTEMS[who.system]
        known = stage > 1
        properties: dict[str, Any] = {
            "$device_id": who.device, "$session_id": f"s{who.user}", "$browser": browser, "$os": who.system,
            "$device_type": kind, "$lib": "web", "$feature/x": True, "$is_identified": known,
        }  # fmt: skip
        said: dict[str, Any] = {"os": who.system, "library": "web"}
        name, event_type, own, page = chance.choice(NAMES), "", None, None
        if n % 97 == 50 and last is not None:
            yield Line(last.text, None, repeats=True)
            continue
        if n % 101 == 60:
            yield Line(_posthog(n, at, "$feature_flag_called", who.user, properties), None, left_out=True)
            continue
        if n % 89 == 40:
            yield _bad(n, partial(_posthog, n, event="x", distinct=who.user, properties=properties), at, "posthog")
            continue
        if stage == 1:
            name, event_type, own = "$identify", "navigation", {"call": "identify"}
            properties |= {"$anon_distinct_id": who.device, "$set": {"email": f"{who.user}@example.com", "$os": "x"}}
            known = True
        elif stage == 2:
            name, event_type, own = "$groupidentify", "navigation", {"call": "group"}
            properties |= {"$group_type": "company", "$group_key": who.customer, "$group_set": {"plan": "pro"}}
        elif stage % 3 == 0:
            name, event_type, own, page = "$pageview", "navigation", {"event": "$pageview"}, chance.choice(_PAGES)
            properties["$current_url"] = page
        else:
            properties |= {"amount": n, "nested": {"deep": [n]}}
            said |= {"amount": n, "nested": {"deep": [n]}}
        if stage > 2 and n % 2:
            properties["$groups"] = {"project": "p", "company": who.customer}
        seen[who.user] = stage + 1
        yield (
            last := Line(
                _posthog(n, at, name, who.user if known else who.device, properties),
                Expected(
                    at, event_type or _type_of(name), None if event_type else name, who.customer, who.user,
                    who.device, f"s{who.user}", page, device_type, browser, said | (own or {}),
                ),
            )
        )  # fmt: skip


def mixpanel(count: int, seed: int = 7, people: int = 60) -> Iterator[Line]:
    """A raw export: each person's first event is of a device alone, later ones are of device and user."""
    chance = random.Random(seed)
    everybody = _people(chance, people)
    seen: dict[str, int] = {}
    last: Line | None = None
    for n in range(count):
        at = START + timedelta(seconds=n)
        who = chance.choice(everybody)
        stage = seen.get(who.user, 0)
        browser, device_type, _ = _SYSTEMS[who.system]
        properties: dict[str, Any] = {
            "time": int(at.timestamp()) * (1000 if n % 2 else 1), "$insert_id": f"i{n}", "$device_id": who.device,
            "$browser": browser, "$os": who.system, "mp_country_code": "DE", "mp_lib": "web",
            "mp_processing_time_ms": 1,
        }  # fmt: skip
        if stage:
            properties |= {"$user_id": who.user, "distinct_id": who.user}
        else:
            properties["distinct_id"] = f"$device:{who.device}"
        said: dict[str, Any] = {"country": "DE", "library": "web", "os": who.system}
        if n % 97 == 50 and last is not None:
            yield Line(last.text, None, repeats=True)
            continue
        if n % 101 == 60:
            yield Line(_mixpanel("$mp_session_record", properties), None, left_out=True)
            continue
        if n % 89 == 40:
            yield _bad(n, partial(_mixpanel_at, properties), at, "mixpanel")
            continue
        name, event_type, page = chance.choice(NAMES), "", None
        customer = who.user
        if stage % 3 == 1:
            name, event_type, page = "$mp_web_page_view", "navigation", chance.choice(_PAGES)
            properties["$current_url"] = page
            said["event"] = name
        else:
            properties |= {"amount": n}
            said["amount"] = n
        if n % 2:
            properties["company_id"] = [who.customer] if n % 3 else who.customer
            said["company_id"], customer = properties["company_id"], who.customer
        seen[who.user] = stage + 1
        yield (
            last := Line(
                _mixpanel(name, properties),
                Expected(
                    at, event_type or _type_of(name), None if event_type else name, customer, who.user, who.device,
                    None, page, device_type, browser, said,
                ),
            )
        )  # fmt: skip


def _posthog(n: int, at: datetime, event: str, distinct: str, properties: dict[str, Any]) -> str:
    return json.dumps(
        {
            "uuid": str(uuid.UUID(int=n + 1, version=4)), "event": event, "distinct_id": distinct, "person_id": "p",
            "timestamp": at.isoformat(), "created_at": at.isoformat(), "properties": properties,
        }
    )  # fmt: skip


def _mixpanel(event: str, properties: dict[str, Any]) -> str:
    return json.dumps({"event": event, "properties": properties})


def _mixpanel_at(properties: dict[str, Any], at: datetime) -> str:
    return _mixpanel("x", properties | {"time": int(at.timestamp())})


def _bad(n: int, line: Any, at: datetime, tool: str) -> Line:
    match _BAD[n % 3]:
        case "json":
            return Line(line(at)[:-3], None, refused="invalid_json")
        case "old":
            return Line(line(datetime(1999, 1, 1, tzinfo=UTC)), None, refused="time_too_old")
        case _:
            whole = json.loads(line(at))
            if tool == "posthog":
                whole["timestamp"] = "yesterday"
                return Line(json.dumps(whole), None, refused="invalid_value")
            whole["properties"]["time"] = None
            return Line(json.dumps(whole), None, refused="invalid_type")
