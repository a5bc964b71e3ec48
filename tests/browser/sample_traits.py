"""What is known of a customer or a person, as their page shows it: full, empty and absurd."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from milepost.dashboard.traits.panel import TraitRow, TraitsPanel

from .sample import EVIL, NOW, Scenario


def panel(scenario: Scenario) -> TraitsPanel:
    if scenario == "empty":
        return TraitsPanel("customer", "acme", (), ())
    absurd = scenario == "absurd"
    rows = [
        _row("owner", "Owner", "dana@example.com", was=("lee@example.com", "nothing")),
        _row("mrr", "MRR", "12345.67", number=12345.67),
        _row("renewal_date", "Renewal date", "2027-01-31", day=date(2027, 1, 31)),
        _row("plan", "Plan", "pro"),
    ]
    if absurd:
        rows = [_row(EVIL, EVIL * 3, EVIL * 9, number=None if n % 2 else -1e300, was=(EVIL,) * 5) for n in range(20)]
    known = tuple((row.name, row.label) for row in rows)
    return TraitsPanel("customer", EVIL if absurd else "acme", tuple(rows), known, ("dana@example.com",))


def of_person(scenario: Scenario) -> TraitsPanel:
    if scenario == "empty":
        return TraitsPanel("person", "ann", (), ())
    if scenario == "absurd":
        return replace(panel(scenario), kind="person", members=())
    rows = (_row("role", "Role", "Admin"), _row("email", "E-mail", "ann@example.com"), _row("seats", "Seats", "12"))
    return TraitsPanel("person", "ann", rows, tuple((row.name, row.label) for row in rows))


def _row(
    name: str,
    label: str,
    text: str,
    *,
    number: float | None = None,
    day: date | None = None,
    was: tuple[str, ...] = (),
) -> TraitRow:
    return TraitRow(name, label, text, number, day, NOW, "dana@example.com", was)
