"""Lifecycle and stickiness, by the book."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from milepost.analytics.lifecycle import Lifecycle, LifecycleAnswer
from milepost.analytics.stickiness import Stickiness, StickinessAnswer
from tests.analytics.reference.events import Whom, World, unit_of
from tests.analytics.reference.figures import percentile
from tests.analytics.reference.matching import Scope, of_kind


def lifecycle(world: World, question: Lifecycle) -> LifecycleAnswer:
    scope = Scope(world, question)
    days, interval = scope.days, question.interval
    buckets = days.dates(interval)
    earlier = days.moved(buckets[0], interval, -1)
    active: dict[date, set[Whom]] = {bucket: set() for bucket in [earlier, *buckets]}
    first_in: dict[Whom, date] = {}
    for event in of_kind(world, scope.ever, question.activity):
        whom = unit_of(event, question.unit)
        if whom is None:
            continue
        bucket = days.named(days.day(event.at), interval)
        first_in.setdefault(whom, bucket)
        if days.hold(event.at) or bucket == earlier:
            active[bucket].add(whom)

    new: list[int] = []
    returning: list[int] = []
    resurrected: list[int] = []
    dormant: list[int] = []
    for before, bucket in zip([earlier, *buckets], buckets, strict=False):
        fresh = {whom for whom in active[bucket] if first_in[whom] == bucket}
        new.append(len(fresh))
        returning.append(len(active[bucket] & active[before]))
        resurrected.append(len(active[bucket] - active[before] - fresh))
        dormant.append(len(active[before] - active[bucket]))
    return LifecycleAnswer(
        unit=question.unit,
        first=days.first,
        last=days.last,
        timezone=question.period.timezone,
        interval=interval,
        buckets=buckets,
        new=new,
        returning=returning,
        resurrected=resurrected,
        dormant=dormant,
    )


def stickiness(world: World, question: Stickiness) -> StickinessAnswer:
    scope = Scope(world, question)
    days = scope.days
    active: dict[Whom, set[date]] = defaultdict(set)
    for event in of_kind(world, scope.events, question.activity):
        if (whom := unit_of(event, question.unit)) is not None:
            active[whom].add(days.named(days.day(event.at), question.interval))
    often = [len(found) for found in active.values()]
    return StickinessAnswer(
        unit=question.unit,
        first=days.first,
        last=days.last,
        timezone=question.period.timezone,
        interval=question.interval,
        counts=[often.count(number + 1) for number in range(len(days.dates(question.interval)))],
        active=len(active),
        median=percentile(often, 0.5),
    )
