"""Retention: of those who began in one interval, how many came back in the ones after."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from milepost.analytics.asking import Answer, EventKind, People, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.people import people
from milepost.analytics.period import Window, between, instant
from milepost.analytics.places import RetentionPlace
from milepost.errors import InvalidRequest
from milepost.store.queries import load

_SQL = load("milepost.analytics", "retention.sql")
_ALL: Final = 65535


class Retention(Question, frozen=True, tag="retention", tag_field="question"):
    """`first_time`: only who did `start` for the first time ever; `recurring`: everybody who did it in the interval.

    `bounded`: came back in just that interval; otherwise in that one or any later one of the period. `intervals` after
    a group's own are looked at, so that `counts` has one number more.
    """

    start: EventKind = EventKind()
    back: EventKind = EventKind()
    kind: Literal["first_time", "recurring"] = "first_time"
    interval: Literal["day", "week", "month"] = "week"
    intervals: Annotated[int, msgspec.Meta(ge=1, le=60)] = 12
    bounded: bool = True


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Those who began in one interval. `counts[k]`: how many came back k intervals later; `counts[0]` is `size`.

    None: that interval begins after the period. The last cell that is not None may still grow (`open_from`: its
    place, where the period's last day does not end its interval).
    """

    start: date
    size: int
    counts: list[int | None]
    open_from: int | None


class RetentionAnswer(Answer, frozen=True):
    """`average[k]`: everybody's share, over groups whose k-th interval is over; None where there is none."""

    interval: str
    groups: list[Group]
    average: list[float | None]


class _Came(NamedTuple):
    """So many of those who began in one interval came back in those after `before` up to `came`, by their places."""

    began: int
    before: int
    came: int
    units: int


async def answer(store: Store, question: Retention) -> RetentionAnswer:
    """Raises what `Compiler.of` and `Reader.query` raise."""
    compiler = await Compiler.of(store, question)
    window = compiler.window
    starts = window.dates(question.interval)
    counts: list[list[int | None]] = [
        [0 if place + later < len(starts) else None for later in range(question.intervals + 1)]
        for place in range(len(starts))
    ]
    for began, before, came, units in await _rows(compiler, question):
        cells = counts[began]
        reached = range(1) if came == _ALL else range(max(1, before + 1 - began), came - began + 1)
        for later in reached:
            if later <= question.intervals:
                cells[later] = (cells[later] or 0) + units
    groups = [
        Group(start=start, size=cells[0] or 0, counts=cells, open_from=_open_from(window, question, start, cells))
        for start, cells in zip(starts, counts, strict=True)
    ]
    return RetentionAnswer(
        unit=question.unit,
        first=window.first,
        last=window.last,
        timezone=question.period.timezone,
        interval=question.interval,
        groups=groups,
        average=[_average(groups, later) for later in range(question.intervals + 1)],
    )


async def who(store: Store, question: Retention, place: RetentionPlace) -> People:
    """Who is behind a cell; their events are those of coming back there, in the first cell those of beginning."""
    compiler = await Compiler.of(store, question)
    starts = compiler.window.dates(question.interval)
    if place.start not in starts:
        raise InvalidRequest("The answer has no group with this start.", field="place.start")
    begun = starts.index(place.start)
    if place.k > question.intervals or begun + place.k >= len(starts):
        raise InvalidRequest("The group has no such cell: it would begin after the period.", field="place.k")
    start, back = await _steps(compiler, question)
    begin, end = compiler.window.span(question.interval, begun)
    began = between(compiler.bind, begin, end)
    own = f"{began} and {start}"
    # The first time is looked for in all of time, and only then held against the interval.
    first = f"min(ts) >= {instant(compiler.bind, begin)}" if question.kind == "first_time" else "1"
    until = f"ts < {instant(compiler.bind, end)}" if question.kind == "first_time" else began
    group = (
        f"select {compiler.unit} from events final where {until} and {compiler.ever} and {start}"  # noqa: S608
        f" group by {compiler.unit} having {first}"
    )
    condition = own
    if place.k:
        later, over = compiler.window.span(question.interval, begun + place.k)
        condition = f"{between(compiler.bind, later, over if question.bounded else compiler.window.end)} and {back}"
    return await people(compiler, compiler.units(f"{compiler.ever} and {condition} and {compiler.unit} in ({group})"))


async def _steps(compiler: Compiler, question: Retention) -> tuple[str, str]:
    return await compiler.kind(question.start, "start"), await compiler.kind(question.back, "back")


async def _rows(compiler: Compiler, question: Retention) -> list[_Came]:
    start, back = await _steps(compiler, question)
    window, place = compiler.window, compiler.window.place(question.interval, compiler.bind)
    source = await compiler.source(question, start, back)
    slots = {"source": source, "unit": compiler.unit, "start": start, "place": place}
    if question.kind == "first_time":
        since = instant(compiler.bind, window.start)
        came = f"{back} and ts >= {since}"
        slots["from"] = since
        slots["events"] = (
            f"ts < {instant(compiler.bind, window.end)} and {compiler.ever} and {compiler.somebody}"
            f" and ({start} or ({came}))"
        )
        if question.bounded:
            slots["before"], slots["places"] = "came - 1", f"groupUniqArrayIf(toUInt16({place}), {came})"
        else:
            # Who never came back has 0 here, which is after no beginning.
            slots["before"], slots["places"] = "0", f"[maxIf(toUInt16({place}), {came})]"
        return await compiler.rows(_Came, _SQL["first_time"], **slots)
    slots["back"] = back
    slots["events"] = f"{compiler.during} and {compiler.somebody} and ({start} or {back})"
    slots["intervals"] = str(question.intervals)
    if question.bounded:
        slots["before"], slots["backers"] = "toInt32(place) - 1", "backers"
    else:
        # Who comes back in an interval or later is come back in those since the one before that has events.
        slots["before"] = "toInt32(lagInFrame(place, 1, 0) over (order by place))"
        slots["backers"] = (
            "groupBitmapOrState(backers) over (order by place desc rows between unbounded preceding and current row)"
        )
    return await compiler.rows(_Came, _SQL["recurring"], **slots)


def _open_from(window: Window, question: Retention, start: date, cells: list[int | None]) -> int | None:
    """The first cell whose interval the period cuts short, or that is not over today."""
    for later, count in enumerate(cells):
        ends = window.moved(start, question.interval, later + 1) - timedelta(days=1)
        if count is not None and (ends > window.last or ends >= window.today):
            return later
    return None


def _average(groups: list[Group], later: int) -> float | None:
    complete = [
        (count, group.size)
        for group in groups
        if (count := group.counts[later]) is not None and (group.open_from is None or later < group.open_from)
    ]
    whole = sum(size for _, size in complete)
    return sum(count for count, _ in complete) / whole if whole else None
