"""How some customers changed in 28 days: their score, and their active days against their own past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from milepost.insights.at_risk import RECENT, against_own_past
from milepost.plan.predictions import GOES_QUIET
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.insights", "changes.sql")
#: Days over which the score is compared.
DAYS = RECENT


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """As of the last settling. `score_before`: 0-100, at the end of the UTC day 28 days ago; None: not enough data
    then, or not known. None of the days: too little of a past. `predicted`: by target, a probability (0 to 1) or a
    score.
    """

    score_before: float | None = None
    active_days: int | None = None
    usual_days: float | None = None
    predicted: dict[str, float] = {}

    @property
    def going_quiet(self) -> float | None:
        """How likely, 0 to 1; None: not predicted."""
        return self.predicted.get(GOES_QUIET)

    @property
    def against_own_past(self) -> str:
        """'Active on 12 days in the last 28; usually on 4.'; "" where there is too little of a past."""
        if self.active_days is None or self.usual_days is None:
            return ""
        return against_own_past(self.active_days, self.usual_days)

    def of_score(self, score: float | None) -> float | None:
        """Points that the score went up by; None where either is not known."""
        return None if score is None or self.score_before is None else score - self.score_before


NOT_KNOWN = Change()


async def changes_of(
    connection: DictConnection, customers: Sequence[str], *, now: datetime, targets: Sequence[str] = (GOES_QUIET,)
) -> dict[str, Change]:
    """By customer; of one never settled nothing is known but what is predicted, of these `targets`."""
    values = {"customers": list(customers), "today": now.date(), "targets": list(targets)}
    rows = await (await connection.execute(_SQL["changes"], values)).fetchall()
    return {str(row["customer_id"]): msgspec.convert(row, Change) for row in rows}
