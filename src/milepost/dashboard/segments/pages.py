"""The routes of segments: all of them, building and changing one, saving, renaming and deleting."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.services import AnyRequest, Services, services
from milepost.analytics.asking import Filter
from milepost.dashboard.page_context import PAGE_HEADERS, page
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address
from milepost.dashboard.segments.form import FIELDS, STATUSES, SegmentForm, form_of, in_words, operators, read_form
from milepost.dashboard.texts import form_texts
from milepost.errors import Conflict, InvalidRequest, NotFound
from milepost.segments import keep
from milepost.segments.compile import count
from milepost.segments.model import Conditions, Segment, Use

#: Seconds until the list stands without what is still counted.
_PATIENCE: Final = 0.5


class SegmentRow(msgspec.Struct, frozen=True):
    """A line of the list. `customers` None: that cannot be said just now, and `trouble` says why; or it is counted
    `later`."""

    segment: Segment
    said: str
    customers: int | None
    used: tuple[Use, ...]
    trouble: str = ""
    later: bool = False


@get("/segments")
async def all_segments(request: AnyRequest) -> Template:
    """All of them, with how many customers each has now and where it is used."""
    return await _all(request)


@get("/segments/new")
async def build(request: AnyRequest) -> Template | Redirect:
    """The form of a segment, and how many customers it would have. `of`: one that is changed."""
    served, part = services(request), "hx-request" in request.headers
    form = read_form(Address.of(request.scope["query_string"].decode("latin-1")))
    known = await _known(served, form.of) if form.of else None
    if known is not None and "field" not in request.query_params:
        form = form_of(known.conditions, known.slug)
    if "do" in request.query_params and not part:
        return _go(form.url)
    answer = await _form(request, form, known)
    if part:
        answer.headers["HX-Push-Url"] = form.url
    return answer


@post("/segments")
async def save(request: AnyRequest) -> Redirect | Template:
    """Keeps conditions under a name, and shows who is in it."""
    fields, served = await form_texts(request), services(request)
    conditions, name = _conditions(fields), fields.get("name", "")
    try:
        await count(served.database, conditions, now=served.now())
        async with served.database.transaction() as connection:
            made = await keep.create_segment(connection, name, conditions, by=member_email(request), now=served.now())
    except (Conflict, InvalidRequest) as problem:
        return await _form(request, form_of(conditions, ""), None, wrong=problem.message, name=name)
    return _go(f"/customers?segment={made.slug}")


@post("/segments/{segment:str}")
async def change(request: AnyRequest, segment: str) -> Redirect | Template:
    """Renames it, gives it other conditions, or deletes it; the page has said where it is used."""
    fields = await form_texts(request)
    try:
        return _go(await _changed(request, segment, fields))
    except (Conflict, InvalidRequest, NotFound) as problem:
        return await _all(request, wrong=problem.message)


async def _changed(request: AnyRequest, segment: str, fields: dict[str, str]) -> str:
    """Where to go then."""
    served = services(request)
    if fields.get("do") == "delete":
        async with served.database.transaction() as connection:
            await keep.delete_segment(connection, segment, anyway=fields.get("anyway") == "yes")
        return "/segments"
    name = fields.get("name") if "name" in fields else None
    conditions = _conditions(fields) if "conditions" in fields else None
    if conditions is not None:
        await count(served.database, conditions, now=served.now())
    async with served.database.transaction() as connection:
        changed = await keep.change_segment(connection, segment, name=name, conditions=conditions, now=served.now())
    return f"/customers?segment={changed.slug}" if conditions is not None else f"/segments#s-{changed.slug}"


async def _form(
    request: AnyRequest, form: SegmentForm, known: Segment | None, *, wrong: str = "", name: str = ""
) -> Template:
    """`wrong`: why it was not saved under `name`."""
    served = services(request)
    customers, trouble = await _count(served, form.conditions) if form.conditions else (None, "")
    names = words.names_of(served.plan)
    return page(
        request,
        "segments/form.html",
        section="customers",
        status_code=400 if wrong else 200,
        form=form,
        segment=known,
        customers=customers,
        trouble=trouble,
        wrong=wrong,
        name=name,
        conditions=msgspec.json.encode(form.conditions).decode() if customers is not None else "",
        said=in_words(form.conditions, names),
        fields={**FIELDS, **words.predicted(served.plan)},
        statuses=STATUSES,
        competencies=names["competency_area"],
        operators=operators,
        words=words,
    )


async def _all(request: AnyRequest, *, wrong: str = "") -> Template:
    served = services(request)
    names = words.names_of(served.plan)
    async with served.database.transaction() as connection:
        found = [(one, await keep.uses_of(connection, one)) for one in await keep.list_segments(connection)]
    # Many segments of many customers take a while: the page then asks for the rest itself.
    waits, clock = "wait" in request.query_params, asyncio.get_running_loop()
    until, rows = clock.time() + _PATIENCE, []
    for one, used in found:
        row = SegmentRow(one, in_words(one.conditions, names), None, tuple(used), later=True)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(None if waits else until):
                customers, trouble = await _count(served, one.conditions)
                row = msgspec.structs.replace(row, customers=customers, trouble=trouble, later=False)
        rows.append(row)
    status = 400 if wrong else 200
    return page(
        request, "segments/segments.html", section="customers", status_code=status, rows=tuple(rows), wrong=wrong
    )


async def _count(served: Services, conditions: tuple[Filter, ...]) -> tuple[int | None, str]:
    """How many customers, or why that cannot be said."""
    try:
        return await count(served.database, conditions, now=served.now()), ""
    except InvalidRequest as problem:
        return None, problem.message


async def _known(served: Services, named: str) -> Segment | None:
    async with served.database.transaction() as connection:
        try:
            return await keep.read_segment(connection, named)
        except NotFound:
            return None


def _conditions(fields: dict[str, str]) -> tuple[Filter, ...]:
    try:
        return msgspec.json.decode(fields.get("conditions", "").encode(), type=Conditions)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidRequest(f"These are no conditions of a segment: {error}.", field="conditions") from error


def _go(address: str) -> Redirect:
    return Redirect(address, status_code=303, headers=dict(PAGE_HEADERS))


router = Router(
    "/",
    route_handlers=[all_segments, build, save, change],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
