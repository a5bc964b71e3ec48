"""Trends: a measure over time, broken down and compared with the days before."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from milepost.analytics.asking import Answer, FieldName, Interval, Question, Step

Measure = Literal["events", "units", "sessions", "time_on_page", "session_duration"]


class Trends(Question, frozen=True, tag="trends", tag_field="question"):
    """`time_on_page` and `session_duration` answer the `percentile` of their milliseconds (0.5 is the median)."""

    measure: Measure = "events"
    percentile: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5
    interval: Interval = "day"
    series: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=6)] = (Step(),)
    breakdown: FieldName | None = None
    #: How many values of the breakdown are shown, largest first; the rest are one value together (`other`).
    top: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8
    compare: bool = False


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the chart. `value` is the breakdown's ("" where an event has none); None without a breakdown."""

    series: int
    name: str
    value: str | None
    is_other: bool
    #: One a bucket. Counts are 0 where nothing happened; percentiles None.
    values: list[float | None]
    #: The measure over the whole period, not the sum of the buckets.
    total: float | None
    #: The same of as many days just before, bucket by bucket, when `compare` was asked.
    previous: list[float | None] | None = None
    previous_total: float | None = None


class TrendsAnswer(Answer, frozen=True):
    """`buckets`: the local start of each: a date, or for hours a time with its offset."""

    interval: Interval
    measure: Measure
    buckets: list[date | datetime]
    lines: list[Line]
