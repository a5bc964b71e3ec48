"""What a life is derived with; the rules are in life.sql."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from milepost.plan.coach import Coach
from milepost.store.queries import load

_SQL = load("milepost.coach", "life.sql")
DERIVE: LiteralString = _SQL["derive"]


def asked(customers: Sequence[str], coach: Coach, now: datetime) -> dict[str, Any]:
    """The parameters of DERIVE."""
    return {
        "customers": list(customers),
        "now": now,
        "today": now.astimezone(UTC).date(),
        "measure_days": coach.measure_days,
        "moved_up_share": coach.moved_up.share,
        "moved_up_points": coach.moved_up.points,
    }


def expires_at(coach: Coach, now: datetime) -> datetime:
    """When a recommendation made now is no longer shown."""
    return now + timedelta(days=coach.expire_days)
