"""Geometry of the small charts. They are SVG made by the server: no script to load, they print, and they
stand still while the page does. Positions are shares of the plot in percent, so a chart fits any width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import msgspec


class DayColumn(msgspec.Struct, frozen=True):
    """One day: all positions in percent of the plot, y from the top."""

    day: date
    value: int
    slot_x: float
    slot_width: float
    x: float
    width: float
    y: float
    height: float
    partial: bool


class Tick(msgspec.Struct, frozen=True):
    y: float
    value: int


class Label(msgspec.Struct, frozen=True):
    """A day under the axis; `minor` ones are left out on a phone."""

    x: float
    day: date
    minor: bool


class DayChart(msgspec.Struct, frozen=True):
    """`line` and `area` are path data in a box of 100 by 100; `tail` leads on to a day that is not over yet."""

    columns: tuple[DayColumn, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    line: str
    area: str
    tail: str = ""


def nice_ceiling(value: int) -> tuple[int, int]:
    """(top, step): a round top at or above `value` that whole steps divide; (2, 1) for nothing at all."""
    if value <= 2:
        return 2, 1
    rough = value / 4
    magnitude = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough)
    return -(-value // step) * step, step  # whole numbers: a float is off by one beyond 2**53


def day_chart(counts: Sequence[tuple[date, int]], *, partial_last: bool = True) -> DayChart:
    """Lays out one column a day, oldest first. `partial_last`: the last day is not over yet."""
    if not counts:
        return DayChart((), (), (), "", "")
    top, step = nice_ceiling(max(value for _, value in counts))
    slot = 100 / len(counts)
    columns = []
    for index, (day, value) in enumerate(counts):
        height = 100 * value / top
        if value and height < 0.8:
            height = 0.8  # something is there: let it be seen
        columns.append(
            DayColumn(
                day=day,
                value=value,
                slot_x=round(index * slot, 3),
                slot_width=round(slot, 3),
                x=round(index * slot + slot * 0.14, 3),
                width=round(slot * 0.72, 3),
                y=round(100 - height, 3),
                height=round(height, 3),
                partial=partial_last and index == len(counts) - 1,
            )
        )
    ticks = tuple(Tick(y=round(100 - 100 * value / top, 3), value=value) for value in range(0, top + 1, step))
    every = max(1, len(counts) // 6)
    labels = tuple(
        Label(x=round((index + 0.5) * slot, 3), day=counts[index][0], minor=bool((order + 1) % 2))
        for order, index in enumerate(range(every // 2, len(counts), every))
    )
    coordinates = [f"{c.slot_x + c.slot_width / 2:.2f} {c.y:.2f}" for c in columns]
    # A day that has just begun would look like a collapse, so the whole days end the line.
    whole = len(coordinates) - 1 if partial_last and len(coordinates) > 2 else len(coordinates)
    line = "M" + "L".join(coordinates[:whole])
    area = f"{line}L{(whole - 0.5) * slot:.2f} 100L{slot / 2:.2f} 100Z"
    tail = "M" + "L".join(coordinates[whole - 1 :]) if whole < len(coordinates) else ""
    return DayChart(tuple(columns), ticks, labels, line, area, tail)


class Sparkline(msgspec.Struct, frozen=True):
    """A line in a box of `WIDTH` by `HEIGHT` pixels, and where its last point is."""

    line: str
    area: str
    end_x: float
    end_y: float
    direction: str  # 'rising', 'level' or 'falling'

    WIDTH = 72
    HEIGHT = 20


def sparkline(values: Sequence[int]) -> Sparkline | None:
    """None for fewer than two values or none above zero. The later half against the earlier one, with
    a tenth of slack, is the direction."""
    if len(values) < 2 or not any(values):
        return None
    top = max(values)
    step = (Sparkline.WIDTH - 4) / (len(values) - 1)
    coordinates = [
        (round(2 + index * step, 1), round(Sparkline.HEIGHT - 2 - (Sparkline.HEIGHT - 4) * value / top, 1))
        for index, value in enumerate(values)
    ]
    line = "M" + "L".join(f"{x} {y}" for x, y in coordinates)
    area = f"{line}L{coordinates[-1][0]} {Sparkline.HEIGHT}L{coordinates[0][0]} {Sparkline.HEIGHT}Z"
    half = len(values) // 2
    earlier, later = sum(values[:half]), sum(values[-half:])
    direction = "rising" if later > earlier * 1.1 else "falling" if later < earlier * 0.9 else "level"
    return Sparkline(line, area, coordinates[-1][0], coordinates[-1][1], direction)


class ScoreLine(msgspec.Struct, frozen=True):
    """A score's days in a box of 100 by 100, whose height is the whole scale; a gap where there was no score."""

    line: str
    end_y: float


def score_line(scores: Sequence[float | None]) -> ScoreLine | None:
    """Scores of 0 to 100, oldest first; None where fewer than two are known."""
    known = [score for score in scores if score is not None]
    if len(known) < 2:
        return None
    step = 100 / max(1, len(scores) - 1)
    path, pen_down = [], False
    for index, score in enumerate(scores):
        if score is not None:
            path.append(f"{'L' if pen_down else 'M'}{index * step:.2f} {100 - score:.2f}")
        pen_down = score is not None
    return ScoreLine("".join(path), round(100 - known[-1], 2))


class MinuteBar(msgspec.Struct, frozen=True):
    x: float
    y: float
    height: float


def minute_bars(counts: Sequence[int]) -> tuple[MinuteBar, ...]:
    """Bars one unit wide and up to 100 high, oldest first; `live.js` redraws the same ones."""
    top = max([*counts, 1])
    return tuple(
        MinuteBar(x=index, y=round(100 - 100 * count / top, 2), height=round(100 * count / top, 2))
        for index, count in enumerate(counts)
    )
