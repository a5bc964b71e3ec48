"""What the team reads of a recommendation where the plan has no text for it: a playbook's conditions as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from milepost.coach.facts import Known, Value
from milepost.coach.filling import fill, in_words, one, times, verb
from milepost.plan.coach import Condition, EventsCondition, Kind, Playbook

#: How often something was done, ever: what is said of it, and where it never was.
_COUNTS: Final = {
    "total_exports_generated": ("exported", "has exported nothing yet"),
    "total_resources_created": ("made a resource", "has made no resource yet"),
    "total_resources_shared": ("shared a resource", "has shared nothing yet"),
    "total_milestones": ("recorded a milestone", "has recorded no milestone yet"),
}
#: Other facts.
_SAID: Final = {
    "days_since_last_activity": "quiet for {value} days",
    "days_since_first_event": "started {value} days ago",
    "days_since_last_action": "{value} days since anything was recorded offline",
    "total_events": "{value} events in all",
    "active_days_28": "active on {value} days in the last 28",
    "usual_active_days": "usually active on {value} days in 28",
    "active_weeks": "active in {value} of the last 8 weeks",
    "tools_used": "has used {value} tools so far",
    "tools_30": "used {value} tools in 30 days",
    "points_28": "{value} points in 28 days",
    "points_last_14_days": "{value} points in 14 days",
    "professional_credibility_trend": "activity is {value}",
    "low_impact_share": "{value} of what they did in 28 days had little impact",
    "current_scaling_score": "a score of {value}",
    "weakest_score": "the weakest competency at {value} of 100",
    "untried_tool": "has not tried {value}",
}
_FLAGS: Final = {
    "inconsistent_system_usage": ("uses the product irregularly", "uses the product regularly"),
    "low_business_impact_actions": ("mostly does what has little impact", "does what has an impact"),
}


class TeamText(NamedTuple):
    """What the team reads of a recommendation: what to do, why, and words for the customer."""

    action: str
    reason: str
    words: str


NO_TEXT: Final = TeamText("", "", "")


def team_text(
    playbook: Playbook,
    known: Known,
    kinds: Mapping[str, tuple[Kind, str]],
    tools: Mapping[str, str],
    *,
    action: str,
    reason: str,
) -> TeamText:
    """The plan's text for the team. What it leaves out, or cannot say of this customer, is made of the conditions and
    of `action` and `reason`, which the customer reads. `tools`: names by id."""
    own = suggested(action, reason, why=why(playbook.when, known.facts, known.counts, kinds, tools))
    of_plan = (playbook.team.action, playbook.team.reason, playbook.team.say)
    filled = (None if text is None else fill(text, known.facts, kinds) for text in of_plan)
    return TeamText(*(text or usual for text, usual in zip(filled, own, strict=True)))


def why(
    conditions: tuple[Condition, ...],
    facts: Mapping[str, Value],
    counts: Mapping[EventsCondition, int],
    kinds: Mapping[str, tuple[Kind, str]],
    tools: Mapping[str, str],
) -> str:
    """The conditions as one sentence, in the plan's order; what two of them say the same is said once. `tools`: names
    by id."""
    said = [
        _events(condition.events, counts[condition.events], tools)
        if condition.events is not None
        else _fact(condition, facts, kinds)
        for condition in conditions
    ]
    text = ", ".join(dict.fromkeys(filter(None, said)))
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def suggested(action: str, reason: str, *, why: str) -> TeamText:
    """Of what is for the customer to do, in the customer's own words."""
    words = " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in (reason, action) if text)
    return TeamText(f"Suggest to them: {action}", why, words)


def _events(about: EventsCondition, count: int, tools: Mapping[str, str]) -> str:
    what = verb(about, tools)
    when = f" in the last {about.last_days} days" if about.last_days else ""
    if count == 0:
        return f"has not {what}{when or ' yet'}"
    # Counted no further than the condition asks.
    least = "at least " if about.at_least is not None else ""
    return f"{what} {least}{times(count)}{when}"


def _fact(condition: Condition, facts: Mapping[str, Value], kinds: Mapping[str, tuple[Kind, str]]) -> str:
    fact = condition.fact or ""
    kind, label = kinds[fact]
    value = facts.get(fact)
    if value is None:
        return f"{label[:1].lower()}{label[1:]} not known"
    if isinstance(value, bool) and fact in _FLAGS:
        return _FLAGS[fact][0 if value else 1]
    if fact in _COUNTS:
        done, never = _COUNTS[fact]
        return never if not value else f"{done} {times(int(value))}"
    shown = in_words(facts.get(f"{fact}_name") or value, kind)
    if fact in _SAID:
        return one(_SAID[fact].format(value=shown))
    return f"{label[:1].lower()}{label[1:]}: {shown}"
