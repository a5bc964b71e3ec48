"""The page of alerts with full, empty and absurd data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from milepost.alerts.keep import Alert, Concerned, PastIncident
from milepost.dashboard.alerts.view import AlertsPage, Form, Holding, row_of
from milepost.messages.destinations import Destination
from milepost.vocabulary import AlertKind

from .sample import EVIL, NOW, Scenario
from .sample_messages import destination


def page(scenario: Scenario) -> AlertsPage:
    bad, empty = scenario == "absurd", scenario == "empty"
    wants: list[Destination] = [] if empty else [destination(k, scenario) for k in range(12 if bad else 3)]
    alerts = [_alert(k, scenario) for k in range(3 if empty else 15 if bad else 5)]
    rows = tuple(row_of(one, wants, NOW) for one in alerts)
    return AlertsPage(
        holding=tuple(Holding(row, _customers(row.alert, scenario)) for row in rows if row.alert.holds and not empty),
        rows=rows,
        past=() if empty else tuple(_past(k, scenario) for k in range(3)),
        segments=() if empty else (("keen", EVIL if bad else "Renewal soon"), ("large", "Large accounts")),
        reports=() if empty else (("1", EVIL if bad else "Exports a day"),),
        form=Form("figure", EVIL, "", "1", "above", "x", EVIL * 3) if bad else Form(),
        nobody=empty,
    )


def _alert(k: int, scenario: Scenario) -> Alert:
    bad = scenario == "absurd"
    kinds: tuple[AlertKind, ...] = ("at_risk", "unusual", "silence", "segment", "figure")
    kind = kinds[k % 5]
    holds = scenario != "empty" and k in (0, 2, 3)
    values: dict[str, Any] = {
        "alert_id": UUID(int=k), "kind": kind,
        "name": ("W" * 100 if k % 2 else EVIL[:100]) if bad else
        ("At risk", "Unusual use", "No events", "Renewal soon, health low", "Exports a day")[k % 5],
        "segment_id": UUID(int=1) if kind == "segment" else None, "segment": EVIL if bad else "Renewal soon",
        "segment_slug": "renewal-soon", "conditions": [], "report_id": UUID(int=1) if kind == "figure" else None,
        "report": EVIL * 2 if bad else "Exports a day", "question": {},
        "below": 10**15 if bad else 120.0, "above": None,
        "destinations": [UUID(int=1)] if k == 3 else None, "active": k != 1 or scenario != "full",
        "snoozed_until": NOW + timedelta(days=2) if k == 3 else None, "made_at": NOW, "made_by": None,
        "checked_at": None if scenario == "empty" else NOW - timedelta(seconds=20),
        "trouble": EVIL * 3 if bad and k == 4 else None, "told_at": NOW, "told_count": 3,
        "incident_id": UUID(int=k) if holds else None, "began_at": NOW - timedelta(hours=5) if holds else None,
        "ended_at": None, "incident_told_at": NOW - timedelta(hours=5), "over_told_at": None, "told": 3,
        "says": (EVIL * 3 if bad else "No event is newer than 2026-06-01 10:58 UTC; at these hours some usually come.")
        if holds and k == 2 else None,
        "acknowledged_at": NOW if k == 2 else None, "acknowledged_by": EVIL if bad else "dana@example.com",
        "customers": (10**9 if bad else 12) if holds and k != 2 else 0,
    }  # fmt: skip
    return msgspec.convert(values, Alert)


def _customers(alert: Alert, scenario: Scenario) -> tuple[Concerned, ...]:
    if alert.says is not None:
        return ()
    bad = scenario == "absurd"
    why = EVIL * 3 if bad else "Active on 2 days in the last 28; usually on 11. Last seen 9 days ago."
    names = ("W" * 200, EVIL) if bad else ("Northwind", "Contoso", "Acme Corporation")
    return tuple(
        Concerned(customer_id=f"c{k}", name=name, since=NOW - timedelta(hours=5 - k), says=why)
        for k, name in enumerate(names)
    )


def _past(k: int, scenario: Scenario) -> PastIncident:
    bad = scenario == "absurd"
    return PastIncident(
        incident_id=UUID(int=k),
        name=EVIL if bad else ("Unusual use", "No events", "At risk")[k],
        began_at=NOW - timedelta(days=3 + k),
        ended_at=NOW - timedelta(days=2 + k),
        says=(EVIL * 3 if bad else "No event is newer than 2026-05-28 09:12 UTC.") if k == 1 else None,
        told=2,
        customers=10**12 if bad else 4,
    )
