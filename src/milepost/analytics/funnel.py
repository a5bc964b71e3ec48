"""Funnels: how many go from step to step within a time, how long it takes them, and who does not."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from milepost.analytics.asking import Answer, FieldName, Question, Step

Order = Literal["ordered", "strict", "any"]


class Funnel(Question, frozen=True, kw_only=True, tag="funnel", tag_field="question"):
    """`window_seconds` counts from the first step; a step exactly that late still counts."""

    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=2, max_length=8)]
    order: Order = "ordered"
    window_seconds: Annotated[int, msgspec.Meta(ge=1, le=366 * 86_400)] = 7 * 86_400
    #: By the value that the unit's first event of the first step (any order: of any step) has there.
    breakdown: FieldName | None = None
    top: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """One step: how many got here, and how long it took them from the step before (those who got here alone)."""

    name: str
    count: int
    #: Of those who reached the first step, and of those who reached the step before; 0-1, None of nobody.
    of_first: float | None
    of_previous: float | None
    #: Seconds from the step before; None for the first step, or where nobody got.
    median_seconds: float | None
    p90_seconds: float | None


class FunnelGroup(msgspec.Struct, frozen=True, kw_only=True):
    value: str | None
    is_other: bool
    steps: list[Reached]
    #: Seconds from the first to the last step.
    median_seconds: float | None


class FunnelAnswer(Answer, frozen=True):
    """`total` is everybody; `groups` one a value of the breakdown, largest first step first."""

    total: FunnelGroup
    groups: list[FunnelGroup]
