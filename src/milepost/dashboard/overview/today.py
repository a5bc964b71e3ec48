"""Reads what needs a member today: accounts that fell against their own past, theirs first, and their tasks."""

from __future__ import annotations

from datetime import timedelta

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, services
from milepost.coach.queue import read_firsts
from milepost.dashboard.overview.view import MOST_NEEDS, MOST_TASKS, Need, Today
from milepost.dashboard.page_context import today_of
from milepost.dashboard.work.rows import task_row
from milepost.insights.at_risk import first_at_risk, first_risen
from milepost.insights.customers import CustomerFilter, count_customers
from milepost.predict.reading import read_likely
from milepost.store.database import DictConnection
from milepost.traits.keep import read_now
from milepost.work.tasks import TaskFilter, list_tasks

_RISEN = 3
_LIKELY = 3
#: Tasks are counted no further.
_MOST_DUE = 100


async def read_today(connection: DictConnection, request: AnyRequest) -> Today:
    """As of now, whatever the period of the page."""
    served, email = services(request), member_email(request) or ""
    now = served.now()
    own = await first_at_risk(connection, now=now, limit=MOST_NEEDS, owner=email, theirs=True)
    others = await first_at_risk(connection, now=now, limit=MOST_NEEDS, owner=email, theirs=False)
    first = [*((one, True) for one in own.first), *((one, False) for one in others.first)][:MOST_NEEDS]
    ids = [one.customer_id for one, _ in first]
    traits = await read_now(connection, "customer", ids)
    today = today_of(request)
    coach = await read_firsts(connection, ids, now=now, today=today) if ids else {}
    owns = own.total or await count_customers(connection, now=now, wanted=CustomerFilter(owner=email))
    wanted = TaskFilter(assignee=email, done=False, due_before=today + timedelta(days=1))
    due = (await list_tasks(connection, wanted, limit=_MOST_DUE)).items
    return Today(
        needs=tuple(
            Need(
                one.customer_id,
                one.name,
                one.reason,
                str(traits[one.customer_id].get("owner") or ""),
                mine,
                coach[one.customer_id].team.action if one.customer_id in coach else "",
            )
            for one, mine in first
        ),
        own=own.total,
        total=own.total + others.total,
        owns=bool(owns),
        tasks=tuple(task_row(task, today=today, email=email) for task in due[:MOST_TASKS]),
        due=len(due),
        risen=await first_risen(connection, limit=_RISEN),
        likely=await read_likely(connection, today=now.date(), most=_LIKELY, but=ids),
    )
