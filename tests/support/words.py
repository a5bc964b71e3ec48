"""The default plan's words, for tests that need some that are planned."""

from __future__ import annotations

from typing import Final

from milepost.plan import load_plan

_PLAN = load_plan()
TOOLS: Final = tuple(tool.id for tool in _PLAN.tools)
COMPETENCIES: Final = tuple(competency.id for competency in _PLAN.competencies)
GROWTH_STAGES: Final = tuple(stage.id for stage in _PLAN.growth_stages)
