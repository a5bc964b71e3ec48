"""Days, intervals and lengths of time as the questions' pages say them."""

from __future__ import annotations

from datetime import date, datetime

from markupsafe import Markup

from milepost.analytics.asking import Answer, Period
from milepost.dashboard import format as fmt
from milepost.dashboard.questions.words import RANGES


def days_words(answer: Answer, period: Period) -> str:
    """'in the last 30 days', 'this month', 'since 1 Nov 2026', 'from 1 Nov 2026 to 12 Nov 2026'."""
    days = (answer.last - answer.first).days + 1
    if period.range:
        return RANGES[period.range].lower()
    if period.first is None:
        return "today" if days == 1 else f"in the last {fmt.integer(days)} days"
    if period.last is None:
        return f"since {fmt.short_date(period.first)}"
    if days == 1:
        return f"on {fmt.short_date(answer.first)}"
    return f"from {fmt.short_date(answer.first)} to {fmt.short_date(answer.last)}"


def between(first: date, last: date) -> str:
    """'1 Nov 2026 to 7 Nov 2026', or the one day."""
    return fmt.short_date(first) if first == last else f"{fmt.short_date(first)} to {fmt.short_date(last)}"


def in_earlier(first: date, last: date, before_first: date, before_last: date) -> str:
    """Days that others are compared with: 'in the 30 days before', else 'between 1 Nov 2025 and 30 Nov 2025'."""
    days = (last - first).days + 1
    if (first - before_last).days == 1 and last - first == before_last - before_first:
        return "on the day before" if days == 1 else f"in the {fmt.integer(days)} days before"
    if before_first == before_last:
        return f"on {fmt.short_date(before_first)}"
    return f"between {fmt.short_date(before_first)} and {fmt.short_date(before_last)}"


def bucket(start: date | datetime, interval: str) -> Markup:
    """An interval by its first day (or hour), in a form that locale.js writes again for the reader."""
    if isinstance(start, datetime):
        text = f"{fmt.axis_day(start)}, {start:%H:%M}"
        return Markup('<time datetime="{}">{}</time>').format(start.isoformat(), text)
    style, text = ("month", f"{start:%b %Y}") if interval == "month" else ("day", fmt.chart_day(start))
    return Markup('<time datetime="{}" data-time="{}">{}</time>').format(start.isoformat(), style, text)


def at_bucket(start: date | datetime, interval: str) -> Markup:
    """'on Tue 3 Nov', 'in the week of Mon 2 Nov', 'in Nov 2026', 'at 3 Nov, 14:00'."""
    said = {"hour": "at", "day": "on", "week": "in the week of", "month": "in"}[interval]
    return Markup("{} {}").format(said, bucket(start, interval))


def fresh(moment: datetime, now: datetime) -> Markup:
    """How old an answer is: '2 s ago', from a minute on as everywhere."""
    age = max(0, round((now - moment).total_seconds()))
    text = "now" if age < 1 else f"{age}\N{NO-BREAK SPACE}s ago" if age < 60 else fmt.relative(moment, now)
    return Markup('<time datetime="{}" data-time="fresh" title="{}">{}</time>').format(
        moment.isoformat(), fmt.date_time(moment), text
    )


def seconds(value: float | None) -> Markup:
    """A length of time; the exact seconds go into a CSV."""
    if value is None:
        return Markup('<span class="none" title="Not enough data">–</span>')
    return Markup('<data value="{}">{}</data>').format(round(value, 3), fmt.duration(round(value * 1000)))
