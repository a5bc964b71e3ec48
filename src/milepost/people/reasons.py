"""What the numbers of an account's people give reason to look at, each on enough data or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from milepost.people.figures import Acted
from milepost.people.model import Numbers, Reason

_CONCENTRATED: Final = 0.8
_LEAST_EVENTS: Final = 50
#: The chance that a champion who still did their share would have done none of what people did since.
_MOST_CHANCE: Final = 0.01
#: Breadth has fallen when it is half of this many or more.
_LEAST_BEFORE: Final = 6
#: People are new to an account that has had some for this many days, when each did this much.
_SETTLED_DAYS: Final = 56
_LEAST_NEW: Final = 2
_LEAST_EACH: Final = 5
_LEAST_BY_SOFTWARE: Final = 10


def reasons(
    found: Numbers,
    people: Sequence[Acted],
    called: Callable[[str], str],
    user_id: Callable[[Acted], str],
    today: date,
) -> list[Reason]:
    """In the order of how much they matter. `called`: what the pages call a user id; `user_id`: whose figures they
    are."""
    return [
        *_gone_quiet(found, called),
        *_only_software(found),
        *_concentrated(found, called),
        *_breadth_fell(found),
        *_new_people(found, people, called, user_id, today),
    ]


def _gone_quiet(found: Numbers, called: Callable[[str], str]) -> list[Reason]:
    said = []
    for one in found.gone_quiet:
        # Where nobody went on, it is the account that is quiet, and its page says so.
        if not one.others_since or one.chance > _MOST_CHANCE:
            continue
        gaps = "all" if one.shorter_gaps == one.gaps else f"{one.shorter_gaps} of the"
        sentence = (
            f"{called(one.user_id)} has not been seen for {one.silent_days} days, longer than {gaps} {one.gaps} gaps "
            f"between their active days; before that they did {one.share:.0%} of what people did here. "
            f"{_people(one.others_since)} went on, with {one.events_since:,} events since."
        )
        evidence = {name: getattr(one, name) for name in one.__struct_fields__}
        said.append(
            Reason("champion_gone_quiet", sentence, {**evidence, "last_seen": one.last_seen.isoformat()}),
        )
    return said


def _only_software(found: Numbers) -> list[Reason]:
    by_people = found.person_events_28 + found.visitor_events_28
    if by_people or found.software_events_28 < _LEAST_BY_SOFTWARE:
        return []
    sentence = (
        f"No person was active in the last 28 days, but software was, with {found.software_events_28:,} events "
        f"({found.software_events_28_before:,} in the 28 days before): the account is not quiet, it automates."
    )
    evidence = {
        "breadth": found.breadth,
        "breadth_before": found.breadth_before,
        "software_events_28": found.software_events_28,
        "software_events_28_before": found.software_events_28_before,
    }
    return [Reason("only_software", sentence, evidence)]


def _concentrated(found: Numbers, called: Callable[[str], str]) -> list[Reason]:
    if found.concentration is None or found.most_active is None or found.concentration < _CONCENTRATED:
        return []
    # Of an account of one person it says nothing new.
    if found.person_events_28 < _LEAST_EVENTS or found.people_total < 2:
        return []
    others = found.breadth - 1
    rest = f"the rest is of {_people(others)}" if others else "nobody else was active"
    sentence = (
        f"{called(found.most_active)} did {found.concentration:.0%} of the {found.person_events_28:,} things that "
        f"people did here in the last 28 days; {rest}."
    )
    evidence = {
        "user_id": found.most_active,
        "share": found.concentration,
        "events_28": found.person_events_28,
        "breadth": found.breadth,
        "people_total": found.people_total,
    }
    return [Reason("concentrated", sentence, evidence)]


def _breadth_fell(found: Numbers) -> list[Reason]:
    if found.breadth_before < _LEAST_BEFORE or found.breadth * 2 > found.breadth_before:
        return []
    sentence = f"{_people(found.breadth)} active in the last 28 days, {found.breadth_before} in the 28 days before."
    evidence = {"breadth": found.breadth, "breadth_before": found.breadth_before}
    return [Reason("breadth_fell", sentence[0].upper() + sentence[1:], evidence)]


def _new_people(
    found: Numbers,
    people: Sequence[Acted],
    called: Callable[[str], str],
    user_id: Callable[[Acted], str],
    today: date,
) -> list[Reason]:
    new = [one for one in people if one.is_new(today) and one.last_28 >= _LEAST_EACH]
    settled = any((today - one.first_seen.date()).days >= _SETTLED_DAYS for one in people)
    if len(new) < _LEAST_NEW or not settled or len(new) * 5 < found.breadth:
        return []
    ids = sorted(map(user_id, sorted(new, key=lambda one: -one.last_28)[:5]))
    more = f" and {len(new) - len(ids)} more" if len(new) > len(ids) else ""
    sentence = (
        f"{len(new)} people are new in the last 28 days and have done something at least {_LEAST_EACH} times: "
        f"{', '.join(map(called, ids))}{more}. {found.breadth} are active."
    )
    evidence = {"new": len(new), "user_ids": ids, "new_people": found.new_people, "breadth": found.breadth}
    return [Reason("new_people", sentence, evidence)]


def _people(count: int) -> str:
    return "nobody" if not count else "1 person" if count == 1 else f"{count:,} people"
