"""People as the pages show them: full, empty and absurd."""

from __future__ import annotations

from datetime import UTC, timedelta

from milepost.dashboard.people.asked import Asked
from milepost.dashboard.people.panel import PeoplePanel, panel_view
from milepost.dashboard.people.person import PersonPage, lived_view, person_view
from milepost.people.model import (
    AccountPerson,
    Actor,
    CustomerPeople,
    Did,
    Membership,
    PersonSeen,
    Reason,
    Sitting,
    ToolCount,
)
from milepost.people.wanted import Wanted

from .sample import ABSURD_IDS, EVIL, NOW, Scenario

_NAMES = ("Ann Okafor", "Benoît Lefèvre", "Chiyo Tanaka", "Dana Weiss", "Emre Yıldız", "Freja Holm")
_ROLES = ("Admin", "Engineer", None, "Finance", "Engineer", "Head of operations")
_HUGE = 10**12


def panel(scenario: Scenario, *, whole: bool = False) -> PeoplePanel:
    asked = Asked("/customers/acme/people", Wanted(sort="-last_seen")) if whole else None
    return panel_view(_customer(scenario), {"icp": "ICP Analysis"}, asked=asked)


def person(scenario: Scenario) -> PersonPage:
    absurd, filled = scenario == "absurd", scenario != "empty"
    traits: dict[str, object] = {"role": "Admin", "email": "ann@example.com", "name": "Ann Okafor", "seats": 12}
    if absurd:
        traits = {"name": EVIL * 3, "role": EVIL * 3, **{f"{EVIL}{n}": EVIL * 7 for n in range(30)}}
    found = PersonSeen(
        user_id=ABSURD_IDS[1] if absurd else "ann",
        as_of=NOW,
        traits=traits if filled else {"role": "Admin"},
        customers_total=_HUGE if absurd else 2 if filled else 0,
        customers=[_membership(n, absurd=absurd) for n in range(8 if absurd else 2)] if filled else [],
    )
    did = [_did(n, absurd=absurd) for n in range(40)] if filled else []
    sat = [_sitting(n, absurd=absurd) for n in range(5)] if filled else []
    lived = lived_view(did, found.user_id, {}, UTC, following="next" if absurd else None, several=filled)
    return person_view(found, lived, sat, {})


def _customer(scenario: Scenario) -> CustomerPeople:
    absurd, filled = scenario == "absurd", scenario != "empty"
    count = 40 if absurd else 6 if filled else 0
    reasons = [
        Reason(
            "champion_gone_quiet",
            f"{EVIL * 2 if absurd else 'Dana Weiss'} has not been seen for 31 days, longer than all 44 gaps between "
            "their active days; before that they did 41% of what people did here. 4 people have been active since.",
            {},
        ),
        Reason("new_people", "2 people are new in the last 28 days: Emre Yıldız, Freja Holm. 5 are active.", {}),
    ]
    return CustomerPeople(
        customer_id=EVIL if absurd else "acme",
        as_of=NOW,
        reasons=reasons if filled else [],
        people=[_person(n, absurd=absurd) for n in range(count)],
        actors=[_actor(n, absurd=absurd) for n in range(20 if absurd else 2)] if filled else [],
        people_total=_HUGE if absurd else count,
        people_matching=_HUGE if absurd else count,
        breadth=_HUGE if absurd else max(0, count - 1),
        breadth_before=4 if filled else 0,
        concentration=0.42 if filled else None,
        most_active="ann" if filled else None,
        makers_of_80=3 if filled else None,
        new_people=2 if filled else 0,
        gone_quiet=[],
        person_events_28=_HUGE if absurd else 512 if filled else 0,
        person_events_28_before=430,
        visitor_events_28=_HUGE if absurd else 0,
        software_total=60 if absurd else 2 if filled else 0,
        software_events_28=_HUGE if absurd else 4210,
        software_events_28_before=3980,
    )


def _acts(n: int, *, absurd: bool) -> dict[str, object]:
    return {
        "first_seen": NOW - timedelta(days=300 - 10 * (n % 20)),
        "last_seen": NOW - timedelta(hours=7 * n),
        "events": _HUGE if absurd else 900 - 40 * n,
        "events_28": (_HUGE if absurd else 220) // (n + 1),
        "events_28_before": 120 if n % 3 else 0,
        "active_days_28": 12,
        "usual_28": None if n % 4 == 3 else 140 / (n + 1),
        "share": None if n == 5 else 0.43 / (n + 1),
        "sessions": 40 - n % 30,
        "tools": [ToolCount(EVIL if absurd else "icp", 12)],
        "actor_types": ["person"],
    }


def _person(n: int, *, absurd: bool) -> AccountPerson:
    return AccountPerson(
        **_acts(n, absurd=absurd),  # type: ignore[arg-type]
        user_id=f"{ABSURD_IDS[n % len(ABSURD_IDS)][:190]}{n}" if absurd else f"user-{n}",
        name=(EVIL * 3 if n % 2 else " ") if absurd else (None if n == 2 else _NAMES[n % 6]),
        role=EVIL * 5 if absurd else _ROLES[n % 6],
        new=n in (4, 5),
        gone_quiet=n == 3,
    )


def _actor(n: int, *, absurd: bool) -> Actor:
    return Actor(
        **_acts(n, absurd=absurd),  # type: ignore[arg-type]
        actor_type="agent" if n % 2 else "service",
        user_id=None if n == 1 else EVIL if absurd else "key-nightly-export",
        anonymous_id=None,
    )


def _membership(n: int, *, absurd: bool) -> Membership:
    return Membership(
        **_acts(n, absurd=absurd),  # type: ignore[arg-type]
        customer_id=ABSURD_IDS[n % len(ABSURD_IDS)] if absurd else ("acme", "globex")[n],
        name=EVIL * 2 if absurd else ("Acme, Inc.", None)[n],
        actor_type="person" if n % 2 == 0 else "agent",
    )


def _did(n: int, *, absurd: bool) -> Did:
    return Did(
        event_id=f"0190a0b0-0000-7000-8000-{n:012}",
        customer_id="acme" if n % 3 else "globex",
        customer_name=EVIL if absurd else None,
        at=NOW - timedelta(hours=5 * n),
        event_type="tool_usage",
        event_name=EVIL * 3 if absurd else ("Invoice Sent" if n % 2 else None),
        tool_id="icp",
        tool_section=EVIL * 3 if absurd else None,
        page_url=None,
        metadata={"description": EVIL * 9} if absurd else {},
        actor_type="person" if n % 5 else "agent",
    )


def _sitting(n: int, *, absurd: bool) -> Sitting:
    began = NOW - timedelta(days=n)
    return Sitting(
        customer_id="acme",
        customer_name=EVIL if absurd else None,
        started_at=began,
        ended_at=began + timedelta(minutes=17),
        events=12,
        tools=[EVIL] * 9 if absurd else ["icp"],
    )
