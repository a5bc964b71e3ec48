"""Situations, next steps, and what was learned of them, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from milepost.coach.said import Difference, Lesson, percentage_points
from milepost.plan import Plan

#: Scores are looked at in bands of twenty: 0 is below 20, 4 is 80 and above.
BAND_WIDTH: Final = 20
TOP_BAND: Final = 4


class NextStep(NamedTuple):
    """A candidate next step: a tool of the plan, or a kind of event that is counted."""

    key: str
    event_type: str | None
    tool: str | None
    action: str
    did: str
    """What somebody did who took it, as in "customers who ..."."""


_KINDS: Final = (
    ("export_action", "Export a result", "exported a result"),
    ("resource_generation", "Create a resource of your own", "made a resource"),
    ("resource_share", "Share a resource with a decision-maker", "shared a resource"),
    ("competency_milestone", "Reach a milestone and record it", "recorded a milestone"),
)


def next_steps(plan: Plan) -> dict[str, NextStep]:
    """Every candidate next step by its key, which is also what a recommendation of it asks for."""
    tools = [
        NextStep(f"tool:{tool}", None, tool, f"Use {name}", f"used {name}") for tool, name in plan.tool_names().items()
    ]
    kinds = [NextStep(f"do:{kind}", kind, None, action, did) for kind, action, did in _KINDS]
    return {step.key: step for step in [*tools, *kinds]}


def band_of(score: float) -> int:
    """The band of a score of 0 to 100."""
    return max(0, min(int(score // BAND_WIDTH), TOP_BAND))


def band_in_words(band: int) -> str:
    return f"{band * BAND_WIDTH} to {(band + 1) * BAND_WIDTH}"


def competency_name(plan: Plan, competency: str) -> str:
    return plan.competency_names().get(competency, competency)


def lesson(row: Mapping[str, Any], plan: Plan) -> Lesson:
    """A row of milepost.coach_learned in words."""
    step = next_steps(plan).get(row["step"]) or _gone(row["step"])
    situation = f"Health {band_in_words(row['band'])}, weakest in {competency_name(plan, row['competency'])}"
    return Lesson(
        situation=situation,
        step=step.action,
        tool_id=step.tool,
        did=row["did"],
        did_share=row["did_moved_up"] / row["did"],
        did_not=row["did_not"],
        did_not_share=row["did_not_moved_up"] / row["did_not"],
        moved_up=Difference(row["difference"], row["low"], row["high"]),
        says=in_words(row, step, "this situation"),
    )


def in_words(row: Mapping[str, Any], step: NextStep, situation: str) -> str:
    """The numbers as they are, and the difference between those who stood alike before."""
    points = percentage_points(row["difference"])
    return (
        f"Of {row['did']:,} customers in {situation} who {step.did} next, {_percent(row['did_moved_up'], row['did'])} "
        f"moved up in the month after; of {row['did_not']:,} who did not, "
        f"{_percent(row['did_not_moved_up'], row['did_not'])}. Compared like with like: {points} percentage points."
    )


def _percent(hits: int, n: int) -> str:
    return f"{100 * hits / n:.0f}%"


def _gone(key: str) -> NextStep:
    """A step of an earlier plan."""
    word = key.partition(":")[2]
    return NextStep(key, None, None, f"Use {word}", f"used {word}")
