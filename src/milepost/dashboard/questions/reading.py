"""Reading a page's address into what it asks. What is at its default is left out when it is written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from milepost.analytics.asking import Interval, Period, Question
from milepost.analytics.funnel import Funnel, Order
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.measures import Measure
from milepost.analytics.paths import Paths
from milepost.analytics.retention import Retention
from milepost.analytics.sessions import SessionBreakdown, Sessions
from milepost.analytics.stickiness import Stickiness
from milepost.analytics.tools import Tools
from milepost.analytics.trends import Trends
from milepost.dashboard.questions import address as a
from milepost.dashboard.questions.asked import Common, Name, PageQuestion, before_that, replace_days

Calendar = Literal["day", "week", "month"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
ORDERS: Final[tuple[Order, ...]] = get_args(Order)
INTERVALS: Final[tuple[Interval, ...]] = get_args(Interval)
CALENDAR: Final[tuple[Calendar, ...]] = get_args(Calendar)
SESSION_PARTS: Final[tuple[SessionBreakdown, ...]] = get_args(SessionBreakdown)
WINDOW_UNITS: Final[Mapping[str, int]] = {"minutes": 60, "hours": 3600, "days": 86_400}
MOST_SERIES: Final = 6
MOST_STEPS: Final = 8
_FIRST_FUNNEL: Final = (a.KindRow(event="tool_usage"), a.KindRow(event="export_action"))
_DIRECTIONS: Final[tuple[Literal["next"], Literal["previous"]]] = ("next", "previous")
_RUNS: Final[tuple[Literal["session"], Literal["unit"]]] = ("session", "unit")
_RETAINED: Final[tuple[Literal["first_time"], Literal["recurring"]]] = ("first_time", "recurring")


def read(name: Name, address: a.Address, zone: str, now: datetime) -> PageQuestion:
    """What the page `name` asks at this address; `zone` is the reader's."""
    rows = address.filters()
    command = address.text("do")
    filters = a.with_filters(rows, command)
    focus = ""
    if command.startswith(("add-filter", "remove-filter")):
        focus = f"filter-{len(filters) - 1}-field" if command == "add-filter" else "add-filter"
    period = address.period(zone)
    today = now.astimezone(ZoneInfo(period.timezone)).date()
    common = Common(period, address.one_of("unit", a.UNITS, "customer"), filters, today, focus)
    return replace(_READERS[name](address, common), table=address.text("view") == "table")


def _trends(address: a.Address, common: Common) -> PageQuestion:
    rows, focus = _kinds(address, "s.", least=1, most=MOST_SERIES, default=(a.KindRow(),))
    measure = address.one_of("measure", MEASURES, "events")
    interval = address.one_of("interval", INTERVALS, _interval(common.period))
    percentile = address.whole("percentile", 50, 1, 99)
    top = address.whole("top", 8, 1, 50)
    compare = address.text("compare") == "1"
    breakdown, by = _breakdown(address)
    question = common.question(
        Trends, measure=measure, percentile=percentile / 100, interval=interval, breakdown=breakdown, top=top,
        series=tuple(row.kind() for row in rows), compare=compare,
    )  # fmt: skip
    pairs = [
        *common.pairs,
        *([("measure", measure)] if measure != "events" else []),
        *([("percentile", str(percentile))] if percentile != 50 else []),
        ("interval", interval),
        *a.kind_pairs([r for r in rows if not r.empty] if len(rows) == 1 else rows, "s."),
        *by,
        *([("top", str(top))] if top != 8 else []),
        *([("compare", "1")] if compare else []),
    ]
    parts = {
        "steps": rows, "measure": measure, "interval": interval, "percentile": percentile, "breakdown": breakdown or "",
        "top": top, "compare": compare,
    }  # fmt: skip
    return _asked("trends", common, (question,), parts, pairs, focus)


def _funnels(address: a.Address, common: Common) -> PageQuestion:
    rows, focus = _kinds(address, "s.", least=2, most=MOST_STEPS, default=_FIRST_FUNNEL)
    order = address.one_of("order", ORDERS, "ordered")
    window = address.whole("window", 7, 1, 9999)
    window_unit = address.one_of("window_unit", tuple(WINDOW_UNITS), "days")
    seconds = min(window * WINDOW_UNITS[window_unit], 366 * 86_400)
    top = address.whole("top", 8, 1, 50)
    breakdown, by = _breakdown(address)
    question = common.question(
        Funnel, steps=tuple(row.kind() for row in rows), order=order, window_seconds=seconds, breakdown=breakdown,
        top=top,
    )  # fmt: skip
    pairs = [
        *common.pairs,
        *a.kind_pairs(rows, "s."),
        *([("order", order)] if order != "ordered" else []),
        ("window", str(window)),
        ("window_unit", window_unit),
        *by,
        *([("top", str(top))] if top != 8 else []),
    ]
    parts = {
        "steps": rows, "order": order, "window": window, "window_unit": window_unit, "breakdown": breakdown or "",
    }  # fmt: skip
    before = msgspec.structs.replace(question, period=before_that(common.period, common.today), breakdown=None)
    return _asked("funnels", common, (question, before), parts, pairs, focus)


