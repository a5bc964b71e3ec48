"""One picture of a customer: practice (online) against results (offline) by competency, week by week, and what
followed each intervention. docs/offline.md has the formulas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
import psycopg
from msgspec import Meta

from milepost.errors import NotFound
from milepost.store.database import DictConnection
from milepost.store.queries import load
from milepost.vocabulary import ActionRole

_SQL = load("milepost.insights", "practice.sql")
#: From these values on a customer is said to practise, and to win.
PRACTISES_FROM: Final = 50.0
WINS_FROM: Final = 30.0
#: Days before an intervention that are held against as many after it.
SPAN_DAYS: Final = 28
#: Weeks that are drawn at most, and at least: a customer of a month needs no empty half year.
MOST_WEEKS: Final = 26
LEAST_WEEKS: Final = 8
_MOST_INTERVENTIONS: Final = 50
_MOST_MARKS: Final = 200

Quarter = Literal["both", "practice", "results", "neither"]
_Score = Annotated[float, Meta(description="0-100.")]


class CompetencyPractice(msgspec.Struct, kw_only=True):
    """`practice` is the competency score; results = 100 * (1 - exp(-faded_outcomes / outcome_saturation))."""

    competency: str
    practice: _Score
    results: _Score
    points: int
    faded_points: float
    outcomes: int
    faded_outcomes: float
    last_outcome: date | None


class PracticeWeek(msgspec.Struct, kw_only=True):
    """Seven days that end on `last`. `points` are of all events; `competencies` has those of the plan with any."""

    first: date
    last: date
    points: int
    competencies: dict[str, int]


class Span(msgspec.Struct, kw_only=True):
    """28 days, without the day of the intervention itself."""

    first: date
    last: date
    points_a_week: float
    active_days: int


class Intervention(msgspec.Struct, kw_only=True):
    """An intervention with what was before it and what followed, which is not yet what it caused.

    `before` is null for a customer who was not there for all of those days, `after` while they are not over.
    """

    action_id: UUID
    action_type: str
    competency_area: str | None
    timestamp: datetime
    before: Span | None
    after: Span | None
    days_after: Annotated[int, Meta(description="Whole days that have passed since, of the 28.")]
    private: bool


class ActionMark(msgspec.Struct, kw_only=True):
    """An offline action as it is marked on the weeks."""

    action_id: UUID
    action_type: str
    role: ActionRole
    competency_area: str | None
    timestamp: datetime
    private: bool


class Practice(msgspec.Struct, kw_only=True):
    """Practice and results of a customer as of `as_of`; `practice` is the mean over the plan's competencies,
    `results` is over all outcomes, of whatever competency."""

    customer_id: str
    as_of: datetime
    practice: _Score
    results: _Score
    quarter: Quarter
    practises_from: float
    wins_from: float
    competencies: list[CompetencyPractice]
    weeks: Annotated[list[PracticeWeek], Meta(description="Oldest first; the last ends today.")]
    actions: Annotated[list[ActionMark], Meta(description="Offline actions of these weeks, newest first, at most 200.")]
    interventions: Annotated[list[Intervention], Meta(description="Newest first, at most 50.")]


def quarter_of(
    practice: float, results: float, *, practises_from: float = PRACTISES_FROM, wins_from: float = WINS_FROM
) -> Quarter:
    """Which of the four a customer is in."""
    if practice >= practises_from:
        return "both" if results >= wins_from else "practice"
    return "results" if results >= wins_from else "neither"


async def read_practice(connection: DictConnection, customer_id: str, *, now: datetime) -> Practice:
    """Raises NotFound for a customer nothing is known of."""
    today = now.date()
    values: dict[str, object] = {"customer_id": customer_id, "today": today}
    known = await (await connection.execute(_SQL["first_day"], values)).fetchone()
    if known is None:
        raise NotFound(f"No customer {customer_id[:200]!r}. It appears with its first event.", field="customer_id")
    first_day = msgspec.convert(known["day"], date | None)
    rows = await (await connection.execute(_SQL["practice"], values)).fetchall()
    whole = next(row for row in rows if row["competency"] is None)
    practice, results = float(str(whole["practice"])), float(str(whole["results"]))
    competencies = msgspec.convert([row for row in rows if row["competency"] is not None], list[CompetencyPractice])
    weeks = weeks_of(first_day, today)
    values |= {"weeks": weeks, "limit": _MOST_MARKS}
    return Practice(
        customer_id=customer_id,
        as_of=now,
        practice=practice,
        results=results,
        quarter=quarter_of(practice, results),
        practises_from=PRACTISES_FROM,
        wins_from=WINS_FROM,
        competencies=competencies,
        weeks=await _weeks(connection, values, today, weeks, [one.competency for one in competencies]),
        actions=msgspec.convert(await (await connection.execute(_SQL["marks"], values)).fetchall(), list[ActionMark]),
        interventions=await _interventions(connection, values, first_day, today),
    )


def weeks_of(first_day: date | None, today: date) -> int:
    """How many weeks there are to show."""
    there = 0 if first_day is None else (today - first_day).days // 7 + 1
    return min(MOST_WEEKS, max(LEAST_WEEKS, there))


async def _weeks(
    connection: DictConnection, values: dict[str, object], today: date, weeks: int, planned: Sequence[str]
) -> list[PracticeWeek]:
    rows = await (await connection.execute(_SQL["weeks"], values)).fetchall()
    points = {(row["competency"], row["block"]): int(str(row["points"])) for row in rows}
    found = []
    for block in range(weeks - 1, -1, -1):
        last = today - timedelta(days=7 * block)
        by = {one: points[one, block] for one in planned if (one, block) in points}
        found.append(
            PracticeWeek(
                first=last - timedelta(days=6), last=last, points=points.get((None, block), 0), competencies=by
            )
        )
    return found


async def _interventions(
    connection: DictConnection, values: dict[str, object], first_day: date | None, today: date
) -> list[Intervention]:
    asked = values | {"limit": _MOST_INTERVENTIONS, "span": SPAN_DAYS}
    rows = await (await connection.execute(_SQL["interventions"], asked)).fetchall()
    found = []
    for row in rows:
        day, span = msgspec.convert(row["day"], date), timedelta(days=SPAN_DAYS)
        # The last of the days after is over only when the next has begun.
        over = min(SPAN_DAYS, max(0, (today - day).days - 1))
        there = first_day is not None and first_day <= day - span
        before = _span(day - span, day - timedelta(days=1), row["points_before"], row["active_days_before"])
        after = _span(day + timedelta(days=1), day + span, row["points_after"], row["active_days_after"])
        found.append(
            Intervention(
                action_id=msgspec.convert(row["action_id"], UUID),
                action_type=str(row["action_type"]),
                competency_area=msgspec.convert(row["competency_area"], str | None),
                timestamp=msgspec.convert(row["timestamp"], datetime),
                before=before if there else None,
                after=after if over == SPAN_DAYS else None,
                days_after=over,
                private=bool(row["private"]),
            )
        )
    return found


def _span(first: date, last: date, points: object, active_days: object) -> Span:
    weeks = ((last - first).days + 1) / 7
    return Span(first=first, last=last, points_a_week=int(str(points)) / weeks, active_days=int(str(active_days)))


def count_differing(connection: psycopg.Connection) -> int:
    """Settled customers of whom something else is kept than their days and actions say. Works out everybody's."""
    row = connection.execute(_SQL["differing"]).fetchone()
    return int(row[0]) if row else 0
