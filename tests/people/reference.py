"""docs/scores.md on people, in plain Python over plain events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, timedelta

from tests.analytics.reference.events import Event, World


def _ago(world: World, event: Event) -> int:
    return (world.now.astimezone(UTC).date() - event.at.astimezone(UTC).date()).days


def counted(world: World, customer_id: str) -> list[Event]:
    return [one for one in world.events if one.customer_id == customer_id and not one.is_bot and not one.deleted]


def within(world: World, events: Sequence[Event], first: int, last: int) -> list[Event]:
    """Those of `first` to `last` days ago, both included."""
    return [one for one in events if first <= _ago(world, one) <= last]


def actor_of(event: Event) -> tuple[str, str | None, str | None]:
    """Kind, user and visitor; a visitor who is known as a user is the user."""
    return event.actor_type, event.user_id, None if event.user_id else event.anonymous_id


def is_person(event: Event) -> bool:
    return event.actor_type == "person" and event.user_id is not None


def acts(world: World, customer_id: str, actor: tuple[str, str | None, str | None]) -> dict[str, object]:
    """What one actor did for a customer."""
    everybody = counted(world, customer_id)
    mine = [one for one in everybody if actor_of(one) == actor]
    times = sorted(one.at for one in mine)
    last = within(world, mine, 0, 27)
    like_me = [one for one in everybody if (is_person(one) if actor[0] == "person" else one.actor_type != "person")]
    whole = len(within(world, like_me, 0, 27))
    tools = Counter(one.tool_id for one in mine if one.tool_id)
    span, past = 0, within(world, mine, 28, 391)
    for ago in range(28, 392):
        span += times[0].date() <= world.now.date() - timedelta(days=ago)
    same = [one for one in everybody if one.user_id == actor[1] and (one.user_id or one.anonymous_id == actor[2])]
    types = {one.actor_type for one in same} if actor[1] or actor[2] else {actor[0]}
    return {
        "first_seen": times[0],
        "last_seen": times[-1],
        "events": len(mine),
        "events_28": len(last),
        "events_28_before": len(within(world, mine, 28, 55)),
        "active_days_28": len({one.at.date() for one in last}),
        "usual_28": len(past) * 28 / span if span >= 28 else None,
        "share": len(last) / whole if whole >= 20 else None,
        "sessions": len({one.session_id for one in mine if one.session_id}),
        "tools": [(tool, uses) for tool, uses in sorted(tools.items(), key=lambda item: (-item[1], item[0]))][:3],
        "actor_types": sorted(types),
    }


def numbers(world: World, customer_id: str) -> dict[str, object]:
    """The numbers of the account."""
    everybody = counted(world, customer_id)
    by_people = [one for one in everybody if is_person(one)]
    visitors = [one for one in everybody if one.actor_type == "person" and one.user_id is None]
    software = [one for one in everybody if one.actor_type != "person"]
    now = Counter(str(one.user_id) for one in within(world, by_people, 0, 27))
    before = Counter(str(one.user_id) for one in within(world, by_people, 28, 55))
    ever = Counter(str(one.user_id) for one in by_people)
    first = {user: max(_ago(world, one) for one in by_people if one.user_id == user) for user in ever}
    ranked = sorted(ever, key=lambda user: (-now[user], -ever[user], user))
    enough = now.total() >= 20
    makers = next(n for n in range(len(ranked) + 1) if 5 * sum(now[u] for u in ranked[:n]) >= 4 * now.total())
    return {
        "people_total": len(ever),
        "breadth": len(now),
        "breadth_before": len(before),
        "concentration": now[ranked[0]] / now.total() if enough else None,
        "most_active": ranked[0] if enough else None,
        "makers_of_80": makers if enough else None,
        "new_people": sum(0 <= first[user] <= 27 for user in ever),
        "gone_quiet": sorted(user for user in ever if _gone_quiet(world, by_people, user)),
        "person_events_28": now.total(),
        "person_events_28_before": before.total(),
        "visitor_events_28": len(within(world, visitors, 0, 27)),
        "software_total": len({actor_of(one) for one in software}),
        "software_events_28": len(within(world, software, 0, 27)),
        "software_events_28_before": len(within(world, software, 28, 55)),
    }


def since(world: World, customer_id: str, user: str) -> int:
    """What people did after the last day on which a user was active, as a person."""
    by_people = [one for one in counted(world, customer_id) if is_person(one)]
    last = min(_ago(world, one) for one in by_people if one.user_id == user)
    return len(within(world, by_people, 0, last - 1))


def _gone_quiet(world: World, by_people: list[Event], user: str) -> bool:
    watched = Counter(one.user_id for one in within(world, by_people, 14, 103))
    ahead = sum(made for made in watched.values() if made > watched[user])
    if watched.total() < 50 or 10 * watched[user] < watched.total() or 2 * ahead >= watched.total():
        return False
    mine = [one for one in by_people if one.user_id == user]
    silent = min(_ago(world, one) for one in mine)
    days = sorted({_ago(world, one) for one in within(world, mine, 0, 364)})
    gaps = [days[n + 1] - days[n] for n in range(len(days) - 1)]
    return silent >= 14 and len(days) >= 10 and 100 * sum(gap < silent for gap in gaps) >= 95 * len(gaps)