def _retention(address: a.Address, common: Common) -> PageQuestion:
    start, back = _kind(address, "start."), _kind(address, "back.")
    kind = address.one_of("kind", _RETAINED, "recurring")
    interval = address.one_of("interval", CALENDAR, "week")
    if not address.text("days"):
        common = replace(common, period=replace_days(common.period, 90))
    intervals = address.whole("intervals", 12, 1, 60)
    bounded = address.text("bounded") != "0"
    question = common.question(
        Retention, start=start.kind(), back=back.kind(), kind=kind, interval=interval, intervals=intervals,
        bounded=bounded,
    )  # fmt: skip
    pairs = [
        *common.pairs,
        *([("kind", kind)] if kind != "recurring" else []),
        ("interval", interval),
        ("intervals", str(intervals)),
        *([] if bounded else [("bounded", "0")]),
        *a.kind_pairs((start,), "start."),
        *a.kind_pairs((back,), "back."),
    ]
    parts = {
        "start": start, "back": back, "kind": kind, "interval": interval, "intervals": intervals, "bounded": bounded,
    }  # fmt: skip
    return _asked("retention", common, (question,), parts, pairs)


def _paths(address: a.Address, common: Common) -> PageQuestion:
    anchor = _kind(address, "anchor.")
    direction = address.one_of("direction", _DIRECTIONS, "next")
    per = address.one_of("per", _RUNS, "session")
    depth, top = address.whole("depth", 4, 1, 6), address.whole("top", 6, 1, 20)
    label, by = _breakdown(address, default="tool_id")
    question = common.question(
        Paths, anchor=None if anchor.empty else anchor.kind(), direction=direction, per=per, depth=depth, top=top,
        label=label,
    )  # fmt: skip
    pairs = [
        *common.pairs,
        *a.kind_pairs((anchor,), "anchor."),
        *([("direction", direction)] if direction != "next" else []),
        *([("per", per)] if per != "session" else []),
        *by,
        ("depth", str(depth)),
        *([("top", str(top))] if top != 6 else []),
    ]
    parts = {
        "anchor": anchor, "direction": direction, "per": per, "depth": depth, "top": top, "breakdown": label or "",
    }  # fmt: skip
    return _asked("paths", common, (question,), parts, pairs)


def _lifecycle(address: a.Address, common: Common) -> PageQuestion:
    activity = _kind(address, "activity.")
    if not address.text("days"):
        common = replace(common, period=replace_days(common.period, 90))
    interval = address.one_of("interval", CALENDAR, "week")
    kind = activity.kind()
    questions = (
        common.question(Lifecycle, activity=kind, interval=interval),
        common.question(Stickiness, activity=kind, interval=interval),
    )
    pairs = [*common.pairs, ("interval", interval), *a.kind_pairs((activity,), "activity.")]
    return _asked("lifecycle", common, questions, {"activity": activity, "interval": interval}, pairs)


def _tools(address: a.Address, common: Common) -> PageQuestion:  # noqa: ARG001
    return _asked("tools", common, (common.question(Tools),), {}, common.pairs)


def _sessions(address: a.Address, common: Common) -> PageQuestion:
    interval = address.one_of("interval", CALENDAR, "day")
    wanted = address.text("by")
    breakdown = next((part for part in SESSION_PARTS if part == wanted), None)
    question = common.question(Sessions, interval=interval, breakdown=breakdown)
    pairs = [*common.pairs, ("interval", interval), *([("by", breakdown)] if breakdown else [])]
    return _asked("sessions", common, (question,), {"interval": interval, "breakdown": breakdown or ""}, pairs)


_READERS: Final[Mapping[Name, Callable[[a.Address, Common], PageQuestion]]] = {
    "trends": _trends,
    "funnels": _funnels,
    "retention": _retention,
    "paths": _paths,
    "lifecycle": _lifecycle,
    "tools": _tools,
    "sessions": _sessions,
}


def _asked(
    name: Name,
    common: Common,
    questions: tuple[Question, ...],
    parts: Mapping[str, object],
    pairs: a.Pairs,
    focus: str = "",
) -> PageQuestion:
    return PageQuestion(
        name, common.period, common.unit, common.filters, questions, parts, pairs, focus=focus or common.focus
    )


def _kinds(
    address: a.Address, prefix: str, *, least: int, most: int, default: tuple[a.KindRow, ...]
) -> tuple[tuple[a.KindRow, ...], str]:
    rows = address.kinds(prefix)[:most] or default
    rows += (a.KindRow(),) * (least - len(rows))
    command = address.text("do")
    if not command or "filter" in command:
        return rows, ""
    after, at = a.moved(rows, command, most, least)
    word = command.partition(":")[0]
    return after, "" if at is None else f"step-{at}-{word if word in ('up', 'down') else 'event'}"


def _kind(address: a.Address, prefix: str) -> a.KindRow:
    return next(iter(address.kinds(prefix)), a.KindRow())


def _breakdown(address: a.Address, default: str | None = None) -> tuple[str | None, a.Pairs]:
    """The field something is broken down by: a column, or a key of the metadata."""
    wanted, key = address.text("by"), address.text("by_key").strip()[:200]
    if wanted == a.METADATA and key:
        return f"metadata.{key}", [("by", a.METADATA), ("by_key", key)]
    column = next((c for c in a.COLUMNS if c == wanted), None) or default
    return column, [("by", column)] if column and column != default else []


def _interval(period: Period) -> Interval:
    """What reads well where nobody chose: about thirty points."""
    days = (period.last - period.first).days + 1 if period.first and period.last else period.days
    return "hour" if days <= 2 else "day" if days <= 62 else "week" if days <= 400 else "month"
