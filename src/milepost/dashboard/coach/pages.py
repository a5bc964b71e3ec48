"""The routes of the team's actions: the inbox, what is done with a row or several, the playbooks, the old address."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, get_args
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.paths import may_be_id
from milepost.access.services import AnyRequest, services
from milepost.api.acting import do_act
from milepost.coach.lift import read_coaching
from milepost.coach.queue import (
    MOST_COUNTED,
    Wanted,
    count_queue,
    read_ended,
    read_of_customer,
    read_queue,
    read_queued,
)
from milepost.coach.replay import replay
from milepost.coach.said import Act, Acted, Queued, Why
from milepost.dashboard.coach.inbox import SHOWS, Choices, InboxPage, Show, action_row, inbox_url
from milepost.dashboard.coach.view import (
    NextSteps,
    PlaybooksPage,
    harm_rows,
    kind_rows,
    lesson_rows,
    replay_view,
    shown_playbooks,
)
from milepost.dashboard.page_context import go, local_path, page, today_of
from milepost.dashboard.texts import form_texts, storable
from milepost.errors import InvalidRequest, NotFound
from milepost.segments.keep import list_segments
from milepost.store.database import DictConnection
from milepost.vocabulary import MAX_WORD_LENGTH, ME, NOBODY
from milepost.work.tasks import member_emails

_PAGE: Final = 25
_ENDED: Final = 50
_OF_CUSTOMER: Final = 30
#: More than a page has to tick.
_MOST_PICKED: Final = 100
#: What a fault means in a form's field, in the words of who fills it in.
_SAID: Final = {
    "assignee": "Choose somebody of the team, or nobody.",
    "until": "Choose a day after today, within a year.",
    "why": "Say why it is dismissed.",
    "note": "Write 4,000 characters at most.",
}


@get("/actions")
async def actions(request: AnyRequest) -> Template:
    """The inbox. Whatever the address says that cannot be, is as if it were not."""
    served, wanted, email = services(request), request.query_params, member_email(request) or ""
    show: Show = next((name for name, _ in SHOWS if name == wanted.get("show")), "open")
    playbook = storable(wanted.get("playbook", ""))[:MAX_WORD_LENGTH]
    now, today, after = served.now(), today_of(request), wanted.get("after") or None
    async with served.database.transaction() as connection:
        members = await member_emails(connection)
        whose = storable(wanted.get("whose", "")).lower()
        whose = email if whose == ME else whose if whose in (*members, NOBODY) else ""
        todo = Wanted(today=today, handled="todo")
        asked = Wanted(
            today=today,
            handled="snoozed" if show == "snoozed" else "todo",
            whose=whose or None,
            playbook=playbook or None,
            first=email,
        )
        following: str | None = None
        if show == "closed":
            found = await read_ended(connection, asked, now=now, limit=_ENDED)
            total = len(found)
        else:
            try:
                queue = await read_queue(connection, asked, now=now, limit=_PAGE, cursor=after)
            except InvalidRequest:  # a cursor of another server: the queue begins anew
                after = None
                queue = await read_queue(connection, asked, now=now, limit=_PAGE)
            found, total, following = queue.items, queue.total, queue.next
        opened = await count_queue(connection, todo, now=now)
        mine = await count_queue(connection, todo._replace(whose=email), now=now)
        known = await read_coaching(connection, served.plan)
    view = InboxPage(
        rows=tuple(action_row(one, served.plan) for one in found),
        choices=Choices(_members(members, email), email, today),
        show=show,
        whose=whose,
        playbook=playbook,
        playbooks=tuple((row.report.playbook, row.report.name) for row in shown_playbooks(known)),
        total=total,
        open=opened,
        mine=mine,
        most=MOST_COUNTED,
        after=following,
        first=after is None,
        nothing_ever=not (opened or found or whose or playbook or any(one.made for one in known.playbooks)),
    )
    return page(request, "coach/actions.html", section="actions", view=view)


@get("/actions/playbooks")
async def playbooks(request: AnyRequest) -> Template:
    """What each playbook changes, and what was learned; with `replay` in the address, that one on the past."""
    served, wanted = services(request), request.query_params.get("replay")
    chosen = next((one for one in served.plan.playbooks if one.id == wanted), None)
    async with served.database.transaction() as connection:
        known = await read_coaching(connection, served.plan)
        past = await replay(connection, served.plan, [chosen] if chosen else [], now=served.now())
        segments = {one.slug: one.name for one in await list_segments(connection)}
    view = PlaybooksPage(
        playbooks=shown_playbooks(known),
        kinds=kind_rows(known),
        compared=known.compared,
        learned=lesson_rows(known),
        harms=harm_rows(known),
        looked_at=len(known.learned),
        learned_from=served.plan.coach.learned.at_least,
        counted_at=known.counted_at,
        learned_at=known.learned_at,
        replay=replay_view(chosen, past[0]) if chosen else None,
        segments=segments,
    )
    return page(request, "coach/playbooks.html", section="actions", view=view)


@get("/coaching")
async def coaching(request: AnyRequest) -> Redirect:
    """Where it was before."""
    playbook = storable(request.query_params.get("playbook", ""))[:MAX_WORD_LENGTH]
    closed = request.query_params.get("state") in ("done", "dismissed", "expired")
    return go(inbox_url({"show": "closed" if closed else "", "playbook": playbook}, ""))


@post("/actions/{recommendation_id:uuid}")
async def act_on(request: AnyRequest, recommendation_id: UUID) -> Template | Redirect:
    """A button of a row. With scripts the row comes back as it is now, else the page it was on."""
    fields = await form_texts(request)
    customer_id = fields.get("customer_id", "")
    if not may_be_id(customer_id):
        raise NotFound("There is no such recommendation.")
    today, back = today_of(request), local_path(fields.get("back", "/actions"))
    if "hx-request" not in request.headers:
        await _act(request, customer_id, recommendation_id, fields, today)
        return go(back)
    problem, found = "", None
    try:
        found = await _act(request, customer_id, recommendation_id, fields, today)
    except InvalidRequest as error:
        problem = _SAID.get(error.field or "", error.message)
    async with services(request).database.transaction() as connection:
        if found is None:
            now = services(request).now()
            found = await read_queued(connection, customer_id, recommendation_id, now=now, today=today)
        members = await member_emails(connection)
    email = member_email(request) or ""
    return page(
        request,
        "coach/_act.html",
        section="actions",
        row=action_row(found, services(request).plan, named=fields.get("named") == "1"),
        choices=Choices(_members(members, email), email, today),
        back=back,
        problem=problem,
        acted=fields.get("act", ""),
    )


@post("/actions/bulk")
async def act_on_many(request: AnyRequest) -> Redirect:
    """The same for every row that was ticked; then the page as it is."""
    form = await request.form()
    picked = [storable(one) for one in form.getall("pick", []) if isinstance(one, str)][:_MOST_PICKED]
    fields, today = await form_texts(request), today_of(request)
    for one in picked:
        try:
            recommendation_id, customer_id = UUID(one[:36]), one[37:]
        except ValueError as error:
            raise NotFound("There is no such recommendation.") from error
        if not may_be_id(customer_id):
            raise NotFound("There is no such recommendation.")
        await _act(request, customer_id, recommendation_id, fields, today)
    return go(local_path(fields.get("back", "/actions")))


async def next_steps(request: AnyRequest, connection: DictConnection, customer_id: str) -> NextSteps:
    """What the customer's page shows."""
    now, today, plan = services(request).now(), today_of(request), services(request).plan
    found = await read_of_customer(connection, customer_id, now=now, today=today, limit=_OF_CUSTOMER)
    rows = [action_row(one, plan, named=False) for one in found]
    email = member_email(request) or ""
    return NextSteps(
        rows=tuple(row for row in rows if row.over is None),
        past=tuple(row for row in rows if row.over is not None),
        choices=Choices(_members(await member_emails(connection), email), email, today),
    )


