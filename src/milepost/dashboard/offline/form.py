"""The form for an offline action: what was typed, checked as the API checks it, with what is wrong said by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from milepost.dashboard.format import in_zone
from milepost.ingest.actions import ActionRow, accept_actions
from milepost.ingest.draft import Sender
from milepost.ingest.events import Rejection
from milepost.ingest.ids import new_id
from milepost.insights.customer import Action
from milepost.plan import Plan
from milepost.vocabulary import MAX_TEXT_LENGTH, MAX_WORD_LENGTH

#: The source of what is recorded by hand; nothing else may be changed here.
BY_HAND: Final = "dashboard"
FIELDS: Final = (
    "action_id", "action_type", "role", "at", "competency_area", "business_impact", "value", "currency", "description",
    "private", "zone",
)  # fmt: skip
#: What is offered to choose from; anything else may be typed.
SUGGESTIONS: Final = (
    "Call", "Workshop", "Meeting", "Training", "Proposal", "Deal won", "Renewal", "Upgrade", "Reference given",
)  # fmt: skip
_NUMBER = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?\Z")
#: The fields of an action by the name they have in the form, where that is another.
_IN_FORM: Final = {"timestamp": "at"}
#: What a fault means in a field, in the words of who fills it in.
_SAID: Final = {
    "action_type": f"Say what it was, in 1 to {MAX_WORD_LENGTH} characters.",
    "role": "Choose whether you did it or it came of it.",
    "at": "Give the day and the time, such as 2026-03-31T14:00.",
    "competency_area": "Choose a competency of the plan, or none.",
    "business_impact": "Choose low, medium or high.",
    "value": "Give a number without its currency, such as 12500.50.",
    "currency": "Give three letters, such as EUR.",
    "description": f"Keep it to {MAX_TEXT_LENGTH:,} characters.",
}
_SAID_BY_CODE: Final = {
    ("at", "time_too_far_ahead"): "This is more than a day ahead. Record it once it has happened.",
    ("at", "time_too_old"): "This is before the year 2000. Check the year.",
}


class ActionForm(msgspec.Struct, frozen=True):
    """`typed` is what stands in the fields, `errors` what is wrong with them, by field; "" is the whole form."""

    typed: Mapping[str, str]
    errors: Mapping[str, str] = msgspec.field(default_factory=dict)


class Checked(msgspec.Struct, frozen=True):
    """What a form came to: a row to store, or the form again with its errors."""

    form: ActionForm
    row: ActionRow | None


def blank(now: datetime, zone: tzinfo) -> ActionForm:
    """An empty form. Its id makes pressing twice store once."""
    typed = dict.fromkeys(FIELDS, "") | {"role": "intervention", "business_impact": "medium"}
    return ActionForm(typed | {"action_id": new_id(now), "at": _local(now, zone), "zone": str(zone)})


def of_action(action: Action, zone: tzinfo) -> ActionForm:
    """The form of an action that is there already."""
    value = "" if action.value is None else f"{action.value:f}".rstrip("0").rstrip(".")
    return ActionForm(
        {
            "action_id": str(action.action_id),
            "action_type": action.action_type,
            "role": action.role,
            "at": _local(action.timestamp, zone),
            "competency_area": action.competency_area or "",
            "business_impact": action.business_impact,
            "value": value,
            "currency": action.currency or "",
            "description": action.description or "",
            "private": "yes" if action.private else "",
            "zone": str(zone),
        }
    )


def check(typed: Mapping[str, str], customer_id: str, plan: Plan, *, now: datetime, kept: str = "") -> Checked:
    """Checks a form by the checks of `POST /v1/actions`, as often as it takes to know every field that is wrong.

    `kept` is a competency that is not in the plan but was there before.
    """
    errors: dict[str, str] = {}
    action = _action(typed, customer_id, errors)
    competencies = {competency.id for competency in plan.competencies} | {kept}
    if typed["competency_area"] and typed["competency_area"] not in competencies:
        errors["competency_area"] = _SAID["competency_area"]
    sender = Sender(plan=plan, received_at=now)
    for _ in FIELDS:
        accepted = accept_actions([msgspec.json.encode(action)], sender)
        if not accepted.rejected:
            row = accepted.rows[0]
            return Checked(ActionForm(typed, errors), None if errors else row)
        wrong = accepted.rejected[0]
        name = _IN_FORM.get(wrong.field or "", wrong.field or "")
        errors.setdefault(name, _words(name, wrong))
        if name not in FIELDS:
            break
        # With something harmless in its place, the check says what else is wrong.
        action |= {"action_type": "x"} if name == "action_type" else {}
        if name != "action_type":
            action.pop(wrong.field or "", None)
    return Checked(ActionForm(typed, errors), None)


def _action(typed: Mapping[str, str], customer_id: str, errors: dict[str, str]) -> dict[str, Any]:
    """The action as a sender of the API would write it; what is empty is left out."""
    action: dict[str, Any] = {
        "customer_id": customer_id,
        "action_type": typed["action_type"].strip(),
        "source": BY_HAND,
        "private": bool(typed.get("private")),
    }
    for name in ("action_id", "role", "competency_area", "business_impact", "description"):
        if text := typed[name].strip():
            action[name] = text
    if currency := typed["currency"].strip():
        action["currency"] = currency.upper()
    if value := typed["value"].strip().replace(" ", ""):
        # What is not a number goes on as it is, and is refused as it would be from any sender.
        action["value"] = float(value.replace(",", "")) if _NUMBER.match(value) else value
    at = _moment(typed["at"].strip(), zone_named(typed["zone"]))
    if at is None:
        errors["at"] = _SAID["at"]
    else:
        action["timestamp"] = at.isoformat()
    return action


def zone_named(name: str) -> tzinfo:
    """The zone the form's time is of: the one it was shown in, whatever the reader's is by now."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _moment(text: str, zone: tzinfo) -> datetime | None:
    if not _MOMENT.match(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return None


def _local(moment: datetime, zone: tzinfo) -> str:
    """As `<input type="datetime-local">` writes it."""
    return in_zone(moment, zone).strftime("%Y-%m-%dT%H:%M")


def _words(name: str, wrong: Rejection) -> str:
    return _SAID_BY_CODE.get((name, wrong.code)) or _SAID.get(name) or wrong.message
