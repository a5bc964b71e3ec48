"""Recording an offline action by hand: the form, and changing, deleting and putting back what was recorded so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template

from milepost.access.callers import member_email
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, Services, services
from milepost.dashboard import views as v
from milepost.dashboard.describe import competency_names
from milepost.dashboard.offline.authors import NOBODY, Authors, note_changer, read_authors
from milepost.dashboard.offline.form import (
    BY_HAND,
    FIELDS,
    SUGGESTIONS,
    ActionForm,
    blank,
    check,
    of_action,
    zone_named,
)
from milepost.dashboard.page_context import PAGE_HEADERS, page, zone_of
from milepost.errors import NotFound
from milepost.ingest.actions import AcceptedActions, ActionRow
from milepost.ingest.ids import new_id
from milepost.ingest.store_actions import store_actions
from milepost.insights.customer import Action, read_customer
from milepost.store.queries import load

_SQL = load("milepost.dashboard.offline", "actions.sql")
_GONE: Final = "There is no such action, or it was not recorded here by hand."


@get("/customers/{segment:str}/actions")
async def new_action(request: AnyRequest, segment: str) -> Template:
    """The form on a page of its own; the customer's page has it too."""
    customer_id = customer_of(segment)
    form = blank(services(request).now(), zone_of(request))
    return await _form_page(request, customer_id, form)


@post("/customers/{segment:str}/actions")
async def record_action(request: AnyRequest, segment: str) -> Template | Redirect:
    """Stores an action; with something wrong, the form comes back as it was typed."""
    customer_id, served, typed = customer_of(segment), services(request), await _typed(request)
    checked = check(typed, customer_id, served.plan, now=served.now())
    if checked.row is None:
        return await _form_page(request, customer_id, checked.form, status_code=400)
    await _name_of(request, customer_id)
    by = member_email(request)
    receipt = await store_actions(served.database, AcceptedActions([checked.row], [0], []), recorded_by=by)
    if receipt.duplicates and not await _is_stored(served, checked.row):
        # The form was used before, for another action: it is one of its own.
        checked.row.action_id = new_id(served.now())
        receipt = await store_actions(served.database, AcceptedActions([checked.row], [0], []), recorded_by=by)
    if receipt.rejected:
        form = ActionForm(typed, {"": receipt.rejected[0].message})
        return await _form_page(request, customer_id, form, status_code=400)
    return _back(customer_id, "recorded", checked.row.action_id)


@get("/customers/{segment:str}/actions/{action_id:uuid}")
async def show_action(request: AnyRequest, segment: str, action_id: UUID) -> Template:
    """The form of an action that was recorded by hand."""
    customer_id = customer_of(segment)
    action = await _by_hand(services(request), customer_id, action_id)
    return await _form_page(request, customer_id, of_action(action, zone_of(request)), action=action)


@post("/customers/{segment:str}/actions/{action_id:uuid}")
async def change_action(request: AnyRequest, segment: str, action_id: UUID) -> Template | Redirect:
    """Saves it."""
    customer_id, served, typed = customer_of(segment), services(request), await _typed(request)
    action = await _by_hand(served, customer_id, action_id)
    typed |= {"action_id": str(action_id)}
    checked = check(typed, customer_id, served.plan, now=served.now(), kept=action.competency_area or "")
    if checked.row is None:
        return await _form_page(request, customer_id, checked.form, action=action, status_code=400)
    row: ActionRow = checked.row
    if typed["at"] == of_action(action, zone_named(typed["zone"])).typed["at"]:
        # The field has no seconds: a time that nobody changed keeps its own.
        row.timestamp = action.timestamp
    values = msgspec.structs.asdict(row) | {"source": BY_HAND, "action_id": action_id}
    del values["action_metadata"]
    async with served.database.transaction() as connection:
        if (await connection.execute(_SQL["change"], values)).rowcount == 0:
            raise NotFound(_GONE)
        await note_changer(connection, action_id, member_email(request), now=served.now())
    return _back(customer_id, "changed", str(action_id))


@post("/customers/{segment:str}/actions/{action_id:uuid}/delete")
async def delete_action(request: AnyRequest, segment: str, action_id: UUID) -> Redirect:
    """It counts no more; the page it leads to can put it back."""
    return await _mark(request, segment, action_id, "delete", "deleted")


