"""Retention: of those who began in one interval, how many came back in the ones after."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from milepost.analytics.asking import Answer, Question, Step


class Retention(Question, frozen=True, tag="retention", tag_field="question"):
    """`first_time`: only who did `start` for the first time ever; `recurring`: everybody who did it in the interval.

    `bounded`: came back in just that interval; otherwise in that one or any later one of the period.
    """

    start: Step = Step()
    back: Step = Step()
    kind: Literal["first_time", "recurring"] = "first_time"
    interval: Literal["day", "week", "month"] = "week"
    intervals: Annotated[int, msgspec.Meta(ge=1, le=60)] = 12
    bounded: bool = True


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Those who began in one interval. `counts[k]`: how many came back k intervals later; `counts[0]` is `size`.

    None: that interval begins after the period. The last cell that is not None may still grow (`open_from`: its
    place, where the period's last day does not end its interval).
    """

    start: date
    size: int
    counts: list[int | None]
    open_from: int | None


class RetentionAnswer(Answer, frozen=True):
    """`average[k]`: everybody's share, over groups whose k-th interval is over; None where there is none."""

    interval: str
    groups: list[Group]
    average: list[float | None]
