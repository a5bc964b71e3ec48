"""The panel beside the customers' list: on one screen what one needs before a call with one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from markupsafe import Markup

from milepost.access.callers import member_email
from milepost.access.paths import may_be_id
from milepost.access.services import AnyRequest, services
from milepost.coach.queue import read_firsts
from milepost.dashboard import markup
from milepost.dashboard.customers.columns import Cell, TraitWords, arr_of
from milepost.dashboard.customers.view import risks
from milepost.dashboard.page_context import today_of
from milepost.dashboard.people.panel import PeoplePanel, people_panel
from milepost.dashboard.views import Figure, customer_url
from milepost.dashboard.work.rows import TaskRow, task_row
from milepost.errors import NotFound
from milepost.insights.at_risk import at_risk_among
from milepost.insights.changes import NOT_KNOWN, changes_of
from milepost.insights.customer import Insights, read_customer
from milepost.traits.keep import read_now
from milepost.work.notes import Note, shown_notes
from milepost.work.tags import tags_of
from milepost.work.tasks import TaskFilter, list_tasks

#: Tasks and notes on one screen.
_TASKS: Final = 3
_NOTES: Final = 2


class Brief(msgspec.Struct, frozen=True):
    """customers/_brief.html. `why`: why it is at risk, else what it does against its own past; `change`: points of the
    score in 28 days. `tasks`: the open ones that are due first, `more_tasks` tells that there are others; `notes`: the
    pinned ones, then the newest, of `notes_total`. `action`, `reason`: what the coach suggests first."""

    customer_id: str
    name: str
    answer: Markup
    why: str
    at_risk: bool
    change: float | None
    risks: tuple[str, ...]
    owner: str
    mine: bool
    renewal: Cell
    arr: Cell
    last_seen: datetime | None
    people: PeoplePanel
    tags: tuple[str, ...]
    tasks: tuple[TaskRow, ...]
    more_tasks: bool
    notes: tuple[Note, ...]
    notes_total: int
    action: str = ""
    reason: str = ""

    @property
    def url(self) -> str:
        return customer_url(self.customer_id)

    @property
    def active(self) -> Figure | None:
        """How many people were active, and how many before; None where that is not known."""
        return self.people.figures[0] if self.people.figures else None


async def brief_of(request: AnyRequest, customer_id: str, words: TraitWords) -> Brief | None:
    """None for a customer nothing is known of."""
    try:
        return await read_brief(request, customer_id, words) if may_be_id(customer_id) else None
    except NotFound:
        return None


async def read_brief(request: AnyRequest, customer_id: str, words: TraitWords) -> Brief:
    """Raises NotFound for a customer nothing is known of."""
    served, email, today = services(request), member_email(request) or "", today_of(request)
    now, whose = served.now(), [customer_id]
    async with served.database.transaction() as connection:
        found = await read_customer(connection, customer_id, now=now)
        fall = (await at_risk_among(connection, whose, now=now)).get(customer_id)
        change = (await changes_of(connection, whose, now=now)).get(customer_id, NOT_KNOWN)
        traits = (await read_now(connection, "customer", whose))[customer_id]
        tags = (await tags_of(connection, whose)).get(customer_id, ())
        wanted = TaskFilter(customer_id=customer_id, done=False)
        tasks = await list_tasks(connection, wanted, limit=_TASKS)
        notes, notes_total = await shown_notes(connection, customer_id, limit=_NOTES)
        first = (await read_firsts(connection, whose, now=now, today=today)).get(customer_id)
    # Of the column store: no connection of the pool waits for it.
    people = await people_panel(request, customer_id, briefly=True)
    known, owner = found.insights, traits.get("owner")
    return Brief(
        customer_id=customer_id,
        name=found.name or customer_id,
        answer=_answer(known),
        why=fall.reason if fall else change.against_own_past,
        at_risk=fall is not None,
        change=change.of_score(known.current_scaling_score),
        risks=risks(known, served.plan),
        owner=owner if isinstance(owner, str) else "",
        mine=isinstance(owner, str) and owner.lower() == email,
        renewal=words.cell("renewal_date", traits.get("renewal_date")),
        arr=words.cell("arr", arr_of(traits, known.current_arr)),
        last_seen=known.last_activity_timestamp,
        people=people,
        tags=tuple(tags),
        tasks=tuple(task_row(task, today=today, email=email) for task in tasks.items),
        more_tasks=tasks.next is not None,
        notes=tuple(notes),
        notes_total=notes_total,
        action=first.team.action if first else "",
        reason=first.team.reason if first else "",
    )


def _answer(known: Insights) -> Markup:
    """As on the customer's page."""
    return markup.score_answer(
        known.current_scaling_score,
        known.professional_credibility_trend,
        known.systematic_progression_rate,
        known.score_reason or "",
    )
