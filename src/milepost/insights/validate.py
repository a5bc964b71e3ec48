"""Does the score mean anything? The score as it was on many a day, against what customers did in the days after.

Each score is computed by the database's own formula from the days up to then, with the plan of today; nothing from
after goes into it. What has arrived since about the days before does: the past is taken as it is known now.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import psycopg
from psycopg.rows import dict_row

from milepost.errors import InvalidRequest
from milepost.insights.agreement import Bools
from milepost.insights.validate_asked import EVERY_DAYS, LEAST_IN_SLICE, MOST_CUSTOMERS, check
from milepost.insights.validate_compare import GROUPS, Sample, compare_slice, pool
from milepost.insights.validate_report import (
    COVERAGE,
    METHOD,
    OUTCOMES,
    RIVAL,
    SCORE,
    TENURE,
    Stratum,
    ValidationReport,
)
from milepost.store.queries import load
from milepost.vocabulary import SCORE_VERSION

_SQL = load("milepost.insights", "validate.sql")

#: What counts as "next", where nobody says: so many median gaps between active days, in whole weeks, of which at least
#: and at most so many, and no more than this share of the days there are.
_GAPS: Final = 4
_LEAST_WEEKS, _MOST_WEEKS = 4, 26
_SHARE_OF_DAYS: Final = 1 / 3
#: Customers, by the hash of their ids, whose gaps are looked at.
_RHYTHM_OF: Final = 2_000
#: The newest slices; each costs time, and the oldest say least about the product as it is.
MOST_SLICES: Final = 40
_BATCH: Final = 100
#: Days since the first event from which a customer is of the next kind.
_TENURES: Final = ((28, "under 4 weeks"), (112, "4 to 16 weeks"), (math.inf, "16 weeks or more"))
_NOT_KNOWN: Final = "not known"
#: A part that is known of fewer is left out of what is compared for the same customers: it would leave hardly any.
_KNOWN_OF: Final = 0.5

#: Hears how far it is, of how much. What it raises ends the work.
Progress = Callable[[int, int], None]


def _no_progress(done: int, total: int) -> None:
    """For whoever only waits for the end."""


def validate(
    connection: psycopg.Connection[Any],
    *,
    now: datetime,
    every: int = EVERY_DAYS,
    after: int | None = None,
    most: int = MOST_CUSTOMERS,
    by: str | None = None,
    progress: Progress = _no_progress,
) -> ValidationReport:
    """Reads and compares; stores nothing. `after`: days, by the data's rhythm where it is None. `by`: the trait to part
    customers by, the one that parts them best where it is None. Raises InvalidRequest, psycopg.Error, and what
    `progress` raises."""
    found = look_back(connection, now=now, every=every, after=after, most=most, by=by, progress=progress, rounds=2)
    samples, parts, steps, bounds = found.samples, found.parts, found.steps, found.bounds
    predictors = [SCORE, *parts, COVERAGE, RIVAL]
    same, within = _the_same(samples, parts)
    return ValidationReport(
        as_of=now,
        every_days=every,
        after_days=found.after,
        customers=found.customers,
        of_customers=bounds["customers"],
        customer_slices=sum(len(sample.groups) for sample in samples),
        unscored=sum(int((~sample.known(SCORE)).sum()) for sample in samples),
        plan_version=bounds["plan_version"] or 0,
        score_version=SCORE_VERSION,
        predictors=predictors,
        outcomes=list(OUTCOMES),
        slices=[compare_slice(sample) for sample in samples if len(sample.groups) >= LEAST_IN_SLICE],
        pooled=pool(samples, predictors, OUTCOMES, lambda: steps.take(found.customers / GROUPS)),
        together=pool(samples, same, OUTCOMES, lambda: None, within),
        strata=[*_strata(samples, TENURE), *(_strata(samples, found.by) if found.by else ())],
        by=found.by,
        median_gap=found.gap,
        method=METHOD,
    )


class LookBack(NamedTuple):
    """The past as it was: a sample a slice, the parts of the score, days `after` each, how many `customers` were looked
    at, the trait `by` which they are parted, the median `gap`, and what is known of all of it (`bounds`)."""

    samples: list[Sample]
    parts: list[str]
    after: int
    customers: int
    by: str | None
    gap: float | None
    bounds: Mapping[str, Any]
    steps: _Steps


def look_back(
    connection: psycopg.Connection[Any],
    *,
    now: datetime,
    every: int = EVERY_DAYS,
    after: int | None = None,
    most: int = MOST_CUSTOMERS,
    by: str | None = None,
    progress: Progress = _no_progress,
    rounds: int = 1,
) -> LookBack:
    """Scores and parts on days of the past, beside what came after: as `validate`. `rounds`: how often `progress` will
    hear of every customer. Raises as `validate` does."""
    check(every=every, after=after, most=most)
    with connection.cursor(row_factory=dict_row) as cursor:
        today = now.astimezone(UTC).date()
        bounds = cursor.execute(_SQL["bounds"], {"today": today}).fetchone()
        rhythm = cursor.execute(_SQL["rhythm"], {"of": _RHYTHM_OF, "today": today}).fetchone()
        assert bounds is not None
        assert rhythm is not None
        after = after or horizon(**rhythm)
        days = slice_days(bounds["first"], bounds["last"], every=every, after=after)
        customers = [row["customer_id"] for row in cursor.execute(_SQL["customers"], {"most": most})]
        by, parted = _parting(cursor, customers, by)
        steps = _Steps(progress, len(customers) * rounds if days else 0)
        columns = _read(cursor, customers, days, after, steps)
    parts = list(dict.fromkeys(name for column in columns.values() for name in column.parts))
    samples = [columns[day].sample(day, parts, by, parted) for day in days if day in columns]
    return LookBack(samples, parts, after, len(customers), by, rhythm["gap"], bounds, steps)


def horizon(gap: float | None, first: date | None, last: date | None) -> int:
    """Days that count as what happened next, by the median gap between a customer's active days."""
    weeks = min(max(math.ceil(_GAPS * (gap or 0) / 7), _LEAST_WEEKS), _MOST_WEEKS)
    days = (last - first).days + 1 if first is not None and last is not None else 0
    return max(7 * _LEAST_WEEKS, min(7 * weeks, int(days * _SHARE_OF_DAYS) // 7 * 7))


def _the_same(samples: Sequence[Sample], parts: Sequence[str]) -> tuple[list[str], list[Bools]]:
    """The predictors that are compared for the same customers, and who those are in each slice."""
    scored = sum(int(sample.known(SCORE).sum()) for sample in samples)
    common = [
        part
        for part in parts
        if sum(int(sample.known(SCORE, part).sum()) for sample in samples) >= max(1, _KNOWN_OF * scored)
    ]
    return [SCORE, *common, RIVAL], [sample.known(SCORE, *common) for sample in samples]


def _strata(samples: Sequence[Sample], by: str) -> list[Stratum]:
    """The score among customers of each kind."""
    values = dict.fromkeys(value for sample in samples for value in sample.strata[by] if value is not None)
    kinds = [name for _, name in _TENURES if name in values] if by == TENURE else sorted(values)
    found = []
    for value in kinds:
        within = [np.array([one == value for one in sample.strata[by]], dtype=np.bool_) for sample in samples]
        found += [
            Stratum(by=by, value=value, found=one) for one in pool(samples, [SCORE], OUTCOMES, lambda: None, within)
        ]
    return found


def _parting(
    cursor: psycopg.Cursor[dict[str, Any]], customers: Sequence[str], by: str | None
) -> tuple[str | None, Mapping[str, str]]:
    """The trait to part customers by, where there is one, and who has which value of it today."""
    values = {"customers": list(customers)}
    if by is None:
        row = cursor.execute(_SQL["parting"], values).fetchone()
        by = row["name"] if row else None
    if by is None:
        return None, {}
    found = {row["id"]: row["word"] for row in cursor.execute(_SQL["parted"], values | {"by": by})}
    if not found:
        raise InvalidRequest(
            f"No customer has a trait {by!r}. `milepost query` and Customers list those there are.", field="by"
        )
    return by, found


def slice_days(first: date | None, last: date | None, *, every: int, after: int) -> list[date]:
    """The days scores are taken on, oldest first: the last one leaves `after` whole days up to `last`, the last day
    there is anything of."""
    if first is None or last is None:
        return []
    days: list[date] = []
    day = last - timedelta(days=after)
    while day >= first and len(days) < MOST_SLICES:
        days.append(day)
        day -= timedelta(days=every)
    return days[::-1]


class _Columns:
    """What was read of one slice: a value for each customer in every column."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.customers: list[str] = []
        self.tenures: list[str] = []
        self.predictors: dict[str, list[float | None]] = {SCORE: [], COVERAGE: [], RIVAL: []}
        self.parts: dict[str, list[float | None]] = {}
        self.outcomes: dict[str, list[float]] = {name: [] for name in OUTCOMES}

    def add(self, row: dict[str, Any], group: int) -> None:
        for part in row["components"] or ():
            # Of a part that others had no word of, nothing is known for those before.
            column = self.parts.setdefault(part["name"], [])
            column.extend([None] * (len(self.groups) - len(column)))
            column.append(part["value"])
        self.groups.append(group)
        self.customers.append(row["customer_id"])
        self.tenures.append(next(name for days, name in _TENURES if row["age"] < days))
        self.predictors[SCORE].append(row["score"])
        self.predictors[COVERAGE].append(row["coverage"])
        self.predictors[RIVAL].append(-row["days_since"])
        for name in OUTCOMES:
            self.outcomes[name].append(min(1, row["active_days"]) if name == "active" else row[name])

    def sample(self, day: date, parts: Sequence[str], by: str | None, parted: Mapping[str, str]) -> Sample:
        size = len(self.groups)
        columns = {part: self.parts.get(part, []) for part in parts}
        whole = {part: [*column, *[None] * (size - len(column))] for part, column in columns.items()}
        score, coverage, rival = (self.predictors[name] for name in (SCORE, COVERAGE, RIVAL))
        strata: dict[str, Sequence[str | None]] = {TENURE: self.tenures}
        if by is not None:
            strata[by] = [parted.get(customer, _NOT_KNOWN) for customer in self.customers]
        predictors = {SCORE: score, **whole, COVERAGE: coverage, RIVAL: rival}
        return Sample(day, self.groups, predictors, self.outcomes, strata)


class _Steps:
    """Counts steps taken, and tells of them."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0.0

    def take(self, steps: float) -> None:
        self._done = min(self._done + steps, self._total)
        self._progress(round(self._done), self._total)


def _read(
    cursor: psycopg.Cursor[dict[str, Any]], customers: Sequence[str], days: Sequence[date], after: int, steps: _Steps
) -> dict[date, _Columns]:
    """By slice. Customers come in the order of a hash, so every twentieth is a fair group."""
    columns: dict[date, _Columns] = defaultdict(_Columns)
    group = {customer: at % GROUPS for at, customer in enumerate(customers)}
    for start in range(0, len(customers) if days else 0, _BATCH):
        batch = list(customers[start : start + _BATCH])
        values = {"customers": batch, "anchors": list(days), "after": after}
        for row in cursor.execute(_SQL["slices"], values):
            columns[row["as_of"]].add(row, group[row["customer_id"]])
        steps.take(len(batch))
    return columns
