"""Sharing a dashboard: the page of its links, and what a stranger sees, with full, empty and absurd data."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from markupsafe import Markup

from milepost.dashboard.questions.address import Address
from milepost.dashboard.questions.context import count, named, text_column
from milepost.dashboard.questions.kept import Card, Dashboard
from milepost.dashboard.questions.reading import read
from milepost.dashboard.questions.shared import SharedLink
from milepost.dashboard.questions.shared_pages import SharedCard, SharedPage, Sharing
from milepost.dashboard.questions.shown import Column, Panel, QuestionPage, Shown, Table

from .sample import EVIL, NOW, Scenario

_ID = UUID(int=7)


def sharing(scenario: Scenario) -> Sharing:
    absurd = scenario == "absurd"
    links = () if scenario == "empty" else tuple(_link(n, absurd) for n in range(3))
    address = f"http://127.0.0.1:8321/shared/{'x' * 43}"
    return Sharing(
        Dashboard(
            dashboard_id=_ID, name=EVIL * 4 if absurd else "For the board", cards=(), frame="", created_by=None,
            created_at=NOW, updated_at=NOW,
        ),
        links, 10**9 if absurd else 0, address if scenario == "full" else "", EVIL if absurd else "",
    )  # fmt: skip


def shared(scenario: Scenario) -> SharedPage:
    if scenario == "empty":
        return SharedPage("For the board", (), waiting=False)
    absurd = scenario == "absurd"
    name = EVIL * 4 if absurd else "Adoption of tools"
    asked = read("tools", Address.of("days=30&tz=UTC"), "UTC", NOW)
    rows = tuple((named(name), count(10**15 if absurd else 24 - n)) for n in range(3))
    panel = Panel("adoption", name, Markup(""), Table("Adoption", (text_column("Tool"), Column("Customers")), rows))
    pages = (
        QuestionPage(asked, "Tools", Shown(Markup("60% of 40 active customers use it."), (panel,))),
        QuestionPage(asked, "Tools", trouble=name),
        QuestionPage(asked, "Tools", waiting=True),
    )
    cards = tuple(SharedCard(Card(UUID(int=n), 2), name, page) for n, page in enumerate(pages))
    return SharedPage(name, (*cards, SharedCard(Card(_ID, 6), "", None)), waiting=True)


def _link(number: int, absurd: bool) -> SharedLink:
    at = NOW - timedelta(days=number)
    return SharedLink(
        link_id=UUID(int=number), with_names=number == 1, created_at=at,
        created_by=("a" * 300 + "@example.com" if absurd else "dana@example.com") if number else None,
        ends_at=at + timedelta(days=30) if number else None, last_opened_at=at if number == 2 else None,
    )  # fmt: skip
