"""Annotations on a page of their own: all of them by their day, each changed or deleted where it stands; and the form
that questions' pages have as well."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.dashboard.page_context import PAGE_HEADERS, local_path, page, today_of
from milepost.dashboard.texts import form_texts
from milepost.errors import InvalidRequest, NotFound
from milepost.work import annotations as noted
from milepost.work.annotations import FIRST_DAY, LAST_DAY, MAX_ANNOTATION, Annotation

_PAGE: Final = 100
#: What a fault means in a form's field.
_SAID: Final = {
    "text": f"Say what happened, in {MAX_ANNOTATION} characters at most.",
    "day": f"Give a day from {FIRST_DAY.year} to {LAST_DAY.year}, such as 2026-05-01.",
}


class Typed(msgspec.Struct, frozen=True):
    """A form that was refused: of which annotation ("" the new one), what was typed, what is wrong with it."""

    of: str
    day: str
    text: str
    trouble: str


class AnnotationsPage(msgspec.Struct, frozen=True):
    """annotations.html. `first`, `last`: the days that are looked at alone; `after`: the cursor of what follows."""

    rows: tuple[Annotation, ...]
    today: date
    first: date | None = None
    last: date | None = None
    after: str | None = None
    typed: Typed | None = None
    most: int = MAX_ANNOTATION
    earliest: date = FIRST_DAY
    latest: date = LAST_DAY


@get("/annotations")
async def annotations_page(request: AnyRequest) -> Template:
    """The newest day first. Whatever the address says that cannot be, is as if it were not there."""
    return await _page(request)


@post("/annotations")
async def write(request: AnyRequest) -> Redirect | Template:
    """Annotates a day, and goes back to where the form was."""
    fields, served = await form_texts(request), services(request)
    try:
        async with served.database.transaction() as connection:
            day, text = _day(fields), fields.get("text", "")
            made = await noted.add_annotation(connection, day, text, by=member_email(request), now=served.now())
    except InvalidRequest as error:
        return await _page(request, _typed("", fields, error))
    return _go(local_path(fields.get("back") or f"/annotations#a-{made.annotation_id}"))


@post("/annotations/{annotation_id:uuid}")
async def change(request: AnyRequest, annotation_id: UUID) -> Redirect | Template:
    """Changes it, or deletes it. One that somebody else has just deleted is gone."""
    fields, served = await form_texts(request), services(request)
    try:
        async with served.database.transaction() as connection:
            if fields.get("do") == "delete":
                await noted.delete_annotation(connection, annotation_id)
                return _go("/annotations")
            day, text = _day(fields), fields.get("text", "")
            await noted.change_annotation(connection, annotation_id, day=day, text=text, now=served.now())
    except NotFound as error:
        return await _page(request, Typed("", "", "", error.message))
    except InvalidRequest as error:
        return await _page(request, _typed(str(annotation_id), fields, error))
    return _go(f"/annotations#a-{annotation_id}")


async def _page(request: AnyRequest, typed: Typed | None = None) -> Template:
    served, wanted = services(request), request.query_params
    first, last = _day_of(wanted.get("from", "")), _day_of(wanted.get("to", ""))
    async with served.database.transaction() as connection:
        try:
            found = await noted.list_annotations(
                connection, first=first, last=last, limit=_PAGE, cursor=wanted.get("after") or None
            )
        except InvalidRequest:  # a cursor that is not ours: the list begins anew
            found = await noted.list_annotations(connection, first=first, last=last, limit=_PAGE)
    today = today_of(request)
    view = AnnotationsPage(tuple(found.items), today, first, last, found.next, typed)
    return page(request, "annotations.html", section="annotations", status_code=400 if typed else 200, view=view)


def _day(fields: dict[str, str]) -> date:
    day = _day_of(fields.get("day", "").strip())
    if day is None:
        raise InvalidRequest(_SAID["day"], field="day")
    return day


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _typed(of: str, fields: dict[str, str], error: InvalidRequest) -> Typed:
    day = _day_of(fields.get("day", "").strip())  # a field for days takes nothing else
    return Typed(of, str(day or ""), fields.get("text", ""), _SAID.get(error.field or "", error.message))


def _go(address: str) -> Redirect:
    return Redirect(address, status_code=303, headers=dict(PAGE_HEADERS))


router = Router(
    "/",
    route_handlers=[annotations_page, write, change],
    opt={ACCESS: Caller.MEMBER},
    include_in_schema=False,
)
