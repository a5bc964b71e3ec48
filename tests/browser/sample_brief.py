"""The panel beside the list of customers: full, empty and absurd."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from milepost.dashboard import markup
from milepost.dashboard.customers.brief import Brief
from milepost.dashboard.customers.columns import Cell

from . import sample_people, sample_work
from .sample import ABSURD, EVIL, NOW, Scenario

_WHY = "Active on 2 days in the last 28; usually on 11. Last seen 9 days ago."
_RISK = "Irregular use: active in 2 weeks of the last 8; the plan expects 4."


def brief(scenario: Scenario) -> Brief:
    absurd, filled = scenario == "absurd", scenario != "empty"
    work = sample_work.panel(scenario)
    customer_id, name = ABSURD[0] if absurd else ("cust-31188", "Kestrel & Sons")
    many = 9 if absurd else 1
    return Brief(
        customer_id=customer_id,
        name=name * many,
        answer=markup.score_answer(62.4 if filled else None, "declining" if filled else None, 3.2 if filled else 0.0),
        why=(EVIL * 5 if absurd else _WHY) if filled else "",
        at_risk=filled,
        change=-9.4 if filled else None,
        risks=(EVIL * 5 if absurd else _RISK,) * many if filled else (),
        owner=EVIL * 9 if absurd else "lee@example.com" if filled else "",
        mine=False,
        renewal=Cell(EVIL * 9) if absurd else Cell("2027-01-31", day=date(2027, 1, 31)) if filled else Cell(),
        arr=Cell("x", number=-1e300) if absurd else Cell("48000", number=48_000.0) if filled else Cell(),
        last_seen=datetime.max.replace(tzinfo=UTC) if absurd else NOW - timedelta(days=9) if filled else None,
        people=sample_people.panel(scenario),
        tags=work.tags,
        tasks=work.open[:3],
        more_tasks=work.more_open or absurd,
        notes=tuple(row.note for row in work.notes[:2]),
        notes_total=work.notes_total,
        action=EVIL * 9 if absurd else "Book a training on exports" if filled else "",
        reason=EVIL * 20 if absurd else "They used exports every week until October, and not since." if filled else "",
    )
