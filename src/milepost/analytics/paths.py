"""Paths: what happens next after (or before) something."""

from __future__ import annotations

from collections import Counter
from string import Template
from typing import Annotated, Literal

import msgspec

from milepost.analytics.asking import Answer, EventKind, FieldName, People, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.context import Store
from milepost.analytics.packing import hashed, packed, texts
from milepost.analytics.people import people
from milepost.analytics.places import PathsPlace
from milepost.errors import InvalidRequest
from milepost.store.queries import load

Kind = Literal["label", "other", "end"]

_SQL = load("milepost.analytics", "paths.sql")
_LOW_CARDINALITY = frozenset(
    {
        "event_type", "tool_id", "tool_section", "business_impact", "competency_area", "current_arr", "target_arr",
        "growth_stage", "device_type", "browser", "referrer_source",
    }
)  # fmt: skip
_ORDER: dict[Kind, int] = {"label": 0, "other": 1, "end": 2}


class Paths(Question, frozen=True, tag="paths", tag_field="question"):
    """The labels of the events after the first `anchor` (before the last one) of each session, `depth` of them.

    Without an anchor: from the session's beginning (to its end). The same label several times in a row is one step.
    Events without a session, or without a label, are left out. `per="unit"` takes all events of a unit as one run.
    """

    anchor: EventKind | None = None
    direction: Literal["next", "previous"] = "next"
    label: FieldName = "tool_id"
    per: Literal["session", "unit"] = "session"
    depth: Annotated[int, msgspec.Meta(ge=1, le=6)] = 4
    #: Labels shown at each step, most frequent first; the rest are one node.
    top: Annotated[int, msgspec.Meta(ge=1, le=20)] = 6


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """`step` 0 is the anchor (or the beginning). `kind`: `other` are the rest, `end` had nothing further."""

    step: int
    label: str
    kind: Kind
    count: int


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """From a node at step n to one at step n+1, by their places in `nodes`."""

    source: int
    target: int
    count: int


class PathsAnswer(Answer, frozen=True):
    """`runs`: how many sessions (or units) have the anchor; each is counted once at every step it reaches."""

    direction: Literal["next", "previous"]
    per: Literal["session", "unit"]
    runs: int
    nodes: list[Node]
    links: list[Link]


class _Way(msgspec.Struct, frozen=True):
    """A question on its way: which events are in runs, which run an event is of, and each run's path."""

    events: str
    run: str
    paths: str
    texts: str


async def answer(store: Store, question: Paths) -> PathsAnswer:
    """Raises what `Compiler.of` and `Reader.query` raise."""
    compiler = await Compiler.of(store, question)
    way = await _way(compiler, question)
    links = await compiler.rows(
        tuple[int, Kind, str, Kind, str, int],
        _SQL["links"],
        texts=way.texts,
        paths=way.paths,
        depth=str(question.depth),
        top=str(question.top),
    )
    counts: Counter[tuple[int, Kind, str]] = Counter()
    for step, kind, label, to_kind, to_label, runs in links:
        counts[step, to_kind, to_label] += runs
        if step == 1:
            counts[0, kind, label] += runs
    order = sorted(counts, key=lambda node: (node[0], _ORDER[node[1]], -counts[node], node[2]))
    places = {node: place for place, node in enumerate(order)}
    beginning = question.anchor.name if question.anchor else ""
    return PathsAnswer(
        unit=question.unit,
        first=compiler.window.first,
        last=compiler.window.last,
        timezone=question.period.timezone,
        direction=question.direction,
        per=question.per,
        runs=counts[0, "label", ""],
        nodes=[
            Node(step=step, kind=kind, label=label if step else beginning, count=counts[step, kind, label])
            for step, kind, label in order
        ],
        links=sorted(
            (
                Link(source=places[step - 1, kind, label], target=places[step, to_kind, to_label], count=runs)
                for step, kind, label, to_kind, to_label, runs in links
            ),
            key=lambda link: (link.source, link.target),
        ),
    )


async def who(store: Store, question: Paths, place: PathsPlace) -> People:
    """Units with a run through a node; `events` are those of the runs.

    Raises InvalidRequest where the answer has no such node.
    """
    compiler = await Compiler.of(store, question)
    way = await _way(compiler, question)
    condition = "1"
    if place.step:
        found = await answer(store, question)
        at_step = [node for node in found.nodes if node.step == place.step]
        labels = [node.label for node in at_step if node.kind == "label"]
        wanted = place.label if place.kind == "label" else ""
        if not any(
            node.kind == place.kind and (node.label if node.kind == "label" else "") == wanted for node in at_step
        ):
            raise InvalidRequest("The answer has no such node.", field="place.step")
        if place.kind == "end":
            condition = f"length(path) = {place.step - 1}"
        else:
            shown = [wanted] if place.kind == "label" else labels
            among = (
                f"has(arrayMap(text -> {hashed('text')}, {compiler.bind(shown, 'Array(String)')}), path[{place.step}])"
            )
            condition = f"length(path) >= {place.step} and {'' if place.kind == 'label' else 'not '}{among}"
    runs = Template(_SQL["through"]).substitute(paths=way.paths, condition=condition)
    return await people(compiler, compiler.units(f"{way.events} and {way.run} in ({runs})"))


async def _way(compiler: Compiler, question: Paths) -> _Way:
    label = await compiler.value(question.label, "label")
    run, somebody = ("session", "session != 0") if question.per == "session" else (compiler.unit, compiler.somebody)
    anchor = await compiler.kind(question.anchor, "anchor") if question.anchor else None
    # An anchor begins the run whether or not it has a label.
    said = f"{label} != ''" if anchor is None else f"({label} != '' or {anchor})"
    number = hashed(label)
    if anchor is not None:
        number = f"if({label} = '', 0, {number}) + toUInt8({anchor})"
    events = f"{compiler.during} and {somebody} and {said}"
    sort = "arraySort" if question.direction == "next" else "arrayReverseSort"
    labels = f"arrayMap(one -> toUInt64(one), {sort}(groupArray({packed(number)})))"
    path, counts = f"arraySlice(arrayCompact(labels), 1, {question.depth})", "1"
    if anchor is not None:
        after = "arraySlice(labels, arrayFirstIndex(one -> bitTest(one, 0), labels))"
        plain = f"arrayMap(one -> bitAnd(one, {(1 << 64) - 2}), {after})"
        said_ones = f"arrayFilter((one, place) -> one != 0 or place = 1, {plain}, arrayEnumerate({plain}))"
        path, counts = f"arraySlice(arrayCompact({said_ones}), 2, {question.depth})", "max(toUInt8(" + anchor + "))"
    paths = Template(_SQL["paths"]).substitute(run=run, labels=labels, path=path, events=events, counts=counts)
    # Which texts there are is read from a short list where there is one, else from the events of the period.
    known = f"{label} != ''" + ("" if question.label in _LOW_CARDINALITY else f" and {compiler.during}")
    return _Way(events, run, paths, texts(label, known))
