"""What the reference answers, and in what an answer departs from it."""

from __future__ import annotations

import math

import msgspec

from milepost.analytics.asking import Answer, Question
from milepost.analytics.funnel import Funnel
from milepost.analytics.lifecycle import Lifecycle
from milepost.analytics.paths import Paths, PathsAnswer
from milepost.analytics.retention import Retention
from milepost.analytics.sessions import Sessions
from milepost.analytics.stickiness import Stickiness
from milepost.analytics.tools import Tools
from milepost.analytics.trends import Trends
from tests.analytics.reference.events import World
from tests.analytics.reference.funnel import funnel
from tests.analytics.reference.lifecycle import lifecycle, stickiness
from tests.analytics.reference.paths import paths
from tests.analytics.reference.retention import retention
from tests.analytics.reference.sessions import sessions
from tests.analytics.reference.tools import tools
from tests.analytics.reference.trends import trends


def expected(world: World, question: Question) -> Answer:
    """The reference's answer."""
    return msgspec.structs.replace(_expected(world, question), traits=question.traits)


def _expected(world: World, question: Question) -> Answer:
    match question:
        case Trends():
            return trends(world, question)
        case Funnel():
            return funnel(world, question)
        case Retention():
            return retention(world, question)
        case Paths():
            return paths(world, question)
        case Lifecycle():
            return lifecycle(world, question)
        case Stickiness():
            return stickiness(world, question)
        case Tools():
            return tools(world, question)
        case Sessions():
            return sessions(world, question)
    raise TypeError(question)


def differences(answer: Answer, wanted: Answer) -> list[str]:
    """Where they differ, and how; nothing when they are the same but for the last bits of a float."""
    if type(answer) is not type(wanted):
        return [f"a {type(answer).__name__} instead of a {type(wanted).__name__}"]
    if isinstance(answer, PathsAnswer) and isinstance(wanted, PathsAnswer):
        # The order of nodes and links says nothing.
        places = _named(answer), _named(wanted)
        empty = {"nodes": list[object](), "links": list[object]()}
        told = msgspec.structs.replace(answer, **empty), msgspec.structs.replace(wanted, **empty)
        return [*_differing(places[0], places[1], ""), *_differing(_plain(told[0]), _plain(told[1]), "")]
    return _differing(_plain(answer), _plain(wanted), "")


def _plain(value: object) -> object:
    plain: object = msgspec.to_builtins(value)
    return plain


def _named(answer: PathsAnswer) -> dict[str, object]:
    """Nodes and links by what they stand for. What the anchor and the ends are called is for people."""
    names = [(node.step, node.kind, node.label if node.step and node.kind == "label" else "") for node in answer.nodes]
    nodes = {str(name): node.count for name, node in zip(names, answer.nodes, strict=True) if node.count}
    links = {f"{names[link.source]} -> {names[link.target]}": link.count for link in answer.links if link.count}
    twice = len(set(names)) != len(names)
    return {"nodes": nodes, "links": links, "twice": twice}


def _differing(found: object, wanted: object, where: str) -> list[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            line
            for key in {**wanted, **found}
            # A step without a name may be given one for people.
            if not (key == "name" and wanted.get(key) == "")
            for line in _differing(found.get(key), wanted.get(key), f"{where}.{key}")
        ]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(found, wanted, strict=True))
        return [line for place, (one, other) in pairs for line in _differing(one, other, f"{where}[{place}]")]
    if (
        isinstance(wanted, int | float)
        and isinstance(found, int | float)
        and isinstance(wanted, bool) is isinstance(found, bool)
    ):
        return [] if math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-12) else [f"{where}: {found}, not {wanted}"]
    return [] if found == wanted else [f"{where}: {found!r}, not {wanted!r}"]
