"""Every rule of a plan that its types cannot say."""

from __future__ import annotations

import msgspec

from milepost.plan import check_coach, game, predictions
from milepost.plan.ids import id_faults
from milepost.plan.model import Plan
from milepost.vocabulary import EVENT_TYPES, IMPACTS, MAX_NAME_LENGTH, MAX_RETENTION_DAYS


def faults(plan: Plan) -> list[tuple[str, str]]:
    """Every rule the types cannot say, as (path, what is wrong and how to mend it)."""
    found: list[tuple[str, str]] = []
    if plan.version != 1:
        found.append(("version", f"version {plan.version} is not known; this Milepost reads version 1"))
    competencies = [competency.id for competency in plan.competencies]
    stages = [stage.id for stage in plan.growth_stages]
    found += id_faults("competencies", competencies)
    found += id_faults("tools", [tool.id for tool in plan.tools])
    found += id_faults("growth_stages", stages)
    for index, tool in enumerate(plan.tools):
        if tool.competency is not None and tool.competency not in competencies:
            known = ", ".join(competencies)
            found.append(
                (
                    f"tools[{index}].competency",
                    f"{tool.competency!r} is not a competency of the plan; the known ones are {known}",
                )
            )
        for section in tool.key_sections:
            if section not in tool.sections:
                found.append((f"tools[{index}].key_sections", f"{section!r} is not among the tool's sections; add it"))
    for table, wanted, given in (
        ("points.base", EVENT_TYPES, plan.points.base),
        ("points.weight", IMPACTS, plan.points.weight),
    ):
        for word in wanted:
            if word not in given:
                found.append((table, f"{word} is missing; give it a whole number of points"))
        found += [(f"{table}.{k}", f"is {v}; points are 0 to 1000") for k, v in given.items() if not 0 <= v <= 1000]
    scoring = plan.scoring
    for key, value, low, high in (
        ("scoring.half_life_days", scoring.half_life_days, 1, 3650),
        ("scoring.saturation_points", scoring.saturation_points, 1, 1e9),
        ("scoring.consistency_half_life_weeks", scoring.consistency_half_life_weeks, 0.1, 520),
        ("scoring.recency_days", scoring.recency_days, 0.1, 3650),
        ("scoring.lately_half_life_days", scoring.lately_half_life_days, 0.1, 3650),
        ("scoring.habit_half_life_days", scoring.habit_half_life_days, 0.1, 3650),
        ("scoring.outcome_saturation", scoring.outcome_saturation, 0.1, 1e9),
        ("risk.active_weeks", plan.risk.active_weeks, 0, 8),
        ("risk.low_impact_share", plan.risk.low_impact_share, 0, 1),
        ("history.days", plan.history.days, 1, 3650),
        ("retention.days", plan.retention.days, 1, MAX_RETENTION_DAYS),
    ):
        if not low <= value <= high:
            found.append((key, f"is {value}; it takes {low:g} to {high:g}"))
    weights = msgspec.structs.asdict(scoring.components)
    if any(weight < 0 for weight in weights.values()) or sum(weights.values()) <= 0:
        found.append(("scoring.components", "weights are 0 or more, and at least one is above 0"))
    tools = list(plan.tool_names())
    for index, rule in enumerate(plan.events):
        if not 1 <= len(rule.name) <= MAX_NAME_LENGTH:
            found.append((f"events[{index}].name", f"takes 1 to {MAX_NAME_LENGTH} characters"))
        if rule.competency is not None and rule.competency not in competencies:
            known = ", ".join(competencies)
            message = f"{rule.competency!r} is not a competency of the plan; the known ones are {known}"
            found.append((f"events[{index}].competency", message))
        if rule.tool is not None and rule.tool not in tools:
            found.append((f"events[{index}].tool", f"{rule.tool!r} is not a tool of the plan; add it to [[tools]]"))
    for kind in ("customer", "person"):
        names = [one.name for one in plan.traits if one.of == kind]
        for index, one in enumerate(plan.traits):
            if one.of == kind and names.count(one.name) > 1:
                found.append((f"traits[{index}].name", f"{one.name!r} is declared twice for {kind}; keep one"))
    for index, one in enumerate(plan.traits):
        if not 1 <= len(one.name) <= MAX_NAME_LENGTH:
            found.append((f"traits[{index}].name", f"takes 1 to {MAX_NAME_LENGTH} characters"))
        if one.of == "person" and one.customer_sees:
            found.append((f"traits[{index}].customer_sees", "people's traits are never shown to customers; remove it"))
    found += check_coach.faults(
        plan.coach, plan.playbooks, list(plan.tool_names()), competencies, stages, plan.predictions.likelihoods
    )
    found += predictions.faults(plan.predictions)
    found += game.faults(plan.game, plan.badges, competencies, list(plan.tool_names()))
    return found
