"""The team's side of an account over HTTP: notes and tags, for a secret key or a signed-in member alone."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import Parameter
from msgspec import UNSET, Meta, UnsetType

from milepost.access.callers import Caller, member_email
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.api.params import Cursor, CustomerId, Limit
from milepost.api.schemas import errors, json_body
from milepost.api.tasks import MOST_BATCH_BYTES, CustomerIds
from milepost.errors import InvalidRequest
from milepost.insights.customer import Page
from milepost.work import notes, tags
from milepost.work.customers import require_customer
from milepost.work.notes import Note
from milepost.work.tags import MOST_TAGS, TagCount, TagsChanged
from milepost.work.texts import MAX_TAG, MAX_TEXT

_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 422, 429, 503)
_CHANGING = errors(400, 401, 403, 404, 413, 422, 429, 503)

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
OneTag = Annotated[str, Meta(min_length=1, max_length=MAX_TAG)]
#: Percent-encoded, as it stands in the address: a character may take twelve.
TagSegment = Annotated[str, Parameter(min_length=1, max_length=12 * MAX_TAG)]


class NewNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note to be written."""

    text: Text
    pinned: bool = False


class NoteChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not sent stays."""

    text: Text | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET


class CustomerTags(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's tags, by their letters."""

    customer_id: str
    tags: list[str]


class TagsChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tags to add to each of these customers, and to remove from them."""

    customer_ids: CustomerIds
    add: Annotated[list[OneTag], Meta(max_length=MOST_TAGS)] = []
    remove: Annotated[list[OneTag], Meta(max_length=MOST_TAGS)] = []


@get("/customers/{customer_id:str}/notes", summary="A customer's notes", responses=_ONE, access=Caller.TEAM)
async def get_notes(
    request: AnyRequest, customer_id: CustomerId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Note]:
    """Newest first."""
    async with services(request).database.transaction() as connection:
        return await notes.list_notes(connection, customer_of(customer_id), limit=limit, cursor=cursor)


@post(
    "/customers/{customer_id:str}/notes",
    status_code=201,
    summary="Write a note",
    operation_class=json_body(NewNote),
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def post_note(request: AnyRequest, customer_id: CustomerId, data: NewNote) -> Note:
    """Its author is the member who asks; with a secret key it has none."""
    served, by = services(request), member_email(request)
    async with served.database.transaction() as connection:
        return await notes.add_note(
            connection, customer_of(customer_id), data.text, by=by, now=served.now(), pinned=data.pinned
        )


@patch(
    "/notes/{note_id:uuid}",
    summary="Change or pin a note",
    operation_class=json_body(NoteChange),
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def patch_note(request: AnyRequest, note_id: UUID, data: NoteChange) -> Note:
    """What is not sent stays; so does its author."""
    served = services(request)
    text = None if data.text is UNSET else data.text
    pinned = None if data.pinned is UNSET else data.pinned
    async with served.database.transaction() as connection:
        return await notes.change_note(connection, note_id, text=text, pinned=pinned, now=served.now())


@delete("/notes/{note_id:uuid}", summary="Delete a note", responses=_ONE, access=Caller.TEAM)
async def delete_note(request: AnyRequest, note_id: UUID) -> None:
    """For good."""
    async with services(request).database.transaction() as connection:
        await notes.delete_note(connection, note_id)


@get("/customers/{customer_id:str}/tags", summary="A customer's tags", responses=_ONE, access=Caller.TEAM)
async def get_customer_tags(request: AnyRequest, customer_id: CustomerId) -> CustomerTags:
    """By their letters."""
    named = customer_of(customer_id)
    async with services(request).database.transaction() as connection:
        await require_customer(connection, named)
        found = await tags.tags_of(connection, [named])
    return CustomerTags(customer_id=named, tags=found.get(named, []))


@put("/customers/{customer_id:str}/tags/{tag:str}", summary="Tag a customer", responses=_ONE, access=Caller.TEAM)
async def put_tag(request: AnyRequest, customer_id: CustomerId, tag: TagSegment) -> CustomerTags:
    """To do it again changes nothing, in whatever case."""
    return await _tagged(request, customer_id, add=[_tag_of(tag)])


@delete(
    "/customers/{customer_id:str}/tags/{tag:str}",
    status_code=200,
    summary="Take a tag from a customer",
    responses=_ONE,
    access=Caller.TEAM,
)
async def delete_tag(request: AnyRequest, customer_id: CustomerId, tag: TagSegment) -> CustomerTags:
    """One that is not there is gone already."""
    return await _tagged(request, customer_id, remove=[_tag_of(tag)])


@post(
    "/tags/batch",
    status_code=200,
    summary="Tag many customers",
    operation_class=json_body(TagsChange),
    responses=_CHANGING,
    request_max_body_size=MOST_BATCH_BYTES,
    access=Caller.TEAM,
)
async def post_tags(request: AnyRequest, data: TagsChange) -> TagsChanged:
    """All of it, or nothing where a customer is unknown."""
    served, by = services(request), member_email(request)
    async with served.database.transaction() as connection:
        return await tags.change_tags(
            connection, data.customer_ids, add=data.add, remove=data.remove, by=by, now=served.now()
        )


@get("/tags", summary="Every tag", responses=_MANY, access=Caller.TEAM)
async def get_tags(request: AnyRequest, limit: Limit = 50, cursor: Cursor = None) -> Page[TagCount]:
    """By their letters, each with how many customers have it."""
    async with services(request).database.transaction() as connection:
        return await tags.count_tags(connection, limit=limit, cursor=cursor)


async def _tagged(
    request: AnyRequest, segment: str, *, add: list[str] | None = None, remove: list[str] | None = None
) -> CustomerTags:
    served, named, by = services(request), customer_of(segment), member_email(request)
    async with served.database.transaction() as connection:
        await tags.change_tags(
            connection, [named], add=add or (), remove=remove or (), by=by, now=served.now(), field="customer_id"
        )
        found = await tags.tags_of(connection, [named])
    return CustomerTags(customer_id=named, tags=found.get(named, []))


def _tag_of(segment: str) -> str:
    """A tag as it stands in an address, which is routed as it was sent."""
    try:
        return unquote(segment, errors="strict")
    except UnicodeError as error:
        raise InvalidRequest("The tag in the address is not valid UTF-8, percent-encoded.", field="tag") from error


router = Router(
    "/v1",
    route_handlers=[
        get_notes,
        post_note,
        patch_note,
        delete_note,
        get_customer_tags,
        put_tag,
        delete_tag,
        post_tags,
        get_tags,
    ],
    tags=["work"],
)
