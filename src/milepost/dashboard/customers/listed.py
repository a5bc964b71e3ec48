"""Reads what the customers' list shows, for its page and its CSV."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, services
from milepost.analytics.asking import Filter
from milepost.api.within import in_segment
from milepost.dashboard.customers.columns import TraitWords, chip, heads
from milepost.dashboard.customers.listing import Bulk, Customers, row
from milepost.dashboard.customers.state import ListState, problem_of
from milepost.errors import InvalidRequest, NotFound
from milepost.insights.customers import CustomerFilter, CustomerPage, count_customers, count_waiting, list_customers
from milepost.segments.keep import list_segments
from milepost.segments.model import checked_conditions
from milepost.store.database import DictConnection
from milepost.traits.keep import read_names
from milepost.work.tags import count_tags, tags_of
from milepost.work.tasks import member_emails
from milepost.work.texts import tag_key

PAGE: Final = 50
#: So many customers are changed at once by what the list is narrowed to.
MOST_BY_FILTER: Final = 10_000
#: Tags that are offered to choose from.
_TAGS: Final = 500
#: Fewer customers than these are settled before anybody has read that they are not.
_MANY_WAITING: Final = 100


async def read_list(
    request: AnyRequest,
    state: ListState,
    *,
    after: str = "",
    before: str = "",
    picked: Collection[str] = (),
    all_picked: bool = False,
    said: str = "",
    problem: str = "",
) -> Customers:
    """`picked`: who was ticked when something was done with them, of which `said` or `problem` tells."""
    served, email = services(request), member_email(request) or ""
    async with served.database.transaction() as connection:
        segments = await list_segments(connection)
    segment = next((one for one in segments if one.slug == state.segment), None)
    state = state if segment else replace(state, segment="")
    conditions = state.conditions(email, segment.conditions if segment else ())
    wanted = await wanted_by(request, state)
    async with served.database.transaction() as connection:
        found = await list_page(connection, request, state, wanted, limit=PAGE, after=after, before=before)
        tags = await tags_of(connection, [item.customer_id for item in found.items])
        known_tags = [one.tag for one in (await count_tags(connection, limit=_TAGS)).items]
        waiting = await count_waiting(connection, now=served.now())
        everyone = await count_customers(connection, now=served.now()) if state.narrowed else found.total
        words = TraitWords(served.plan, await read_names(connection, "customer"))
        members = await member_emails(connection)
    columns = heads(state.columns, words)
    return Customers(
        tuple(
            row(item, tags.get(item.customer_id, ()), columns, words, picked=all_picked or item.customer_id in picked)
            for item in found.items
        ),
        found.total,
        everyone,
        state=_as_written(state, known_tags),
        heads=columns,
        chips=tuple(
            chip(one, words, problem_of(one), state.without_filter(at).url()) for at, one in enumerate(state.filters)
        ),
        offered=words.offered(),
        members=tuple(members),
        email=email,
        after=found.next,
        before=found.previous,
        first=found.previous is None,
        waiting=waiting if waiting >= _MANY_WAITING else 0,
        known_tags=tuple(known_tags),
        segments=tuple((one.slug, one.name) for one in segments),
        saveable=msgspec.json.encode(conditions).decode() if state.said and _fits(conditions) else "",
        bulk=Bulk(secrets.token_urlsafe(12), all_picked, MOST_BY_FILTER, said, problem),
    )


async def wanted_by(request: AnyRequest, state: ListState) -> CustomerFilter:
    """Whom the list is of, its segment included; one that is not there narrows nothing."""
    served, found = services(request), state.wanted(member_email(request) or "")
    if not state.segment:
        return found
    try:
        return msgspec.structs.replace(found, within=await in_segment(served, state.segment))
    except NotFound:
        return found


async def list_page(
    connection: DictConnection,
    request: AnyRequest,
    state: ListState,
    wanted: CustomerFilter,
    *,
    limit: int,
    after: str = "",
    before: str = "",
) -> CustomerPage:
    """One page; a cursor of another order or another server begins the list anew."""
    now = services(request).now()
    asked: dict[str, Any] = {"now": now, "limit": limit, "sort": state.order, "wanted": wanted}
    try:
        return await list_customers(connection, cursor=after or None, before=before or None, **asked)
    except InvalidRequest:
        return await list_customers(connection, **asked)


def _as_written(state: ListState, known_tags: list[str]) -> ListState:
    """With the tag as the team writes it."""
    tag = next((one for one in known_tags if tag_key(one) == tag_key(state.tag)), state.tag)
    return replace(state, tag=tag)


def _fits(conditions: Sequence[Filter]) -> bool:
    """Whether a segment can have all of them."""
    try:
        checked_conditions(conditions)
    except InvalidRequest:
        return False
    return True
