"""What the names of events mean: listed, said, and left to the plan again."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get, put
from litestar.params import Parameter

from milepost.access.callers import Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.api.params import Limit, matchable
from milepost.api.schemas import errors, json_body
from milepost.names.names import EventName, list_names, map_name, show_name
from milepost.plan.names import NameMeans
from milepost.vocabulary import MAX_NAME_LENGTH, MAX_WORD_LENGTH

_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 413, 422, 429, 503)
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
_Label = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_WORD_LENGTH, pattern=r"\A[^\x00]*\Z")]
Search = Annotated[str | None, Parameter(max_length=MAX_NAME_LENGTH, description="Part of a name.")]


class NameSaid(msgspec.Struct, forbid_unknown_fields=True):
    """What the team says of a name. `means`: what events of it are where their sender does not say; null leaves it to
    the plan's rules. `label` is what pages call it; a hidden one is left out of pickers."""

    name: _Name
    means: NameMeans | None = None
    label: _Label | None = None
    hidden: bool = False


@get("/event-names", summary="Every name of an event", responses=_MANY, access=Caller.TEAM)
async def get_event_names(request: AnyRequest, q: Search = None, limit: Limit = 500) -> list[EventName]:
    """Those that mean nothing yet first."""
    async with services(request).database.transaction() as connection:
        return await list_names(connection, q=matchable(q, "q"), limit=limit)


@put(
    "/event-names",
    summary="Say what a name means",
    operation_class=json_body(NameSaid),
    responses=_ONE,
    access=Caller.TEAM,
)
async def put_event_name(request: AnyRequest, data: NameSaid) -> EventName:
    """Holds for events to come at once, and for those that are stored within a while: `following` says whether that is
    still going on. Their customers' scores are as if it had meant this from the start."""
    served = services(request)
    matchable(data.name, "name")
    async with served.database.transaction() as connection:
        await map_name(connection, served.plan, data.name, data.means, by=member_email(request) or "a secret key")
        return await show_name(connection, data.name, label=data.label, hidden=data.hidden)


router = Router("/v1", route_handlers=[get_event_names, put_event_name], tags=["event names"])
