"""Changes of a plan's text that leave everything else in it as it was written, comments and order too.

Each is checked: what comes out must be the plan with that change and no other, however the text was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import tomlkit
from msgspec.structs import asdict, replace
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from milepost.errors import PlanError
from milepost.plan.load import parse_plan, read_otherwise
from milepost.plan.model import Components, Plan, Points, Tool
from milepost.plan.version_2 import OLD_PARAMETERS
from milepost.vocabulary import EventType, Impact

_NAME: Final = "the plan"
_HEADER: Final = re.compile(r"\s*\[\[?\s*([\w.\-]+)\s*\]\]?\s*(#.*)?\Z")


class Weights(msgspec.Struct, frozen=True):
    """What the page of the scores changes: points by type and by impact, and weights of the score's parts by name."""

    base: Mapping[EventType, int] = msgspec.field(default_factory=dict)
    impact: Mapping[Impact, int] = msgspec.field(default_factory=dict)
    parts: Mapping[str, float] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Weights:
        return cls(plan.points.base, plan.points.weight, asdict(plan.scoring.components))

    def __bool__(self) -> bool:
        return bool(self.base or self.impact or self.parts)

    def beside(self, plan: Plan) -> Weights:
        """Those of them that are others than the plan's."""
        now = Weights.of(plan)
        return Weights(
            {key: value for key, value in self.base.items() if now.base.get(key) != value},
            {key: value for key, value in self.impact.items() if now.impact.get(key) != value},
            {key: value for key, value in self.parts.items() if now.parts.get(key) != value},
        )


def with_tool(text: str, tool_id: str, *, name: str, competency: str | None) -> str:
    """The plan in which a tool is called so and builds this; it is added where there is none. Raises PlanError."""
    plan = parse_plan(text, _NAME)
    values = {"name": name, "competency": competency}
    index = next((k for k, tool in enumerate(plan.tools) if tool.id == tool_id), None)
    try:
        document = tomlkit.parse(text)
        if index is None:
            _add(document, {"id": tool_id, **{key: value for key, value in values.items() if value}})
            tools = (*plan.tools, Tool(tool_id, name, competency))
        else:
            _set(_at(document, "tools")[index], values)
            changed = replace(plan.tools[index], name=name, competency=competency)
            tools = (*plan.tools[:index], changed, *plan.tools[index + 1 :])
        return _checked(document.as_string(), replace(plan, tools=tools))
    except TOMLKitError as error:
        raise _not_here() from error


def without_tool(text: str, tool_id: str) -> str:
    """The plan without a tool. Raises PlanError, also where something else in it names the tool."""
    plan = parse_plan(text, _NAME)
    tools = tuple(tool for tool in plan.tools if tool.id != tool_id)
    if tools == plan.tools:
        raise PlanError(f"The plan has no tool {tool_id!r}.", field="tool")
    index = next(k for k, tool in enumerate(plan.tools) if tool.id == tool_id)
    try:
        document = tomlkit.parse(text)
        if isinstance(document["tools"], AoT):
            left = _without_block(text, "tools", index)
            # The last one gone, there are none: which has to be said, as a plan names its tools.
            left = left if tools else _with_empty_list(left)
        else:
            del _at(document, "tools")[index]
            left = document.as_string()
    except TOMLKitError as error:
        raise _not_here() from error
    return _checked(left, replace(plan, tools=tools))


def with_weights(text: str, weights: Weights) -> str:
    """The plan with these points and weights; what it says nothing of stays. Raises PlanError."""
    plan = parse_plan(text, _NAME)
    new = weights.beside(plan)
    try:
        document = tomlkit.parse(text)
        for path, numbers in (
            (("points", "base"), new.base),
            (("points", "weight"), new.impact),
            (("scoring", "components"), new.parts),
        ):
            if path[0] == "scoring" and numbers and any(one.startswith("scoring") for one in read_otherwise(text)):
                # Parts of an older version of the score go, and all of today's are said.
                _modernise(document, asdict(plan.scoring.components))
            if numbers:
                _set(_at(document, *path), {key: _short(value) for key, value in numbers.items()})
        points = Points({**plan.points.base, **new.base}, {**plan.points.weight, **new.impact})
        parts = Components(**{**asdict(plan.scoring.components), **new.parts})
        wanted = replace(plan, points=points, scoring=replace(plan.scoring, components=parts))
        return _checked(document.as_string(), wanted)
    except TOMLKitError as error:
        raise _not_here() from error


def _checked(text: str, wanted: Plan) -> str:
    if parse_plan(text, _NAME) != wanted:
        raise _not_here()
    return text


def _not_here() -> PlanError:
    return PlanError(
        "The plan is written in a way that this cannot be changed in by itself. Change its text, under Plan."
    )


def _at(document: Any, *path: str) -> Any:
    """A part of the document, which is made where it is missing."""
    for key in path:
        if key not in document:
            document[key] = tomlkit.table()
        document = document[key]
    return document


def _set(table: Any, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if value is None or value == "":
            table.pop(key, None)
        else:
            table[key] = value


def _modernise(document: Any, parts: Mapping[str, float]) -> None:
    scoring = _at(document, "scoring")
    for name in OLD_PARAMETERS:
        scoring.pop(name, None)
    there = _at(document, "scoring", "components")
    for name in [name for name in there if name not in parts]:
        del there[name]
    _set(there, {key: _short(value) for key, value in parts.items()})


def _add(document: Any, values: Mapping[str, Any]) -> None:
    """A tool behind the last one, before the comment that announces what comes next."""
    tools = _at(document, "tools")
    new = tomlkit.table() if isinstance(tools, AoT) else tomlkit.inline_table()
    for key, value in values.items():
        new.add(key, value)
    if not isinstance(tools, AoT):
        tools.append(new)
        return
    body = tools[-1].value.body
    announcing: list[Any] = []
    while body and body[-1][0] is None:
        announcing.insert(0, body.pop())
    tools[-1].add(tomlkit.nl())
    tools.append(new)
    tools[-1].value.body.extend(announcing)


def _without_block(text: str, table: str, index: int) -> str:
    """Without the index-th [[table]], but with the comments behind it: they announce what comes next."""
    lines = text.splitlines(keepends=True)
    headers = [number for number, line in enumerate(lines) if _HEADER.match(line.rstrip("\r\n"))]
    starts = [number for number in headers if re.match(rf"\s*\[\[\s*{table}\s*\]\]", lines[number])]
    if index >= len(starts):
        raise _not_here()
    start = starts[index]
    end = next((number for number in headers if number > start), len(lines))
    while lines[end - 1].lstrip().startswith("#") or not lines[end - 1].strip():
        end -= 1
    if end < len(lines) and not lines[end].strip():
        end += 1
    return "".join(lines[:start] + lines[end:])


def _with_empty_list(text: str) -> str:
    """`tools = []` at the top, where no table has begun yet."""
    return f"tools = []\n{text}"


def _short(value: float) -> int | float:
    return int(value) if value == int(value) else value
