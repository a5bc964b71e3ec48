"""Everybody's tasks on a page: what is overdue, due this week, later; the reader's own first; checked off in place."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.response import Redirect, Template
from markupsafe import Markup

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, services
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.page_context import PAGE_HEADERS, local_path, page, today_of
from milepost.dashboard.work.rows import WEEK, TaskRow, task_row
from milepost.errors import NotFound
from milepost.vocabulary import ME, NOBODY
from milepost.work import tasks
from milepost.work.tasks import PARTS, BoardPart, Part, board, member_emails, read_task, set_done

#: Tasks of a part that stand on the page at once, and of one that is looked at alone.
_FIRST: Final = 50
_ALONE: Final = 500
_DONE_DAYS: Final = 30
TITLES: Final[dict[Part, str]] = {
    "overdue": "Overdue",
    "week": f"Due in the next {WEEK} days",
    "later": "Later",
    "whenever": "Without a day",
    "done": f"Done in the last {_DONE_DAYS} days",
}


class TaskPart(msgspec.Struct, frozen=True):
    """A part of the page. `all_url`: where all of it stands, "" where it does."""

    part: Part
    title: str
    rows: tuple[TaskRow, ...]
    total: int
    all_url: str


class TasksPage(msgspec.Struct, frozen=True):
    """work/tasks.html. `assignee`: whose they are, "" everybody's; `alone`: the one part that is looked at."""

    parts: tuple[TaskPart, ...]
    assignee: str
    alone: Part | None
    members: tuple[str, ...]
    email: str
    open: int
    overdue: int

    @property
    def url(self) -> str:
        return _url(self.assignee, self.alone)

    @property
    def mine_url(self) -> str:
        """The reader's own, or everybody's where these are."""
        return _url("" if self.assignee == self.email else ME, self.alone)

    @property
    def answer(self) -> Markup:
        whose = {"": "", self.email: " of yours", NOBODY: " of nobody’s"}.get(
            self.assignee, Markup(" of <bdi>{}</bdi>’s").format(self.assignee)
        )
        if not self.open:
            return Markup("No task{} is open.").format(whose)
        said = Markup("{} {}{} {} open").format(
            markup.number(self.open), fmt.plural(self.open, "task"), whose, "is" if self.open == 1 else "are"
        )
        if not self.overdue:
            return said + (", none of them overdue." if self.open > 1 else ", and not overdue.")
        return said + Markup(', <span class="worse">{} overdue</span>.').format(markup.number(self.overdue))


@get("/tasks")
async def tasks_page(request: AnyRequest) -> Template:
    """Whatever the address says that cannot be, is as if it were not there."""
    served, email, wanted = services(request), member_email(request) or "", request.query_params
    today = today_of(request)
    alone = next((part for part in PARTS if part == wanted.get("part")), None)
    async with served.database.transaction() as connection:
        members = await member_emails(connection)
        assignee = wanted.get("assignee", "").lower()
        assignee = email if assignee == ME else assignee
        assignee = assignee if assignee in (*members, NOBODY) else ""
        found = await board(
            connection,
            today=today,
            week=WEEK,
            done_since=served.now() - timedelta(days=_DONE_DAYS),
            assignee=assignee or None,
            first=email,
            limit=_ALONE if alone else _FIRST,
        )
    totals = {part.part: part.total for part in found}
    view = TasksPage(
        parts=tuple(
            _part(part, assignee, alone=alone is not None, rows=tuple(
                task_row(task, today=today, email=email) for task in part.tasks))
            for part in found if alone in (None, part.part)
        ),
        assignee=assignee,
        alone=alone,
        members=tuple(members),
        email=email,
        open=sum(total for part, total in totals.items() if part != "done"),
        overdue=totals.get("overdue", 0),
    )  # fmt: skip
    return page(request, "work/tasks.html", section="tasks", view=view)


@post("/tasks/{task_id:uuid}")
async def change_any_task(request: AnyRequest, task_id: UUID) -> Template | Redirect:
    """Checks it off or opens it again. With scripts its row comes back, else the page it was on."""
    form = await request.form()
    done, back = form.get("do") != "open", form.get("back", "/tasks")
    served, email = services(request), member_email(request) or ""
    async with served.database.transaction() as connection:
        await set_done(connection, task_id, done=done, by=email, now=served.now())
        try:
            task = await read_task(connection, task_id)
        except NotFound:
            raise NotFound(tasks.GONE) from None
    back = local_path(back if isinstance(back, str) else "/tasks")
    if "hx-request" not in request.headers:
        return Redirect(back, status_code=303, headers=dict(PAGE_HEADERS))
    today = today_of(request)
    row = task_row(task, today=today, email=email)
    return page(request, "work/_listed.html", section="tasks", row=row, back=back, changed=True)


def _part(found: BoardPart, assignee: str, *, alone: bool, rows: tuple[TaskRow, ...]) -> TaskPart:
    more = found.total > len(rows) and not alone
    return TaskPart(found.part, TITLES[found.part], rows, found.total, _url(assignee, found.part) if more else "")


def _url(assignee: str, part: Part | None) -> str:
    chosen = {name: value for name, value in (("assignee", assignee), ("part", part or "")) if value}
    return f"/tasks?{urlencode(chosen)}" if chosen else "/tasks"
