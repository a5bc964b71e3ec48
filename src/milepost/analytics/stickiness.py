"""Stickiness: on how many of the days people come."""

from __future__ import annotations

from typing import Literal

from milepost.analytics.asking import Answer, Question, Step


class Stickiness(Question, frozen=True, tag="stickiness", tag_field="question"):
    activity: Step = Step()
    interval: Literal["day", "week", "month"] = "day"


class StickinessAnswer(Answer, frozen=True):
    """`counts[n - 1]`: how many were active in exactly n of the intervals; as long as the period has intervals."""

    interval: str
    counts: list[int]
    active: int
    median: float | None
