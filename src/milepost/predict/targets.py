"""What can be predicted: of each target, who is asked at the beginning of a day, and what happened from then on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import psycopg

from milepost.columns.reading import QueryResult, Value
from milepost.plan import Plan
from milepost.plan.predictions import GOES_QUIET, SCORE, PlannedTarget
from milepost.predict.features import AT, OWN, Ask, Known, Numbers
from milepost.predict.measures import Flags, Floats
from milepost.store.queries import load

_SQL = load("milepost.predict", "targets.sql")
_LEVELS = load("milepost.predict", "levels.sql")
#: Gaps from which a customer's own long gap says something.
_GAPS: Final = 5
#: Nobody is quiet for longer than usual before so many days.
_A_WEEK: Final = 7

#: By customer's number, from one day until before another: levels before, levels after, points to the next.
Levels = Callable[[date, date], list[tuple[int, int, int, float | None]]]


class Target(msgspec.Struct, frozen=True):
    """Something that may happen in the `horizon_days` from a day on, asked of customers active in the `active_days`
    before, every so many days. `asks`: what; None is to go quiet, that is nothing at all. `segment`: the trait whose
    values are peers; '' for none."""

    horizon_days: int = 28
    active_days: int = 56
    every_days: int = 7
    segment: str = ""
    asks: PlannedTarget | None = None

    @property
    def id(self) -> str:
        """As it is stored, and called in a plan."""
        return self.asks.id if self.asks else GOES_QUIET

    @property
    def label(self) -> str:
        """As people read it."""
        return self.asks.label if self.asks else "Going quiet"

    def asks_as(self, other: Target) -> bool:
        """Whether what was learned for one is an answer to the other."""
        return msgspec.structs.replace(self, every_days=0) == msgspec.structs.replace(other, every_days=0)

    @property
    def is_score(self) -> bool:
        """Whether it is a number, with an interval, in place of a probability."""
        return self.asks is not None and self.asks.what == SCORE

    @property
    def is_quiet(self) -> bool:
        """Whether it is a kind of staying away: then what is usual of that holds of it."""
        return self.asks is None or self.asks.what == "longer_quiet"


def targets_of(plan: Plan) -> list[Target]:
    """All that a plan asks for, to go quiet first. A day in each quarter of the horizon is asked about."""
    asked = plan.predictions
    quiet = Target(asked.quiet_days, asked.active_days, _every(asked.quiet_days), asked.segment)
    return [quiet] + [Target(one.days, one.active_days, _every(one.days), asked.segment, one) for one in asked.targets]


def _every(days: int) -> int:
    return max(7, days // 4 // 7 * 7)


class Told(NamedTuple):
    """Of each customer of a `Known`: whether the target may be asked of them, whether it happened, and what is known of
    it at the day (two figures, NaN where nothing is)."""

    may: Flags
    did: Flags
    level: Floats
    since: Floats


def levels_in(connection: psycopg.Connection[Any]) -> Levels:
    """What the database says of levels."""

    def ask(at: date, until: date) -> list[tuple[int, int, int, float | None]]:
        return connection.execute(_LEVELS["levels"], {"at": at, "until": until}).fetchall()

    return ask


async def asked_of(
    ask: Ask, target: Target, known: Known, *, levels: Levels | None, ahead: bool
) -> tuple[Known, Flags]:
    """Of everybody known at a day, whom the target asks, with what is known of it as two features more (`OWN`; not of
    to go quiet); and, where `ahead`, to whom it happened within the horizon. Without, as of today, nothing has."""
    until = known.at + timedelta(days=target.horizon_days if ahead else 0)
    told = await _told(ask, target, known, until, levels)
    if target.asks is not None and target.asks.what != "longer_quiet":
        own = np.stack([told.level, told.since], axis=1).astype(np.float32)
        known = msgspec.structs.replace(
            known, names=known.names + OWN, values=np.concatenate([known.values, own], axis=1)
        )
    asked = told.may & (known.column("recency") <= target.active_days)
    return known.chosen(asked), told.did[asked] & ahead


async def _told(ask: Ask, target: Target, known: Known, until: date, levels: Levels | None) -> Told:
    planned = target.asks
    days: dict[str, Value] = {"at": AT.format(known.at), "until": AT.format(until)}
    if planned is None or planned.what == "longer_quiet":
        return _quiet(target, known, await ask(_SQL["came"], days))
    if planned.what == "level_up":
        if levels is None:
            raise ValueError("levels are asked for, and there is no database to ask")
        # Who has no points yet has every level before them; who has all levels is not asked.
        found = [
            (n, left is not None, after > before, left, None) for n, before, after, left in levels(known.at, until)
        ]
        return _aligned(known.customers, found, may=True)
    asks: dict[str, Value]
    if planned.what == "event":
        name, asks = "event", {
            "event": planned.event, "event_type": planned.event_type or "", "first": int(planned.first),
            "keys": list(planned.where), "values": list(planned.where.values()),
        }  # fmt: skip
    elif planned.what == "trait_becomes":
        name, asks = "becomes", {"trait": planned.trait, "values": list(planned.values)}
    else:
        name, asks = "grows", {"trait": planned.trait, "grows": int(planned.what == "trait_grows")}
    answer = await ask(_SQL[name], {**days, **asks})
    # Of whom no number is known, none can grow. Who does it for the first time only later has a row, and must look as
    # who never does: never is none of it.
    return _aligned(known.customers, answer.rows, may=name != "grows", level=0 if name == "event" else np.nan)


def _quiet(target: Target, known: Known, came: QueryResult) -> Told:
    """No event for a whole horizon; or, by own rhythm, for longer than twice one's own long gap and a week: asked of
    who has a rhythm that the horizon is long enough for, and is not away for as long already."""
    nothing = np.full(len(known.customers), np.nan)
    # A last row, which is nobody's, for who has not come.
    table = np.array([*came.rows, (-1, np.inf)], dtype=np.float64)
    after = table[_where(table[:, 0], known.customers), 1]
    if target.asks is None:
        return Told(np.ones(len(after), dtype=bool), np.isinf(after), nothing, nothing)
    longest = np.maximum(_A_WEEK, 2 * np.nan_to_num(known.column("long_gap")))
    steady = (known.column("active_days") > _GAPS) & (longest <= target.horizon_days)
    return Told(steady & (known.column("recency") <= longest), after >= longest, nothing, nothing)


def _aligned(customers: Numbers, rows: Sequence[Sequence[object]], *, may: bool, level: float = np.nan) -> Told:
    """Rows of customer, may, did, level, since, in the order of `customers`; of who has none, `may` and `level`."""
    table = np.array([*rows, (-1, may, 0, level, np.nan)], dtype=np.float64)
    found = table[_where(table[:, 0], customers)]
    return Told(found[:, 1] == 1, found[:, 2] == 1, found[:, 3], found[:, 4])


def _where(numbers: Floats, customers: Numbers) -> Numbers:
    """The row of each customer, of the last for who is in none."""
    order = np.argsort(numbers, kind="stable")
    at = np.minimum(np.searchsorted(numbers, customers, sorter=order), len(numbers) - 1)
    return np.where(numbers[order[at]] == customers, order[at], len(numbers) - 1)
