"""Numbers, dates and words as a reader sees them, in English; `static/js/locale.js` redoes numbers and
dates in the reader's own locale and time zone. Pure functions: the present is always passed in."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

_SPACE: Final = "\N{NO-BREAK SPACE}"
_ACRONYMS: Final = frozenset({"ai", "api", "arr", "crm", "csv", "icp", "id", "kpi", "pdf", "roi", "url"})
_SUFFIXES: Final = ((10**15, "Q"), (10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))

_EVENT_WORDS: Final = {
    "tool_usage": "Used a tool",
    "export_action": "Exported",
    "competency_milestone": "Reached a milestone",
    "scaling_metric": "Reported a figure",
    "professional_action": "Took a professional step",
    "navigation": "Opened a page",
    "content_interaction": "Read content",
    "resource_generation": "Made a resource",
    "resource_share": "Shared a resource",
    "systematic_progression": "Moved ahead",
}


def integer(value: int) -> str:
    """1204 -> '1,204'."""
    return f"{value:,}".replace("-", "\N{MINUS SIGN}")


def compact(value: int) -> str:
    """At most four or five characters: 9,999 stays whole, 1204000 -> '1.2M', 10**12 -> '1T'."""
    size = abs(value)
    if size < 10_000:
        return integer(value)
    for unit, suffix in _SUFFIXES:
        if size >= unit:
            scaled = value / unit
            # 999.96K would round to 1000K; let it be 1M, as Intl does.
            if abs(round(scaled)) >= 1000 and suffix != "Q":
                return compact(round(scaled / 1000) * unit * 1000)
            text = f"{scaled:.1f}" if abs(scaled) < 99.95 else f"{scaled:,.0f}"
            return text.removesuffix(".0").replace("-", "\N{MINUS SIGN}") + suffix
    return integer(value)


def decimal(value: float, digits: int = 1) -> str:
    """At most `digits` places, no trailing zeros: 63.96 -> '64', 3.25 -> '3.2'."""
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "\N{MINUS SIGN}")


def percent(share: float) -> str:
    """0.083 -> '8%'; a share that is not zero never reads as 0."""
    if 0 < abs(share) < 0.005:
        return "<1%"
    return f"{share * 100:,.0f}%".replace("-", "\N{MINUS SIGN}")


def duration(milliseconds: int | None) -> str:
    """252000 -> '4 min 12 s'; None -> '' (still running, or not known)."""
    if milliseconds is None:
        return ""
    seconds = max(0, milliseconds) // 1000
    if seconds < 60:
        return f"{seconds}{_SPACE}s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}{_SPACE}min" + (f" {seconds}{_SPACE}s" if seconds and minutes < 10 else "")
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{_SPACE}h" + (f" {minutes}{_SPACE}min" if minutes else "")
    return f"{integer(hours // 24)}{_SPACE}days"


def relative(moment: datetime, now: datetime) -> str:
    """'just now', '5 minutes ago', 'yesterday', 'in 2 hours'; locale.js uses the same steps."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 45:
        return "just now"
    size = abs(seconds)
    for limit, unit, length in ((3570, "minute", 60), (84600, "hour", 3600), (2592000, "day", 86400)):
        if size < limit:
            return _ago(max(1, round(size / length)), unit, past=seconds > 0)
    if size < 31536000:
        return _ago(max(1, round(size / 2629800)), "month", past=seconds > 0)
    return _ago(max(1, round(size / 31557600)), "year", past=seconds > 0)


def _ago(count: int, unit: str, *, past: bool) -> str:
    if unit == "day" and count == 1:
        return "yesterday" if past else "tomorrow"
    words = f"{integer(count)} {unit}{'' if count == 1 else 's'}"
    return f"{words} ago" if past else f"in {words}"


def short_date(day: date) -> str:
    """'3 Nov 2026'."""
    return f"{day.day} {day:%b} {day.year}"


def chart_day(day: date) -> str:
    """'Tue 3 Nov': within a month or two the year is clear."""
    return f"{day:%a} {day.day} {day:%b}"


def axis_day(day: date) -> str:
    """'3 Nov': under an axis, where room is short."""
    return f"{day.day} {day:%b}"


def date_time(moment: datetime, zone: tzinfo = UTC) -> str:
    """'3 Nov 2026, 14:05' in `zone`."""
    there = in_zone(moment, zone)
    return f"{short_date(there)}, {there:%H:%M}"


def clock(moment: datetime, zone: tzinfo = UTC, *, seconds: bool = False) -> str:
    """'14:05', or '14:05:09', in `zone`."""
    return f"{in_zone(moment, zone):{'%H:%M:%S' if seconds else '%H:%M'}}"


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """`moment` in `zone`; the first and last hours of datetime's range stay in UTC rather than overflow."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def day_heading(day: date, today: date) -> str:
    """'Today', 'Yesterday', else 'Tuesday 3 November', with the year if it is another one."""
    if day == today:
        return "Today"
    if today > date.min and day == today - timedelta(days=1):
        return "Yesterday"
    heading = f"{day:%A} {day.day} {day:%B}"
    return heading if day.year == today.year else f"{heading} {day.year}"


def visible_name(name: str | None, fallback: str = "") -> str:
    """`name` if a reader can see it, else `fallback`, else '(no name)': blanks and controls are not seen."""
    for text in (name or "", fallback):
        if any(unicodedata.category(character)[0] not in "ZCM" for character in text):
            return text
    return "(no name)"


def words(identifier: str) -> str:
    """An identifier in plain words: 'icp-analysis' -> 'ICP analysis'. Anything else stays as it is."""
    if not re.fullmatch(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", identifier):
        return identifier
    parts = [part.upper() if part in _ACRONYMS else part for part in re.split(r"[-_]", identifier)]
    return parts[0][:1].upper() + parts[0][1:] + "".join(f" {part}" for part in parts[1:])


def event_words(event_type: str) -> str:
    """What a customer did: 'tool_usage' -> 'Used a tool'."""
    return _EVENT_WORDS.get(event_type) or words(event_type)


def plural(count: int, one: str, many: str | None = None) -> str:
    """The noun alone: plural(2, 'customer') -> 'customers'."""
    return one if count == 1 else many or f"{one}s"
