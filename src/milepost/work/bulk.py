"""Many customers at once: an owner, tags and a task, in one transaction, and what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

import msgspec
from msgspec import UNSET, UnsetType

from milepost.errors import InvalidRequest
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.traits.keep import rows, tell_whose
from milepost.traits.values import read
from milepost.work.customers import known_customers
from milepost.work.tags import put_tags, tags_wanted
from milepost.work.tasks import TaskText, checked_task, member_address

_SQL = load("milepost.work", "bulk.sql")
#: The most customers that one request names.
MOST_BULK: Final = 2_500
#: Ids of tasks that are set under a key: the same key and customer have the same one.
_KEYED: Final = UUID("5f0c7a52-6a0e-4f0e-9d58-0f2f7f0f9b1a")


class BulkWanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done with each customer. `owner`: a member's address, None takes it away, UNSET leaves it. `key`:
    the task is set once for the same key, however often it is asked for."""

    owner: str | UnsetType | None = UNSET
    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    task: TaskText | None = None
    key: str | None = None


class BulkReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one customer: whether its owner is another now, how many tags came and went, its task."""

    customer_id: str
    owner_changed: bool
    tags_added: int
    tags_removed: int
    task_id: UUID | None


class BulkRejection(msgspec.Struct, frozen=True, kw_only=True):
    """A customer nothing is known of. `index`: its first place among `customer_ids`, from 0."""

    index: int
    customer_id: str
    code: str
    message: str


class BulkDone(msgspec.Struct, frozen=True, kw_only=True):
    """After the commit. The counts are of what that changed: what was so already is in none. `items`: a receipt for
    each customer, in their order, each once; `rejected`: those that are unknown, for whom nothing was done."""

    customers: int
    owners_changed: int
    tags_added: int
    tags_removed: int
    tasks_set: int
    items: list[BulkReceipt]
    rejected: list[BulkRejection]


async def do_in_bulk(
    connection: DictConnection, customer_ids: Sequence[str], wanted: BulkWanted, *, by: str | None, now: datetime
) -> BulkDone:
    """Does all of it for every customer that is known, in the connection's transaction. Raises InvalidRequest for an
    owner or assignee who is no member, and for tags and texts that will not do; nothing is stored then."""
    tags = tags_wanted(wanted.add, wanted.remove)
    if wanted.owner is UNSET and wanted.task is None and not (tags.add or tags.remove):
        raise InvalidRequest("Nothing is to be done. Send an owner, tags or a task.", field="owner")
    named = list(dict.fromkeys(customer_ids))
    known = await known_customers(connection, named)
    customers = [one for one in named if one in known]
    owned = await _own(connection, customers, wanted.owner, by, now)
    added, removed = await put_tags(connection, customers, tags, by=by, now=now)
    tasks, new_tasks = await _set_task(connection, customers, wanted, by, now)
    came, went = Counter(added), Counter(removed)
    return BulkDone(
        customers=len(customers),
        owners_changed=len(owned),
        tags_added=len(added),
        tags_removed=len(removed),
        tasks_set=new_tasks,
        items=[
            BulkReceipt(
                customer_id=one,
                owner_changed=one in owned,
                tags_added=came[one],
                tags_removed=went[one],
                task_id=tasks.get(one),
            )
            for one in customers
        ],
        rejected=_rejected(customer_ids, known),
    )


async def _own(
    connection: DictConnection, customers: list[str], owner: str | UnsetType | None, by: str | None, now: datetime
) -> set[str]:
    """Whose owner is another now."""
    if owner is UNSET:
        return set()
    address = None if owner is None else await member_address(connection, owner, "owner")
    values = {"customer_ids": customers, "owner": msgspec.json.encode(address).decode()}
    found = await (await connection.execute(_SQL["others"], values)).fetchall()
    told, _ = read({"owner": address})
    source = by or "api"
    return await tell_whose(
        connection, [row for one in found for row in rows("customer", str(one["customer_id"]), told, now, source)]
    )


async def _set_task(
    connection: DictConnection, customers: list[str], wanted: BulkWanted, by: str | None, now: datetime
) -> tuple[dict[str, UUID], int]:
    """The task of each customer, and how many of them were set just now."""
    if wanted.task is None:
        return {}, 0
    given = {one: uuid5(_KEYED, msgspec.json.encode([wanted.key, one]).decode()) for one in customers}
    values = await checked_task(connection, wanted.task) | {
        "customer_ids": customers,
        "task_ids": [given[one] if wanted.key else None for one in customers],
        "by": by,
        "now": now,
    }
    found = await (await connection.execute(_SQL["task"], values)).fetchall()
    made = {str(row["customer_id"]): UUID(str(row["task_id"])) for row in found}
    return (given if wanted.key else made), len(made)


def _rejected(customer_ids: Sequence[str], known: set[str]) -> list[BulkRejection]:
    unknown = {one: index for index, one in reversed(list(enumerate(customer_ids))) if one not in known}
    return [
        BulkRejection(
            index=index,
            customer_id=one,
            code="not_found",
            message=f"No customer {one[:200]!r}. It appears with its first event.",
        )
        for one, index in sorted(unknown.items(), key=lambda pair: pair[1])
    ]
