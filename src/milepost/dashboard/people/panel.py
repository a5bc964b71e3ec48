"""People on the customer's page, and all of them on a page of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec

from milepost.access.services import AnyRequest, services
from milepost.api.answering import store
from milepost.dashboard import format as fmt
from milepost.dashboard import views as v
from milepost.dashboard.describe import tool_name
from milepost.dashboard.people.asked import Asked
from milepost.dashboard.questions.view import trouble
from milepost.errors import NotFound, Problem
from milepost.people.model import AccountPerson, Actor, CustomerPeople, Reason
from milepost.people.read import EVERYBODY, read_people

#: Rows on the customer's page; the page of all has as many as are read.
FIRST: Final = 10
#: Seconds that a page with more on it waits for the people; they follow it.
_PATIENCE: Final = 0.5
_CHANCES: Final = ("new_people", "only_software")


class ActsRow(msgspec.Struct, frozen=True):
    """A person, or software: `url` is empty where nobody in particular acted. `what` is the role, or the kind of
    software. `usual` are events in a usual 28 days."""

    name: str
    id: str
    url: str
    what: str
    last_seen: datetime
    now: int
    before: int
    usual: float | None
    share: float | None
    sessions: int
    tools: tuple[str, ...]
    new: bool = False
    quiet: bool = False


class PeoplePanel(msgspec.Struct, frozen=True):
    """people/panel.html. `trouble`: why there is nothing to show; `waiting`: it takes longer than a page should.
    `total`, `software_total`: how many there are, of which `rows` and `software` are shown."""

    customer_id: str
    answer: str = ""
    figures: tuple[v.Figure, ...] = ()
    reasons: tuple[tuple[Reason, bool], ...] = ()
    """With whether it is a risk."""
    rows: tuple[ActsRow, ...] = ()
    total: int = 0
    software: tuple[ActsRow, ...] = ()
    software_total: int = 0
    trouble: str = ""
    waiting: bool = False
    asked: Asked | None = None
    """On the page of all: who is listed."""
    matching: int = 0
    """People who were asked for, of whom `rows` are shown."""

    @property
    def url(self) -> str:
        return f"{v.customer_url(self.customer_id)}/people"


async def people_panel(
    request: AnyRequest, customer_id: str, *, asked: Asked | None = None, briefly: bool = False
) -> PeoplePanel:
    """Asks for what the section shows, for those asked for where it is the page of all; `briefly`: no longer than a
    page with more on it may wait. Never fails for the column store's sake; raises NotFound for an unknown customer."""
    served = services(request)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE if briefly else None):
                found = await read_people(store(served), customer_id, asked.wanted if asked else EVERYBODY)
                return panel_view(found, served.plan.tool_names(), asked=asked)
    except NotFound:
        raise
    except Problem as problem:
        return PeoplePanel(customer_id, trouble=trouble(problem, served), asked=asked)
    return PeoplePanel(customer_id, waiting=True)


def panel_view(found: CustomerPeople, tools: dict[str, str], *, asked: Asked | None) -> PeoplePanel:
    """Of the page of all what was `asked` for, else the first rows of either."""
    most = None if asked else FIRST
    return PeoplePanel(
        customer_id=found.customer_id,
        answer=_answer(found),
        figures=_figures(found) if found.people_total or found.software_total else (),
        reasons=tuple((reason, reason.code not in _CHANCES) for reason in found.reasons),
        rows=tuple(_person(one, tools) for one in found.people[:most]),
        total=found.people_total,
        software=tuple(_software(one, tools) for one in found.actors[:most]),
        software_total=found.software_total,
        asked=asked,
        matching=found.people_matching,
    )


def _answer(found: CustomerPeople) -> str:
    if not found.people_total:
        return ""
    everybody = f"{found.people_total:,} {fmt.plural(found.people_total, 'person', 'people')}"
    if not found.breadth:
        return f"None of {everybody} was active in the last 28 days."
    text = f"{found.breadth:,} of {everybody} {'was' if found.breadth == 1 else 'were'} active in the last 28 days"
    makers = found.makers_of_80
    if makers is None or found.breadth == 1:
        return f"{text}."
    return f"{text}; {f'{makers:,} of them' if makers > 1 else 'one of them'} did 80% or more of what people did here."


def _figures(found: CustomerPeople) -> tuple[v.Figure, ...]:
    share = None if found.concentration is None else found.concentration * 100
    software = (
        (v.Figure("By software", found.software_events_28, found.software_events_28_before, hint="events in 28 days"),)
        if found.software_total
        else ()
    )
    visitors = (
        (v.Figure("By visitors", found.visitor_events_28, hint="without a user id"),) if found.visitor_events_28 else ()
    )
    return (
        v.Figure("Active people", found.breadth, found.breadth_before, hint="in 28 days"),
        v.Figure("By people", found.person_events_28, found.person_events_28_before, hint="events in 28 days"),
        v.Figure("By the most active", share, hint="percent of what people did"),
        v.Figure("New people", found.new_people, hint="in 28 days"),
        *software,
        *visitors,
    )


def _person(one: AccountPerson, tools: dict[str, str]) -> ActsRow:
    return ActsRow(
        name=fmt.visible_name(one.name, one.user_id),
        id=one.user_id,
        url=v.person_url(one.user_id),
        what=one.role or "",
        last_seen=one.last_seen,
        now=one.events_28,
        before=one.events_28_before,
        usual=one.usual_28,
        share=one.share,
        sessions=one.sessions,
        tools=tool_names([use.tool_id for use in one.tools], tools),
        new=one.new,
        quiet=one.gone_quiet,
    )


def _software(one: Actor, tools: dict[str, str]) -> ActsRow:
    called = one.user_id or one.anonymous_id or ""
    return ActsRow(
        name=fmt.visible_name(called, "Without an id"),
        id=called,
        url=v.person_url(one.user_id) if one.user_id else "",
        what=one.actor_type.capitalize(),
        last_seen=one.last_seen,
        now=one.events_28,
        before=one.events_28_before,
        usual=one.usual_28,
        share=one.share,
        sessions=one.sessions,
        tools=tool_names([use.tool_id for use in one.tools], tools),
    )


def tool_names(ids: Sequence[str], names: dict[str, str]) -> tuple[str, ...]:
    """What the plan calls tools, else their ids in words."""
    return tuple(tool_name(tool, names) for tool in ids)
