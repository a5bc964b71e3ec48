"""Who is at risk: the plain rule, until something better is known.

A customer who was active on at most half as many of the last 28 days as is usual for it, by its 84 days before
(milepost.own_past). Who missed the most of their usual days since they were last seen come first, and never more than
15 % of the customers active in those 112 days. docs/validation.md has what that is worth on real data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from psycopg import sql

from milepost.store.database import DictConnection
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


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """Why a customer is at risk: on how many of the last 28 UTC days it was active, on how many it usually is, how many
    days ago it was last seen, and that as a sentence."""

    active_days: int
    usual_days: float
    days_away: int
    reason: str


async def at_risk_among(connection: DictConnection, customers: Sequence[str], *, now: datetime) -> dict[str, Fall]:
    """Those of these customers who are at risk, as of the last settling."""
    if not customers:
        return {}
    values = {"customers": list(customers), "now": now}
    rows = await (await connection.execute(_AMONG, values)).fetchall()
    return {str(row["customer_id"]): fall_of(row) for row in rows}


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