async def _act(
    request: AnyRequest, customer_id: str, recommendation_id: UUID, fields: dict[str, str], today: date
) -> Queued:
    """What a form says. Raises InvalidRequest, NotFound."""
    what = next((one for one in get_args(Act) if one == fields.get("act")), None)
    if what is None:
        raise InvalidRequest("An action can be assigned, snoozed, done, dismissed or opened again.", field="act")
    said = Acted(act=what)
    if what == "assign":
        said = msgspec.structs.replace(said, assignee=fields.get("assignee") or None)
    elif what == "snooze":
        said = msgspec.structs.replace(said, until=_until(fields, today))
    elif what == "dismiss":
        why = next((one for one in get_args(Why) if one == fields.get("why")), None)
        said = msgspec.structs.replace(said, why=why, note=fields.get("note") or None)
    return await do_act(request, customer_id, recommendation_id, said, today=today)


def _until(fields: dict[str, str], today: date) -> date:
    """So many days from today, or the day that was chosen."""
    days = fields.get("days", "")
    if days in ("7", "30"):
        return today + timedelta(days=int(days))
    try:
        return date.fromisoformat(fields.get("until", ""))
    except ValueError as error:
        raise InvalidRequest(_SAID["until"], field="until") from error


def _members(members: list[str], email: str) -> tuple[str, ...]:
    """The reader first."""
    return (*(one for one in members if one == email), *(one for one in members if one != email))


router = Router(
    "/",
    route_handlers=[actions, playbooks, coaching, act_on, act_on_many],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
