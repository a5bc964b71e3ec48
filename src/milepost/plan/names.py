"""What the names of events mean: rules of the plan, by name or by a pattern with `*`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache

import msgspec

from milepost.vocabulary import EVENT_TYPES, EventType, Impact

_WORD = re.compile(r"[^a-z0-9]+")


class NameMeans(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event of some name is, where its sender does not say; None is left to what is usual."""

    type: EventType | None = None
    tool: str | None = None
    competency: str | None = None
    impact: Impact | None = None


class EventRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[events]]`: what events of a name are. `*` in it stands for any characters; case does not matter."""

    name: str
    type: EventType | None = None
    tool: str | None = None
    competency: str | None = None
    impact: Impact | None = None


class EventRules:
    """The rules of a plan, in its order: the first that fits a name counts."""

    def __init__(self, rules: Sequence[EventRule], competencies: dict[str, str | None]) -> None:
        """`competencies`: of each tool the one that using it builds."""
        self._rules = [(re.compile(translate(rule.name.lower())), rule) for rule in rules]
        self._competencies = competencies
        self.of = lru_cache(maxsize=10_000)(self._of)

    def _of(self, name: str) -> NameMeans | None:
        """What the rules say of a name; a name that is one of our types means that type. None: nothing."""
        lower = name.lower()
        for pattern, rule in self._rules:
            if pattern.match(lower):
                competency = rule.competency or self._competencies.get(rule.tool or "")
                return NameMeans(rule.type, rule.tool, competency, rule.impact)
        word = _WORD.sub("_", lower).strip("_")
        kind = next((kind for kind in EVENT_TYPES if kind == word), None)
        return None if kind is None else NameMeans(type=kind)
