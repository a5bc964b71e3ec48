"""A chart on paper: lines or columns along an axis, in the green of the house."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import Final

from reportlab.graphics.shapes import Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth

from milepost.dashboard import format as fmt
from milepost.dashboard.digests.paper_fonts import runs, width
from milepost.digests.digest import Chart, Series

#: A value's height on the paper.
Up = Callable[[float], float]

#: The first is the house's own; the days before are grey and dashed.
_COLOURS: Final[tuple[Color, ...]] = tuple(HexColor(one) for one in ("#1d6b4f", "#c07a1e", "#4f7fb5", "#8a5fa3"))
_GREY: Final[Color] = HexColor("#98a39e")
_GRID: Final[Color] = HexColor("#e6eae8")
_HEIGHT: Final = 44 * mm
_LEFT, _FOOT, _HEAD = 14 * mm, 6 * mm, 6 * mm
#: Labels below the axis.
_MOST_LABELS: Final = 7
_LONGEST_NAME: Final = 40
#: Of what is written, in points.
_SIZE: Final = 7
_STEPS: Final = (1, 2, 2.5, 5, 10)


def chart_drawing(chart: Chart, wide: float) -> Drawing:
    """`wide` in points. None of a series is a gap."""
    drawn = Drawing(wide, _HEIGHT)
    values = [value for series in chart.series for value in series.values if value is not None]
    whole = chart.unit != "percent" and all(value == round(value) for value in values)
    low, high, step = _scale(min((0.0, *values)), max((0.0, *values)), whole=whole)
    room, tall = wide - _LEFT, _HEIGHT - _FOOT - _HEAD

    def up(value: float) -> float:
        return float(_FOOT + (value - low) / (high - low) * tall)

    at = low
    while at <= high + step / 2:
        drawn.add(Line(_LEFT, up(at), wide, up(at), strokeColor=_GRID, strokeWidth=0.5))
        said = _said(at, step, chart)
        _write(drawn, _LEFT - 3 - width(said, _SIZE), up(at) - 2.5, said, _GREY)
        at += step
    count = len(chart.labels)
    place = [_LEFT + room * (n + 0.5) / count for n in range(count)]
    for n in _labelled(count):
        _write(drawn, place[n] - width(chart.labels[n], _SIZE) / 2, 1, chart.labels[n], _GREY)
    if chart.bars:
        _columns(drawn, chart.series[0], place, room / count, up)
    else:
        for number, series in enumerate(chart.series):
            _line(drawn, series, place, up, *_look(series, number))
    if len(chart.series) > 1:
        _legend(drawn, chart.series, wide)
    return drawn


def _said(at: float, step: float, chart: Chart) -> str:
    if chart.unit == "percent":
        return fmt.percent(at)
    if chart.unit == "milliseconds":
        return fmt.duration(round(at))
    return fmt.compact(round(at)) if step == round(step) else fmt.decimal(at, 4)


def _columns(drawn: Drawing, series: Series, place: list[float], room: float, up: Up) -> None:
    wide = min(room * 0.7, 12 * mm)
    for x, value in zip(place, series.values, strict=True):
        if value:
            foot, head = sorted((up(0.0), up(value)))
            drawn.add(Rect(x - wide / 2, foot, wide, head - foot, fillColor=_COLOURS[0], strokeColor=None))


def _line(drawn: Drawing, series: Series, place: list[float], up: Up, colour: Color, dash: list[int] | None) -> None:
    points: list[float] = []
    for x, value in [*zip(place, series.values, strict=True), (0.0, None)]:
        if value is not None:
            points += [x, up(value)]
            continue
        if len(points) > 2:
            drawn.add(PolyLine(points, strokeColor=colour, strokeWidth=1.4, strokeDashArray=dash, strokeLineJoin=1))
        elif points:
            drawn.add(Rect(points[0] - 1.2, points[1] - 1.2, 2.4, 2.4, fillColor=colour, strokeColor=None))
        points = []


def _legend(drawn: Drawing, every: tuple[Series, ...], wide: float) -> None:
    x = _LEFT
    for number, series in enumerate(every):
        name = series.name if len(series.name) <= _LONGEST_NAME else f"{series.name[:_LONGEST_NAME]}…"
        needs = 14 + width(name, _SIZE) + 10
        if x + needs > wide:
            return
        colour, dash = _look(series, number)
        y = _HEIGHT - 6
        drawn.add(Line(x, y, x + 10, y, strokeColor=colour, strokeWidth=1.4, strokeDashArray=dash))
        _write(drawn, x + 14, y - 2.5, name, HexColor("#56635d"))
        x += needs


def _write(drawn: Drawing, x: float, y: float, said: str, colour: Color) -> None:
    for font, part in runs(said):
        drawn.add(String(x, y, part, fontName=font, fontSize=_SIZE, fillColor=colour))
        x += stringWidth(part, font, _SIZE)


def _look(series: Series, number: int) -> tuple[Color, list[int] | None]:
    return (_GREY, [3, 2]) if series.before else (_COLOURS[number % len(_COLOURS)], None)


def _labelled(count: int) -> list[int]:
    """Of so many places those that have their label: as many as there is room for, evenly."""
    every = max(1, -(-count // _MOST_LABELS))
    return list(range(0, count, every))


def _scale(low: float, high: float, *, whole: bool) -> tuple[float, float, float]:
    """The axis' ends and the distance of its lines: three or four of them at round figures, of what is
    counted at whole ones."""
    span = (high - low) or 1.0
    size = 1.0
    while size * 10 <= span / 3:
        size *= 10
    while size > span / 3:
        size /= 10
    step = next(size * one for one in _STEPS if size * one * 3 >= span)
    if whole and step != round(step):
        step = float(ceil(step))
    return floor(low / step) * step, (ceil(high / step) or (0 if low < 0 else 1)) * step, step
