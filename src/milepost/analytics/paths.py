"""Paths: what happens next after (or before) something."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from milepost.analytics.asking import Answer, FieldName, Question, Step


class Paths(Question, frozen=True, tag="paths", tag_field="question"):
    """The labels of the events after the first `anchor` (before the last one) of each session, `depth` of them.

    Without an anchor: from the session's beginning (to its end). The same label several times in a row is one step.
    Events without a session, or without a label, are left out. `per="unit"` takes all events of a unit as one run.
    """

    anchor: Step | None = None
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
    kind: Literal["label", "other", "end"]
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
