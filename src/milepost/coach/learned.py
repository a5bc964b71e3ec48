"""Recommendations out of what was learned: what others in a customer's situation did next who moved up more often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from milepost.coach.facts import Known
from milepost.coach.lessons import band_in_words, band_of, competency_name, in_words, next_steps
from milepost.coach.playbooks import Offer
from milepost.coach.said import LEARNED, Evidence, percentage_points
from milepost.coach.wording import TeamText
from milepost.plan import Plan


class Lessons:
    """What was learned, by situation."""

    def __init__(self, rows: Sequence[dict[str, Any]], plan: Plan) -> None:
        """`rows`: of milepost.coach_learned, those that surely went together."""
        self._plan = plan
        self._steps = next_steps(plan)
        self._by_situation: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            if row["step"] in self._steps:
                self._by_situation[row["band"], row["competency"]].append(row)

    def __bool__(self) -> bool:
        return bool(self._by_situation)

    def offers(self, known: Known) -> list[Offer]:
        """What others did next that this customer has not done lately. Best first among themselves."""
        score, weakest = known.facts.get("current_scaling_score"), known.facts.get("weakest_competency")
        if not isinstance(score, float) or not isinstance(weakest, str):
            return []
        situation = band_of(score), weakest
        return [self._offer(row) for row in self._by_situation.get(situation, ()) if row["step"] not in known.recent]

    def _offer(self, row: dict[str, Any]) -> Offer:
        step, learned = self._steps[row["step"]], self._plan.coach.learned
        situation = f"{band_in_words(row['band'])}, weakest in {competency_name(self._plan, row['competency'])}"
        return Offer(
            source="learned",
            playbook=LEARNED,
            asks_for=step.key,
            rank=learned.priority + row["low"],
            title="What helped others like you",
            action=step.action,
            reason=in_words(row, step, "your situation"),
            evidence=[
                Evidence("Your situation", f"score {situation}"),
                Evidence("Difference", f"{percentage_points(row['difference'])} percentage points"),
                Evidence(
                    "95% interval",
                    f"{percentage_points(row['low'])} to {percentage_points(row['high'])} percentage points",
                ),
            ],
            cool_down_days=learned.cool_down_days,
            team=TeamText(
                f"Suggest to them: {step.action}",
                in_words(row, step, "the same situation"),
                f"Customers like you who {step.did} next did better more often in the month after. "
                "It may be worth a try for you, too.",
            ),
            tool_id=step.tool,
            competency=row["competency"],
            done_type=step.event_type,
            done_tool=step.tool,
        )
