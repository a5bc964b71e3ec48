"""Does the score mean anything? The score as it was on many a day, against what customers did in the days after.

Each score is computed by the database's own formula from the days up to then, with the plan of today; nothing from
after goes into it. What has arrived since about the days before does: the past is taken as it is known now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from milepost.errors import InvalidRequest
from milepost.insights.validate_compare import GROUPS, LEAST_IN_SLICE, Sample, compare_slice, pool
from milepost.insights.validate_report import COVERAGE, OUTCOMES, RIVAL, SCORE, ValidationReport
from milepost.store.queries import load
from milepost.vocabulary import SCORE_VERSION

_SQL = load("milepost.insights", "validate.sql")

EVERY_DAYS: Final = 28
AFTER_DAYS: Final = 28
#: More customers say little more: of 10,000 a correlation is known to about 0.01.
MOST_CUSTOMERS: Final = 10_000
#: The newest slices; each costs time, and the oldest say least about the product as it is.
MOST_SLICES: Final = 40
_BATCH: Final = 100

#: Hears how far it is, of how much. What it raises ends the work.
Progress = Callable[[int, int], None]


def _no_progress(done: int, total: int) -> None:
    """For whoever only waits for the end."""


def validate(
    connection: psycopg.Connection[Any],
    *,
    now: datetime,
    every: int = EVERY_DAYS,
    after: int = AFTER_DAYS,
    most: int = MOST_CUSTOMERS,
    progress: Progress = _no_progress,
) -> ValidationReport:
    """Reads and compares; stores nothing. Raises InvalidRequest, psycopg.Error, and what `progress` raises."""
    check(every=every, after=after, most=most)
    with connection.cursor(row_factory=dict_row) as cursor:
        today = now.astimezone(UTC).date()
        bounds = cursor.execute(_SQL["bounds"], {"today": today}).fetchone()
        assert bounds is not None
        days = slice_days(bounds["first"], bounds["last"], every=every, after=after)
        customers = [row["customer_id"] for row in cursor.execute(_SQL["customers"], {"most": most})]
        steps = _Steps(progress, len(customers) * 2 if days else 0)
        columns = _read(cursor, customers, days, after, steps)
    parts = list(dict.fromkeys(name for column in columns.values() for name in column.parts))
    predictors = [SCORE, *parts, COVERAGE, RIVAL]
    samples = [columns[day].sample(day, parts) for day in days if day in columns]
    return ValidationReport(
        as_of=now,
        every_days=every,
        after_days=after,
        customers=len(customers),
        of_customers=bounds["customers"],
        customer_slices=sum(len(sample.groups) for sample in samples),
        unscored=sum(score is None for sample in samples for score in sample.predictors[SCORE]),
        plan_version=bounds["plan_version"] or 0,
        score_version=SCORE_VERSION,
        predictors=predictors,
        outcomes=list(OUTCOMES),
        slices=[compare_slice(sample) for sample in samples if len(sample.groups) >= LEAST_IN_SLICE],
        pooled=pool(samples, predictors, OUTCOMES, lambda: steps.take(len(customers) / GROUPS)),
    )


def check(*, every: int, after: int, most: int) -> None:
    """Raises InvalidRequest for what cannot be."""
    for field, value, top in (("every", every, 3650), ("after", after, 3650), ("customers", most, 10_000_000)):
        if not 1 <= value <= top:
            raise InvalidRequest(f"{field} must be a whole number from 1 to {top:,}, not {value:,}.", field=field)


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
        self.predictors[SCORE].append(row["score"])
        self.predictors[COVERAGE].append(row["coverage"])
        self.predictors[RIVAL].append(-row["days_since"])
        for name in OUTCOMES:
            self.outcomes[name].append(min(1, row["active_days"]) if name == "active" else row[name])

    def sample(self, day: date, parts: Sequence[str]) -> Sample:
        size = len(self.groups)
        columns = {part: self.parts.get(part, []) for part in parts}
        whole = {part: [*column, *[None] * (size - len(column))] for part, column in columns.items()}
        score, coverage, rival = (self.predictors[name] for name in (SCORE, COVERAGE, RIVAL))
        return Sample(day, self.groups, {SCORE: score, **whole, COVERAGE: coverage, RIVAL: rival}, self.outcomes)


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
