"""Reads what the customers' list shows, for its page and its CSV."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, services
from milepost.analytics.asking import Filter
from milepost.api.answering import store
from milepost.api.within import in_segment
from milepost.dashboard.customers.brief import brief_of
from milepost.dashboard.customers.columns import TraitWords, chip, heads, standard, target_of_column
from milepost.dashboard.customers.listing import Bulk, Customers, column_sets
from milepost.dashboard.customers.rows import row
from milepost.dashboard.customers.sets import ColumnSet, list_sets
from milepost.dashboard.customers.state import ListState, problem_of
from milepost.errors import InvalidRequest, NotFound, Problem
from milepost.insights.changes import NOT_KNOWN, Change, changes_of
from milepost.insights.customers import CustomerFilter, CustomerPage, count_customers, count_waiting, list_customers
from milepost.people.breadth import active_people
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
#: Seconds until the list stands without what the column store says of it.
_PATIENCE: Final = 5.0
#: Tags that are offered to choose from.
_TAGS: Final = 500
#: Fewer customers than these are settled before anybody has read that they are not.
_MANY_WAITING: Final = 100


class Frame(msgspec.Struct, frozen=True):
    """What every list of a reader has: what traits are called, the team's sets of columns, and the reader's own."""

    words: TraitWords
    sets: tuple[ColumnSet, ...]
    own: ColumnSet | None

    @property
    def usual(self) -> tuple[str, ...]:
        """The columns of an address that names none."""
        return self.own.columns if self.own else standard(self.words)

    def state(self, query: str) -> ListState:
        return ListState.of(query, self.usual)


async def read_frame(request: AnyRequest) -> Frame:
    async with services(request).database.transaction() as connection:
        sets = await list_sets(connection, member_email(request) or "")
        words = TraitWords(services(request).plan, await read_names(connection, "customer"))
    named = tuple(one for one in sets if one.name is not None)
    return Frame(words, named, next((one for one in sets if one.name is None), None))


async def read_list(
    request: AnyRequest,
    frame: Frame,
    state: ListState,
    *,
    after: str = "",
    before: str = "",
    opened: str = "",
    picked: Collection[str] = (),
    all_picked: bool = False,
    said: str = "",
    problem: str = "",
    counted: bool = False,
) -> Customers:
    """`opened`: the customer of the panel, if any. `picked`: who was ticked when something was done with them; `said`
    or `problem` tell what was done last. `counted`: the page waits until people are counted, which it else asks for by
    itself."""
    served, email, words = services(request), member_email(request) or "", frame.words
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
        changes = await read_changes(connection, request, state.columns, found)
        members = await member_emails(connection)
    columns = heads(state.columns, words)
    # Of the column store: no connection of the pool waits for it.
    people = await count_people(request, [one.customer_id for one in found.items]) if counted else {}
    here = {name: value for name, value in (("after", after), ("before", before)) if value}
    return Customers(
        tuple(
            row(
                item,
                tags.get(item.customer_id, ()),
                columns,
                words,
                change=changes.get(item.customer_id, NOT_KNOWN),
                people=people.get(item.customer_id),
                picked=all_picked or item.customer_id in picked,
            )
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
        predicted=words.predicted(),
        sets=column_sets(state, frame.sets, standard(words)),
        own=frame.own is not None,
        brief=await brief_of(request, opened, words) if opened else None,
        members=tuple(members),
        email=email,
        after=found.next,
        before=found.previous,
        first=found.previous is None,
        waiting=waiting if waiting >= _MANY_WAITING else 0,
        known_tags=tuple(known_tags),
        segments=tuple((one.slug, one.name) for one in segments),
        counted_url="" if counted or "people" not in state.columns else state.url(**here, people="counted"),
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


async def read_changes(
    connection: DictConnection, request: AnyRequest, columns: Collection[str], found: CustomerPage
) -> dict[str, Change]:
    """How those of a page changed, where a column shows it."""
    targets = [target for one in columns if (target := target_of_column(one)) is not None]
    if not targets and not {"why", "change"} & set(columns):
        return {}
    ids = [item.customer_id for item in found.items]
    return await changes_of(connection, ids, now=services(request).now(), targets=targets)


async def count_people(request: AnyRequest, customers: Sequence[str]) -> dict[str, int]:
    """How many people of each were active; nothing where the column store does not say so in 5 seconds: the list
    stands without."""
    with suppress(TimeoutError, Problem):
        async with asyncio.timeout(_PATIENCE):
            return await active_people(store(services(request)), customers)
    return {}


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
