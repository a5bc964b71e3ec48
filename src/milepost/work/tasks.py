"""Tasks on customers: what is to be done by when, and by whom of the team."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from milepost.errors import InvalidRequest, NotFound
from milepost.insights.customer import Page
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load
from milepost.vocabulary import NOBODY
from milepost.work.customers import require_customers
from milepost.work.texts import MAX_TEXT, MAX_TITLE, written, written_or_none

_SQL = load("milepost.work", "tasks.sql")
GONE: Final = "There is no such task. It may have been deleted."


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """`assignee`, `created_by`, `done_by`: e-mail addresses; None: nobody, or it came with a secret key. A task of a
    member who has gone is nobody's. `due`: a day, without a time or a zone; None: whenever. `done_at` None: open."""

    task_id: UUID
    customer_id: str
    customer_name: str | None
    title: str
    text: str | None
    due: date | None
    assignee: str | None
    created_at: datetime
    created_by: str | None
    done_at: datetime | None
    done_by: str | None


class TaskFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks a list is of; None is no bound. `assignee`: an e-mail address, or `nobody`. `due_from` is in it,
    `due_before` is not; tasks without a day are in neither."""

    customer_id: str | None = None
    assignee: str | None = None
    done: bool | None = None
    due_before: date | None = None
    due_from: date | None = None


class TaskText(msgspec.Struct, frozen=True, kw_only=True):
    """What a task says, as it was typed."""

    title: str
    text: str | None = None
    due: date | None = None
    assignee: str | None = None


async def list_tasks(
    connection: DictConnection, wanted: TaskFilter, *, limit: int = 50, cursor: str | None = None
) -> Page[Task]:
    """By their day, those without one last. Raises InvalidRequest for a foreign cursor."""
    after, after_id = _decode(cursor) if cursor else (None, None)
    values = {
        "customer_id": wanted.customer_id,
        "assignee": None if wanted.assignee in (None, NOBODY) else wanted.assignee.strip().lower(),
        "unassigned": wanted.assignee == NOBODY,
        "done": wanted.done,
        "due_before": wanted.due_before,
        "due_from": wanted.due_from,
        "after": after,
        "after_id": after_id,
        "limit": limit + 1,
    }
    rows = await (await connection.execute(_SQL["list"], values)).fetchall()
    found = msgspec.convert(rows[:limit], list[Task])
    return Page(found, _encode(found[-1]) if len(rows) > limit else None)


async def read_task(connection: DictConnection, task_id: UUID, *, hold: bool = False) -> Task:
    """`hold`: nobody else changes it until the transaction ends. Raises NotFound."""
    if hold:
        await connection.execute(_SQL["hold"], {"task_id": task_id})
    row = await (await connection.execute(_SQL["one"], {"task_id": task_id})).fetchone()
    if row is None:
        raise NotFound(GONE, field="task_id")
    return msgspec.convert(row, Task)


async def add_tasks(
    connection: DictConnection,
    customer_ids: Sequence[str],
    said: TaskText,
    *,
    by: str | None,
    now: datetime,
    field: str = "customer_ids",
) -> list[UUID]:
    """The same task for each customer, each of them once; answers their ids in the order of the customers.

    Raises NotFound for an unknown customer, InvalidRequest for what will not do; nothing is stored then.
    """
    customers = await require_customers(connection, customer_ids, field)
    values = await checked_task(connection, said) | {"customer_ids": customers, "by": by, "now": now}
    return [UUID(str(row["task_id"])) for row in await (await connection.execute(_SQL["add"], values)).fetchall()]


async def add_task(
    connection: DictConnection, customer_id: str, said: TaskText, *, by: str | None, now: datetime
) -> Task:
    """Raises NotFound for an unknown customer, InvalidRequest."""
    (task_id,) = await add_tasks(connection, [customer_id], said, by=by, now=now, field="customer_id")
    return await read_task(connection, task_id)


async def change_task(connection: DictConnection, task_id: UUID, said: TaskText) -> None:
    """Raises NotFound, InvalidRequest."""
    values = await checked_task(connection, said) | {"task_id": task_id}
    if (await connection.execute(_SQL["change"], values)).rowcount == 0:
        raise NotFound(GONE, field="task_id")


async def set_done(connection: DictConnection, task_id: UUID, *, done: bool, by: str | None, now: datetime) -> None:
    """Checks it off, or opens it again; one that is done already stays as it was done."""
    statement = "finish" if done else "reopen"
    await connection.execute(_SQL[statement], {"task_id": task_id, "by": by, "now": now})


async def delete_task(connection: DictConnection, task_id: UUID) -> None:
    """For good. Raises NotFound."""
    if await (await connection.execute(_SQL["delete"], {"task_id": task_id})).fetchone() is None:
        raise NotFound(GONE, field="task_id")


#: When a task is due, in the order of the page of all. `week` begins today.
Part = Literal["overdue", "week", "later", "whenever", "done"]
PARTS: Final[tuple[Part, ...]] = ("overdue", "week", "later", "whenever", "done")


class BoardPart(msgspec.Struct, frozen=True, kw_only=True):
    """The first tasks of one part, and how many there are in it."""

    part: Part
    total: int
    tasks: list[Task]


async def board(
    connection: DictConnection,
    *,
    today: date,
    week: int,
    done_since: datetime,
    assignee: str | None,
    first: str,
    limit: int,
) -> list[BoardPart]:
    """Everybody's tasks, or those of `assignee` (`nobody`: of nobody), in parts; parts without any are left out. In
    each part those of the member `first` come first, then by their day; done ones, since `done_since`, by when they
    were."""
    values = {
        "today": today,
        "week": week,
        "done_since": done_since,
        "assignee": None if assignee == NOBODY else assignee,
        "unassigned": assignee == NOBODY,
        "first": first,
        "limit": limit,
    }
    found: dict[Part, BoardPart] = {}
    for row in await (await connection.execute(_SQL["board"], values)).fetchall():
        part = PARTS[int(str(row["part"]))]
        there = found.setdefault(part, BoardPart(part=part, total=int(str(row["total"])), tasks=[]))
        there.tasks.append(msgspec.convert(row, Task))
    return list(found.values())


async def done_of(connection: DictConnection, *, customer_id: str, limit: int) -> list[Task]:
    """A customer's that are done, the last one first."""
    values = {"customer_id": customer_id, "limit": limit}
    rows = await (await connection.execute(_SQL["done_of"], values)).fetchall()
    return msgspec.convert(rows, list[Task])


