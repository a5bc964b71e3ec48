"""Sessions: how many, how long, how much happens in them, and where they come from."""

from __future__ import annotations

from datetime import date
from string import Template
from typing import Annotated, Literal, NamedTuple

import msgspec

from milepost.analytics.asking import Answer, People, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.packing import hashed, packed, texts
from milepost.analytics.people import people
from milepost.analytics.places import SessionsPlace
from milepost.errors import InvalidRequest
from milepost.store.queries import load

_SQL = load("milepost.analytics", "sessions.sql")

SessionBreakdown = Literal["device_type", "browser", "referrer_source", "primary_tool", "landing_page"]


class Sessions(Question, frozen=True, tag="sessions", tag_field="question"):
    """A session is a customer's events of one session id; it belongs to the bucket of its first event in the period."""

    interval: Literal["day", "week", "month"] = "day"
    breakdown: SessionBreakdown | None = None
    top: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8


class SessionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the first to the last event; `single`: sessions of one event."""

    value: str | None
    sessions: int
    units: int
    median_seconds: float | None
    p90_seconds: float | None
    median_events: float | None
    single: int
    with_export: int


_NONE = SessionFigures(
    value=None, sessions=0, units=0, median_seconds=None, p90_seconds=None, median_events=None, single=0, with_export=0
)


class SessionsAnswer(Answer, frozen=True):
    interval: str
    buckets: list[date]
    counts: list[int]
    median_seconds: list[float | None]
    total: SessionFigures
    #: By the breakdown's value (of the session's first event; the most used tool), most sessions first.
    groups: list[SessionFigures]


class _Figures(NamedTuple):
    """Figures of an interval, or of a line of the breakdown, or (`whole`) of all of either."""

    of_interval: int
    place: int
    line: int
    value: str
    whole: int
    sessions: int
    units: int
    #: Microseconds: the median, and the 90th percentile.
    lasted: tuple[float, float]
    median_events: float
    single: int
    with_export: int


class _Ask(msgspec.Struct, frozen=True):
    """The events of sessions, the sessions as a statement of a row each, and the texts their values are numbers of."""

    events: str
    each: str
    texts: str


async def answer(store: Store, question: Sessions) -> SessionsAnswer:
    """Raises what `Compiler.of` and `Reader.query` raise."""
    compiler = await Compiler.of(store, question)
    window = compiler.window
    buckets: list[date] = [*window.buckets(question.interval)]
    asked = await _asked(compiler, question)
    units = "groupBitmapArray" if question.unit == "user" else "groupBitmap"
    rows = await compiler.rows(
        _Figures,
        _SQL["figures"],
        texts=asked.texts,
        each=asked.each,
        top=str(question.top),
        units_state=f"{units}State",
        units_merge=f"{units}Merge",
    )
    counts = [0] * len(buckets)
    medians: list[float | None] = [None] * len(buckets)
    total = _NONE
    groups: dict[int, SessionFigures] = {}
    for row in rows:
        if row.of_interval and not row.whole:
            counts[row.place], medians[row.place] = row.sessions, _seconds(row.lasted[0])
        elif row.whole and not row.of_interval:
            total = _figures(row, None)
        elif not row.of_interval:
            groups[row.line] = _figures(row, row.value if row.line else None)
    # The others, on line 0, come last.
    lines = sorted(groups, key=lambda line: (line == 0, line)) if question.breakdown else []
    return SessionsAnswer(
        unit=question.unit,
        first=window.first,
        last=window.last,
        timezone=question.period.timezone,
        interval=question.interval,
        buckets=buckets,
        counts=counts,
        median_seconds=medians,
        total=total,
        groups=[groups[line] for line in lines],
    )


async def who(store: Store, question: Sessions, place: SessionsPlace) -> People:
    """The units of sessions, with how many events in these. Raises InvalidRequest for what the answer does not have."""
    compiler = await Compiler.of(store, question)
    asked = await _asked(compiler, question)
    conditions = ["1"]
    if place.bucket is not None:
        # It only says whether the bucket is there: a session belongs to it as a whole.
        compiler.window.span(question.interval, place.bucket)
        conditions.append(f"place = {place.bucket}")
    if place.value is not None:
        found = await answer(store, question)
        if place.value not in [group.value for group in found.groups]:
            raise InvalidRequest("The answer has no group with this value.", field="place.value")
        value = compiler.bind(place.value, "String")
        conditions.append(f"transform(value, {asked.texts}.1, {asked.texts}.2, '') = {value}")
    some = Template(_SQL["some"]).substitute(each=asked.each, condition=" and ".join(conditions))
    return await people(compiler, compiler.units(f"{asked.events} and session in ({some})"))


async def _asked(compiler: Compiler, question: Sessions) -> _Ask:
    events = f"{compiler.during} and session != 0"
    value, known = "toUInt64(0)", "([toUInt64(0)], [''])"
    match question.breakdown:
        case None:
            pass
        case "primary_tool":
            ids = [tool for (tool,) in await compiler.rows(tuple[str], _SQL["tools"])] or [""]
            numbers = compiler.bind([*range(1, len(ids) + 1)], "Array(UInt32)")
            names = compiler.bind(ids, "Array(String)")
            place = f"transform(tool_id, {names}, {numbers}, toUInt32(0))"
            value, known = Template(_SQL["primary_tool"]).substitute(place=place), f"({numbers}, {names})"
        case "landing_page":
            value = f"toUInt64(minIf({packed(hashed('page_url'))}, page_url != ''))"
            known = texts("page_url", f"{compiler.during} and page_url != ''")
        case column:
            number = f"if({column} = '', 0, {hashed(column)})"
            value = f"toUInt64(min({packed(number)}))"
            known = texts(column, f"{column} != ''")
    each = Template(_SQL["each"]).substitute(
        session="session",
        value=value,
        whose="groupUniqArrayIf(user, user != 0)" if question.unit == "user" else "any(customer)",
        place=compiler.window.place(question.interval, compiler.bind),
        events=events,
    )
    return _Ask(events, each, known)


def _figures(row: _Figures, value: str | None) -> SessionFigures:
    return SessionFigures(
        value=value,
        sessions=row.sessions,
        units=row.units,
        median_seconds=_seconds(row.lasted[0]),
        p90_seconds=_seconds(row.lasted[1]),
        median_events=row.median_events,
        single=row.single,
        with_export=row.with_export,
    )


def _seconds(micros: float) -> float:
    # Between two microseconds an interpolated percentile has no more digits than these.
    return round(micros / 1_000_000, 9)
