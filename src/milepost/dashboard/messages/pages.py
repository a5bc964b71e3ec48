"""The pages of messages: where they go, each destination with its log, and what can be done about it."""

from __future__ import annotations

from datetime import datetime, time
from typing import Final, cast
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, who_asks
from milepost.access.services import AnyRequest, services
from milepost.dashboard.messages.view import (
    TOPIC_LABELS,
    DestinationPage,
    Form,
    MessagesPage,
    form_of,
    log_row,
    row_of,
)
from milepost.dashboard.page_context import go, page
from milepost.dashboard.texts import storable
from milepost.errors import Conflict, InvalidRequest
from milepost.messages import destinations as kept
from milepost.messages import log
from milepost.messages.destinations import KINDS, TOPICS, Wanted
from milepost.messages.signing import secret_of
from milepost.store.database import DictConnection

_HERE: Final = "/settings/messages"
_ONE: Final = f"{_HERE}/{{destination_id:uuid}}"
#: What was just done, by the word in the address.
_DONE: Final = {
    "added": "It is set up. Send a test to see that messages arrive.",
    "saved": "Saved.",
    "test": "A test is on its way. It stands in the log below.",
    "on": "It is told again from now on.",
    "off": "It is told nothing until you switch it on.",
    "secret": "The next message is signed with the new secret.",
    "again": "It is sent again, with the same id.",
}
_WHICH: Final = ("all", "waiting", "failed", "delivered")


@get(_HERE)
async def show(request: AnyRequest) -> Template:
    """All destinations."""
    return await _all(request, Form())


@post(_HERE)
async def add(request: AnyRequest) -> Template | Redirect:
    """Adds one."""
    served, form = services(request), await _form(request)
    try:
        async with served.database.transaction() as connection:
            by = who_asks(request).email
            made = await kept.add_destination(connection, _wanted(form), by=by, now=served.now())
    except (InvalidRequest, Conflict) as refused:
        return await _all(request, _refused(form, refused), status_code=refused.status)
    return go(f"{_HERE}/{made}?done=added")


@get(_ONE)
async def one(request: AnyRequest, destination_id: UUID) -> Template:
    """One, with its log."""
    return await _destination(request, destination_id)


@post(_ONE)
async def change(request: AnyRequest, destination_id: UUID) -> Template | Redirect:
    """All but its kind."""
    form = await _form(request)
    try:
        async with services(request).database.transaction() as connection:
            await kept.change_destination(connection, destination_id, _wanted(form))
    except InvalidRequest as refused:
        return await _destination(request, destination_id, _refused(form, refused), status_code=refused.status)
    return go(f"{_HERE}/{destination_id}?done=saved")


@post(f"{_ONE}/{{act:str}}")
async def act(request: AnyRequest, destination_id: UUID, act: str) -> Redirect:
    """What its buttons do. Raises NotFound for one that is gone, InvalidRequest for what no button does."""
    served, now = services(request), services(request).now()
    async with served.database.transaction() as connection:
        match act:
            case "test":
                await log.send_test(connection, destination_id, now=now)
            case "on":
                await kept.enable_destination(connection, destination_id)
            case "off":
                why = f"{who_asks(request).email} did it."
                await kept.disable_destination(connection, destination_id, why=why, now=now)
            case "secret":
                await kept.turn_secret(connection, destination_id)
            case "again":
                await _again(connection, destination_id, str((await request.form()).get("message", "")), now=now)
            case "remove":
                await kept.remove_destination(connection, destination_id)
                return go(_HERE)
            case _:
                raise InvalidRequest("There is no such button.", field="act")
    return go(f"{_HERE}/{destination_id}?done={act}")


async def _again(connection: DictConnection, destination_id: UUID, asked: str, *, now: datetime) -> None:
    """A message, or all that "failed"."""
    if asked == "failed":
        await log.replay_failed(connection, destination_id, now=now)
        return
    try:
        message_id = UUID(asked)
    except ValueError:
        raise InvalidRequest("There is no such message.", field="message") from None
    await log.replay(connection, destination_id, message_id, now=now)


async def _form(request: AnyRequest) -> Form:
    fields = await request.form()

    def text(name: str) -> str:
        value = fields.get(name, "")
        return storable(value)[:4_000] if isinstance(value, str) else ""

    topics = tuple(one for one in fields.getall("topics", []) if one in TOPICS)
    names = ("kind", "name", "address", "quiet_from", "quiet_until", "time_zone")
    kind, name, address, begins, ends, zone = (text(field) for field in names)
    return Form(kind, name, address, topics, begins, ends, zone or "UTC")


def _wanted(form: Form) -> Wanted:
    """Raises InvalidRequest."""
    if form.kind not in KINDS:
        raise InvalidRequest(f"kind is one of {', '.join(KINDS)}.", field="kind")
    return Wanted(
        kind=form.kind,
        name=form.name,
        address=form.address,
        topics=[topic for topic in TOPICS if topic in form.topics],
        quiet_from=_clock(form.quiet_from),
        quiet_until=_clock(form.quiet_until),
        time_zone=form.time_zone,
    )


def _clock(text: str) -> time | None:
    if not text:
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise InvalidRequest("Give a time of the day as 22:00.", field="quiet_until") from None


def _refused(form: Form, why: InvalidRequest | Conflict) -> Form:
    return msgspec.structs.replace(form, problem=why.message, wrong=why.field or "")


async def _all(request: AnyRequest, form: Form, *, status_code: int = 200) -> Template:
    served = services(request)
    async with served.database.transaction() as connection:
        found = await kept.list_destinations(connection, now=served.now())
        crowded = await kept.crowded(connection, now=served.now()) if found else []
    labels = tuple(TOPIC_LABELS[topic] for topic in crowded)
    view = MessagesPage(tuple(map(row_of, found)), form, mail=served.sender.mail_server is not None, crowded=labels)
    return page(request, "messages/messages.html", section="messages", status_code=status_code, view=view)


async def _destination(
    request: AnyRequest, destination_id: UUID, form: Form | None = None, *, status_code: int = 200
) -> Template:
    served, asked = services(request), request.query_params
    which = asked.get("show", "all") if asked.get("show") in _WHICH else "all"
    async with served.database.transaction() as connection:
        found = await kept.read_destination(connection, destination_id, now=served.now())
        sent = await log.list_deliveries(
            connection, destination_id, which=cast(log.Which, which), cursor=asked.get("cursor")
        )
    own = found.kind == "webhook" and not found.preset
    view = DestinationPage(
        row=row_of(found),
        form=form or form_of(found),
        secret=secret_of(served.sender.derive, destination_id, found.secret_turn) if own else "",
        log=tuple(log_row(one) for one in sent.items),
        which=which,
        next=sent.next,
        done=_DONE.get(asked.get("done", ""), ""),
        mail=served.sender.mail_server is not None,
    )
    return page(request, "messages/destination.html", section="messages", status_code=status_code, view=view)


router = Router("/", route_handlers=[show, add, one, change, act], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
