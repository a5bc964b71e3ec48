"""A client that knows nothing of Milepost: it picks a tool by the words of its description, and fills its arguments by
the words of its schema. Where both are clear enough for this, a model finds its way too."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec
from jsonschema import Draft202012Validator
from mcp.client.client import Client
from mcp_types import Tool

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLURAL: Final = re.compile(r"(?<=\w{3})s$")


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`find`: what is wanted, in a person's words. `give`: values, by words for what they are; `$name` is what an
    earlier step took. `take`: where in the answer the value is, kept as `keep`."""

    find: str
    take: str
    give: dict[str, Any] = {}
    keep: str = ""


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A written question, and its known answer; days are of the data's own calendar."""

    asks: str
    answer: Any
    steps: list[Step]


class Scripted:
    """`moved`: how far the demo's days are from the data's own."""

    def __init__(self, client: Client, tools: Sequence[Tool], moved: timedelta) -> None:
        self._client, self._moved = client, moved
        self._tools = {tool.name: tool for tool in tools}
        self._texts = {tool.name: _words(f"{tool.name} {tool.title} {tool.description}") for tool in tools}
        self._rare = _rarity(list(self._texts.values()))

    async def solve(self, asked: Asked) -> Any:
        kept: dict[str, Any] = {}
        found: Any = None
        for step in asked.steps:
            tool = self._tools[self.pick(step.find)]
            arguments = self._fill(tool, {what: self._value(value, kept) for what, value in step.give.items()})
            answer = await self._client.call_tool(tool.name, arguments)
            assert not answer.is_error, (asked.asks, tool.name, answer.content)
            try:
                found = _at(answer.structured_content["answer"], step.take)
            except (LookupError, StopIteration, ValueError, TypeError):
                return f"nothing at {step.take} of {str(answer.structured_content['answer'])[:500]}"
            kept[step.keep] = found
        return found

    def pick(self, find: str) -> str:
        """The tool whose description has most of the words, those that few have counting most."""
        wanted = set(_words(find))

        def fits(name: str) -> float:
            text = self._texts[name]
            return sum(self._rare.get(word, 0) for word in wanted if word in text) / (1 + 0.05 * math.log(len(text)))

        return max(self._tools, key=fits)

    def _fill(self, tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
        properties = tool.input_schema["properties"]
        texts = {
            name: _words(f"{name} {name} {msgspec.json.encode(part).decode()}") for name, part in properties.items()
        }
        rare = _rarity(list(texts.values()))
        arguments = {}
        for what, value in given.items():
            wanted = _words(what)
            name = what if what in properties else max(
                texts, key=lambda one: sum(rare.get(word, 0) * (word in texts[one]) for word in wanted)
            )  # fmt: skip
            arguments[name] = value
        Draft202012Validator(tool.input_schema).validate(arguments)
        return arguments

    def _value(self, value: Any, kept: Mapping[str, Any]) -> Any:
        if isinstance(value, dict):
            return {name: self._value(one, kept) for name, one in value.items()}
        if isinstance(value, list):
            return [self._value(one, kept) for one in value]
        if isinstance(value, str) and value.startswith("$"):
            return kept[value[1:]]
        if isinstance(value, str) and _DAY.fullmatch(value):
            return (date.fromisoformat(value) + self._moved).isoformat()
        return value


def _words(text: str) -> Counter[str]:
    return Counter(_PLURAL.sub("", word) for word in re.findall(r"[a-z0-9]+", text.lower().replace("_", " ")))


def _rarity(texts: list[Counter[str]]) -> dict[str, float]:
    every = Counter(word for text in texts for word in text)
    return {word: math.log((1 + len(texts)) / count) for word, count in every.items()}


def _at(value: Any, path: str) -> Any:
    """`items.0.name`; `[field=value]` is the first of a list that has it; `#` is a length."""
    for part in filter(None, path.split("/")):
        if part == "#":
            value = len(value)
        elif part.startswith("["):
            field, _, wanted = part.strip("[]").partition("=")
            value = next(one for one in value if str(one.get(field)) == wanted)
        elif part.endswith("*"):
            value = [one[part[:-1]] for one in value]
        elif part.startswith("~"):
            value = part[1:] in value
        else:
            value = value[int(part)] if isinstance(value, list) else value[part]
    return value
