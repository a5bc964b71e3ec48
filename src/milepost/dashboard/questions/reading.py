"""Reading a page's address into what it asks. What is at its default is left out when it is written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal, get_args

import msgspec
from msgspec.structs import replace

from milepost.analytics.earlier import Comparison
from milepost.analytics.funnel import Funnel, Order
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.paths import Paths
from milepost.analytics.period import Window
from milepost.analytics.retention import Retention
from milepost.analytics.sessions import SessionBreakdown, Sessions
from milepost.analytics.stickiness import Stickiness
from milepost.analytics.tools import Tools
from milepost.analytics.traits import TraitsAt
from milepost.dashboard.questions import address as a
from milepost.dashboard.questions.asked import COMPARABLE, Common, Name, PageQuestion, before_that, replace_days
from milepost.dashboard.questions.parts import page_of, read_field, read_kind, read_kinds
from milepost.dashboard.questions.periods import chosen_comparison, read_period
from milepost.dashboard.questions.read_trends import read_trends

Calendar = Literal["day", "week", "month"]
ORDERS: Final[tuple[Order, ...]] = get_args(Order)
CALENDAR: Final[tuple[Calendar, ...]] = get_args(Calendar)
SESSION_PARTS: Final[tuple[SessionBreakdown, ...]] = get_args(SessionBreakdown)
WINDOW_UNITS: Final[Mapping[str, int]] = {"minutes": 60, "hours": 3600, "days": 86_400}
MOST_STEPS: Final = 8
_LONGEST_WINDOW: Final = 366 * 86_400
_FIRST_FUNNEL: Final = (a.KindRow(event="tool_usage"), a.KindRow(event="export_action"))
_DIRECTIONS: Final[tuple[Literal["next"], Literal["previous"]]] = ("next", "previous")
_RUNS: Final[tuple[Literal["session"], Literal["unit"]]] = ("session", "unit")
_AT: Final[tuple[TraitsAt, ...]] = get_args(TraitsAt)
_RETAINED: Final[tuple[Literal["first_time"], Literal["recurring"]]] = ("first_time", "recurring")


def read(name: Name, address: a.Address, zone: str, now: datetime) -> PageQuestion:
    """What the page `name` asks at this address; `zone` is the reader's."""
    rows = address.filters()
    command = address.text("do")
    filters, focus = a.with_filters(rows, command), ""
    if command.startswith("remove-filter"):
        focus = "add-filter"
    elif (more := a.added(address.text("add"))).field:
        filters = (*filters, more)[:20]
        focus = "" if more.filter() else f"filter-{len(filters) - 1}-value"
    elif command == "add-filter":
        focus = f"filter-{len(filters) - 1}-field"
    usual: Comparison | None = "previous" if name == "funnels" else None
    common = Common(
        read_period(address, zone, now), address.one_of("unit", a.UNITS, "customer"), filters, now, focus,
        address.one_of("traits", _AT, "now"), chosen_comparison(address, usual), usual,
    )  # fmt: skip
    asked = _READERS[name](address, common)
    if common.traits != "now" and not asked.uses_traits:
        # It says nothing there, and would change what is asked of the column store.
        asked = _READERS[name](address, replace(common, traits="now"))
    if name in COMPARABLE and name != "trends" and common.compare:
        before = before_that(Window.of(asked.period, now), asked.period, common.compare)
        then = tuple(msgspec.structs.replace(question, period=before) for question in asked.questions)
        asked = replace(asked, questions=(*asked.questions, *then))
    return replace(asked, table=address.text("view") == "table")


def _funnels(address: a.Address, common: Common) -> PageQuestion:
    rows, focus = read_kinds(address, "s.", least=2, most=MOST_STEPS, default=_FIRST_FUNNEL)
    order = address.one_of("order", ORDERS, "ordered")
    window_unit = address.one_of("window_unit", tuple(WINDOW_UNITS), "days")
    longest = min(9999, _LONGEST_WINDOW // WINDOW_UNITS[window_unit])
    window = address.whole("window", 7, 1, longest)
    seconds = window * WINDOW_UNITS[window_unit]
    top = address.whole("top", 8, 1, 50)
    breakdown, by = read_field(address)
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
        "steps": rows, "order": order, "window": window, "window_unit": window_unit, "longest": longest,
        "breakdown": breakdown or "",
    }  # fmt: skip
    return page_of("funnels", common, (question,), parts, pairs, focus)


def _retention(address: a.Address, common: Common) -> PageQuestion:
    start, back = read_kind(address, "start."), read_kind(address, "back.")
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
    return page_of("retention", common, (question,), parts, pairs)


def _paths(address: a.Address, common: Common) -> PageQuestion:
    anchor = read_kind(address, "anchor.")
    direction = address.one_of("direction", _DIRECTIONS, "next")
    per = address.one_of("per", _RUNS, "session")
    depth, top = address.whole("depth", 4, 1, 6), address.whole("top", 6, 1, 20)
    label, by = read_field(address, default="tool_id")
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
    return page_of("paths", common, (question,), parts, pairs)


def _lifecycle(address: a.Address, common: Common) -> PageQuestion:
    activity = read_kind(address, "activity.")
    if not address.text("days"):
        common = replace(common, period=replace_days(common.period, 90))
    interval = address.one_of("interval", CALENDAR, "week")
    kind = activity.kind()
    questions = (
        common.question(Lifecycle, activity=kind, interval=interval),
        common.question(Stickiness, activity=kind, interval=interval),
    )
    pairs = [*common.pairs, ("interval", interval), *a.kind_pairs((activity,), "activity.")]
    return page_of("lifecycle", common, questions, {"activity": activity, "interval": interval}, pairs)


def _tools(address: a.Address, common: Common) -> PageQuestion:  # noqa: ARG001
    return page_of("tools", common, (common.question(Tools),), {}, common.pairs)


def _sessions(address: a.Address, common: Common) -> PageQuestion:
    interval = address.one_of("interval", CALENDAR, "day")
    wanted = address.text("by")
    breakdown = next((part for part in SESSION_PARTS if part == wanted), None)
    question = common.question(Sessions, interval=interval, breakdown=breakdown)
    pairs = [*common.pairs, ("interval", interval), *([("by", breakdown)] if breakdown else [])]
    return page_of("sessions", common, (question,), {"interval": interval, "breakdown": breakdown or ""}, pairs)


_READERS: Final[Mapping[Name, Callable[[a.Address, Common], PageQuestion]]] = {
    "trends": read_trends,
    "funnels": _funnels,
    "retention": _retention,
    "paths": _paths,
    "lifecycle": _lifecycle,
    "tools": _tools,
    "sessions": _sessions,
}
