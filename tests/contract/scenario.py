"""A thousand Segment calls of all six kinds, and what must be stored of them: worked out here, not by the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

USERS = 40
COMPANIES = 7
#: Minutes between two events: every event is known again by its time.
STEP = timedelta(minutes=1)


@dataclass(frozen=True)
class Call:
    """One call of an SDK; `expected_type` is what it must become."""

    kind: str
    at: datetime
    expected_type: str
    user: str | None = None
    anonymous: str | None = None
    group: str | None = None
    previous: str | None = None
    name: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Expected:
    """What must be stored of a call: whose it is in the end, whatever its sender knew at the time."""

    customer: str
    user: str
    event_type: str


_TRACKS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("Report Exported", {"format": "pdf"}, "export_action"),
    ("Document Shared", {"with": "board"}, "resource_share"),
    ("Tool Opened", {"tool_id": "cost-calculator", "tool_section": "pricing"}, "tool_usage"),
    ("resource_generation", {"tool_id": "business-case", "success": True}, "resource_generation"),
    ("Competency Milestone", {"competency_area": "sales_execution"}, "competency_milestone"),
    ("Something Clicked", {"label": "ümläut ✓"}, "content_interaction"),
    ("scaling metric", {"current_arr": "$2M+", "growth_stage": "rapid_scaling"}, "scaling_metric"),
    ("Professional Action", {"business_impact": "high"}, "professional_action"),
    ("systematic_progression", {"nested": {"deep": [1, 2.5, None, True]}}, "systematic_progression"),
)


def thousand_calls(prefix: str) -> tuple[list[Call], dict[datetime, Expected]]:
    """40 users with 25 calls each: anonymous first, then known, in a group, and merged with a former self."""
    calls: list[Call] = []
    expected: dict[datetime, Expected] = {}
    # Whole minutes, so that no clock correction of the network's few milliseconds makes two the same.
    clock = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=3)
    for number in range(USERS):
        user, anonymous = f"{prefix}-user-{number}", f"{prefix}-anon-{number}"
        former, company = f"{prefix}-former-{number}", f"{prefix}-company-{number % COMPANIES}"
        story: list[tuple[str, str, dict[str, Any]]] = [
            (
                "page",
                "navigation",
                {"anonymous": anonymous, "name": "Pricing", "properties": {"url": "https://a.example/"}},
            ),
            ("page", "navigation", {"anonymous": anonymous, "name": "Docs"}),
            ("screen", "navigation", {"anonymous": anonymous, "name": "Home"}),
            ("track", "content_interaction", {"anonymous": anonymous, "name": "Signed Up"}),
            ("track", "export_action", {"user": former, "name": "Report Exported"}),
            ("page", "navigation", {"user": former, "name": "Old Home"}),
            ("identify", "navigation", {"user": user, "anonymous": anonymous, "traits": {"name": f"Ann {number}"}}),
        ]
        story += [("track", kind, {"user": user, "name": name, "properties": p}) for name, p, kind in _TRACKS]
        story += [
            ("group", "navigation", {"user": user, "group": company, "traits": {"name": company.title()}}),
            ("screen", "navigation", {"user": user, "name": "Settings"}),
            ("alias", "navigation", {"user": user, "previous": former}),
            ("track", "tool_usage", {"user": former, "name": "Late", "properties": {"tool_id": "icp-analysis"}}),
            ("page", "navigation", {"anonymous": anonymous, "name": "After"}),
            ("track", "export_action", {"user": user, "anonymous": anonymous, "name": "Report Exported"}),
            ("identify", "navigation", {"user": user, "traits": {"plan": "pro"}}),
            ("group", "navigation", {"user": user, "group": company, "traits": {"employees": 12}}),
            ("screen", "navigation", {"user": user, "anonymous": anonymous, "name": "End"}),
        ]
        assert len(story) == 25
        for kind, event_type, details in story:
            clock += STEP
            calls.append(Call(kind, clock, event_type, **details))
            expected[clock] = Expected(company, user, event_type)
    return calls, expected
