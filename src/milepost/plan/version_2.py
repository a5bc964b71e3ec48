"""A plan that was written for version 2 of the scores, read as one for version 3. docs/scores.md says how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

#: The weights that a plan of version 2 had where it said nothing.
_WEIGHTS: Final = {"competencies": 20, "breadth": 10, "consistency": 40, "recency": 25, "momentum": 5, "outcomes": 20}
#: The part that is gone; those that it, consistency and recency are now, and how these share what those weighed.
_GONE: Final = "momentum"
_FACT: Final = "part.momentum"
_SHARES: Final = {"consistency": 30, "lately": 20, "recency": 25, "habit": 15}
_NEW: Final = ("lately", "habit")
#: Parameters that no formula has any more.
OLD_PARAMETERS: Final = ("recency_half_life_days", "dead_band", "trend_min_points")


def as_version_3(document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The plan's document without what was version 2's, and what was done about it, a sentence each."""
    found, said = _scored(document)
    kept = kept_playbooks(document)
    playbooks = document.get("playbooks")
    if not isinstance(playbooks, list) or len(kept) == len(playbooks):
        return found, said
    gone = [one for place, one in enumerate(playbooks) if place not in kept]
    said += [
        f"the playbook {one.get('id', '')!r} asks for {_FACT}, a part of version 2 of the scores: it is set aside."
        " Change what it asks for, or remove it."
        for one in gone
    ]
    return {**found, "playbooks": [playbooks[place] for place in kept]}, said


def kept_playbooks(document: Mapping[str, Any]) -> list[int]:
    """The places of the playbooks that ask for nothing of version 2's."""
    playbooks = document.get("playbooks")
    each = playbooks if isinstance(playbooks, list) else []
    return [place for place, one in enumerate(each) if not (isinstance(one, dict) and _names_it(one))]


def _names_it(said: object) -> bool:
    """Whether a playbook asks for the part that is gone, or its words tell it."""
    if isinstance(said, Mapping):
        return any(map(_names_it, said.values()))
    if isinstance(said, list):
        return any(map(_names_it, said))
    return isinstance(said, str) and (said == _FACT or f"{{{_FACT}}}" in said)


def _scored(document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    scoring = document.get("scoring")
    if not isinstance(scoring, dict):
        return document, []
    said = [
        f"scoring.{name} is of version 2 of the scores and counts for nothing: remove it."
        for name in OLD_PARAMETERS
        if name in scoring
    ]
    left = {key: value for key, value in scoring.items() if key not in OLD_PARAMETERS}
    parts = scoring.get("components")
    if isinstance(parts, dict) and _GONE in parts:
        left["components"], told = _parts(parts)
        said.append(f"scoring.components.{_GONE} is a part of version 2 of the scores: {told}")
    return {**document, "scoring": left}, said


def _parts(parts: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    was = {**_WEIGHTS, **parts}
    if any(name in parts for name in _NEW):
        return {name: weight for name, weight in parts.items() if name != _GONE}, "it counts for nothing, remove it."
    if was == _WEIGHTS:
        return {}, "the weights are those it came with, and those of version 3 take their place."
    behaviour = [was[name] for name in ("consistency", "recency", _GONE)]
    if not all(isinstance(weight, int | float) for weight in behaviour):
        # The plan's types say so.
        return dict(parts), "remove it."
    new = {name: round(sum(behaviour) * share / sum(_SHARES.values()), 2) for name, share in _SHARES.items()}
    others = {name: weight for name, weight in was.items() if name not in (*_SHARES, _GONE)}
    there = ", ".join(f"{name} = {weight:g}" for name, weight in new.items())
    return {**others, **new}, f"what it, consistency and recency weighed together is read as {there}."
