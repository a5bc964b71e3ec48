"""Tool adoption: who uses which tool, and how deeply."""

from __future__ import annotations

import msgspec

from milepost.analytics.asking import Answer, Question


class Tools(Question, frozen=True, tag="tools", tag_field="question"):
    pass


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """`share`: of everybody active in the period, 0-1. `sections`: different ones used, the median over its units.
    `weekly`: units in each week of the period, oldest first. Days and events: medians over its units."""

    tool_id: str
    units: int
    share: float
    events: int
    sessions: int
    median_events: float
    median_days: float
    median_sections: float
    high_impact: int
    weekly: list[int]


class ToolsAnswer(Answer, frozen=True):
    """Most used first, then by id. `together[i][j]`: units that use both tool i and tool j."""

    active: int
    tools: list[ToolUse]
    together: list[list[int]]
