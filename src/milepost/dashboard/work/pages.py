"""What the panel's forms do. With scripts the panel comes back as it is now, with the timeline; else the page does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final
from uuid import UUID

from litestar import Router, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.dashboard.customers.timeline import timeline_view
from milepost.dashboard.page_context import PAGE_HEADERS, page, zone_of
from milepost.dashboard.texts import form_texts
from milepost.dashboard.views import customer_url
from milepost.dashboard.work.panel import NOTHING_TYPED, Typed, work_panel
from milepost.dashboard.work.tasks import change_any_task, tasks_page
from milepost.errors import InvalidRequest, NotFound
from milepost.insights.timeline import read_timeline
from milepost.store.database import DictConnection
from milepost.work import notes, tags, tasks
from milepost.work.customers import require_customer
from milepost.work.tasks import TaskText

_ENTRIES: Final = 40
#: What a fault means in a form's field, in the words of who fills it in.
_SAID: Final = {
    "text": "Write something, in 4,000 characters at most.",
    "title": "Say what is to be done, in 200 characters at most.",
    "due": "Give a day, such as 2026-05-01, or none.",
    "assignee": "Choose somebody of the team, or nobody.",
    "add": "A tag has 1 to 60 characters.",
}
Fields = dict[str, str]
Work = Callable[[DictConnection, Fields], Awaitable[str]]


@post("/customers/{segment:str}/notes")
async def write_note(request: AnyRequest, segment: str) -> Template | Redirect:
    """A new note."""
    served, customer_id = services(request), customer_of(segment)

    async def write(connection: DictConnection, fields: Fields) -> str:
        by = member_email(request)
        await notes.add_note(connection, customer_id, fields.get("text", ""), by=by, now=served.now())
        return "The note is written."

    return await _do(request, customer_id, "note", write)


@post("/customers/{segment:str}/notes/{note_id:uuid}")
async def change_note(request: AnyRequest, segment: str, note_id: UUID) -> Template | Redirect:
    """Saves, pins, unpins or deletes it."""
    served, customer_id = services(request), customer_of(segment)

    async def change(connection: DictConnection, fields: Fields) -> str:
        match fields.get("do"):
            case "delete":
                await notes.delete_note(connection, note_id)
                return "The note is deleted."
            case "pin" | "unpin" as word:
                await notes.change_note(connection, note_id, pinned=word == "pin", now=served.now())
                return f"The note is {word}ned."
            case _:
                await notes.change_note(connection, note_id, text=fields.get("text", ""), now=served.now())
                return "The note is changed."

    return await _do(request, customer_id, f"note-{note_id}", change)


@post("/customers/{segment:str}/tasks")
async def set_task(request: AnyRequest, segment: str) -> Template | Redirect:
    """A new task."""
    served, customer_id = services(request), customer_of(segment)

    async def add(connection: DictConnection, fields: Fields) -> str:
        by = member_email(request)
        await tasks.add_task(connection, customer_id, _task(fields), by=by, now=served.now())
        return "The task is set."

    return await _do(request, customer_id, "task", add)


@post("/customers/{segment:str}/tasks/{task_id:uuid}")
async def change_task(request: AnyRequest, segment: str, task_id: UUID) -> Template | Redirect:
    """Saves it, checks it off, opens it again or deletes it."""
    served, customer_id = services(request), customer_of(segment)

    async def change(connection: DictConnection, fields: Fields) -> str:
        match fields.get("do"):
            case "delete":
                await tasks.delete_task(connection, task_id)
                return "The task is deleted."
            case "done" | "open" as word:
                by, now = member_email(request), served.now()
                await tasks.set_done(connection, task_id, done=word == "done", by=by, now=now)
                return "The task is done." if word == "done" else "The task is open again."
            case _:
                await tasks.change_task(connection, task_id, _task(fields))
                return "The task is changed."

    return await _do(request, customer_id, f"task-{task_id}", change)


@post("/customers/{segment:str}/tags")
async def change_tags(request: AnyRequest, segment: str) -> Template | Redirect:
    """Adds what was typed, or removes the tag whose button was pressed."""
    served, customer_id = services(request), customer_of(segment)

    async def change(connection: DictConnection, fields: Fields) -> str:
        add, remove = ([], [fields["remove"]]) if "remove" in fields else ([fields.get("tag", "")], [])
        by = member_email(request)
        await tags.change_tags(
            connection, [customer_id], add=add, remove=remove, by=by, now=served.now(), field="customer_id"
        )
        return "The tag is removed." if remove else "The tag is added."

    return await _do(request, customer_id, "tag", change)


async def _do(request: AnyRequest, customer_id: str, form: str, work: Work) -> Template | Redirect:
    """Does it in one transaction; what will not do comes back as it was typed, with what is wrong."""
    database, scripted = services(request).database, "hx-request" in request.headers
    fields = {name: text.replace("\r\n", "\n") for name, text in (await form_texts(request)).items()}
    typed, said = NOTHING_TYPED, ""
    try:
        async with database.transaction() as connection:
            await require_customer(connection, customer_id)
            said = await work(connection, fields)
    except InvalidRequest as error:
        typed = Typed(form, fields, _SAID.get(error.field or "", error.message))
    except NotFound as error:
        if error.field == "customer_id":
            raise
        # Somebody else has just deleted it.
        typed = Typed("gone", {}, error.message)
    if not scripted and not typed.form:
        return Redirect(f"{customer_url(customer_id)}#work", status_code=303, headers=dict(PAGE_HEADERS))
    async with database.transaction() as connection:
        panel = await work_panel(request, connection, customer_id, typed=typed, said=said)
        entries, following = await read_timeline(connection, customer_id, limit=_ENTRIES)
    timeline = timeline_view(entries, customer_id, services(request).plan, zone_of(request), following=following)
    if scripted:
        # A part of a page that is refused would not be put in its place: what is wrong stands in it.
        return page(request, "work/changed.html", section="customers", work=panel, timeline=timeline)
    return page(request, "work/refused.html", section="customers", status_code=400, work=panel)


def _task(fields: Fields) -> TaskText:
    """What a form says of a task. Raises InvalidRequest for a day that is none."""
    due = fields.get("due", "").strip()
    try:
        day = date.fromisoformat(due) if due else None
    except ValueError as error:
        raise InvalidRequest(_SAID["due"], field="due") from error
    return TaskText(
        title=fields.get("title", ""), text=fields.get("text"), due=day, assignee=fields.get("assignee") or None
    )


router = Router(
    "/",
    route_handlers=[write_note, change_note, set_task, change_task, change_tags, tasks_page, change_any_task],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
