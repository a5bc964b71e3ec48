"""Annotations over HTTP: what happened on a day; for a secret key or a signed-in member alone."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import Parameter
from msgspec import UNSET, Meta, UnsetType

from milepost.access.callers import Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.api.params import Cursor, Limit
from milepost.api.schemas import errors, json_body
from milepost.insights.customer import Page
from milepost.work import annotations as noted
from milepost.work.annotations import MAX_ANNOTATION, Annotation

_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 422, 429, 503)
_MAKING = errors(400, 401, 403, 413, 422, 429, 503)
_CHANGING = errors(400, 401, 403, 404, 413, 422, 429, 503)

Text = Annotated[str, Meta(min_length=1, max_length=MAX_ANNOTATION)]
First = Annotated[date | None, Parameter(description="Of this day and later ones.")]
Last = Annotated[date | None, Parameter(description="Of this day and earlier ones.")]


class NewAnnotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened on a day of the calendar."""

    day: date
    text: Text


class AnnotationChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not sent stays."""

    day: date | UnsetType = UNSET
    text: Text | UnsetType = UNSET


@get("/annotations", summary="Annotations", responses=_MANY, access=Caller.TEAM)
async def get_annotations(
    request: AnyRequest, limit: Limit = 50, cursor: Cursor = None, first: First = None, last: Last = None
) -> Page[Annotation]:
    """The newest day first."""
    async with services(request).database.transaction() as connection:
        return await noted.list_annotations(connection, first=first, last=last, limit=limit, cursor=cursor)


@post(
    "/annotations",
    status_code=201,
    summary="Annotate a day",
    operation_class=json_body(NewAnnotation),
    responses=_MAKING,
    access=Caller.TEAM,
)
async def post_annotation(request: AnyRequest, data: NewAnnotation) -> Annotation:
    """It stands on every chart of time. Its author is the member who asks; with a secret key it has none."""
    served, by = services(request), member_email(request)
    async with served.database.transaction() as connection:
        return await noted.add_annotation(connection, data.day, data.text, by=by, now=served.now())


@patch(
    "/annotations/{annotation_id:uuid}",
    summary="Change an annotation",
    operation_class=json_body(AnnotationChange),
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def patch_annotation(request: AnyRequest, annotation_id: UUID, data: AnnotationChange) -> Annotation:
    """What is not sent stays; so does its author."""
    served = services(request)
    day = None if data.day is UNSET else data.day
    text = None if data.text is UNSET else data.text
    async with served.database.transaction() as connection:
        return await noted.change_annotation(connection, annotation_id, day=day, text=text, now=served.now())


@delete("/annotations/{annotation_id:uuid}", summary="Delete an annotation", responses=_ONE, access=Caller.TEAM)
async def delete_annotation(request: AnyRequest, annotation_id: UUID) -> None:
    """For good."""
    async with services(request).database.transaction() as connection:
        await noted.delete_annotation(connection, annotation_id)


router = Router(
    "/v1",
    route_handlers=[get_annotations, post_annotation, patch_annotation, delete_annotation],
    tags=["work"],
)
