"""Geometry of a customer's weeks: points by competency as stacked columns, offline actions in two lanes above them.

SVG made by the server, as in charts.py. Across, positions are percent of the plot; down, they are pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from milepost.dashboard import charts
from milepost.dashboard import format as fmt
from milepost.dashboard.annotations.marks import NONE, Marks
from milepost.dashboard.annotations.marks import marks as annotation_marks
from milepost.insights.practice import ActionMark, PracticeWeek
from milepost.vocabulary import ActionRole
from milepost.work.annotations import Annotation

#: Pixels: the lanes of outcomes and interventions, the columns below them, the days under those.
OUTCOME_LANE: Final = 12
INTERVENTION_LANE: Final = 34
TOP: Final = 52
COLUMNS: Final = 132
HEIGHT: Final = TOP + COLUMNS + 28
#: Points that belong to no competency of the plan.
REST: Final = "other"
_PRIVATE: Final = " (private)"


class Segment(msgspec.Struct, frozen=True):
    """A competency's part of a column; `mark` is the number of its colour."""

    y: float
    height: float
    mark: str


class WeekColumn(msgspec.Struct, frozen=True):
    week: PracticeWeek
    slot_x: float
    slot_width: float
    x: float
    width: float
    segments: tuple[Segment, ...]
    running: bool
    title: str


class Pin(msgspec.Struct, frozen=True):
    """An offline action where it stands: its shape says its role."""

    x: float
    role: ActionRole
    title: str
    action_id: str


class WeeksChart(msgspec.Struct, frozen=True):
    """`series`: (mark, name) from the bottom of the stack to its top; `ticks` in pixels from the top."""

    columns: tuple[WeekColumn, ...]
    pins: tuple[Pin, ...]
    series: tuple[tuple[str, str], ...]
    ticks: tuple[charts.Tick, ...]
    labels: tuple[charts.Label, ...]
    annotations: Marks = NONE


def weeks_chart(
    weeks: Sequence[PracticeWeek],
    marks: Sequence[ActionMark],
    names: Mapping[str, str],
    notes: Sequence[Annotation] = (),
) -> WeeksChart:
    """`names` are those of the plan's competencies, in its order."""
    top, step = charts.nice_ceiling(max((week.points for week in weeks), default=0))
    slot = 100 / len(weeks)
    used = [(str(place % 8), one) for place, one in enumerate(names) if any(one in week.competencies for week in weeks)]
    rest = any(_rest(week) for week in weeks)
    order = [*used, *([(REST, REST)] if rest else [])]
    columns = tuple(
        WeekColumn(
            week=week,
            slot_x=round(place * slot, 3),
            slot_width=round(slot, 3),
            x=round(place * slot + slot * 0.16, 3),
            width=round(slot * 0.68, 3),
            segments=_segments(week, order, top),
            running=place == len(weeks) - 1,
            title=_title(week, order, names),
        )
        for place, week in enumerate(weeks)
    )
    ticks = tuple(
        charts.Tick(y=round(TOP + COLUMNS * (1 - value / top), 2), value=value) for value in range(0, top + 1, step)
    )
    every = max(1, len(weeks) // 6)
    labels = tuple(
        charts.Label(x=round((index + 0.5) * slot, 3), day=weeks[index].first, minor=bool((order_ + 1) % 2))
        for order_, index in enumerate(range(every // 2, len(weeks), every))
    )
    begin = datetime.combine(weeks[0].first, datetime.min.time(), UTC)
    length = timedelta(days=7 * len(weeks))
    pins = tuple(
        Pin(
            x=round(min(100.0, max(0.0, 100 * ((mark.timestamp - begin) / length))), 3),
            role=mark.role,
            title=f"{fmt.words(mark.action_type)}, {fmt.chart_day(mark.timestamp.date())}{_PRIVATE * mark.private}",
            action_id=str(mark.action_id),
        )
        for mark in reversed(marks)
    )
    said = {REST: "No competency" if used else "Points"}
    series = tuple((mark, said.get(one) or names[one]) for mark, one in order)
    drawn = annotation_marks(notes, [week.first for week in weeks], weeks[-1].last, "slots")
    return WeeksChart(columns, pins, series, ticks, labels, drawn)


def _rest(week: PracticeWeek) -> int:
    return week.points - sum(week.competencies.values())


def _parts(week: PracticeWeek, order: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    return [(mark, _rest(week) if one == REST else week.competencies.get(one, 0)) for mark, one in order]


def _segments(week: PracticeWeek, order: Sequence[tuple[str, str]], top: int) -> tuple[Segment, ...]:
    found, below = [], 0.0
    for mark, points in _parts(week, order):
        if points > 0:
            height = COLUMNS * points / top
            found.append(Segment(round(TOP + COLUMNS - below - height, 2), round(height, 2), mark))
            below += height
    return tuple(found)


def _title(week: PracticeWeek, order: Sequence[tuple[str, str]], names: Mapping[str, str]) -> str:
    parts = [
        f"{names.get(one, 'no competency')} {points:,}"
        for (_, one), (_, points) in zip(order, _parts(week, order), strict=True)
        if points
    ]
    return f"{days_words(week.first, week.last)}: {', '.join(parts) or 'no points'}"


def days_words(first: date, last: date) -> str:
    """'3 to 9 Nov', '28 Oct to 3 Nov'."""
    begin = f"{first.day}" if (first.year, first.month) == (last.year, last.month) else fmt.axis_day(first)
    return f"{begin} to {fmt.axis_day(last)}"
