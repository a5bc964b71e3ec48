"""What each kind of alert finds just now."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any, Final

import msgspec
from psycopg import sql

from milepost.alerts.incidents import Finding, Found
from milepost.alerts.keep import SQL, Alert
from milepost.alerts.unusual import DAYS, LEAST_WEEKS, Unusual, find_unusual
from milepost.alerts.unusual_figure import RHYTHMS, Odd, find_odd
from milepost.analytics import trends
from milepost.analytics.asking import Filter, Interval, Period
from milepost.analytics.context import Store
from milepost.analytics.trends import Trends
from milepost.errors import InvalidRequest
from milepost.insights.at_risk import at_risk_among
from milepost.segments.compile import within
from milepost.store.database import Database

#: The most customers one look keeps; beyond that a segment is no alarm but a list.
MOST: Final = 2_000
_AT_RISK: Final = (Filter("status", "is", ("at_risk",)),)
#: Silence is looked for in the last weeks at the same hours, so that nights and weekends are none.
_WEEKS_BACK: Final = 4
_LEAST_WEEKS: Final = 2
_LEAST_SILENCE: Final = timedelta(minutes=10)
_LONGEST_LOOK: Final = timedelta(days=3)
#: In each of these weeks at least so many events came in the span that is silent now.
_LEAST_EVENTS: Final = 20
#: Days that hold the last complete interval, and the one that has just begun.
_REACH: Final[Mapping[Interval, int]] = {"hour": 2, "day": 2, "week": 14, "month": 62}


async def look(store: Store, alert: Alert, *, now: datetime) -> Finding:
    """Raises InvalidRequest and NotFound where what it watches cannot be asked any more, and what questions raise."""
    match alert.kind:
        case "at_risk":
            return await _at_risk(store.database, now)
        case "segment":
            conditions = msgspec.convert(alert.conditions, tuple[Filter, ...])
            there = await _in(store.database, conditions, now)
            return Finding([one._replace(says=f"Now in {alert.segment}.") for one in there])
        case "unusual":
            return await unusual_accounts(store.database, now)
        case "silence":
            return await silence(store.database, now, is_known=alert.holds)
        case "figure":
            return await _figure(store, alert)


async def _in(database: Database, conditions: tuple[Filter, ...], now: datetime) -> list[Found]:
    chosen = await within(database, conditions, now=now)
    query = sql.SQL(SQL["within"]).format(within=chosen.condition)
    async with database.transaction() as connection:
        rows = await (await connection.execute(query, chosen.values | {"most": MOST})).fetchall()
    return [Found(str(row["customer_id"]), str(row["name"] or row["customer_id"]), "") for row in rows]


async def _at_risk(database: Database, now: datetime) -> Finding:
    there = await _in(database, _AT_RISK, now)
    async with database.transaction() as connection:
        why = await at_risk_among(connection, [one.customer_id for one in there], now=now, all_are=True)
    return Finding([one._replace(says=why[one.customer_id].reason) for one in there if one.customer_id in why])


async def unusual_accounts(database: Database, now: datetime) -> Finding:
    """By whole UTC days up to yesterday."""
    async with database.transaction() as connection:
        values = {"today": now.astimezone(UTC).date(), "days": DAYS, "least": 7 * (LEAST_WEEKS + 1)}
        rows = await (await connection.execute(SQL["days"], values)).fetchall()
    if not rows:
        return Finding()
    # It takes a second to load, which is for those alone who have something to compare.
    np = await asyncio.to_thread(import_module, "numpy")
    places: dict[str, int] = {}
    for row in rows:
        places.setdefault(str(row["customer_id"]), len(places))
    counts = np.zeros((len(places), DAYS), dtype=np.int64)
    known = np.zeros(len(places), dtype=np.int64)
    names = [""] * len(places)
    for row in rows:
        place = places[str(row["customer_id"])]
        counts[place, DAYS - int(str(row["ago"]))] = int(str(row["events"]))
        known[place] = int(str(row["known"]))
        names[place] = str(row["name"] or row["customer_id"])
    ids = list(places)
    found = await asyncio.to_thread(find_unusual, counts, known)
    return Finding([Found(ids[one.place], names[one.place], _in_words(one)) for one in found[:MOST]])


async def silence(database: Database, now: datetime, *, is_known: bool) -> Finding:
    """Whether no event is newer than is usual at these hours of the week. After three days it is no news: it holds on
    where it `is_known` already."""
    async with database.transaction() as connection:
        row = await (await connection.execute(SQL["last_event"], {"now": now})).fetchone()
        last = row["at"] if row else None
        if not isinstance(last, datetime) or now - last < _LEAST_SILENCE:
            return Finding()
        if now - last > _LONGEST_LOOK:
            return Finding(says=_silent(last) if is_known else None)
        weeks = [timedelta(weeks=week) for week in range(1, _WEEKS_BACK + 1)]
        asked = {
            "firsts": [last - week for week in weeks],
            "lasts": [now - week for week in weeks],
            "most": _LEAST_EVENTS,
            "before": now - weeks[_LEAST_WEEKS - 1],
        }
        rows = await (await connection.execute(SQL["came_before"], asked)).fetchall()
    came = [int(str(row["events"])) for row in rows if row["was_there"]]
    if len(came) < _LEAST_WEEKS or min(came) < _LEAST_EVENTS:
        return Finding()
    return Finding(says=_silent(last))


async def _figure(store: Store, alert: Alert) -> Finding:
    question = _question(alert.question or {}, by_past=alert.by_past)
    answer = await trends.answer(store, question)
    line = next((one for one in answer.lines if not one.is_other), None)
    if line is None or len(line.values) < 2:
        return Finding()
    # The newest has only begun.
    values, at, name = line.values[:-1], answer.buckets[-2], line.name or alert.report or alert.name
    if alert.by_past:
        odd = await asyncio.to_thread(find_odd, values, RHYTHMS[question.interval])
        return Finding() if odd is None else Finding(says=_odd_in_words(odd, name, at, question.interval))
    if (value := values[-1]) is None:
        return Finding()
    limit, way = (alert.below, "below") if alert.below is not None else (alert.above, "above")
    assert limit is not None
    if not (value < limit if way == "below" else value > limit):
        return Finding()
    return Finding(says=f"{_when(at, question.interval)} {name} was {value:,.6g}: {way} {limit:,.6g}.")


def _question(stored: dict[str, Any], *, by_past: bool) -> Trends:
    """A saved trend, asked for its last complete interval and, `by_past`, all that it is held against; raises
    InvalidRequest for another question."""
    try:
        question = msgspec.convert(stored, Trends)
    except msgspec.ValidationError:
        message = "Only a trend has a figure to watch. Save one under Trends, and choose that."
        raise InvalidRequest(message, field="report_id") from None
    days, asked = RHYTHMS[question.interval].days if by_past else _REACH[question.interval], question.period
    reach = Period(days=days, timezone=asked.timezone, week_start=asked.week_start)
    return msgspec.structs.replace(question, period=reach, compare=False)


def _when(at: date | datetime, interval: Interval) -> str:
    span = {"hour": "At", "day": "On", "week": "In the week of", "month": "In the month of"}[interval]
    return f"{span} {at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else f"{span} {at}"


def _odd_in_words(odd: Odd, name: str, at: date | datetime, interval: Interval) -> str:
    usual = f"usually {_rounded(odd.usual)} ({_rounded(odd.least)} to {_rounded(odd.most)})"
    chance = f"By chance alone that would be so with a probability of {_odds(odd.chance)}."
    if odd.intervals == 1:
        return f"{_when(at, interval)} {name} was {odd.value:,.6g}; {usual}. {chance}"
    until = f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else f"{at}"
    return (
        f"In the {odd.intervals} {interval}s to {until} {name} was {_rounded(odd.value)} on average; {usual}. {chance}"
    )


def _rounded(value: float) -> str:
    """To three digits, as more of what is estimated says nothing; and never as 1.2e+06."""
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{round(value, digits):,.{max(0, digits)}f}"


def _in_words(one: Unusual) -> str:
    events = "1 event" if one.events == 1 else f"{one.events:,} events"
    usual = max(1, round(one.usual))
    return (
        f"{events} in 7 days; usually {usual:,}. By chance alone that would be so with a probability of"
        f" {_odds(one.chance)}."
    )


def _odds(chance: float) -> str:
    return f"{max(chance, 1e-6):.6f}".rstrip("0")


def _silent(last: datetime) -> str:
    return f"No event is newer than {last.astimezone(UTC):%Y-%m-%d %H:%M} UTC, and at these hours some usually come."
