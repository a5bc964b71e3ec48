"""Tool adoption, by the book."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from milepost.analytics.tools import Tools, ToolsAnswer, ToolUse
from tests.analytics.reference.days import Days
from tests.analytics.reference.events import Event, Whom, World, unit_of
from tests.analytics.reference.figures import percentile
from tests.analytics.reference.matching import Scope


def tools(world: World, question: Tools) -> ToolsAnswer:
    scope = Scope(world, question)
    used: dict[str, dict[Whom, list[Event]]] = defaultdict(lambda: defaultdict(list))
    active: set[Whom] = set()
    for event in scope.events:
        whom = unit_of(event, question.unit)
        if whom is None:
            continue
        active.add(whom)
        if event.tool_id:
            used[event.tool_id][whom].append(event)
    order = sorted(used, key=lambda tool: (-len(used[tool]), tool))
    return ToolsAnswer(
        unit=question.unit,
        first=scope.days.first,
        last=scope.days.last,
        timezone=question.period.timezone,
        active=len(active),
        tools=[_use(tool, used[tool], len(active), scope.days) for tool in order],
        together=[[len(used[one].keys() & used[other].keys()) for other in order] for one in order],
    )


def _use(tool: str, by_unit: dict[Whom, list[Event]], active: int, days: Days) -> ToolUse:
    events = [event for found in by_unit.values() for event in found]
    in_week: dict[date, set[Whom]] = {week: set() for week in days.dates("week")}
    for whom, found in by_unit.items():
        for event in found:
            in_week[days.named(days.day(event.at), "week")].add(whom)
    sections = [len({event.tool_section for event in found if event.tool_section}) for found in by_unit.values()]
    return ToolUse(
        tool_id=tool,
        units=len(by_unit),
        share=len(by_unit) / active,
        events=len(events),
        sessions=len({(event.customer_id, event.session_id) for event in events if event.session_id}),
        median_events=percentile([len(found) for found in by_unit.values()], 0.5) or 0,
        median_days=percentile([len({days.day(event.at) for event in found}) for found in by_unit.values()], 0.5) or 0,
        median_sections=percentile(sections, 0.5) or 0,
        high_impact=sum(event.business_impact == "high" for event in events),
        weekly=[len(whose) for whose in in_week.values()],
    )
