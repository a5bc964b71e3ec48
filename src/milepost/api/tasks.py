"""Tasks over HTTP: a customer's, everybody's, one for many customers; for a secret key or a signed-in member alone."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import Parameter
from msgspec import UNSET, Meta, UnsetType

from milepost.access.callers import Caller, member_email
from milepost.access.paths import customer_of
from milepost.access.services import AnyRequest, services
from milepost.api.params import Cursor, CustomerId, Limit, matchable
from milepost.api.schemas import errors, json_body
from milepost.insights.customer import Page
from milepost.vocabulary import MAX_ID_LENGTH
from milepost.work import tasks
from milepost.work.customers import MOST, require_customer
from milepost.work.tasks import Task, TaskFilter, TaskText
from milepost.work.texts import MAX_TEXT, MAX_TITLE

_MANY = errors(400, 401, 403, 422, 429, 503)
_ONE = errors(400, 401, 403, 404, 422, 429, 503)
_CHANGING = errors(400, 401, 403, 404, 413, 422, 429, 503)
#: A thousand ids of the longest, and a task.
MOST_BATCH_BYTES: Final = 1024 * 1024

Title = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE)]
CustomerIds = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]], Meta(min_length=1, max_length=MOST)
]
Assignee = Annotated[
    str | None, Parameter(max_length=320, description="A member's e-mail address, or `nobody` for tasks without one.")
]
OfCustomer = Annotated[str | None, Parameter(max_length=MAX_ID_LENGTH, description="The tasks of one customer.")]
DueBefore = Annotated[date | None, Parameter(description="Due on a day before this one.")]


class NewTask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task to be set. `assignee`: a member's e-mail address."""

    title: Title
    text: Annotated[str, Meta(max_length=MAX_TEXT)] | None = None
    due: date | None = None
    assignee: str | None = None


class NewTasks(NewTask, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same task, for each of these customers."""

    customer_ids: CustomerIds


class TaskChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not sent stays; null takes a text, a day or an assignee away."""

    title: Title | UnsetType = UNSET
    text: Annotated[str, Meta(max_length=MAX_TEXT)] | UnsetType | None = UNSET
    due: date | UnsetType | None = UNSET
    assignee: str | UnsetType | None = UNSET
    done: bool | UnsetType = UNSET


class TasksMade(msgspec.Struct, frozen=True, kw_only=True):
    """In the order of the customers, each of whom counts once."""

    created: int
    task_ids: list[UUID]


@get("/customers/{customer_id:str}/tasks", summary="A customer's tasks", responses=_ONE, access=Caller.TEAM)
async def get_customer_tasks(
    request: AnyRequest, customer_id: CustomerId, limit: Limit = 50, cursor: Cursor = None, done: bool | None = None
) -> Page[Task]:
    """By their day, those without one last."""
    named = customer_of(customer_id)
    async with services(request).database.transaction() as connection:
        await require_customer(connection, named)
        wanted = TaskFilter(customer_id=named, done=done)
        return await tasks.list_tasks(connection, wanted, limit=limit, cursor=cursor)


@post(
    "/customers/{customer_id:str}/tasks",
    status_code=201,
    summary="Set a task",
    operation_class=json_body(NewTask),
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def post_task(request: AnyRequest, customer_id: CustomerId, data: NewTask) -> Task:
    """For a member of the team, or for nobody yet."""
    served, by = services(request), member_email(request)
    async with served.database.transaction() as connection:
        return await tasks.add_task(connection, customer_of(customer_id), task_text(data), by=by, now=served.now())


@get("/tasks", summary="Everybody's tasks", responses=_MANY, access=Caller.TEAM)
async def get_tasks(
    request: AnyRequest,
    limit: Limit = 50,
    cursor: Cursor = None,
    assignee: Assignee = None,
    done: bool | None = None,
    due_before: DueBefore = None,
    customer_id: OfCustomer = None,
) -> Page[Task]:
    """By their day, those without one last."""
    wanted = TaskFilter(
        customer_id=matchable(customer_id, "customer_id"),
        assignee=matchable(assignee, "assignee"),
        done=done,
        due_before=due_before,
    )
    async with services(request).database.transaction() as connection:
        return await tasks.list_tasks(connection, wanted, limit=limit, cursor=cursor)


@post(
    "/tasks/batch",
    status_code=201,
    summary="Set one task for many customers",
    operation_class=json_body(NewTasks),
    responses=_CHANGING,
    request_max_body_size=MOST_BATCH_BYTES,
    access=Caller.TEAM,
)
async def post_tasks(request: AnyRequest, data: NewTasks) -> TasksMade:
    """All of them, or none where a customer is unknown."""
    served, by = services(request), member_email(request)
    async with served.database.transaction() as connection:
        made = await tasks.add_tasks(connection, data.customer_ids, task_text(data), by=by, now=served.now())
    return TasksMade(created=len(made), task_ids=made)


@patch(
    "/tasks/{task_id:uuid}",
    summary="Change a task, or check it off",
    operation_class=json_body(TaskChange),
    responses=_CHANGING,
    access=Caller.TEAM,
)
async def patch_task(request: AnyRequest, task_id: UUID, data: TaskChange) -> Task:
    """What is not sent stays. One that is done already stays as it was done."""
    served, by = services(request), member_email(request)
    async with served.database.transaction() as connection:
        task = await tasks.read_task(connection, task_id, hold=True)
        said = TaskText(
            title=task.title if data.title is UNSET else data.title,
            text=task.text if data.text is UNSET else data.text,
            due=task.due if data.due is UNSET else data.due,
            assignee=task.assignee if data.assignee is UNSET else data.assignee,
        )
        await tasks.change_task(connection, task_id, said)
        if data.done is not UNSET:
            await tasks.set_done(connection, task_id, done=data.done, by=by, now=served.now())
        return await tasks.read_task(connection, task_id)


@delete("/tasks/{task_id:uuid}", summary="Delete a task", responses=_ONE, access=Caller.TEAM)
async def delete_task(request: AnyRequest, task_id: UUID) -> None:
    """For good; one that is done is better left."""
    async with services(request).database.transaction() as connection:
        await tasks.delete_task(connection, task_id)


def task_text(data: NewTask) -> TaskText:
    """What a task says, of a request."""
    return TaskText(title=data.title, text=data.text, due=data.due, assignee=data.assignee)


router = Router(
    "/v1",
    route_handlers=[get_customer_tasks, post_task, get_tasks, post_tasks, patch_task, delete_task],
    tags=["work"],
)
