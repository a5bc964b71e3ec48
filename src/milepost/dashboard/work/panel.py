"""Notes, tasks and tags on the customer's page: what stands there, and what was just typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

import msgspec

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest
from milepost.dashboard.page_context import today_of
from milepost.dashboard.views import customer_url
from milepost.dashboard.work.rows import TaskRow, task_row
from milepost.store.database import DictConnection
from milepost.work.notes import Note, shown_notes
from milepost.work.tags import count_tags, tags_of
from milepost.work.tasks import Task, TaskFilter, done_of, list_tasks, member_emails

#: Notes that stand on the page at once, and all that it has; the timeline has the others.
_FIRST: Final = 5
_MOST: Final = 50
_DONE: Final = 10
#: Tags that are offered while one is typed.
_OFFERED: Final = 200
#: A note beyond these is folded.
_LONG: Final = 480
_LINES: Final = 6


class NoteRow(msgspec.Struct, frozen=True):
    """A note; `long`: it is folded until somebody wants all of it."""

    note: Note
    long: bool


class Typed(msgspec.Struct, frozen=True):
    """What stands in the forms of whoever made a mistake: `form` is which, `problem` what is wrong with it."""

    form: str = ""
    fields: Mapping[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    problem: str = ""

    def of(self, form: str, name: str, usual: str = "") -> str:
        return self.fields.get(name, "") if form == self.form else usual

    def problem_of(self, form: str) -> str:
        return self.problem if form == self.form else ""


NOTHING_TYPED: Final = Typed()


class WorkPanel(msgspec.Struct, frozen=True):
    """work/panel.html. `said`: what was just done, for whoever does not see it happen."""

    customer_id: str
    tags: tuple[str, ...]
    known_tags: tuple[str, ...]
    notes: tuple[NoteRow, ...]
    earlier: tuple[NoteRow, ...]
    notes_total: int
    open: tuple[TaskRow, ...]
    more_open: bool
    done: tuple[TaskRow, ...]
    members: tuple[str, ...]
    email: str
    typed: Typed = NOTHING_TYPED
    said: str = ""

    @property
    def url(self) -> str:
        return customer_url(self.customer_id)


async def work_panel(
    request: AnyRequest,
    connection: DictConnection,
    customer_id: str,
    *,
    typed: Typed = NOTHING_TYPED,
    said: str = "",
) -> WorkPanel:
    """Reads and lays out everything the section shows."""
    today = today_of(request)
    notes, notes_total = await shown_notes(connection, customer_id, limit=_MOST)
    opened = await list_tasks(connection, TaskFilter(customer_id=customer_id, done=False), limit=_MOST)
    done = await done_of(connection, customer_id=customer_id, limit=_DONE)
    tags = (await tags_of(connection, [customer_id])).get(customer_id, [])
    known = await count_tags(connection, limit=_OFFERED)
    return panel_view(
        customer_id,
        tags=tags,
        known_tags=[one.tag for one in known.items if one.tag not in tags],
        notes=notes,
        notes_total=notes_total,
        opened=opened.items,
        more_open=opened.next is not None,
        done=done,
        members=await member_emails(connection),
        email=member_email(request) or "",
        today=today,
        typed=typed,
        said=said,
    )


def panel_view(
    customer_id: str,
    *,
    tags: Sequence[str],
    known_tags: Sequence[str],
    notes: Sequence[Note],
    notes_total: int,
    opened: Sequence[Task],
    more_open: bool,
    done: Sequence[Task],
    members: Sequence[str],
    email: str,
    today: date,
    typed: Typed = NOTHING_TYPED,
    said: str = "",
) -> WorkPanel:
    """`notes`: pinned ones first, then the newest; `opened` by their day; `done` the newest first."""
    rows = [NoteRow(note, len(note.text) > _LONG or note.text.count("\n") >= _LINES) for note in notes]
    pinned = sum(1 for row in rows if row.note.pinned)
    first = max(_FIRST, pinned)
    return WorkPanel(
        customer_id=customer_id,
        tags=tuple(tags),
        known_tags=tuple(known_tags),
        notes=tuple(rows[:first]),
        earlier=tuple(rows[first:]),
        notes_total=notes_total,
        open=tuple(task_row(task, today=today, email=email) for task in opened),
        more_open=more_open,
        done=tuple(task_row(task, today=today, email=email) for task in done),
        members=tuple(members),
        email=email,
        typed=typed,
        said=said,
    )
