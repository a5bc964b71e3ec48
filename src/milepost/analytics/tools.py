"""Tool adoption: who uses which tool, and how deeply."""

from __future__ import annotations

import msgspec

from milepost.analytics.asking import Answer, People, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.people import people
from milepost.analytics.places import ToolsPlace
from milepost.store.queries import load

_SQL = load("milepost.analytics", "tools.sql")


class Tools(Question, frozen=True, tag="tools", tag_field="question"):
    pass


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """`share`: of everybody active in the period, 0-1. `sections`: different ones used, the median over its units.
    `weekly`: units in each week of the period, oldest first. Days and events: medians over its units."""

    tool_id: str
    units: int
    share: float
    events: int
    sessions: int
    median_events: float
    median_days: float
    median_sections: float
    high_impact: int
    weekly: list[int]


class ToolsAnswer(Answer, frozen=True):
    """Most used first, then by id. `together[i][j]`: units that use both tool i and tool j."""

    active: int
    tools: list[ToolUse]
    together: list[list[int]]


async def answer(store: Store, question: Tools) -> ToolsAnswer:
    """Raises what `Compiler.of` and `Reader.query` raise."""
    compiler = await Compiler.of(store, question)
    window = compiler.window
    events = f"{compiler.during} and {compiler.somebody}"
    weeks = len(window.buckets("week"))
    ((active, ids, weekly, together),) = await compiler.rows(
        tuple[int, list[str], list[list[tuple[int, int]]], list[list[int]]],
        _SQL["units"],
        unit=compiler.unit,
        week=window.place("week", compiler.bind),
        events=events,
    )
    uses = {
        tool: tuple(figures)
        for tool, *figures in await compiler.rows(
            tuple[str, int, int, float, float, float],
            _SQL["uses"],
            unit=compiler.unit,
            days=_different(window.place("day", compiler.bind), window.days),
            sections=await _sections(compiler),
            events=events,
        )
    }
    sessions = dict(await compiler.rows(tuple[str, int], _SQL["sessions"], events=events) if ids else ())
    found: list[ToolUse] = []
    for place, tool in enumerate(ids):
        # A tool first used between the two statements has its figures in the next answer.
        count, high_impact, median_events, median_days, median_sections = uses.get(tool, (0, 0, 0.0, 0.0, 0.0))
        units = together[place][place]
        in_week = dict(weekly[place])
        found.append(
            ToolUse(
                tool_id=tool,
                units=units,
                share=units / active,
                events=int(count),
                sessions=sessions.get(tool, 0),
                median_events=median_events,
                median_days=median_days,
                median_sections=median_sections,
                high_impact=int(high_impact),
                weekly=[in_week.get(week, 0) for week in range(weeks)],
            )
        )
    return ToolsAnswer(
        unit=question.unit,
        first=window.first,
        last=window.last,
        timezone=question.period.timezone,
        active=active,
        tools=found,
        together=together,
    )


async def who(store: Store, question: Tools, place: ToolsPlace) -> People:
    """The units that use a tool, with how many events of it."""
    compiler = await Compiler.of(store, question)
    tool = compiler.bind(place.tool_id, "String")
    return await people(compiler, compiler.units(f"{compiler.during} and tool_id = {tool}"))


def _different(place: str, many: int) -> str:
    """An aggregate: how many different ones of `many` places. Bits of one number where they fit."""
    if many <= 64:
        return f"bitCount(groupBitOr(bitShiftLeft(toUInt64(1), {place})))"
    return f"arrayUniq(groupArray(toUInt16({place})))"


async def _sections(compiler: Compiler) -> str:
    """An aggregate: how many different sections."""
    sections = [section for (section,) in await compiler.rows(tuple[str], _SQL["sections"])]
    if len(sections) > 64:
        return "uniqExactIf(tool_section, tool_section != '')"
    if not sections:
        return "0"
    known = compiler.bind(sections, "Array(String)")
    bit = compiler.bind([1 << place for place in range(len(sections))], "Array(UInt64)")
    return f"bitCount(groupBitOr(transform(tool_section, {known}, {bit}, toUInt64(0))))"
