"""Spans of the calendar that are named from today: this month up to today, the whole of the last quarter."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, Literal

from milepost.analytics.asking import Range, WeekStart

_Span = Literal["day", "week", "month", "quarter", "year"]

_DAY: Final = timedelta(days=1)
_WEEK_STARTS: Final[dict[WeekStart, int]] = {"monday": 0, "saturday": 5, "sunday": 6}
_MONTHS: Final[dict[_Span, int]] = {"month": 1, "quarter": 3, "year": 12}
#: Of each range: its span of the calendar, and whether it is the one that today is in, so far.
_RANGES: Final[dict[Range, tuple[_Span, bool]]] = {
    "today": ("day", True),
    "yesterday": ("day", False),
    "this_week": ("week", True),
    "last_week": ("week", False),
    "this_month": ("month", True),
    "last_month": ("month", False),
    "this_quarter": ("quarter", True),
    "last_quarter": ("quarter", False),
    "this_year": ("year", True),
    "last_year": ("year", False),
}


def days_of(named: Range, today: date, week_start: WeekStart) -> tuple[date, date]:
    """Its first and last day, both included."""
    span, running = _RANGES[named]
    first = _first(span, today, week_start)
    return (first, today) if running else (_first(span, first - _DAY, week_start), first - _DAY)


def is_running(named: Range) -> bool:
    """Whether it ends with today, and will go on tomorrow."""
    return _RANGES[named][1]


def step_back(named: Range) -> tuple[int, int]:
    """How far back the same days of the span before are: calendar months, and days."""
    span, _ = _RANGES[named]
    return _MONTHS.get(span, 0), {"day": 1, "week": 7}.get(span, 0)


def week_begins(day: date, week_start: WeekStart) -> date:
    """The first day of the week that a day is in."""
    return day - (day.weekday() - _WEEK_STARTS[week_start]) % 7 * _DAY


def _first(span: _Span, day: date, week_start: WeekStart) -> date:
    if span == "week":
        return week_begins(day, week_start)
    months = _MONTHS.get(span)
    return day if months is None else day.replace(month=(day.month - 1) // months * months + 1, day=1)
