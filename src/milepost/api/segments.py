"""Segments over HTTP: filters of customers under a name; for a secret key or a signed-in member alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import Parameter
from msgspec import UNSET, Meta, UnsetType

from milepost.access.callers import Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.api.schemas import errors, json_body
from milepost.segments import keep
from milepost.segments.compile import count
from milepost.segments.model import Conditions, Segment, Use
from milepost.vocabulary import MAX_NAME_LENGTH

_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 422, 429, 503)
_MAKING = errors(400, 401, 403, 409, 413, 422, 429, 503)
_CHANGING = errors(400, 401, 403, 404, 409, 413, 422, 429, 503)
_DELETING = errors(400, 401, 403, 404, 409, 422, 429, 503)

Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
Named = Annotated[str, Parameter(min_length=1, max_length=80, description="Its slug or its id.")]
Anyway = Annotated[bool, Parameter(description="Also where it is used: what names it is refused from then on.")]


class NewSegment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A segment to be kept. All of the conditions must hold."""

    name: Name
    conditions: Conditions


class SegmentChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not sent stays."""

    name: Name | UnsetType = UNSET
    conditions: Conditions | UnsetType = UNSET


class SegmentSaid(msgspec.Struct, frozen=True, kw_only=True):
    """`customers`: how many are in it now. `used_in`: the cohorts, playbooks, saved reports and exports by schedule
    that name it."""

    segment_id: UUID
    slug: str
    name: str
    conditions: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime
    created_by: str | None
    customers: int
    used_in: list[Use]


@get("/segments", summary="Segments", responses=_MANY, access=Caller.TEAM)
async def get_segments(request: AnyRequest) -> list[SegmentSaid]:
    """All of them, by name."""
    async with services(request).database.transaction() as connection:
        found = await keep.list_segments(connection)
    return [await _said(request, one) for one in found]


@post(
    "/segments",
    status_code=201,
    summary="Keep a segment",
    operation_class=json_body(NewSegment),
    responses=_MAKING,
    access=Caller.TEAM,
)
async def post_segment(request: AnyRequest, data: NewSegment) -> SegmentSaid:
    """Its slug is made of its name, and stays."""
    served, by = services(request), member_email(request)
    # What cannot be asked is not kept.
    await count(served.database, data.conditions, now=served.now())
    async with served.database.transaction() as connection:
        made = await keep.create_segment(connection, data.name, data.conditions, by=by, now=served.now())
    return await _said(request, made)


@get("/segments/{segment:str}", summary="One segment", responses=_ONE, access=Caller.TEAM)
async def get_segment(request: AnyRequest, segment: Named) -> SegmentSaid:
    """Who is in it: `GET /v1/customers?segment=`."""
    async with services(request).database.transaction() as connection:
        found = await keep.read_segment(connection, segment)
    return await _said(request, found)


@patch(
    "/segments/{segment:str}",
    summary="Change a segment",
    operation_class=json_body(SegmentChange),
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def patch_segment(request: AnyRequest, segment: Named, data: SegmentChange) -> SegmentSaid:
    """What names it asks for the changed one from then on: `used_in` says what that is."""
    served = services(request)
    name = None if data.name is UNSET else data.name
    conditions = None if data.conditions is UNSET else data.conditions
    if conditions is not None:
        await count(served.database, conditions, now=served.now())
    async with served.database.transaction() as connection:
        changed = await keep.change_segment(connection, segment, name=name, conditions=conditions, now=served.now())
    return await _said(request, changed)


@delete("/segments/{segment:str}", summary="Delete a segment", responses=_DELETING, access=Caller.TEAM)
async def delete_segment(request: AnyRequest, segment: Named, anyway: Anyway = False) -> None:
    """One that is used is kept, and the answer (409) says where."""
    async with services(request).database.transaction() as connection:
        await keep.delete_segment(connection, segment, anyway=anyway)


async def _said(request: AnyRequest, segment: Segment) -> SegmentSaid:
    served = services(request)
    async with served.database.transaction() as connection:
        used = await keep.uses_of(connection, segment)
    customers = await count(served.database, segment.conditions, now=served.now())
    fields = {name: getattr(segment, name) for name in segment.__struct_fields__}
    fields["conditions"] = msgspec.to_builtins(segment.conditions)
    return SegmentSaid(**fields, customers=customers, used_in=used)


router = Router(
    "/v1",
    route_handlers=[get_segments, post_segment, get_segment, patch_segment, delete_segment],
    tags=["customers"],
)
