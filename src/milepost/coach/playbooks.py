"""Which recommendations are due to a customer: a pure function of what is known, the plan and the history."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from milepost.coach.facts import Known
from milepost.coach.filling import evidence, fill
from milepost.coach.said import Evidence, Source
from milepost.coach.wording import NO_TEXT, TeamText, team_text
from milepost.plan import Plan
from milepost.plan.coach import Condition, Kind, Playbook, known_facts


class Past(NamedTuple):
    """A recommendation made earlier. `open`: neither dismissed, done nor expired."""

    playbook: str
    asks_for: str
    made_at: datetime
    dismissed_at: datetime | None
    open: bool
    held_out: bool


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What could be recommended: a playbook whose conditions hold, or something learned."""

    source: Source
    playbook: str
    asks_for: str
    rank: float
    title: str
    action: str
    reason: str
    evidence: list[Evidence]
    cool_down_days: int
    team: TeamText = NO_TEXT
    tool_id: str | None = None
    competency: str | None = None
    url: str | None = None
    done_type: str | None = None
    done_tool: str | None = None
    done_section: str | None = None


class Made(NamedTuple):
    """A recommendation to be stored."""

    offer: Offer
    held_out: bool
    is_first: bool


def holds(condition: Condition, known: Known) -> bool:
    """Whether a condition is so. What is not known is neither below nor at least anything."""
    if condition.events is not None:
        count = known.counts[condition.events]
        if condition.events.at_least is not None:
            return count >= condition.events.at_least
        return count <= (condition.events.at_most or 0)
    value = known.facts.get(condition.fact or "")
    if condition.missing is not None:
        return (value is None) == condition.missing
    if value is None:
        return False
    if condition.is_ is not None:
        return value == condition.is_
    if isinstance(value, str):
        return False
    if condition.below is not None:
        return value < condition.below
    return condition.at_least is not None and value >= condition.at_least


def facts_hold(playbook: Playbook, known: Known) -> bool:
    """Whether all is so that can be said without counting events."""
    if playbook.segment is not None and playbook.segment not in known.segments:
        return False
    return all(holds(condition, known) for condition in playbook.when if condition.events is None)


def offers(known: Known, plan: Plan) -> list[Offer]:
    """Every playbook whose conditions hold for the customer. Conditions on events must have been counted."""
    kinds, tools = known_facts([one.id for one in plan.competencies], plan.predictions.likelihoods), plan.tool_names()
    return [
        offer
        for playbook in plan.playbooks
        if facts_hold(playbook, known) and all(holds(condition, known) for condition in playbook.when)
        if (offer := _offer(playbook, known, kinds, tools)) is not None
    ]


def due(
    possible: Sequence[Offer],
    history: Sequence[Past],
    *,
    most_open: int,
    now: datetime,
    held_out: Callable[[str], bool],
    left: MutableMapping[str, int] | None = None,
) -> list[Made]:
    """What of it is made now, best first. `left`: how many of a playbook may still be made today, where it is limited;
    what is made is taken off. Who is held out has to pass the same rules, and is then not counted as open."""
    left = {} if left is None else left
    shown = [past for past in history if past.open and not past.held_out]
    asked_for, slots = {past.asks_for for past in shown}, most_open - len(shown)
    seen = {past.playbook for past in history}
    made: list[Made] = []
    for offer in sorted(possible, key=lambda offer: (-offer.rank, offer.playbook, offer.asks_for)):
        if slots <= 0:
            break
        if offer.asks_for in asked_for or left.get(offer.playbook, 1) <= 0:
            continue
        if _cooling(offer, history, now) or any(offer.playbook == one.offer.playbook for one in made):
            continue
        held = held_out(offer.playbook)
        made.append(Made(offer, held, offer.playbook not in seen))
        if not held:
            asked_for.add(offer.asks_for)
            slots -= 1
            if offer.playbook in left:
                left[offer.playbook] -= 1
    return made


def is_held_out(seed: str, customer_id: str, playbook: str, share: float) -> bool:
    """By chance, but the same whenever it is asked: a share of all customers, another for each playbook. Whom a smaller
    share holds out, a larger one holds out as well."""
    digest = hashlib.sha256(f"{seed}\x00{playbook}\x00{customer_id}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) < share * 2**64


def asks_for(tool: str | None, event_type: str | None, playbook: str) -> str:
    """What a recommendation asks for: a tool, else the event that is it, else what its playbook says."""
    return f"tool:{tool}" if tool else f"do:{event_type}" if event_type else f"playbook:{playbook}"


def _cooling(offer: Offer, history: Sequence[Past], now: datetime) -> bool:
    """Whether it was made, or the same was dismissed, too short a time ago, or is still open."""
    since = now - timedelta(days=offer.cool_down_days)
    for past in history:
        if past.playbook == offer.playbook and (past.open or past.made_at > since):
            return True
        if past.asks_for == offer.asks_for and past.dismissed_at is not None and past.dismissed_at > since:
            return True
    return False


def _offer(
    playbook: Playbook, known: Known, kinds: Mapping[str, tuple[Kind, str]], tools: Mapping[str, str]
) -> Offer | None:
    """None where the playbook needs a fact that is not known, such as a tool not tried where all were."""
    asked = (playbook.action, playbook.reason, playbook.tool, playbook.competency, playbook.url)
    texts = [None if text is None else fill(text, known.facts, kinds) for text in asked]
    if any(text is not None and filled is None for text, filled in zip(asked, texts, strict=True)):
        return None
    action, reason, tool, competency, url = texts
    done = playbook.done
    return Offer(
        source="playbook",
        playbook=playbook.id,
        asks_for=asks_for(tool, done.event_type if done else None, playbook.id),
        rank=playbook.priority,
        title=playbook.title or playbook.name or playbook.id,
        action=action or "",
        reason=reason or "",
        evidence=evidence(playbook.when, known.facts, known.counts, kinds, tools),
        cool_down_days=playbook.cool_down_days,
        team=team_text(playbook, known, kinds, tools, action=action or "", reason=reason or ""),
        tool_id=tool,
        competency=competency,
        url=url,
        done_type=done.event_type if done else None,
        done_tool=done.tool if done else tool,
        done_section=done.section if done else None,
    )
