"""What the team does about a recommendation, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from milepost.coach.said import Why
from milepost.dashboard.format import short_date

#: Why one is dismissed, in the order they are offered.
WHYS: Final[dict[Why, str]] = {
    "not_relevant": "It does not fit this account",
    "not_true": "The reason is not true",
    "already_done": "They have done it already",
    "declined": "They do not want to",
    "other": "Another reason",
}
_BY_WORD: Final[Mapping[str, str]] = {str(why): words for why, words in WHYS.items()}


def act_in_words(metadata: Mapping[str, object], until: date | None) -> str:
    """An entry of the timeline: `metadata` has act, whom and why."""
    whom, why = metadata.get("whom"), _BY_WORD.get(str(metadata.get("why")), "")
    match metadata.get("act"):
        case "assign":
            return f"Handed over to {whom}" if whom else "Handed over to nobody"
        case "snooze":
            return f"Snoozed until {short_date(until)}" if until else "Snoozed"
        case "wake":
            return "No longer snoozed"
        case "done":
            return "Done"
        case "dismiss":
            return f"Dismissed: {why[:1].lower()}{why[1:]}" if why else "Dismissed"
        case "reopen":
            return "Opened again"
        case other:
            return str(other)
