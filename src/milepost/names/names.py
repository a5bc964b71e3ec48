"""Which names of events there are, and what the team says they mean; stored events follow in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from milepost.errors import InvalidRequest, NotFound
from milepost.plan import Plan
from milepost.plan.names import NameMeans
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.vocabulary import EventType, Impact

_SQL = load("milepost.names", "names.sql")
#: A page that shows a few events looks up no more names.
_MOST_CALLED: Final = 1_000


class EventName(msgspec.Struct, frozen=True, kw_only=True):
    """A name that was sent. `type`, `tool`, `competency` and `impact` are what events of it are where their sender does
    not say; None is left to what is usual. `by_hand`: somebody said so; else a rule of the plan does. `following`:
    stored events are being made what it means now."""

    name: str
    label: str | None
    hidden: bool
    type: EventType | None
    tool: str | None
    competency: str | None
    impact: Impact | None
    by_hand: bool
    mapped_by: str | None
    mapped_at: datetime | None
    first_seen_at: datetime
    following: bool


async def list_names(connection: DictConnection, *, q: str | None, limit: int) -> list[EventName]:
    """Names with a part like `q`, those that mean nothing yet first."""
    escaped = None if q is None else q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {"like": None if escaped is None else f"%{escaped}%", "limit": limit}
    return msgspec.convert(await (await connection.execute(_SQL["list"], values)).fetchall(), list[EventName])


async def called(connection: DictConnection) -> dict[str, str]:
    """What the team calls the names that were sent; those it calls nothing are called as they were sent."""
    return {one.name: one.label or one.name for one in await list_names(connection, q=None, limit=_MOST_CALLED)}


async def map_name(connection: DictConnection, plan: Plan, name: str, means: NameMeans | None, *, by: str) -> EventName:
    """Says what a name means, for events to come and those that are stored; None leaves it to the plan's rules.

    Raises NotFound for a name that was never sent, InvalidRequest for a tool or competency that the plan lacks.
    """
    await _one(connection, name)
    if means is None:
        await connection.execute(_SQL["by_rule"], {"name": name})
        said = plan.name_means(name) or NameMeans()
    else:
        said = checked(plan, means)
    values = {"name": name, "by": None if means is None else by, **msgspec.structs.asdict(said)}
    await connection.execute(_SQL["map"], values)
    return await _one(connection, name)


async def show_name(connection: DictConnection, name: str, *, label: str | None, hidden: bool) -> EventName:
    """Says what the team calls a name, and whether pickers leave it out. Raises NotFound."""
    await connection.execute(_SQL["show"], {"name": name, "label": label, "hidden": hidden})
    return await _one(connection, name)


def checked(plan: Plan, means: NameMeans) -> NameMeans:
    """With the competency that using its tool builds, where it names none. Raises InvalidRequest."""
    competencies = {tool.id: tool.competency for tool in plan.tools}
    if means.tool is not None and means.tool not in competencies:
        raise InvalidRequest(f"The plan has no tool {means.tool!r}. It has {', '.join(competencies)}.", field="tool")
    known = plan.competency_names()
    if means.competency is not None and means.competency not in known:
        raise InvalidRequest(
            f"The plan has no competency {means.competency!r}. It has {', '.join(known)}.", field="competency"
        )
    competency = means.competency or competencies.get(means.tool or "")
    return NameMeans(means.type, means.tool, competency, means.impact)


async def _one(connection: DictConnection, name: str) -> EventName:
    row = await (await connection.execute(_SQL["one"], {"name": name})).fetchone()
    if row is None:
        raise NotFound("No event of that name was ever sent. GET /v1/event-names lists them.", field="name")
    return msgspec.convert(row, EventName)
