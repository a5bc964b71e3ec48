"""A task as a row, on its customer's page and among everybody's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from milepost.dashboard import format as fmt
from milepost.dashboard.views import customer_url
from milepost.work.tasks import Part, Task

#: Days, today among them, that count as this week.
WEEK: Final = 7


class TaskRow(msgspec.Struct, frozen=True):
    """work/_task.html. `url` takes what is done with it; `mine`: the reader's own."""

    task_id: str
    customer_id: str
    name: str
    title: str
    text: str
    due: date | None
    part: Part
    assignee: str
    mine: bool
    created_at: datetime
    created_by: str
    done_at: datetime | None
    done_by: str

    @property
    def customer_url(self) -> str:
        return customer_url(self.customer_id)


def task_row(task: Task, *, today: date, email: str) -> TaskRow:
    """`today` is the reader's; `email` is theirs."""
    return TaskRow(
        task_id=str(task.task_id),
        customer_id=task.customer_id,
        name=fmt.visible_name(task.customer_name, task.customer_id),
        title=task.title,
        text=task.text or "",
        due=task.due,
        part=part_of(task, today),
        assignee=task.assignee or "",
        mine=bool(email) and task.assignee == email,
        created_at=task.created_at,
        created_by=task.created_by or "",
        done_at=task.done_at,
        done_by=task.done_by or "",
    )


def part_of(task: Task, today: date) -> Part:
    """Where it stands among the others."""
    if task.done_at is not None:
        return "done"
    if task.due is None:
        return "whenever"
    if task.due < today:
        return "overdue"
    return "week" if task.due < today + timedelta(days=WEEK) else "later"