@post("/customers/{segment:str}/actions/{action_id:uuid}/restore")
async def restore_action(request: AnyRequest, segment: str, action_id: UUID) -> Redirect:
    """Puts a deleted one back."""
    return await _mark(request, segment, action_id, "restore", "restored")


action_handlers = [new_action, record_action, show_action, change_action, delete_action, restore_action]


async def _typed(request: AnyRequest) -> dict[str, str]:
    """The form's fields as text that can be stored; what is missing is empty."""
    form = await request.form()
    found = {}
    for name in FIELDS:
        value = form.get(name, "")
        plain = value if isinstance(value, str) else ""
        found[name] = plain.replace("\x00", "").replace("\r\n", "\n").encode(errors="ignore").decode()
    return found


async def _form_page(
    request: AnyRequest, customer_id: str, form: ActionForm, *, action: Action | None = None, status_code: int = 200
) -> Template:
    authors = await _authors_of(request, action) if action else NOBODY
    return page(
        request,
        "offline/action.html",
        section="customers",
        status_code=status_code,
        form=form,
        choices=form_choices(services(request), form.typed),
        customer_id=customer_id,
        name=await _name_of(request, customer_id),
        action=action,
        authors=authors,
    )


def form_choices(served: Services, typed: Mapping[str, str]) -> dict[str, Any]:
    """What the form's fields offer; a competency that is not in the plan any more stays to be chosen."""
    competencies = dict(competency_names(served.plan))
    if typed["competency_area"]:
        competencies.setdefault(typed["competency_area"], typed["competency_area"])
    return {"competencies": competencies, "suggestions": SUGGESTIONS}


async def _name_of(request: AnyRequest, customer_id: str) -> str:
    """Raises NotFound for a customer nothing is known of: an address that was mistyped makes none."""
    served = services(request)
    async with served.database.transaction() as connection:
        found = await read_customer(connection, customer_id, now=served.now())
    return found.name or customer_id


async def _authors_of(request: AnyRequest, action: Action) -> Authors:
    async with services(request).database.transaction() as connection:
        return (await read_authors(connection, [action.action_id])).get(action.action_id, NOBODY)


async def _by_hand(served: Services, customer_id: str, action_id: UUID) -> Action:
    values = {"customer_id": customer_id, "action_id": action_id, "source": BY_HAND}
    async with served.database.transaction() as connection:
        row = await (await connection.execute(_SQL["by_hand"], values)).fetchone()
    if row is None or row.pop("deleted_at") is not None:
        raise NotFound(_GONE)
    row["value"] = None if row["value"] is None else float(str(row["value"]))
    return msgspec.convert(row, Action)


async def _is_stored(served: Services, row: ActionRow) -> bool:
    """Whether what has the row's id is this action, stored when the button was pressed the first time."""
    try:
        there = await _by_hand(served, row.customer_id, UUID(row.action_id))
    except NotFound:
        return False
    fields = (
        "action_type",
        "role",
        "timestamp",
        "competency_area",
        "business_impact",
        "value",
        "currency",
        "description",
        "private",
    )
    return all(getattr(there, name) == getattr(row, name) for name in fields)


async def _mark(request: AnyRequest, segment: str, action_id: UUID, statement: str, word: str) -> Redirect:
    """Pressed twice it is as pressed once."""
    customer_id, served = customer_of(segment), services(request)
    values = {"customer_id": customer_id, "action_id": action_id, "source": BY_HAND, "now": served.now()}
    if not await _write(served, statement, values):
        async with served.database.transaction() as connection:
            if await (await connection.execute(_SQL["by_hand"], values)).fetchone() is None:
                raise NotFound(_GONE)
    try:
        await _name_of(request, customer_id)
    except NotFound:
        # The customer was nothing but this action.
        return Redirect("/customers", status_code=303, headers=dict(PAGE_HEADERS))
    return _back(customer_id, word, str(action_id))


async def _write(served: Services, statement: str, values: Mapping[str, object]) -> bool:
    async with served.database.transaction() as connection:
        return (await connection.execute(_SQL[statement], values)).rowcount > 0


def _back(customer_id: str, word: str, action_id: str) -> Redirect:
    address = f"{v.customer_url(customer_id)}?{word}={action_id}#offline"
    return Redirect(address, status_code=303, headers=dict(PAGE_HEADERS))
