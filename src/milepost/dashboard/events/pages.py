"""The page of the names of events, and the form that says what one means."""

from __future__ import annotations

from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.dashboard.format import event_words
from milepost.dashboard.page_context import PAGE_HEADERS, page
from milepost.dashboard.texts import form_texts, storable
from milepost.names.names import EventName, list_names, map_name, show_name
from milepost.plan.names import NameMeans
from milepost.vocabulary import EVENT_TYPES, IMPACTS, MAX_NAME_LENGTH

_T = TypeVar("_T", bound=str)
#: More than a page can show well: then one searches.
_MOST: Final = 200


class EventsPage(msgspec.Struct, frozen=True):
    """events/page.html. `unmapped`: how many of the names shown mean nothing yet."""

    names: tuple[EventName, ...]
    query: str
    types: tuple[tuple[str, str], ...]
    tools: tuple[tuple[str, str], ...]
    competencies: tuple[tuple[str, str], ...]
    more: bool

    @property
    def unmapped(self) -> int:
        return sum(not any((one.type, one.tool, one.competency, one.impact)) for one in self.names)

    @property
    def following(self) -> int:
        return sum(one.following for one in self.names)


@get("/event-names")
async def show(request: AnyRequest) -> Template:
    """Every name that was sent, those that mean nothing yet first."""
    served = services(request)
    query = storable(request.query_params.get("q", "")).strip()[:MAX_NAME_LENGTH]
    async with served.database.transaction() as connection:
        names = await list_names(connection, q=query or None, limit=_MOST + 1)
    view = EventsPage(
        tuple(names[:_MOST]),
        query,
        tuple((kind, event_words(kind)) for kind in EVENT_TYPES),
        tuple(served.plan.tool_names().items()),
        tuple(served.plan.competency_names().items()),
        len(names) > _MOST,
    )
    return page(request, "events/page.html", section="events", view=view)


@post("/event-names")
async def change(request: AnyRequest) -> Redirect:
    """Says what a name means, or leaves it to the plan's rules."""
    served = services(request)
    fields = {name: text.strip() for name, text in (await form_texts(request)).items()}
    said = {key: fields.get(key, "") for key in ("name", "type", "tool", "competency", "impact", "q")}
    means = None
    if fields.get("do") != "plan":
        means = NameMeans(
            _one_of(EVENT_TYPES, said["type"]),
            said["tool"] or None,
            said["competency"] or None,
            _one_of(IMPACTS, said["impact"]),
        )
    async with served.database.transaction() as connection:
        known = await map_name(connection, served.plan, said["name"], means, by=member_email(request) or "a member")
        label = fields.get("label", "")[:MAX_NAME_LENGTH]
        await show_name(connection, known.name, label=label or None, hidden=bool(fields.get("hidden")))
    back = f"/event-names?{urlencode({'q': said['q']})}" if said["q"] else "/event-names"
    return Redirect(back, status_code=303, headers=dict(PAGE_HEADERS))


def _one_of(words: tuple[_T, ...], text: str) -> _T | None:
    return next((word for word in words if word == text), None)


router = Router("/", route_handlers=[show, change], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