async def member_emails(connection: DictConnection) -> list[str]:
    """Whom a task can be given to, in the order of their addresses."""
    return [str(row["email"]) for row in await (await connection.execute(_SQL["members"])).fetchall()]


async def checked_task(connection: DictConnection, said: TaskText) -> dict[str, object]:
    """A task as its statements take it. Raises InvalidRequest for what will not do."""
    return {
        "title": written(said.title, "title", MAX_TITLE),
        "text": written_or_none(said.text, "text", MAX_TEXT),
        "due": said.due,
        "assignee_id": (await _member(connection, said.assignee))["member_id"] if said.assignee else None,
    }


async def member_address(connection: DictConnection, email: str, field: str) -> str:
    """The address of a member, as it is kept. Raises InvalidRequest where nobody of the team has it."""
    return str((await _member(connection, email, field))["email"])


async def _member(connection: DictConnection, email: str, field: str = "assignee") -> Row:
    address = email.strip().lower()
    row = None
    if "\x00" not in address:
        row = await (await connection.execute(_SQL["member"], {"email": address})).fetchone()
    if row is None:
        raise InvalidRequest(
            f"Nobody of the team has the address {email[:100]!r}. Give a member's, or null for nobody.",
            field=field,
        )
    return row


def _encode(task: Task) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([task.due, task.task_id])).decode().rstrip("=")


def _decode(cursor: str) -> tuple[date | None, UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(text, type=tuple[date | None, UUID])
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error
