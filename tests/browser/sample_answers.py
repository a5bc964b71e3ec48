"""Answers to the questions of Explore, as the column store gives them: full, of nothing at all, and absurd."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from milepost.analytics.asking import Answer, People, Person, Question
from milepost.analytics.earlier import earlier
from milepost.analytics.funnel import Funnel, FunnelAnswer, FunnelGroup, FunnelStep
from milepost.analytics.lifecycle import Lifecycle, LifecycleAnswer
from milepost.analytics.paths import Kind, Link, Node, Paths, PathsAnswer
from milepost.analytics.period import Window
from milepost.analytics.retention import Group, Retention, RetentionAnswer
from milepost.analytics.sessions import SessionFigures, Sessions, SessionsAnswer
from milepost.analytics.stickiness import Stickiness, StickinessAnswer
from milepost.analytics.tools import Tools, ToolsAnswer, ToolUse
from milepost.analytics.trends import Line, Trends, TrendsAnswer

from .sample import ABSURD, ABSURD_NAMES, EVIL, NAMES, NOW, Scenario, wave

_TOOLS: Final = ("business-case", "icp-analysis", "resource-library", "cost-calculator")
#: What people in a hurry call things, hundreds of them.
_ABSURD_TOOLS: Final = tuple(f"{name.strip()[:190]} {n}" for n in range(40) for name in ABSURD_NAMES)
_ABSURD_FIGURES: Final = (1e15, 0.000_000_1, None, -1e12, 0.0, 3.0, 123_456.789)
_FUNNELS: Final = {"full": (812, 447, 208), "empty": (0, 0, 0), "absurd": (10**15, 10**15, 10**15 - 1, 3, 1, 0, 0, 0)}
_DEVICES: Final = ("desktop", "mobile", "tablet", "")


def answer(question: Question, scenario: Scenario) -> Answer:
    """What the store would say to it at NOW."""
    window = Window.of(question.period, NOW)
    match question:
        case Trends():
            return _trends(question, window, scenario)
        case Funnel():
            return _funnel(question, window, scenario)
        case Retention():
            return _retention(question, window, scenario)
        case Paths():
            return _paths(question, window, scenario)
        case Lifecycle():
            return _lifecycle(question, window, scenario)
        case Stickiness():
            return _stickiness(question, window, scenario)
        case Tools():
            return _tools(question, window, scenario)
        case Sessions():
            return _sessions(question, window, scenario)
    raise TypeError(question)


def _funnel(question: Funnel, window: Window, scenario: Scenario) -> FunnelAnswer:
    counts = _FUNNELS[scenario] if window.last == NOW.date() else tuple(n * 9 // 10 for n in _FUNNELS[scenario])
    values = {"full": _DEVICES, "empty": (), "absurd": _ABSURD_TOOLS[:50]}[scenario]
    groups = [_steps([n // (place + 2) for n in counts], value) for place, value in enumerate(values)]
    if scenario == "absurd":
        groups.append(_steps(counts, None, is_other=True))
    return FunnelAnswer(
        unit=question.unit, first=window.first, last=window.last, timezone=question.period.timezone,
        total=_steps(counts, None), groups=groups if question.breakdown else [],
    )  # fmt: skip


def _steps(counts: Sequence[int], value: str | None, *, is_other: bool = False) -> FunnelGroup:
    steps = [
        FunnelStep(
            name="", count=count, of_first=count / counts[0] if counts[0] else None,
            of_previous=count / counts[at - 1] if at and counts[at - 1] else None,
            median_seconds=0.4 * 90**at if at and count else None, p90_seconds=7.0 * 95**at if at and count else None,
        )
        for at, count in enumerate(counts)
    ]  # fmt: skip
    return FunnelGroup(value=value, is_other=is_other, steps=steps, median_seconds=93_600.0 if counts[-1] else None)


def _retention(question: Retention, window: Window, scenario: Scenario) -> RetentionAnswer:
    starts = window.dates(question.interval)
    kept = {"full": 0.86, "empty": 0.0, "absurd": 0.999_999}[scenario]
    size = {"full": 120, "empty": 0, "absurd": 10**12}[scenario]
    groups = []
    for at, start in enumerate(starts):
        here = min(question.intervals + 1, len(starts) - at)
        own = 0 if scenario == "absurd" and at % 3 == 1 else size + 7 * at * (size > 0)
        counts: list[int | None] = [own, *(round(own * 0.6 * kept**k) for k in range(1, here))]
        groups.append(Group(start=start, size=own, counts=counts, open_from=here - 1))
    average = [1.0, *(0.6 * kept**k if k < len(starts) - 1 else None for k in range(1, question.intervals + 1))]
    return RetentionAnswer(
        unit=question.unit, first=window.first, last=window.last, timezone=question.period.timezone,
        interval=question.interval, groups=groups, average=average if size else [None] * len(average),
    )  # fmt: skip


def _paths(question: Paths, window: Window, scenario: Scenario) -> PathsAnswer:
    runs = {"full": 1_904, "empty": 0, "absurd": 10**13}[scenario]
    labels = _TOOLS if scenario == "full" else _ABSURD_TOOLS[: question.top]
    nodes = [Node(step=0, label="", kind="label", count=runs)] if runs else []
    links: list[Link] = []
    before = [0] if runs else []
    for step in range(1, question.depth + 1):
        here: list[int] = []
        for at, label in enumerate((*labels, "", "")):
            kind: Kind = "label" if at < len(labels) else "other" if at == len(labels) else "end"
            if not before:
                break
            count = max(1, runs // (step * (at + 3)))
            here.append(len(nodes))
            nodes.append(Node(step=step, label=label, kind=kind, count=count))
            links += [Link(source=k, target=here[-1], count=max(1, count // len(before))) for k in before]
        before = here[:-1]
    return PathsAnswer(
        unit=question.unit, first=window.first, last=window.last, timezone=question.period.timezone,
        direction=question.direction, per=question.per, runs=runs, nodes=nodes, links=links,
    )  # fmt: skip


def _lifecycle(question: Lifecycle, window: Window, scenario: Scenario) -> LifecycleAnswer:
    buckets = window.dates(question.interval)
    scale = {"full": 40, "empty": 0, "absurd": 10**13}[scenario]
    new, returning, resurrected, dormant = (
        [wave(at * step, scale * of) if scale else 0 for at in range(len(buckets))]
        for of, step in ((1, 7), (6, 8), (1, 9), (2, 6))
    )
    return LifecycleAnswer(
        unit=question.unit, first=window.first, last=window.last, timezone=question.period.timezone,
        interval=question.interval, buckets=buckets, new=new, returning=returning, resurrected=resurrected,
        dormant=dormant,
    )  # fmt: skip


def _stickiness(question: Stickiness, window: Window, scenario: Scenario) -> StickinessAnswer:
    many = len(window.dates(question.interval))
    counts = [{"full": 90 // (n + 1) + n, "empty": 0, "absurd": 10**13 if n % 2 else 1}[scenario] for n in range(many)]
    return StickinessAnswer(
        unit=question.unit, first=window.first, last=window.last, timezone=question.period.timezone,
        interval=question.interval, counts=counts, active=sum(counts), median=4.5 if sum(counts) else None,
    )  # fmt: skip


def _tools(question: Tools, window: Window, scenario: Scenario) -> ToolsAnswer:
    absurd = scenario == "absurd"
    ids = {"full": _TOOLS, "empty": (), "absurd": _ABSURD_TOOLS}[scenario]
    active = {"full": 1_204, "empty": 0, "absurd": 10**12}[scenario]
    earlier = window.last != NOW.date()
    weekly = [10**12 if n % 2 and absurd else wave(n, 30) for n in range(5)]
    tools = [
        ToolUse(
            tool_id=id_, units=active // (at + 1 + earlier), share=1 / (at + 1 + earlier), events=active * 41,
            sessions=active * 3, median_events=1e9 if absurd else 17.5, median_days=4, median_sections=2.5,
            high_impact=10**15 if absurd else 31, weekly=weekly,
        )
        for at, id_ in enumerate(ids)
    ]  # fmt: skip
    together = [[min(one.units, other.units) * 2 // 3 for other in tools] for one in tools]
    return ToolsAnswer(
        unit=question.unit, first=window.first, last=window.last, timezone=question.period.timezone,
        active=active, tools=tools, together=together,
    )  # fmt: skip


def _trends(question: Trends, window: Window, scenario: Scenario) -> TrendsAnswer:
    buckets = window.buckets(question.interval)
    values: Sequence[str | None] = {"full": (*_TOOLS, ""), "empty": (None,), "absurd": _ABSURD_TOOLS[: question.top]}[
        scenario
    ]
    before = earlier(window, question.compared_with) if question.compared_with else None
    lines = [_line(place, value, len(buckets), scenario) for place, value in enumerate(values)]
    if scenario == "absurd":
        lines.append(replace(lines[0], value=None, value2=None, is_other=True))
    return TrendsAnswer(
        unit=question.unit, first=window.first, last=window.last, timezone=question.period.timezone,
        interval=question.interval, measure=question.measure, buckets=[*buckets], lines=lines,
        previous_first=before.first if before else None, previous_last=before.last if before else None,
    )  # fmt: skip


def _line(place: int, value: str | None, many: int, scenario: Scenario) -> Line:
    values: list[float | None] = [
        {"full": wave(at + place, 2100 // (place + 1)), "empty": 0, "absurd": _ABSURD_FIGURES[(at * 3 + place) % 7]}[
            scenario
        ]
        for at in range(many)
    ]
    total = sum(one or 0 for one in values)
    return Line(
        series=0, name="", value=value, value2=EVIL if scenario == "absurd" else None, is_other=False, values=values,
        total=total, previous=[one and one * 0.9 for one in values], previous_total=total * 0.9,
    )  # fmt: skip


def _sessions(question: Sessions, window: Window, scenario: Scenario) -> SessionsAnswer:
    buckets = window.dates(question.interval)
    counts = [
        {"full": wave(at, 480), "empty": 0, "absurd": 10**14 if at == 3 else at % 2}[scenario]
        for at in range(len(buckets))
    ]
    values = {
        "full": ("desktop", "mobile", ""),
        "empty": (),
        "absurd": tuple(f"https://{EVIL}/{'r' * 900}{n}" for n in range(question.top)),
    }
    whole = sum(counts)
    groups = [_figures(value, whole // (at + 2)) for at, value in enumerate(values[scenario])]
    return SessionsAnswer(
        unit=question.unit, first=window.first, last=window.last, timezone=question.period.timezone,
        interval=question.interval, buckets=buckets, counts=counts,
        median_seconds=[37.0 * (at + 1) if n else None for at, n in enumerate(counts)], total=_figures(None, whole),
        groups=groups if question.breakdown else [],
    )  # fmt: skip


def _figures(value: str | None, sessions: int) -> SessionFigures:
    lasting = sessions > 0
    return SessionFigures(
        value=value, sessions=sessions, units=sessions // 3, median_seconds=312.0 if lasting else None,
        p90_seconds=1e9 if sessions > 10**9 else 4_120.0 if lasting else None, median_events=7.0 if lasting else None,
        single=sessions // 5, with_export=sessions // 9,
    )  # fmt: skip


def people(scenario: Scenario) -> People:
    """Who is behind a bar."""
    absurd = scenario == "absurd"
    known = ABSURD if absurd else tuple((f"c-{n}", name) for n, name in enumerate(NAMES))
    last = (NOW - timedelta(days=2)).isoformat()
    items = [
        Person(id_, name, id_ * 3 if absurd else None, 10**12 if absurd else 40 - n, last)
        for n, (id_, name) in enumerate(known)
    ]
    return People(10**9 if absurd else len(items), items)
