"""Lifecycle: who is new, who stays, who came back, who went quiet."""

from __future__ import annotations

from datetime import date
from string import Template
from typing import Final, Literal

from milepost.analytics.asking import Answer, EventKind, People, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.people import people
from milepost.analytics.period import between, instant
from milepost.analytics.places import LifecyclePlace
from milepost.store.queries import load

_SQL = load("milepost.analytics", "lifecycle.sql")
_STATES: Final = ("new", "returning", "resurrected", "dormant")


class Lifecycle(Question, frozen=True, tag="lifecycle", tag_field="question"):
    """`activity`: the events that count as being active."""

    activity: EventKind = EventKind()
    interval: Literal["day", "week", "month"] = "week"


class LifecycleAnswer(Answer, frozen=True):
    """One number a bucket. new: active for the first time ever; returning: active now and in the interval before;
    resurrected: active now, not in the one before, not new; dormant: active in the one before, not now."""

    interval: str
    buckets: list[date]
    new: list[int]
    returning: list[int]
    resurrected: list[int]
    dormant: list[int]


async def answer(store: Store, question: Lifecycle) -> LifecycleAnswer:
    """Raises what `Compiler.of` and `Reader.query` raise."""
    compiler = await Compiler.of(store, question)
    window = compiler.window
    buckets: list[date] = [*window.buckets(question.interval)]
    activity = await compiler.kind(question.activity, "activity")
    source = await compiler.source(question, activity)
    rows = await compiler.rows(
        tuple[int, int, int], _SQL["lifecycle"], states=_states(compiler, question.interval, activity, source)
    )
    counts = [[0] * len(buckets) for _ in _STATES]
    for place, state, units in rows:
        # The interval after the last one of the period, where all would be dormant, is nobody's.
        if place <= len(buckets):
            counts[state][place - 1] = units
    new, returning, resurrected, dormant = counts
    return LifecycleAnswer(
        unit=question.unit,
        first=window.first,
        last=window.last,
        timezone=question.period.timezone,
        interval=question.interval,
        buckets=buckets,
        new=new,
        returning=returning,
        resurrected=resurrected,
        dormant=dormant,
    )


async def who(store: Store, question: Lifecycle, place: LifecyclePlace) -> People:
    """The units in a state, with their activity in the interval; of the dormant ones, in the interval before.

    Raises InvalidRequest for a bucket the answer does not have.
    """
    compiler = await Compiler.of(store, question)
    window, interval = compiler.window, question.interval
    activity = await compiler.kind(question.activity, "activity")
    start, end = window.span(interval, place.bucket)
    if place.state == "dormant":
        before = place.bucket - 1
        start, end = window.span(interval, before) if before >= 0 else window.widened(interval).span(interval, 0)
    code = (place.bucket + 1) * 4 + _STATES.index(place.state)
    units = Template(_SQL["in_state"]).substitute(states=_states(compiler, interval, activity), code=str(code))
    active = f"{between(compiler.bind, start, end)} and {compiler.ever} and {activity}"
    return await people(compiler, compiler.units(f"{active} and {compiler.unit} in ({units})"))


def _states(
    compiler: Compiler, interval: Literal["day", "week", "month"], activity: str, source: str = "events final"
) -> str:
    window, bind = compiler.window, compiler.bind
    wide = window.widened(interval)
    # What lies between the interval before and the period is of the period's first interval, but not in the period.
    gap = window.begin(window.named(window.first, interval))
    shown = wide.during(bind)
    if gap < window.start:
        shown += f" and (ts < {instant(bind, gap)} or ts >= {instant(bind, window.start)})"
    ways = Template(_SQL["ways"]).substitute(
        source=source,
        unit=compiler.unit,
        somebody=compiler.somebody,
        ever=f"{compiler.ever} and {activity}",
        place=wide.place(interval, bind),
        shown=shown,
    )
    return Template(_SQL["states"]).substitute(ways=ways)
