"""Whom a playbook would have picked in the past, and what came of them, beside everybody who was there: by the very
rule that picks today, on what was known then. Nothing is guessed: a condition on a fact that is kept only as it is now
has no replay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from milepost.coach import facts
from milepost.coach.facts import Known
from milepost.coach.intervals import clustered
from milepost.coach.playbooks import facts_hold, holds
from milepost.coach.power import AT_LEAST
from milepost.coach.said import Difference
from milepost.plan import Plan
from milepost.plan.coach import PREDICTION, EventsCondition, Playbook, placeholders
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.coach", "replay.sql")
#: Kept only as they are now: sessions are not kept by the day.
UNKNOWN_THEN: Final = frozenset({"total_sessions", "total_tool_sessions"})
#: Who was seen in so many days before was there: of the others nobody expects anything.
THERE_DAYS: Final = 112
_EVERY: Final = 28
_MOST_DAYS: Final = 6
#: About a millisecond a look: somebody waits for it.
_MOST_CUSTOMERS: Final = 500
_BATCH: Final = 100


class Outcome(msgspec.Struct, frozen=True):
    """A share of those picked, of everybody who was there, and one minus the other."""

    picked: float
    everybody: float
    difference: Difference


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """A playbook on the past. A look is a customer on one of the days."""

    playbook: str
    days: Annotated[list[date], Meta(description="The days it was asked on, 28 apart, each with its outcome over.")]
    customers: Annotated[int, Meta(description="Looked at: all, or a sample by chance.")]
    looks: Annotated[int, Meta(description="Of customers who were seen in the 112 days before.")]
    picked: Annotated[int, Meta(description="Looks at which its conditions held.")]
    picked_customers: int
    went_quiet: Annotated[
        Outcome | None, Meta(description="Had no event in the days after. Null: too few were picked.")
    ]
    moved_up: Outcome | None
    unknown: Annotated[list[str], Meta(description="Facts it asks for that cannot be known of a day in the past.")]
    says: str


class Look(msgspec.Struct, frozen=True):
    """A customer at the end of a day. `there`: seen in the 112 days up to it; `quiet`: in none of the days after."""

    customer: str
    day: date
    known: Known
    there: bool
    quiet: bool
    moved_up: bool


async def replay(
    connection: DictConnection, plan: Plan, playbooks: Sequence[Playbook], *, now: datetime, most: int = _MOST_CUSTOMERS
) -> list[Replay]:
    """Each of these playbooks on the newest days that have their outcome. `most`: customers that are looked at."""
    if not playbooks:
        return []  # the past of a thousand customers takes seconds to read
    after, today = plan.coach.measure_days, now.astimezone(UTC).date()
    bounds = await (await connection.execute(_SQL["bounds"], {"today": today})).fetchone()
    days = _days(bounds, after)
    rows = await (await connection.execute(_SQL["customers"], {"most": most if days else 0})).fetchall()
    customers = [str(row["customer_id"]) for row in rows]
    looks = await read_looks(connection, plan, playbooks, customers, days)
    return [_report(playbook, days, len(customers), looks, after) for playbook in playbooks]


async def read_looks(
    connection: DictConnection, plan: Plan, playbooks: Sequence[Playbook], customers: Sequence[str], days: list[date]
) -> list[Look]:
    """These customers at the end of each of these days, on or after their first, with all that the playbooks ask."""
    looks: list[Look] = []
    for start in range(0, len(customers), _BATCH):
        asked = {"customers": customers[start : start + _BATCH], "days": days, "after": plan.coach.measure_days}
        looks += [_look(row, plan) async for row in await connection.execute(_SQL["past"], asked)]
    for playbook in playbooks:
        await _count(connection, playbook, looks)
    return looks


def unknown_facts(playbook: Playbook) -> list[str]:
    """What it asks for that is not known of the past, who was in its segment among them."""
    asked = {condition.fact for condition in playbook.when} - {None}
    unknown = {fact for fact in asked if fact and (fact in UNKNOWN_THEN or fact.startswith(PREDICTION))}
    return sorted(unknown | ({"segment"} if playbook.segment is not None else set()))


def _days(bounds: Mapping[str, object] | None, after: int) -> list[date]:
    """Oldest first: the newest leaves the days after it whole, and each has as many before it."""
    first, last = (bounds["first"], bounds["last"]) if bounds else (None, None)
    if not (isinstance(first, date) and isinstance(last, date)):
        return []
    newest = last - timedelta(days=after)
    days = [newest - timedelta(days=_EVERY * number) for number in range(_MOST_DAYS)]
    return [day for day in reversed(days) if day >= first + timedelta(days=after - 1)]


def _look(row: dict[str, Any], plan: Plan) -> Look:
    before, later, rule = row["points_before"], row["points_after"], plan.coach.moved_up
    away = row["days_since_last_activity"]
    return Look(
        row["customer_id"],
        row["as_of"],
        facts.known_of(row, plan, row["as_of"]),
        there=away is not None and away < THERE_DAYS,
        quiet=not row["came"],
        moved_up=later > before * (1 + rule.share) and later - before >= rule.points,
    )


async def _count(connection: DictConnection, playbook: Playbook, looks: Sequence[Look]) -> None:
    """Counts events as of each day, of whom all else that the playbook asks for is so."""
    conditions = [condition.events for condition in playbook.when if condition.events is not None]
    for condition in conditions:
        by_day: dict[date, dict[str, Look]] = defaultdict(dict)
        for look in looks:
            if condition not in look.known.counts and facts_hold(playbook, look.known):
                by_day[look.day][look.customer] = look
        for day, those in by_day.items():
            await _count_on(connection, condition, day, those)


async def _count_on(connection: DictConnection, condition: EventsCondition, day: date, looks: dict[str, Look]) -> None:
    asked = facts.asked_of_events(condition, list(looks), day)
    async for row in await connection.execute(facts.EVENTS, asked):
        looks[str(row["customer_id"])].known.counts[condition] = int(str(row["n"]))


def picks(playbook: Playbook, known: Known) -> bool:
    """Whether all its conditions hold, and what its texts name is known, as far as that can be said of the past."""
    if not (facts_hold(playbook, known) and all(holds(condition, known) for condition in playbook.when)):
        return False
    texts = (playbook.action, playbook.reason, playbook.tool, playbook.competency, playbook.url)
    named = {name for text in texts if text is not None for name in placeholders(text)}
    return all(known.facts.get(name) is not None for name in named - UNKNOWN_THEN)


def _report(playbook: Playbook, days: list[date], customers: int, looks: Sequence[Look], after: int) -> Replay:
    unknown = unknown_facts(playbook)
    picked = [] if unknown else [look for look in looks if picks(playbook, look.known)]
    there = [look for look in looks if look.there]
    who = {look.customer for look in picked}
    enough = len(who) >= AT_LEAST
    quiet = _outcome(picked, there, [look.quiet for look in picked], [look.quiet for look in there]) if enough else None
    moved = (
        _outcome(picked, there, [look.moved_up for look in picked], [look.moved_up for look in there])
        if enough
        else None
    )
    return Replay(
        playbook=playbook.id,
        days=days,
        customers=customers,
        looks=len(there),
        picked=len(picked),
        picked_customers=len(who),
        went_quiet=quiet,
        moved_up=moved,
        unknown=unknown,
        says=_in_words(unknown, days, len(picked), len(who), quiet, moved, after),
    )


def _outcome(picked: Sequence[Look], there: Sequence[Look], hits: list[bool], all_hits: list[bool]) -> Outcome:
    """Customers are looked at several times, so they are what the interval counts, not looks."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for place, looks, came_true in ((0, picked, hits), (2, there, all_hits)):
        for look, hit in zip(looks, came_true, strict=True):
            counts[look.customer][place] += hit
            counts[look.customer][place + 1] += 1
    return Outcome(sum(hits) / len(hits), sum(all_hits) / len(all_hits), clustered(list(counts.values())))


def _in_words(
    unknown: list[str],
    days: list[date],
    picked: int,
    customers: int,
    quiet: Outcome | None,
    moved: Outcome | None,
    after: int,
) -> str:
    if unknown:
        return f"The past cannot be asked: {' and '.join(unknown)} is kept only as it is now."
    if not days:
        return f"There is no past to ask yet: it takes {2 * after} days."
    if quiet is None or moved is None:
        return (
            f"It would have picked {customers:,} {'customer' if customers == 1 else 'customers'} on {len(days)} days: "
            f"too few to say what came of them, which takes {AT_LEAST}."
        )
    return (
        f"It would have picked {customers:,} customers, {picked:,} times on {len(days)} days. "
        f"{_percent(quiet.picked)} went quiet in the {after} days after, of everyone who was there "
        f"{_percent(quiet.everybody)}{_beyond(quiet)}; "
        f"{_percent(moved.picked)} moved up, of everyone {_percent(moved.everybody)}{_beyond(moved)}."
    )


def _beyond(outcome: Outcome) -> str:
    estimate, low, high = outcome.difference.in_percentage_points()
    return f" ({estimate} percentage points, 95% interval {low} to {high})"


def _percent(share: float) -> str:
    return f"{share * 100:.0f}%"
