"""What somebody does in one visit of the simulated product: a tool, some of its sections, and what comes of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

import msgspec

from milepost.vocabulary import EventType

#: Of each tool: how often it is opened, its sections in their order, what is made in it, and its competency.
_TOOLS: Final[dict[str, tuple[int, tuple[str, ...], str, str]]] = {
    "icp-analysis": (4, ("product-details", "rating-framework", "personas", "summary"), "icp", "customer_intelligence"),
    "cost-calculator": (3, ("inputs", "pricing", "results", "report-generation"), "report", "value_communication"),
    "business-case": (2, ("outline", "assembly", "review", "export"), "business case", "sales_execution"),
    "resource-library": (2, ("search", "reading", "sharing"), "", "systematic_optimization"),
}
#: The chance that a visit gets as far, where health is 0; what is made may be exported, what is exported shared.
_MAKES, _EXPORTS, _SHARES, _MILESTONE = 0.4, 0.6, 0.4, 0.05
#: Seconds between two things somebody does.
_LEAST_PAUSE, _MOST_PAUSE = 15, 240


class Step(msgspec.Struct, frozen=True):
    """One thing that was done, `after` so many seconds. `metadata` is the event's."""

    event_type: EventType
    tool_id: str
    section: str
    competency: str
    after: int
    metadata: dict[str, object] = msgspec.field(default_factory=dict)


def visit(rng: random.Random, health: float) -> Iterator[Step]:
    """From opening a tool on. Healthier customers get further."""

    def step(event_type: EventType, section: str, **metadata: object) -> Step:
        return Step(event_type, tool, section, competency, rng.randint(_LEAST_PAUSE, _MOST_PAUSE), metadata)

    tool = rng.choices(list(_TOOLS), [weight for weight, *_ in _TOOLS.values()])[0]
    _, sections, makes, competency = _TOOLS[tool]
    far = rng.randint(1, len(sections))
    yield step("navigation", sections[0])
    for section in sections[:far]:
        yield step("tool_usage", section)
    if not makes:
        yield step("content_interaction", "reading")
        if rng.random() < _SHARES * _more(health):
            yield step("resource_share", "sharing", channel="email")
        return
    if far < len(sections) - 1 or rng.random() >= _MAKES * _more(health):
        return
    yield step("resource_generation", sections[-1], resource_type=makes, success=True)
    if rng.random() < _EXPORTS:
        yield step("export_action", sections[-1], export_type=rng.choice(("pdf", "pdf", "csv")))
        if rng.random() < _SHARES:
            yield step("resource_share", sections[-1], channel="link")
    if rng.random() < _MILESTONE:
        yield step("competency_milestone", sections[-1], professional_credibility=10, description=f"A {makes} in use")


def _more(health: float) -> float:
    """Between 0.5 and 1.5."""
    return min(1.5, max(0.5, 1 + health / 4))
