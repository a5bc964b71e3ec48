"""The routes of the coach's pages: the queue, and marking a recommendation from it or from a customer's page."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.paths import may_be_id
from milepost.access.services import AnyRequest, services
from milepost.coach import marks
from milepost.coach.deliver import read_state
from milepost.coach.lift import read_coaching
from milepost.coach.read import MOST_COUNTED, count_open, read_history, read_open, read_queue
from milepost.coach.said import Mark, Which
from milepost.dashboard.coach.view import (
    TABS,
    CoachingPage,
    Hook,
    NextSteps,
    lesson_row,
    queue_row,
    row_of,
    shown_playbooks,
)
from milepost.dashboard.page_context import PAGE_HEADERS, local_path, page
from milepost.dashboard.texts import storable
from milepost.errors import InvalidRequest, NotFound
from milepost.store.database import DictConnection
from milepost.vocabulary import MAX_WORD_LENGTH

_PAGE: Final = 25
_LESSONS: Final = 12
_PAST: Final = 20
_MARKS: Final[tuple[Mark, ...]] = ("accepted", "dismissed", "done")


@get("/coaching")
async def coaching(request: AnyRequest) -> Template:
    """The queue, the playbooks, what was learned. Whatever the address says that cannot be, is as if it were not."""
    served, wanted = services(request), request.query_params
    which: Which = next((name for name, _ in TABS if name == wanted.get("state")), "open")
    playbook = storable(wanted.get("playbook", ""))[:MAX_WORD_LENGTH]
    now, after = served.now(), wanted.get("after") or None
    async with served.database.transaction() as connection:
        try:
            queue = await read_queue(
                connection, now=now, limit=_PAGE, cursor=after, which=which, playbook=playbook or None
            )
        except InvalidRequest:  # a cursor of another server: the queue begins anew
            after = None
            queue = await read_queue(connection, now=now, limit=_PAGE, which=which, playbook=playbook or None)
        opened = await count_open(connection, now=now)
        known = await read_coaching(connection, served.plan)
        state = await read_state(connection, now=now)
    view = CoachingPage(
        rows=tuple(queue_row(one, served.plan) for one in queue.items),
        total=queue.total,
        opened=opened,
        most=MOST_COUNTED,
        which=which,
        playbook=playbook,
        after=queue.next,
        first=after is None,
        playbooks=shown_playbooks(known),
        learned=tuple(lesson_row(one) for one in known.learned[:_LESSONS]),
        learned_more=max(len(known.learned) - _LESSONS, 0),
        learned_from=served.plan.coach.learned.at_least,
        counted_at=known.counted_at,
        learned_at=known.learned_at,
        hook=Hook(state.delivered, state.waiting, state.gave_up, state.last_error) if state else None,
    )
    return page(request, "coach/coaching.html", section="coaching", view=view)


@post("/coaching/recommendations/{recommendation_id:uuid}")
async def mark(request: AnyRequest, recommendation_id: UUID) -> Template | Redirect:
    """A button of a row. With scripts the row comes back as it is now, else the page it was on."""
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    word = next((one for one in _MARKS if one == fields.get("state")), None)
    customer_id = fields.get("customer_id", "")
    if word is None:
        raise InvalidRequest("A recommendation can be accepted, dismissed or done.", field="state")
    if not may_be_id(customer_id):
        raise NotFound("There is no such recommendation.")
    served, email = services(request), member_email(request) or ""
    found = await marks.mark(
        served.database, served.plan, customer_id, recommendation_id, word, now=served.now(), by=email
    )
    if "hx-request" in request.headers:
        row = row_of(found, customer_id, fields.get("name", "")[:MAX_WORD_LENGTH], served.plan)
        return page(request, "coach/_row.html", section="coaching", row=row, back=fields.get("back", ""), marked=True)
    return Redirect(local_path(fields.get("back", "/coaching")), status_code=303, headers=dict(PAGE_HEADERS))


async def next_steps(request: AnyRequest, connection: DictConnection, customer_id: str) -> NextSteps:
    """What the customer's page shows."""
    now, plan = services(request).now(), services(request).plan
    found = await read_open(connection, customer_id, now=now)
    past = await read_history(connection, customer_id, now=now, limit=_PAST)
    return NextSteps(
        tuple(row_of(one, customer_id, "", plan) for one in found.items),
        tuple(row_of(one, customer_id, "", plan) for one in past),
    )


router = Router("/", route_handlers=[coaching, mark], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
