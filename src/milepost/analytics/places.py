"""Places in an answer: whoever clicks a bar asks who is behind it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from milepost.analytics.asking import QuestionPart
from milepost.vocabulary import MAX_WORD_LENGTH

Index = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class TrendsPlace(QuestionPart, frozen=True):
    """Units with an event of a line: in one bucket (its place in `buckets`), or None: in the whole period.

    Of a formula's line those of one of its series: 0 is A.
    """

    series: Index = 0
    bucket: Index | None = None
    #: The line's `value`, `value2` and `is_other`.
    value: str | None = None
    value2: str | None = None
    is_other: bool = False


class FunnelPlace(QuestionPart, frozen=True):
    """Units that reached a step (its place, from 0), or that reached it but not the next."""

    step: Index
    outcome: Literal["reached", "dropped"] = "reached"
    #: The group's `value` and `is_other`; None is the total.
    value: str | None = None
    is_other: bool = False


class RetentionPlace(QuestionPart, frozen=True):
    """Units of the group that began in the interval of `start`, and came back `k` intervals later (0: all of it)."""

    start: date
    k: Index = 0


class LifecyclePlace(QuestionPart, frozen=True):
    """Units in a state in one bucket (its place in `buckets`)."""

    bucket: Index
    state: Literal["new", "returning", "resurrected", "dormant"]


class StickinessPlace(QuestionPart, frozen=True):
    """Units active in exactly `n` intervals."""

    n: Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class ToolsPlace(QuestionPart, frozen=True):
    """Units that use a tool."""

    tool_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_WORD_LENGTH)]


class PathsPlace(QuestionPart, frozen=True):
    """Units with a run through a node, named as in the answer's `nodes`."""

    step: Index
    kind: Literal["label", "other", "end"] = "label"
    label: str = ""


class SessionsPlace(QuestionPart, frozen=True):
    """Units with a session in a bucket (None: the whole period), of one of the answer's groups (None: of all)."""

    bucket: Index | None = None
    value: str | None = None
