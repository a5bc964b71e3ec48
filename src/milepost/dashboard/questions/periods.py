"""Days and the days they are compared with: read from an address, and written again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from milepost.analytics.asking import Period, Range, WeekStart
from milepost.analytics.earlier import Comparison
from milepost.dashboard.format import short_date
from milepost.dashboard.questions.address import Address, Pairs

WEEK_STARTS: Final[tuple[WeekStart, ...]] = get_args(WeekStart)
RANGES: Final[tuple[Range, ...]] = get_args(Range)
#: How addresses say it; "1" is the first of them.
COMPARED: Final[dict[str, Comparison]] = {"1": "previous", **{word: word for word in get_args(Comparison)}}
#: A choice of days up to today: `since-2026-11-03`.
_SINCE: Final = "since-"
#: As wide as a list of choices gets.
_LONGEST: Final = 60


def read_period(address: Address, zone: str, now: datetime) -> Period:
    """`zone` is the reader's, where the address names none.

    `days` is a number, a range, "custom" with `first` and `last`, or `since-DAY`, which is from then to today, whenever
    it is asked. `:COMPARISON` behind it says what it is compared with (`chosen_comparison`).
    """
    wanted = address.text("tz") or zone
    try:
        here = ZoneInfo(wanted)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        wanted, here = "UTC", ZoneInfo("UTC")
    week = address.one_of("week_start", WEEK_STARTS, "monday")
    days = address.text("days").partition(":")[0]
    if named := next((one for one in RANGES if one == days), None):
        return Period(range=named, timezone=wanted, week_start=week)
    first, last = address.day("first"), address.day("last")
    is_open = days.startswith(_SINCE)
    if is_open:
        first, last = _day(days.removeprefix(_SINCE)), now.astimezone(here).date()
    if (days == "custom" or is_open) and first and last:
        is_open = is_open and first <= last
        first, last = min(first, last), max(first, last)
        if (last - first).days < 3660 and first.year >= 2000 and last.year < 2200:
            return Period(first=first, last=None if is_open else last, timezone=wanted, week_start=week)
    return Period(days=_whole(days, 30, 1, 3660), timezone=wanted, week_start=week)


def chosen_comparison(address: Address, default: Comparison | None) -> Comparison | None:
    """What the days are compared with: as the choice of the days says, else as the address does."""
    with_days = address.text("days").partition(":")[2]
    if with_days in COMPARED:
        return COMPARED[with_days]
    said = address.text("compare", "-")
    return COMPARED.get(said, default if said == "-" else None)


def period_pairs(period: Period) -> Pairs:
    pairs: Pairs = []
    if period.first and not period.last:
        pairs.append(("days", f"{_SINCE}{period.first.isoformat()}"))
    elif period.first and period.last:
        pairs += [("days", "custom"), ("first", period.first.isoformat()), ("last", period.last.isoformat())]
    else:
        pairs.append(("days", period.range or str(period.days)))
    pairs.append(("tz", period.timezone))
    if period.week_start != "monday":
        pairs.append(("week_start", period.week_start))
    return pairs


def comparison_pairs(compare: Comparison | None, default: Comparison | None) -> Pairs:
    if compare == default:
        return []
    return [("compare", "1" if compare == "previous" else compare or "")]


def since(day: date, what: str) -> tuple[str, str]:
    """A choice of days that says "from this day on, beside as many days before", and its words."""
    words = f"Since {short_date(day)}: {what}"
    return f"{_SINCE}{day.isoformat()}:previous", words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _whole(text: str, default: int, least: int, most: int) -> int:
    text = text.strip()
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 10 else default
