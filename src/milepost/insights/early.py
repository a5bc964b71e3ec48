"""Why a customer has no score, as the team and the customer read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

#: Days since its first one from which a customer is scored, as milepost.insights_days has it.
SCORED_FROM: Final = 14


def why_no_score(score: float | None, first_event_at: datetime | None, now: datetime) -> str | None:
    """A sentence, or two; None where there is a score."""
    if score is not None:
        return None
    if first_event_at is None:
        return "No events yet."
    days = (now.astimezone(UTC).date() - first_event_at.astimezone(UTC).date()).days
    if days < SCORED_FROM:
        seen = {0: "today", 1: "yesterday"}.get(max(days, 0), f"{days} days ago")
        return f"Too early to say: first seen {seen}, and it takes {SCORED_FROM} days."
    return "Too little is known: less than a third of what it is made of has data."
