"""The period that a period is compared with: the one before it, or the same days of an earlier month or year."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Final, Literal

from msgspec.structs import replace

from milepost.analytics.period import Window
from milepost.analytics.ranges import step_back

Comparison = Literal["previous", "month_ago", "year_ago"]

_DAY: Final = timedelta(days=1)


def earlier(window: Window, to: Comparison) -> Window:
    """Its days may be more or fewer than the period's own.

    Whole calendar months whose first and last day are named are compared with whole calendar months; this week, month,
    quarter or year so far with the same days of the one before. Of all else the previous period is as many days just
    before. A day's own in an earlier month is that month's last where it has none of this number.
    """
    months = _whole_months(window)
    if to == "previous" and window.running is not None:
        back, days = step_back(window.running)
        return replace(
            window,
            first=_moved(window.first, back) - days * _DAY,
            last=_moved(window.last, back) - days * _DAY,
        )
    if to == "previous" and not months:
        length = (window.last - window.first) + _DAY
        return replace(window, first=window.first - length, last=window.first - _DAY)
    back = {"previous": months, "month_ago": 1, "year_ago": 12}[to]
    if months:
        return replace(window, first=_moved(window.first, back), last=_moved(window.last + _DAY, back) - _DAY)
    return replace(window, first=_moved(window.first, back), last=_moved(window.last, back))


def _whole_months(window: Window) -> int:
    """How many calendar months it is exactly; 0 where it is not, or runs up to today by itself."""
    after = window.last + _DAY
    if not window.fixed or window.first.day != 1 or after.day != 1:
        return 0
    return _number(after) - _number(window.first)


def _moved(day: date, months: int) -> date:
    year, month = divmod(_number(day) - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1
