"""The list of customers as its page shows it: full, with columns of traits and filters, empty and absurd."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from milepost.dashboard.customers.columns import Cell, Chip, Head, TraitWords, heads
from milepost.dashboard.customers.listing import Bulk, Customers, SetLink
from milepost.dashboard.customers.rows import CustomerRow
from milepost.dashboard.customers.state import COLUMNS, USUAL, ListState
from milepost.dashboard.questions.address import FilterRow
from milepost.plan import load_plan

from . import sample_brief
from .sample import ABSURD, EVIL, NAMES, NOW, Scenario

_WORDS = TraitWords(load_plan(), ())
_TRAITS = (
    Head("trait.mrr", "MRR", numeric=True, sort="trait.mrr"),
    Head("trait.renewal_date", "Renewal date", numeric=False, sort="trait.renewal_date"),
    Head("trait.plan", "Plan", numeric=False, sort="trait.plan"),
)
#: What is predicted, a probability and a score, beside all of ours.
_MANY = (*COLUMNS, "prediction.level_up", "prediction.score")
_OFFERED = tuple((head.key, head.label) for head in _TRAITS)
_REASON = "Active on 2 days in the last 28; usually on 11. Last seen 9 days ago."
_SAID = "The owner of 2 customers is set; 1 had them already."
_MEMBERS = ("dana@example.com", "lee@example.com")


_SETS = tuple(
    SetLink(name, f"/customers?col={n}", n == 1, f"set-{n}" if n else "")
    for n, name in enumerate(("Standard", "Renewals", "Usage, for the weekly round with product"))
)


def customers(scenario: Scenario) -> Customers:
    if scenario == "empty":
        return Customers((), 0, 0, heads=_heads(), email=_MEMBERS[0], members=_MEMBERS, sets=_SETS[:1])
    return _absurd() if scenario == "absurd" else _full(())


def with_traits() -> Customers:
    """Columns of traits, two filters of which one does not count, and rows that are ticked."""
    return _full(_TRAITS)


def opened(scenario: Scenario) -> Customers:
    """With the panel of a customer."""
    return replace(customers(scenario), brief=sample_brief.brief(scenario))


def _heads(columns: Sequence[str] = USUAL, traits: tuple[Head, ...] = ()) -> tuple[Head, ...]:
    return (*heads(columns, _WORDS), *traits)


def _chips(filters: Sequence[FilterRow]) -> tuple[Chip, ...]:
    problems = ("", "needs one number, or a day such as 2027-01-31")
    words = (("MRR", "is above"), ("Plan", "is below"))
    return tuple(
        Chip(row, *said, problem, f"/customers?{said[0]}")
        for row, said, problem in zip(filters, words, problems, strict=False)
    )


def _full(traits: tuple[Head, ...]) -> Customers:
    rows = tuple(
        CustomerRow(
            f"cust-{30217 + 971 * k}",
            NAMES[k % len(NAMES)] + (" EMEA" if k >= len(NAMES) else ""),
            NOW - timedelta(minutes=3 + 47 * k * k),
            events=12_840 // (k + 1),
            sessions=1_204 // (k + 1),
            exports=93 // (k + 1),
            resources=61 // (k + 2),
            rate=max(0.0, 41.5 - 1.7 * k),
            score=None if k == 11 else max(4.0, 88.4 - 3.1 * k),
            weeks=tuple(max(0, round(30 + 12 * math.sin(k + w * 1.3) + (w * (6 - k % 11)))) for w in range(8)),
            tags=("Beta", "Renewal in Q2", "Pilot", "EMEA")[: k % 5],
            owner=("dana@example.com", "lee@example.com", "")[k % 3],
            traits=dict(zip(("arr", "renewal"), _cells(k), strict=False))
            | dict(zip((head.key for head in traits), _cells(k), strict=False)),
            picked=bool(traits) and k in (1, 2, 4),
            reason=_REASON if k in (1, 5) else "",
            why=_REASON
            if k in (1, 5)
            else ""
            if k == 11
            else f"Active on {9 + k % 7} days in the last 28; usually on 11.",
            change=None if k % 8 == 3 else 12.0 - 2.5 * k,
            predicted={} if k % 8 == 3 else {"goes_quiet": 0.03 * k, "score": 55.0 + k, "level_up": 0.04 * k},
            people=None if k == 3 else 41 // (k + 1),
        )
        for k in range(25)
    )
    filters = (FilterRow("trait", "mrr", "above", "500"), FilterRow("trait", "plan", "below", "pro")) if traits else ()
    return Customers(
        rows,
        100_000 if not traits else 312,
        100_000,
        state=ListState(
            filters=filters,
            columns=(*(_MANY if traits else USUAL), *(head.key for head in traits)),
            sort="trait.mrr" if traits else "last_seen",
            segment="pro",
        ),
        heads=_heads(_MANY if traits else USUAL, traits),
        chips=_chips(filters),
        sets=_SETS,
        own=bool(traits),
        offered=_OFFERED,
        members=_MEMBERS,
        email=_MEMBERS[0],
        after="eyJ0IjoiMjAyNiJ9",
        first=False,
        known_tags=("Beta", "EMEA", "Pilot", "Renewal in Q2"),
        segments=(("beta", "Beta customers"), ("pro", "Pro, gone quiet")),
        saveable="[]" if traits else "",
        bulk=Bulk("key", most=10_000, said=_SAID if traits else ""),
    )


def _cells(k: int) -> tuple[Cell, ...]:
    return (
        Cell("1234.5", number=12_345.5 / (k + 1)) if k % 7 else Cell(),
        Cell("2027-01-31", day=date(2027, 1, 31) + timedelta(days=k)),
        Cell(("pro", "free", "A plan with quite a long name that has to be cut")[k % 3]),
    )


def _absurd() -> Customers:
    chosen = tuple(Head(f"trait.{EVIL}{n}", EVIL * 3, numeric=bool(n % 2), sort=f"trait.{EVIL}{n}") for n in range(16))
    shown = _heads(COLUMNS, chosen)
    cells = (Cell(EVIL * 9), Cell("x", number=-1e300), Cell("x", day=date.max))
    filters = tuple(FilterRow("trait", f"{EVIL}{n}", "contains", EVIL * 9) for n in range(20))
    return Customers(
        tuple(
            CustomerRow(
                i,
                n,
                None if k % 2 else datetime.max.replace(tzinfo=UTC),
                10**12,
                10**12,
                10**12,
                10**12,
                None if k % 3 else 100.0,
                None if k % 2 else 1e12,
                (0,) * 8 if k % 2 else (0, 10**12, 0, 1, 0, 0, 0, 0),
                tuple((EVIL * 9)[:60] for _ in range(k * 20)),
                EVIL * 9,
                {head.key: cells[(at + k) % 3] for at, head in enumerate(shown)},
                picked=True,
                reason=EVIL * 9,
                why=EVIL * 9,
                change=(-100.0, 100.0, None)[k % 3],
                predicted=({"goes_quiet": 0.0}, {"goes_quiet": 1.0}, {})[k % 3],
                people=10**9,
            )
            for k, (i, n) in enumerate(ABSURD)
        ),
        10**12,
        10**13,
        state=ListState(
            query=EVIL,
            tag=(EVIL * 9)[:60],
            show="quiet",
            owner=EVIL,
            filters=filters,
            columns=tuple(head.key for head in shown[1:]),
            sort="name",
            descending=False,
            segment="evil-0",
        ),
        heads=shown,
        sets=tuple(SetLink((EVIL * 9)[:100], "/x", n == 3, f"evil-{n}" if n else "") for n in range(51)),
        own=True,
        chips=tuple(Chip(row, EVIL * 3, "contains", EVIL if n % 2 else "", "/x") for n, row in enumerate(filters)),
        offered=tuple((head.key, head.label) for head in chosen),
        members=tuple(f"{EVIL}{n}@example.com" for n in range(200)),
        after="a&b=c",
        before='"><x',
        known_tags=tuple((EVIL * 9)[:60] for _ in range(500)),
        segments=tuple((f"evil-{n}", (EVIL * 5)[:200]) for n in range(100)),
        saveable="[]",
        bulk=Bulk("key", all=True, most=10_000, problem=EVIL * 9),
    )
