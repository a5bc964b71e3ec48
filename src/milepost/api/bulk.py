"""Many customers at once over HTTP: owner, tags and a task; for a secret key or a signed-in member alone."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, post
from msgspec import UNSET, Meta, UnsetType

from milepost.access.callers import Caller, member_email
from milepost.access.services import AnyRequest, services
from milepost.api.schemas import errors, json_body
from milepost.api.tasks import NewTask, task_text
from milepost.api.work import OneTag
from milepost.vocabulary import MAX_BATCH_BYTES, MAX_ID_LENGTH, MAX_NAME_LENGTH
from milepost.work.bulk import MOST_BULK, BulkDone, BulkWanted, do_in_bulk
from milepost.work.tags import MOST_TAGS


class BulkTags(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tags that each customer gets, and loses."""

    add: Annotated[list[OneTag], Meta(max_length=MOST_TAGS)] = []
    remove: Annotated[list[OneTag], Meta(max_length=MOST_TAGS)] = []


class Bulk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done with these customers; one thing at least. `owner`: a member's e-mail address, null takes it
    away. With a `key` of yours the task is set once, however often the same request is sent."""

    customer_ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]], Meta(min_length=1, max_length=MOST_BULK)
    ]
    owner: str | UnsetType | None = UNSET
    tags: BulkTags | None = None
    task: NewTask | None = None
    key: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)] | None = None


@post(
    "/customers/bulk",
    status_code=200,
    summary="Own, tag or set a task for many customers",
    operation_class=json_body(Bulk),
    responses=errors(400, 401, 403, 413, 422, 429, 503),
    request_max_body_size=MAX_BATCH_BYTES,
    access=Caller.TEAM,
)
async def post_bulk(request: AnyRequest, data: Bulk) -> BulkDone:
    """In one transaction. A customer that is unknown is named in `rejected` and costs no other; an owner or an assignee
    who is no member is 400, and nothing is done."""
    served, tags = services(request), data.tags or BulkTags()
    wanted = BulkWanted(
        owner=data.owner,
        add=tags.add,
        remove=tags.remove,
        task=task_text(data.task) if data.task else None,
        key=data.key,
    )
    async with served.database.transaction() as connection:
        return await do_in_bulk(connection, data.customer_ids, wanted, by=member_email(request), now=served.now())


router = Router("/v1", route_handlers=[post_bulk], tags=["work"])
