"""The customers' list as a CSV: who matches, in its order, with its columns; page after page as it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from litestar import get
from litestar.response import Stream

from milepost.access.services import AnyRequest, services
from milepost.dashboard.csv_file import csv_line
from milepost.dashboard.customers.columns import Head, heads
from milepost.dashboard.customers.listed import count_people, list_page, read_changes, read_frame, wanted_by
from milepost.dashboard.customers.rows import told_by
from milepost.dashboard.customers.state import ListState
from milepost.dashboard.page_context import PAGE_HEADERS
from milepost.dashboard.traits.panel import shown
from milepost.insights.changes import NOT_KNOWN, Change
from milepost.insights.customers import CustomerSummary
from milepost.work.tags import tags_of

#: Customers of one transaction, and of one file.
_PART: Final = 500
MOST: Final = 50_000


@get("/customers.csv", media_type="text/csv; charset=utf-8")
async def customers_csv(request: AnyRequest) -> Stream:
    """The first 50,000 that match."""
    frame = await read_frame(request)
    state = frame.state(request.scope["query_string"].decode("latin-1"))
    name = f"customers-{services(request).now():%Y-%m-%d}.csv"
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(_lines(request, state, heads(state.columns, frame.words)), headers=headers)


async def _lines(request: AnyRequest, state: ListState, columns: tuple[Head, ...]) -> AsyncIterator[str]:
    # Excel takes a file without the mark for one of its own code page.
    reasons = state.show == "at_risk" and "why" not in state.columns
    heading = ["customer_id", *(head.label for head in columns if head.key != "weeks"), "Tags"]
    yield "\ufeff" + csv_line([*heading, "Why at risk"] if reasons else heading)
    wanted, after, sent = await wanted_by(request, state), "", 0
    while True:
        async with services(request).database.transaction() as connection:
            found = await list_page(connection, request, state, wanted, limit=_PART, after=after)
            tags = await tags_of(connection, [item.customer_id for item in found.items])
            changes = await read_changes(connection, request, state.columns, found)
        ids = [item.customer_id for item in found.items] if "people" in state.columns else []
        people = await count_people(request, ids) if ids else {}
        for item in found.items[: MOST - sent]:
            change, active = changes.get(item.customer_id, NOT_KNOWN), people.get(item.customer_id)
            cells = [_cell(item, head, change, active) for head in columns if head.key != "weeks"]
            why = [item.at_risk.reason if item.at_risk else None] if reasons else []
            yield csv_line([item.customer_id, *cells, "; ".join(tags.get(item.customer_id, ())), *why])
        sent += len(found.items)
        if found.next is None or sent >= MOST:
            return
        after = found.next


def _cell(item: CustomerSummary, head: Head, change: Change, people: int | None) -> object:
    if head.target is not None:
        return change.predicted.get(head.target)
    if head.told:
        value = told_by(item, head)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else shown(value)
    match head.key:
        case "name":
            return item.name
        case "owner":
            return shown(item.traits.get("owner"))
        case "why":
            return item.at_risk.reason if item.at_risk else change.against_own_past
        case "change":
            return change.of_score(item.current_scaling_score)
        case "people":
            return people
        case "last_seen":
            return item.last_event_at.isoformat() if item.last_event_at else None
        case "events":
            return item.total_events
        case "sessions":
            return item.total_sessions
        case "exports":
            return item.total_exports_generated
        case "resources":
            return item.total_resources_created
        case "rate":
            return item.systematic_progression_rate
        case "score":
            return item.current_scaling_score
    raise LookupError(head.key)
