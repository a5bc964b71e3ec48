"""Funnels: how many go from step to step within a time, how long it takes them, and who does not."""

from __future__ import annotations

from itertools import combinations
from string import Template
from typing import Annotated, Literal, NamedTuple

import msgspec

from milepost.analytics import ways
from milepost.analytics.asking import Answer, EventKind, FieldName, People, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.people import people
from milepost.analytics.places import FunnelPlace
from milepost.errors import InvalidRequest
from milepost.store.queries import load

_SQL = load("milepost.analytics", "funnel.sql")
_MICROS = 1_000_000

Order = Literal["ordered", "strict", "any"]


class Funnel(Question, frozen=True, kw_only=True, tag="funnel", tag_field="question"):
    """`window_seconds` counts from the first step; a step exactly that late still counts."""

    steps: Annotated[tuple[EventKind, ...], msgspec.Meta(min_length=2, max_length=8)]
    order: Order = "ordered"
    window_seconds: Annotated[int, msgspec.Meta(ge=1, le=366 * 86_400)] = 7 * 86_400
    #: By the value that the unit's first event of the first step (any order: of any step) has there.
    breakdown: Annotated[FieldName | None, msgspec.Meta(description="What the funnel is broken down by: a field.")] = (
        None
    )
    top: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8


class FunnelStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step: how many got here, and how long it took them from the step before (those who got here alone)."""

    name: str
    count: int
    #: Of those who reached the first step, and of those who reached the step before; 0-1, None of nobody.
    of_first: float | None
    of_previous: float | None
    #: Seconds from the step before; None for the first step, or where nobody got.
    median_seconds: float | None
    p90_seconds: float | None


class FunnelGroup(msgspec.Struct, frozen=True, kw_only=True):
    value: str | None
    is_other: bool
    steps: list[FunnelStep]
    #: Seconds from the first to the last step.
    median_seconds: float | None


class FunnelAnswer(Answer, frozen=True):
    """`total` is everybody; `groups` one a value of the breakdown, largest first step first."""

    total: FunnelGroup
    groups: list[FunnelGroup]


class _Figures(NamedTuple):
    """A row of the statement: `times` are the median and the 90th percentile of each step after the first."""

    name: str
    is_other: int
    whole: int
    reached: list[int]
    first: int
    times: list[tuple[float, float]]
    whole_time: float


async def answer(store: Store, question: Funnel) -> FunnelAnswer:
    """Raises what `Compiler.of` and `Reader.query` raise."""
    compiler = await Compiler.of(store, question)
    rows = await _figures(compiler, question, await _ways(compiler, question))
    nobody = [0] * len(question.steps)
    total = next((row for row in rows if row.whole and row.reached), _Figures("", 0, 1, nobody, 0, [], 0.0))
    groups = [row for row in rows if not row.whole] if question.breakdown is not None else []
    return FunnelAnswer(
        unit=question.unit,
        first=compiler.window.first,
        last=compiler.window.last,
        timezone=question.period.timezone,
        total=_group(question, total, None),
        groups=[_group(question, row, None if row.is_other else row.name) for row in groups],
    )


async def who(store: Store, question: Funnel, place: FunnelPlace) -> People:
    """Who reached a step, or left after it; their events are those of any step in the period."""
    count = len(question.steps)
    if place.step >= count or (place.outcome == "dropped" and place.step == count - 1):
        raise InvalidRequest(
            f"Steps are numbered 0 to {count - 1}, and nobody drops out after the last one.", field="place.step"
        )
    compiler = await Compiler.of(store, question)
    found = await _ways(compiler, question)
    sign = "=" if place.outcome == "dropped" else ">="
    condition = f"length(way) {sign} {place.step + 1}"
    if question.breakdown is not None and (place.is_other or place.value is not None):
        rows = await _figures(compiler, question, found)
        shown = [row.name for row in rows if not row.whole and not row.is_other]
        if not place.is_other and place.value not in shown:
            raise InvalidRequest("The answer has no group with this value.", field="place.value")
        values = compiler.bind(shown if place.is_other else [place.value or ""], "Array(String)")
        condition += f" and toString(value) {'not in' if place.is_other else 'in'} {values}"
    steps = " or ".join(await _conditions(compiler, question))
    chosen = f"{compiler.unit} in (select who from ({found}) where {condition})"  # noqa: S608  our own fragments
    return await people(compiler, compiler.units(f"{compiler.during} and ({steps}) and {chosen}"))


async def _conditions(compiler: Compiler, question: Funnel) -> list[str]:
    return [await compiler.kind(step, f"steps[{place}]") for place, step in enumerate(question.steps)]


async def _ways(compiler: Compiler, question: Funnel) -> str:
    """The statement that answers a row a unit: `who`, `value` and `way`."""
    steps = await _conditions(compiler, question)
    window = compiler.bind(question.window_seconds * _MICROS, "UInt64")
    events = f"{compiler.during} and {compiler.somebody}"
    first, of_steps = steps[0], f"({' or '.join(steps)})"
    match question.order:
        case "strict":
            key, way = ways.id_key(steps), ways.directly(len(steps), window)
        case "any":
            key, way, first = ways.mask_key(steps), ways.in_any_order(len(steps), window), of_steps
        case "ordered" if all(ways.apart(one, other) for one, other in combinations(question.steps, 2)):
            key, way = ways.one_step_key(steps), ways.in_order(len(steps), window)
        case _:
            key, way = ways.mask_key(steps), ways.at_instants(question.steps, steps, window)
    if question.order != "strict":
        events += f" and {of_steps}"
    value = "''"
    if question.breakdown is not None:
        text = await compiler.value(question.breakdown, "breakdown")
        value = f"argMinIf(toString({text}), (ts, UUIDToNum(event_id)), {first})"
    slots = {"unit": compiler.unit, "value": value, "key": key, "events": events}
    return way.over(Template(_SQL["units"]).substitute(slots))


async def _figures(compiler: Compiler, question: Funnel, found: str) -> list[_Figures]:
    count = len(question.steps)
    counts = [f"countIf(length(way) >= {step})" for step in range(1, count + 1)]
    states = [
        f"quantilesExactInclusiveStateIf(0.5, 0.9)(way[{step}] - way[{step - 1}], length(way) >= {step}) as step{step}"
        for step in range(2, count + 1)
    ]
    states.append(f"quantileExactInclusiveStateIf(0.5)(way[{count}] - way[1], length(way) = {count}) as all_steps")
    merged = [f"quantilesExactInclusiveMerge(0.5, 0.9)(step{step})" for step in range(2, count + 1)]
    return await compiler.rows(
        _Figures,
        _SQL["figures"],
        ways=found,
        top=str(question.top),
        counts=", ".join(counts),
        states=", ".join(states),
        merged=f"[{', '.join(merged)}] as times, quantileExactInclusiveMerge(0.5)(all_steps) as whole_time",
    )


def _group(question: Funnel, row: _Figures, value: str | None) -> FunnelGroup:
    counts = row.reached
    steps = [
        FunnelStep(
            name=step.name,
            count=counts[place],
            of_first=_share(counts[place], counts[0]),
            of_previous=_share(counts[place], counts[place - 1]) if place else None,
            median_seconds=row.times[place - 1][0] / _MICROS if place and counts[place] else None,
            p90_seconds=row.times[place - 1][1] / _MICROS if place and counts[place] else None,
        )
        for place, step in enumerate(question.steps)
    ]
    whole = row.whole_time / _MICROS if counts[-1] else None
    return FunnelGroup(value=value, is_other=bool(row.is_other) and not row.whole, steps=steps, median_seconds=whole)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
