"""The sample data of the pages that change the plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from milepost.analytics.seen import SeenTool
from milepost.dashboard.settings.plan import ChangesPage, PlanPage, difference
from milepost.dashboard.settings.saving import PlanState
from milepost.dashboard.settings.scoring import ScoringPage, as_typed, scoring_page
from milepost.dashboard.settings.tools import ToolRow, ToolsPage, tools_page
from milepost.errors import PlanError
from milepost.insights.preview import Mover, Preview
from milepost.plan import load_plan, parse_plan
from milepost.plan.edit import Weights, with_tool
from milepost.plan.load import default_text
from milepost.store.saved_plans import SavedPlan

from .sample import ABSURD_NAMES, EVIL, NOW, Scenario

_TEXT: Final = default_text()
_BARE: Final = (
    "version = 1\ntools = []\ncompetencies = []\n" + _TEXT[_TEXT.index("[points.base]") :].partition("# -- Scores")[0]
)
_LONG: Final = "x" * 200


def _state(scenario: Scenario) -> PlanState:
    return PlanState("", 7, EVIL * 3) if scenario == "absurd" else PlanState("", 2)


def tools(scenario: Scenario) -> ToolsPage:
    if scenario == "empty":
        file = PlanState("/etc/milepost/milepost.toml", 0)
        return tools_page(parse_plan(_BARE, "it"), file, [], unseen="The column store is starting.")
    plan = load_plan()
    if scenario == "absurd":
        text = _TEXT
        for name in ABSURD_NAMES:
            text = with_tool(text, f"{_LONG[:100]}{len(text)}", name=name[:200], competency=None)
        plan = parse_plan(text, "it")
        seen = [SeenTool(name or EVIL, 10**12, 10**12, [EVIL] * 12) for name in (*ABSURD_NAMES, _LONG)]
        seen.append(SeenTool("icp-analysis", 10**12, 10**9, [_LONG] * 12))
        typed = ToolRow(_LONG, EVIL, problem=EVIL * 3, open=True)
        return tools_page(plan, _state(scenario), seen, opened="cost-calculator", typed=typed)
    seen = [
        SeenTool("icp-analysis", 120_400, 310, ["personas", "compare"]),
        SeenTool("budget-planner", 820, 41, ["inputs", "results"]),
        SeenTool("cost-calculator", 90_211, 280, ["inputs"]),
        SeenTool("Deal Room", 3, 1, []),
    ]
    return tools_page(plan, _state(scenario), seen, opened="cost-calculator")


def _movers(count: int, by: float) -> list[Mover]:
    names = ("Acme, Inc.", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Wonka", "Tyrell", "Cyberdyne")
    return [
        Mover(customer_id=names[k % 10].lower(), name=names[k % 10], old=50, new=50 + by - by * k / 12)
        for k in range(count)
    ]


def scoring(scenario: Scenario) -> ScoringPage:
    numbers = as_typed(Weights.of(load_plan()))
    if scenario == "empty":
        return scoring_page(PlanState("/etc/milepost/milepost.toml", 0), numbers)
    if scenario == "absurd":
        wrong = PlanError(f"the plan, line 9: points.base.navigation: {EVIL * 3}.", field="points.base.navigation")
        odd = dict.fromkeys(numbers, "9" * 30)
        return scoring_page(_state(scenario), odd, wrong=wrong, problem=EVIL, moving=10**12, done=True)
    found = Preview(customers=2210, moved=312, gained=3, lost=1, rising=_movers(10, 14), falling=_movers(4, -9))
    said = ("Used a tool: 3 points, not 2", "Recency: weight 40, not 25")
    return scoring_page(_state(scenario), numbers, found=found, points=True, said=said)


def _history(scenario: Scenario) -> tuple[SavedPlan, ...]:
    if scenario == "empty":
        return ()
    if scenario == "absurd":
        return tuple(
            SavedPlan(saved_plan_id=200 - k, saved_at=NOW, saved_by="x" * 308 + "@example.com", change=EVIL * 3)
            for k in range(40)
        )
    return (
        SavedPlan(saved_plan_id=2, saved_at=NOW - timedelta(hours=3), saved_by="dana@example.com",
                  change="Renamed the tool cost-calculator: Cost Calculator is Value Calculator now."),
        SavedPlan(saved_plan_id=1, saved_at=NOW - timedelta(days=9), saved_by="sam@example.com",
                  change="Recency: weight 25, not 20"),
    )  # fmt: skip


def plan(scenario: Scenario) -> PlanPage:
    if scenario == "empty":
        return PlanPage(PlanState("/etc/milepost/milepost.toml", 0), _TEXT, "Default plan", 0, ())
    if scenario == "absurd":
        lines = tuple(difference("", _LONG * 9 + f"\n{EVIL}" * 50))
        problem = "the plan, line 1: " + EVIL * 3
        return PlanPage(
            _state(scenario), EVIL * 900, _LONG, 199, _history(scenario), EVIL, problem, _LONG * 3, "", lines
        )
    text = _TEXT.replace("Cost Calculator", "Value Calculator")
    checked = "No mistakes: 4 tools, 4 competencies, 8 playbooks. Nothing is saved yet."
    lines = tuple(difference(_TEXT, text))
    return PlanPage(
        _state(scenario), text, "Default plan", 2, _history(scenario), "Another name", checked=checked, difference=lines
    )


def changes(scenario: Scenario) -> ChangesPage:
    if scenario == "empty":
        return ChangesPage(0, 0, (), ())
    after = EVIL * 20 if scenario == "absurd" else _TEXT.replace("Cost Calculator", "Value Calculator")
    return ChangesPage(1, 2, tuple(difference(_TEXT, after)), _history(scenario))
