"""Stickiness: on how many of the days people come."""

from __future__ import annotations

from string import Template
from typing import Literal

from milepost.analytics.asking import Answer, EventKind, People, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.people import people
from milepost.analytics.places import StickinessPlace
from milepost.errors import InvalidRequest
from milepost.store.queries import load

_SQL = load("milepost.analytics", "stickiness.sql")


class Stickiness(Question, frozen=True, tag="stickiness", tag_field="question"):
    activity: EventKind = EventKind()
    interval: Literal["day", "week", "month"] = "day"


class StickinessAnswer(Answer, frozen=True):
    """`counts[n - 1]`: how many were active in exactly n of the intervals; as long as the period has intervals."""

    interval: str
    counts: list[int]
    active: int
    median: float | None


async def answer(store: Store, question: Stickiness) -> StickinessAnswer:
    """Raises what `Compiler.of` and `Reader.query` raise."""
    compiler = await Compiler.of(store, question)
    window = compiler.window
    counts = [0] * len(window.buckets(question.interval))
    units = await _units(compiler, question)
    for intervals, count in await compiler.rows(tuple[int, int], _SQL["stickiness"], units=units):
        counts[intervals - 1] = count
    return StickinessAnswer(
        unit=question.unit,
        first=window.first,
        last=window.last,
        timezone=question.period.timezone,
        interval=question.interval,
        counts=counts,
        active=sum(counts),
        median=_median(counts),
    )


async def who(store: Store, question: Stickiness, place: StickinessPlace) -> People:
    """Units active in exactly `n` intervals. Raises InvalidRequest where the period has fewer."""
    compiler = await Compiler.of(store, question)
    most = len(compiler.window.buckets(question.interval))
    if place.n > most:
        raise InvalidRequest(f"The period has {most} intervals.", field="place.n")
    units = Template(_SQL["of"]).substitute(units=await _units(compiler, question), n=str(place.n))
    activity = await compiler.kind(question.activity, "activity")
    condition = f"{compiler.during} and {activity} and {compiler.unit} in ({units})"
    return await people(compiler, compiler.units(condition))


async def _units(compiler: Compiler, question: Stickiness) -> str:
    activity = await compiler.kind(question.activity, "activity")
    return Template(_SQL["units"]).substitute(
        source=await compiler.source(question, activity),
        unit=compiler.unit,
        place=compiler.window.place(question.interval, compiler.bind),
        events=f"{compiler.during} and {activity} and {compiler.somebody}",
    )


def _median(counts: list[int]) -> float | None:
    """The interpolated median of what was counted: `counts[n - 1]` times n."""
    total = sum(counts)
    if not total:
        return None
    found: list[int] = []
    for place in ((total - 1) // 2, total // 2):
        before = 0
        for intervals, count in enumerate(counts, 1):
            before += count
            if place < before:
                found.append(intervals)
                break
    return sum(found) / 2
