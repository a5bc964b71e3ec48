"""Sessions: how many, how long, how much happens in them, and where they come from."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from milepost.analytics.asking import Answer, Question

SessionBreakdown = Literal["device_type", "browser", "referrer_source", "primary_tool", "landing_page"]


class Sessions(Question, frozen=True, tag="sessions", tag_field="question"):
    """A session is a customer's events of one session id; it belongs to the bucket of its first event in the period."""

    interval: Literal["day", "week", "month"] = "day"
    breakdown: SessionBreakdown | None = None
    top: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8


class SessionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the first to the last event; `single`: sessions of one event."""

    value: str | None
    sessions: int
    units: int
    median_seconds: float | None
    p90_seconds: float | None
    median_events: float | None
    single: int
    with_export: int


class SessionsAnswer(Answer, frozen=True):
    interval: str
    buckets: list[date]
    counts: list[int]
    median_seconds: list[float | None]
    total: SessionFigures
    #: By the breakdown's value (of the session's first event; the most used tool), most sessions first.
    groups: list[SessionFigures]
