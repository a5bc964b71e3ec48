"""Ready cards: questions that show something on any data, to begin a dashboard with."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, services
from milepost.dashboard.questions import kept
from milepost.dashboard.questions.address import Address, address_of, kind_pairs
from milepost.dashboard.questions.asked import Name
from milepost.dashboard.questions.beginning import first_steps
from milepost.dashboard.questions.view import asked_by
from milepost.errors import InvalidRequest


class ReadyCard(msgspec.Struct, frozen=True):
    """`says` is what it answers, as its button has it; `query` the address of its question."""

    key: str
    title: str
    says: str
    question: Name
    query: str


GALLERY: Final = (
    ReadyCard(
        "activity", "Active customers", "How many are active each week", "trends",
        "days=90&measure=units&interval=week",
    ),
    ReadyCard("tools", "Adoption of tools", "Which tools they use, and how many do", "tools", "days=30"),
    ReadyCard("funnel", "First steps", "How many get through the steps of your plan", "funnels", "days=30"),
    ReadyCard("retention", "Retention", "How many come back in the weeks after", "retention", "days=90"),
    ReadyCard("lifecycle", "Lifecycle", "New, returning, back again and gone, by week", "lifecycle", "days=90"),
    ReadyCard("sessions", "Sessions", "How many there are, and how long they last", "sessions", "days=30"),
)  # fmt: skip


async def ready_report(request: AnyRequest, key: str) -> UUID:
    """The report of a ready card: the one that asks the same already, else a new one. Raises InvalidRequest."""
    ready = next((one for one in GALLERY if one.key == key), None)
    if ready is None:
        raise InvalidRequest("There is no such card. Choose one of the list.", field="ready")
    database, query = services(request).database, ready.query
    if ready.question == "funnels":
        query = address_of("", [*Address.of(query).pairs, *kind_pairs(await first_steps(request), "s.")])[1:]
    asked = asked_by(request, ready.question, query)
    same = kept.Look(asked.name, asked.query)
    known = next((one.report_id for one in await kept.reports(database) if one.shown == same), None)
    return known or await kept.save_report(database, ready.title, asked, by=member_email(request))
