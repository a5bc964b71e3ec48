"""Lifecycle: who is new, who stays, who came back, who went quiet."""

from __future__ import annotations

from datetime import date
from typing import Literal

from milepost.analytics.asking import Answer, Question, Step


class Lifecycle(Question, frozen=True, tag="lifecycle", tag_field="question"):
    """`activity`: the events that count as being active."""

    activity: Step = Step()
    interval: Literal["day", "week", "month"] = "week"


class LifecycleAnswer(Answer, frozen=True):
    """One number a bucket. new: active for the first time ever; returning: active now and in the interval before;
    resurrected: active now, not in the one before, not new; dormant: active in the one before, not now."""

    interval: str
    buckets: list[date]
    new: list[int]
    returning: list[int]
    resurrected: list[int]
    dormant: list[int]
