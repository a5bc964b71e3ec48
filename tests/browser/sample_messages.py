"""The pages of messages with full, empty and absurd data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import msgspec

from milepost.dashboard import views as v
from milepost.dashboard.digests.pages import Unsubscribe, WeekPage
from milepost.dashboard.messages.view import (
    TOPIC_LABELS,
    DestinationPage,
    Form,
    MessagesPage,
    form_of,
    log_row,
    row_of,
)
from milepost.digests.digest import Digest, Grid, Line, Section
from milepost.messages.destinations import TOPICS, Destination
from milepost.messages.log import Delivery

from .sample import EVIL, NOW, Scenario


def pages(scenario: Scenario) -> Iterator[tuple[str, str, v.Section, object]]:
    """(name, template, section, view) of each page."""
    yield "messages", "messages/messages.html", "messages", _list(scenario)
    yield "destination", "messages/destination.html", "messages", _one(scenario)
    yield "week", "digests/week.html", "profile", _week(scenario)
    yield "dashboard-week", "digests/week.html", "dashboards", _dashboard_week(scenario)


def unsubscribe(scenario: Scenario) -> Unsubscribe:
    return Unsubscribe("/unsubscribe/token", known=scenario != "absurd", done=scenario == "empty")


def _week(scenario: Scenario) -> WeekPage:
    bad = scenario == "absurd"
    name = EVIL * 3 if bad else "Northwind"
    why = EVIL * 3 if bad else "Active on 2 days in the last 28; usually on 11. Last seen 9 days ago."
    lines = () if scenario == "empty" else tuple(Line(name, why, "/customers/c") for _ in range(5))
    sections = (
        Section("Who needs you", lines, "None of your accounts is at risk.", 10**9 if bad else 3, "/customers"),
        Section("Who moved up", lines[:2], "None stands out against their own past."),
        Section("Your tasks", (), "Nothing is due this week.", path="/tasks"),
        Section(
            "What was done", tuple(Line(one, "", "") for one in ("3 notes", "1 task done")[: len(lines)]), "Nothing."
        ),
    )
    title = EVIL if bad else "Your week: 12 of 31 accounts active, 2 fewer than the week before"
    digest = Digest(title, "24 Nov 2026 to 30 Nov 2026.", sections)
    others = () if scenario == "empty" else (("/dashboards/1/week", name), ("/dashboards/2/week", "For the board"))
    address = "w" * 300 if bad else "dana@example.com"
    return WeekPage(digest, address, "Europe/Berlin", scenario == "full", not bad, others=others)


def _dashboard_week(scenario: Scenario) -> WeekPage:
    bad = scenario == "absurd"
    name = EVIL * 3 if bad else "Used the ICP analysis"
    figure = "1,000,000,000,000,000" if bad else "1,204"
    totals = Grid(("Events", "These days", "Before", "Change"), ((name, figure, figure, "+12%"),))
    days = Grid(
        ("Day", name, "Before"), tuple((f"Mon {n} Nov", figure, figure) for n in range(1, 8)), 10**9 if bad else 0,
        () if bad else tuple(n / 7 for n in range(1, 8)),
    )  # fmt: skip
    steps = Grid(("Step", "Customers", "Of the first step"), ((f"1. {name}", figure, "100%"), ("2. B", "12", "<1%")), 1)
    sections = (
        Section(
            name, page="/trends", text=f"{figure} events, 12% more than in the 7 days before.", grids=(totals, days)
        ),
        Section("First steps", page="/funnels", text="Conversion is 30%.", grids=(steps,)),
        Section("Too much", page="/paths", empty=name if bad else "This took longer than a question may take."),
    )
    title = f"{name}: 24 Nov 2026 to 30 Nov 2026"
    empty = scenario == "empty"
    digest = Digest(title, "As of 1 Dec 2026, 07:00 (Europe/Berlin).", sections, "/dashboards/1")
    return WeekPage(
        None if empty else digest, "dana@example.com", "Europe/Berlin", bad, not bad, here="/dashboards/1/week",
        dashboard=name, trouble="The store that answers questions is starting." if empty else "",
    )  # fmt: skip


def destination(k: int, scenario: Scenario) -> Destination:
    kinds = ("webhook", "slack", "email", "teams")
    addresses = (
        "https://hooks.example.com/milepost",
        "https://hooks.slack.com/services/T000/B000/x",
        "success@example.com",
        "https://prod-07.westeurope.logic.azure.com/workflows/9",
    )
    bad = scenario == "absurd"
    fails = k == 3
    values: dict[str, Any] = {
        "destination_id": UUID(int=k), "kind": kinds[k % 4], "name": ("W" * 100 if k % 2 else EVIL[:100]) if bad else
        ("Our own receiver", "#customer-success", "The whole team", "Teams, sales")[k % 4],
        "address": "https://" + "w" * 300 + ".example.com" if bad else addresses[k % 4],
        "topics": list(TOPICS) if k % 2 == 0 else ["alert.raised", "risk.began"], "preset": False, "secret_turn": k,
        "quiet_from": time(20) if k == 1 else None, "quiet_until": time(7, 30) if k == 1 else None,
        "time_zone": "America/Argentina/ComodRivadavia" if bad else "Europe/Berlin",
        "made_at": NOW - timedelta(days=40),
        "made_by": "dana@example.com", "sent_at": None if fails else NOW - timedelta(minutes=3 + 400 * k),
        "failing_since": NOW - timedelta(days=2) if fails else None,
        "disabled_at": NOW if bad and k == 2 else None, "disabled_why": EVIL * 3 if bad and k == 2 else None,
        "delivered": 10**12 if bad else 312 // (k + 1), "waiting": 10**12 if bad else 2 if fails else 0,
        "gave_up": 10**12 if bad else 1 if fails else 0,
        "last_error": EVIL * 3 if bad else "It answered 503." if fails else None,
    }  # fmt: skip
    return msgspec.convert(values, Destination)


def _list(scenario: Scenario) -> MessagesPage:
    if scenario == "empty":
        return MessagesPage((), Form(), mail=False)
    bad = scenario == "absurd"
    rows = tuple(row_of(destination(k, scenario)) for k in range(40 if bad else 4))
    form = Form("email", EVIL, EVIL * 3, (), "22:00", "", EVIL, EVIL * 3, "address") if bad else Form()
    return MessagesPage(rows, form, mail=not bad, crowded=tuple(TOPIC_LABELS.values()) if bad else ())


def _delivery(k: int, scenario: Scenario) -> Delivery:
    bad = scenario == "absurd"
    name = EVIL if bad else ("Northwind", "Acme", "Contoso")[k % 3]
    data = {"customer_id": "c", "customer_name": name, "reason": "Last seen 40 days ago; 3 days is usual."}
    topic = ("risk.began", "badge.earned")[k % 2]
    if k % 2:
        data = {"customer_id": "c", "customer_name": name, "title": EVIL if bad else "Badge earned: First export"}
    body = msgspec.json.encode({"type": topic, "timestamp": NOW, "data": data}).decode()
    waits, failed = k % 5 == 1, k % 5 == 3
    values: dict[str, Any] = {
        "message_id": UUID(int=k), "topic": topic, "customer_id": "c", "customer_name": name,
        "made_at": NOW - timedelta(hours=k), "body": body, "attempts": 10**6 if bad else 1 + 10 * failed,
        "next_try_at": NOW + timedelta(hours=2) if waits else None,
        "delivered_at": None if waits or failed else NOW, "gave_up_at": NOW if failed else None,
        "last_status": 503, "last_error": EVIL * 3 if bad else "It answered 503.",
    }  # fmt: skip
    return msgspec.convert(values, Delivery)


def _one(scenario: Scenario) -> DestinationPage:
    bad = scenario == "absurd"
    one = destination(0, scenario)
    if scenario == "empty":
        one = msgspec.structs.replace(one, sent_at=None, delivered=0)
    form = msgspec.structs.replace(form_of(one), problem=EVIL * 3, wrong="topics") if bad else form_of(one)
    count = {"empty": 0, "full": 8, "absurd": 50}[scenario]
    log = tuple(log_row(_delivery(k, scenario)) for k in range(count))
    secret = "whsec_" + "k" * 44
    return DestinationPage(row_of(one), form, secret, log, "failed" if bad else "all", "next" if bad else None,
        EVIL if bad else "It is set up. Send a test to see that messages arrive.", mail=not bad)  # fmt: skip
