"""Who is at risk: the plain rule, until something better is known.

A customer who was active on at most half as many of the last 28 days as is usual for it, by its 84 days before
(milepost.own_past). First come those with the most days since they were last seen, times the root of how often they
usually come; and never more than 15 % of the customers active in those 112 days. docs/validation.md has what that is
worth on real data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from psycopg import sql

from milepost.insights.by_owner import owned_by
from milepost.store.database import DictConnection, Row
from milepost.store.queries import load

#: Days that count as recent, and all that are looked at.
RECENT: Final = 28
WINDOW: Final = 112
#: The most of those active within the window who are at risk; one may always be.
SHARE: Final = 0.15

_SQL = load("milepost.insights", "at_risk.sql")
_TODAY: Final = sql.SQL("(%(now)s::timestamptz at time zone 'UTC')::date")
#: UTC days since the last event, of a standing `s`; one whose clock is ahead is of today.
AWAY: Final = sql.SQL("greatest(0, {} - (s.last_event_at at time zone 'UTC')::date)").format(_TODAY)
#: Whether a snapshot `n` is of a customer at risk; takes `now`.
FLAGGED: Final = sql.SQL(_SQL["flagged"]).format(share=sql.Literal(SHARE), today=_TODAY, days=sql.Literal(WINDOW - 1))
_AMONG: Final = sql.SQL(_SQL["among"]).format(away=AWAY, flagged=FLAGGED)
_THESE: Final = sql.SQL(_SQL["among"]).format(away=AWAY, flagged=sql.SQL("true"))


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """Why a customer is at risk: on how many of the last 28 UTC days it was active, on how many it usually is, how many
    days ago it was last seen, and that as a sentence."""

    active_days: int
    usual_days: float
    days_away: int
    reason: str


class Changed(NamedTuple):
    """A customer that changed against its own past, and how, in a sentence."""

    customer_id: str
    name: str
    reason: str


async def at_risk_among(
    connection: DictConnection, customers: Sequence[str], *, now: datetime, all_are: bool = False
) -> dict[str, Fall]:
    """Those of these customers who are at risk, as of the last settling; `all_are`: it is known that they are."""
    if not customers:
        return {}
    values = {"customers": list(customers), "now": now}
    rows = await (await connection.execute(_THESE if all_are else _AMONG, values)).fetchall()
    return {str(row["customer_id"]): fall_of(row) for row in rows}


class AtRisk(NamedTuple):
    """The first of those at risk with why, and how many they are; `name` falls back to the id."""

    first: tuple[Changed, ...]
    total: int


async def first_at_risk(connection: DictConnection, *, now: datetime, limit: int, owner: str, theirs: bool) -> AtRisk:
    """Those of an owner, a member's address in small letters; or, not `theirs`, of everybody else."""
    owned = owned_by(owner) if theirs else sql.SQL("not {}").format(owned_by(owner))
    both = sql.SQL("milepost.snapshots n join milepost.standing s using (customer_id)")
    query = sql.SQL(_SQL["first"]).format(away=AWAY, flagged=FLAGGED, wanted=owned, counted=both)
    rows = await (await connection.execute(query, {"now": now, "limit": limit, "owner": owner})).fetchall()
    found = tuple(Changed(str(row["customer_id"]), _name(row), fall_of(row).reason) for row in rows)
    return AtRisk(found, int(str(rows[0]["total"])) if rows else 0)


async def first_risen(connection: DictConnection, *, limit: int) -> tuple[Changed, ...]:
    """Who rose most against their own past."""
    rows = await (await connection.execute(_SQL["risen"], {"limit": limit})).fetchall()
    return tuple(
        Changed(
            str(row["customer_id"]),
            _name(row),
            against_own_past(int(str(row["active_days"])), float(str(row["usual_days"]))),
        )
        for row in rows
    )


def _name(row: Row) -> str:
    return str(row["name"] or row["customer_id"])


def fall_of(row: object) -> Fall:
    """`active_days`, `usual_days` and `days_away` of a row, in words too."""
    found = msgspec.convert(row, _Figures)
    text = reason(found.active_days, found.usual_days, found.days_away)
    return Fall(active_days=found.active_days, usual_days=found.usual_days, days_away=found.days_away, reason=text)


def reason(active_days: int, usual_days: float, days_away: int) -> str:
    """'Active on 2 days in the last 28; usually on 11. Last seen 9 days ago.'"""
    seen = {0: "today", 1: "yesterday"}.get(days_away, f"{days_away} days ago")
    return f"{against_own_past(active_days, usual_days)} Last seen {seen}."


def against_own_past(active_days: int, usual_days: float) -> str:
    """'Active on 12 days in the last 28; usually on 4.'"""
    usually = f"usually on {max(1, int(usual_days + 0.5))}"
    if not active_days:
        return f"Not active in the last {RECENT} days; {usually}."
    days = "1 day" if active_days == 1 else f"{active_days} days"
    return f"Active on {days} in the last {RECENT}; {usually}."


class _Figures(msgspec.Struct):
    active_days: int
    usual_days: float
    days_away: int
