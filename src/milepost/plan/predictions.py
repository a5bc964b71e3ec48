"""What a plan wants to know of what is to come, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from milepost.plan.ids import id_faults
from milepost.vocabulary import MAX_NAME_LENGTH, EventType

#: The target that is always there.
GOES_QUIET: Final = "goes_quiet"
#: The kind of target that is a number, with an interval, and no probability.
SCORE: Final = "score"
What = Literal["longer_quiet", "level_up", "score", "event", "trait_becomes", "trait_grows", "trait_shrinks"]
_TRAITS: Final = ("trait_becomes", "trait_grows", "trait_shrinks")
_MOST: Final = 20


class PlannedTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that may happen within `days`, asked of customers with an event in the `active_days` before. `what`:
    to be quiet for longer than one's own rhythm explains; to reach a level; the score after `days`; an event (its name,
    its type, and with metadata that is `where`; `first`: asked of who never did it); a trait that becomes one of
    `values`, grows, shrinks.
    """

    id: str
    what: What
    name: str = ""
    days: int = 28
    active_days: int = 56
    event: str = ""
    event_type: EventType | None = None
    where: dict[str, str] = {}
    first: bool = False
    trait: str = ""
    values: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """As people read it."""
        return self.name or self.id.replace("_", " ").replace("-", " ").capitalize()


class Predictions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is predicted: no event at all in `quiet_days`, of customers active in the `active_days` before; `targets`.
    `segment`: the trait of customers whose values are peers; '' for none."""

    quiet_days: int = 28
    active_days: int = 56
    segment: str = ""
    targets: tuple[PlannedTarget, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """By id, all that is predicted, as people read it."""
        return {GOES_QUIET: "Going quiet"} | {one.id: one.label for one in self.targets}

    @property
    def likelihoods(self) -> dict[str, str]:
        """As `labels`, without scores: what has a probability."""
        scores = {one.id for one in self.targets if one.what == SCORE}
        return {target: label for target, label in self.labels.items() if target not in scores}


def faults(predictions: Predictions) -> Iterator[tuple[str, str]]:
    """Every rule the types cannot say, as (path, what is wrong and how to mend it)."""
    for key, value in (("quiet_days", predictions.quiet_days), ("active_days", predictions.active_days)):
        yield from _in_range(f"predictions.{key}", value)
    targets = predictions.targets
    if len(targets) > _MOST:
        yield "predictions.targets", f"there are {len(targets)}; {_MOST} is the most"
    yield from id_faults("predictions.targets", [one.id for one in targets])
    for index, one in enumerate(targets):
        path = f"predictions.targets[{index}]"
        if one.id == GOES_QUIET:
            yield f"{path}.id", f"{GOES_QUIET!r} is there already: quiet_days says how long; choose another id"
        if len(one.name) > MAX_NAME_LENGTH:
            yield f"{path}.name", f"takes up to {MAX_NAME_LENGTH} characters"
        yield from _in_range(f"{path}.days", one.days)
        yield from _in_range(f"{path}.active_days", one.active_days)
        yield from ((f"{path}.{key}", fault) for key, fault in _of(one))


def _of(one: PlannedTarget) -> Iterator[tuple[str, str]]:
    if one.what == "event" and not (one.event or one.event_type):
        yield "event", "does not say which; give it an event or an event_type"
    if one.what in _TRAITS and not one.trait:
        yield "trait", f"is missing; {one.what} is about a trait of customers"
    if one.what == "trait_becomes" and not one.values:
        yield "values", "is missing; say which values of the trait count"
    of_events = {"event": one.event, "event_type": one.event_type, "where": one.where, "first": one.first}
    for key, given, kinds in (
        *((key, given, ("event",)) for key, given in of_events.items()),
        ("trait", one.trait, _TRAITS),
        ("values", one.values, ("trait_becomes",)),
    ):
        if given and one.what not in kinds:
            yield key, f"says nothing to {one.what}; it goes with {', '.join(kinds)}"


def _in_range(path: str, days: int) -> Iterator[tuple[str, str]]:
    if not 7 <= days <= 365:
        yield path, f"is {days}; it takes 7 to 365"
