"""What the page of alerts shows."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from milepost.alerts.keep import Alert, Concerned, PastIncident
from milepost.alerts.unusual import LEAST_WEEKS
from milepost.dashboard import format as fmt
from milepost.messages.destinations import Destination
from milepost.vocabulary import AlertKind

#: What an alert that is there from the start watches.
_WATCHED: Final[dict[AlertKind, str]] = {
    "at_risk": "Who comes to be at risk: far fewer active days than is usual for them.",
    "unusual": f"Whose last 7 days are unlike their own weeks before; of customers known for {LEAST_WEEKS + 1} weeks.",
    "silence": "Whether events come, as they usually do at these hours of the week.",
}


class Choice(msgspec.Struct, frozen=True):
    """Somebody who can be told, and whether they are."""

    value: str
    label: str
    chosen: bool


class Row(msgspec.Struct, frozen=True):
    """An alert. `watched`: what it looks at, in a sentence; `state`: how it is; `choices`: who can be told."""

    alert: Alert
    watched: str
    state: str
    told: str
    trouble: bool
    snoozed: bool
    choices: tuple[Choice, ...]

    @property
    def own(self) -> bool:
        """Whether somebody of the team made it."""
        return self.alert.kind in ("segment", "figure")


class Holding(msgspec.Struct, frozen=True):
    """An alert that holds, and of whom, the newest first."""

    row: Row
    customers: tuple[Concerned, ...]

    @property
    def more(self) -> int:
        return max(0, self.row.alert.customers - len(self.customers))


class Form(msgspec.Struct, frozen=True):
    """What was typed; `problem` is what is wrong with it."""

    kind: str = ""
    name: str = ""
    segment: str = ""
    report: str = ""
    way: str = "past"
    limit: str = ""
    problem: str = ""

    def problem_of(self, kind: str) -> str:
        return self.problem if self.kind == kind else ""


class AlertsPage(msgspec.Struct, frozen=True):
    """alerts/alerts.html. `nobody`: there is no destination that wants alerts."""

    holding: tuple[Holding, ...]
    rows: tuple[Row, ...]
    past: tuple[PastIncident, ...]
    segments: tuple[tuple[str, str], ...]
    reports: tuple[tuple[str, str], ...]
    form: Form
    nobody: bool

    @property
    def answer(self) -> str:
        """What is so just now."""
        open_ones = [one for one in self.holding if one.row.alert.acknowledged_at is None]
        if not self.holding:
            return "Nothing unusual just now."
        if not open_ones:
            return "Somebody looks after all that is unusual just now."
        names = fmt.plural(len(open_ones), "alert holds", "alerts hold")
        return f"{fmt.integer(len(open_ones))} {names} just now."


def row_of(alert: Alert, destinations: list[Destination], now: datetime) -> Row:
    """What the page says of an alert."""
    wants = [one for one in destinations if "alert.raised" in one.topics]
    chosen = None if alert.destinations is None else set(alert.destinations)
    told_to = [one.name for one in wants if chosen is None or one.destination_id in chosen]
    told = "nobody" if not told_to else ", ".join(told_to)
    snoozed = alert.is_snoozed(now)
    if not alert.active:
        state = "Switched off"
    elif alert.trouble:
        state = f"Cannot be looked at: {alert.trouble}"
    elif alert.checked_at is None:
        state = "Not looked at yet"
    elif not alert.holds:
        state = "All as usual"
    elif alert.says:
        state = "Holds"
    else:
        state = f"Holds of {fmt.integer(alert.customers)} {fmt.plural(alert.customers, 'customer')}"
    choices = tuple(
        Choice(str(one.destination_id), one.name, chosen is None or one.destination_id in chosen) for one in wants
    )
    trouble = bool(alert.trouble) and alert.active
    return Row(alert, _watched(alert), state, told, trouble, snoozed, choices)


def _watched(alert: Alert) -> str:
    match alert.kind:
        case "segment":
            return f"Who enters the segment {alert.segment}."
        case "figure" if alert.by_past:
            return f"Whether the last whole interval of {alert.report} is unlike those before it."
        case "figure":
            limit, way = (alert.below, "below") if alert.below is not None else (alert.above, "above")
            return f"Whether the last whole interval of {alert.report} is {way} {limit:,.6g}."
        case kind:
            return _WATCHED[kind]
