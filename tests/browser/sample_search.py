"""What the server answers the command bar in the preview."""

from __future__ import annotations

from milepost.dashboard.search.find import Found, Results

from .sample import EVIL

_ITEMS = (
    Found("customer", "Northwind", "c-north", "/customers/c-north"),
    Found(
        "customer", "Northwind Traders of the very far and very long North, Sons and Daughters", "c-2", "/customers/c-2"
    ),
    Found("customer", EVIL, "evil", "/customers/evil"),
    Found("person", "Nora North", "nora@north.example", "/people/nora"),
    Found("report", "North: first use to export", "Funnels", "/funnels?days=30"),
    Found("dashboard", "North America", "", "/dashboards/0190a0b0-0000-7000-8000-000000000000"),
    Found("segment", "Northern customers", "", "/customers?segment=northern"),
)


def answer(text: str) -> Results:
    """All that have `text` in a name or a hint."""
    wanted = text.lower()
    return Results(tuple(one for one in _ITEMS if wanted and wanted in f"{one.name} {one.hint}".lower()), True)
