"""What is noticed of rows as they are read: events older than they are kept for, tools that the plan has not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, Generic, Literal, Protocol, TypeVar

import msgspec
from msgspec.structs import replace

from milepost.errors import ImportFailed
from milepost.importing.convert import Converted
from milepost.importing.sink import R
from milepost.ingest.events import EventRow
from milepost.plan import Plan
from milepost.vocabulary import MAX_RETENTION_DAYS

#: What is done with events that are older than they are kept for: stored as they are, for the next cleanup to delete;
#: kept as long from now on as the plan keeps new ones; left out.
Old = Literal["store", "keep", "skip"]
_DAY: Final = timedelta(days=1)
B = TypeVar("B", contravariant=True)


class _Batch(Protocol):
    @property
    def rows(self) -> int: ...

    @property
    def share(self) -> float: ...


_Read = TypeVar("_Read", bound=_Batch)


class OldEvents(ImportFailed):
    """Events are older than they are kept for, and nobody said what is to become of them."""

    code = "old_events"


class Noticed(msgspec.Struct, frozen=True):
    """`old`: events past their retention at the import's moment, the earliest of them at `oldest`. `unknown_tools`: how
    many events are of which tool that the plan does not have; none where it has no tools at all."""

    old: int = 0
    oldest: datetime | None = None
    unknown_tools: dict[str, int] = {}


NOTHING: Final = Noticed()


class Noticing(Generic[B, R]):
    """A converter that looks at what another makes, and does with old events as it was told."""

    def __init__(
        self,
        convert: Callable[[B], Converted[R]],
        unsorted: Callable[[], int],
        event: Callable[[R], EventRow],
        put: Callable[[R, EventRow], R],
        *,
        plan: Plan,
        now: datetime,
        old: Old,
    ) -> None:
        """`event` takes a row's event out of it, `put` puts another in its place; `now` is aware."""
        self._convert, self._unsorted, self._event, self._put = convert, unsorted, event, put
        self._days, self._now, self._choice = plan.retention.days, now, old
        self._tools = frozenset(plan.tool_names())
        self._cuts: dict[int, datetime] = {}
        self._old = 0
        self._oldest: datetime | None = None
        self._unknown: Counter[str] = Counter()

    @property
    def unsorted(self) -> int:
        """As the other one counts."""
        return self._unsorted()

    @property
    def noticed(self) -> Noticed:
        """Of all that was converted so far."""
        return Noticed(self._old, self._oldest, dict(self._unknown.most_common()))

    def convert(self, batch: B, /) -> Converted[R]:
        """Old events that are skipped count as left out."""
        converted = self._convert(batch)
        rows: list[R] = []
        places: list[int] = []
        for row, place in zip(converted.rows, converted.lines, strict=True):
            event = self._event(row)
            if event.tool_id is not None and self._tools and event.tool_id not in self._tools:
                self._unknown[event.tool_id] += 1
            if event.timestamp <= self._cut(event.retention_days):
                self._old += 1
                self._oldest = event.timestamp if self._oldest is None else min(self._oldest, event.timestamp)
                if self._choice == "skip":
                    continue
                if self._choice == "keep":
                    days = -((event.timestamp - self._now) // _DAY) + self._days
                    row = self._put(row, replace(event, retention_days=min(days, MAX_RETENTION_DAYS)))  # noqa: PLW2901
            rows.append(row)
            places.append(place)
        left_out = len(converted.rows) - len(rows)
        return Converted(rows, places, converted.errors, converted.filtered + left_out)

    def _cut(self, days: int) -> datetime:
        """What is kept for so many days and happened by then is deleted, as the cleanup counts: days of 24 hours."""
        cut = self._cuts.get(days)
        if cut is None:
            cut = self._cuts[days] = self._now - min(timedelta(days=days), timedelta(days=MAX_RETENTION_DAYS))
        return cut


def of_events(
    convert: Callable[[B], Converted[EventRow]],
    unsorted: Callable[[], int],
    *,
    plan: Plan,
    now: datetime,
    old: Old,
) -> Noticing[B, EventRow]:
    """For rows that are events and nothing else."""
    return Noticing(convert, unsorted, lambda row: row, lambda _, event: event, plan=plan, now=now, old=old)


def refuse_old(
    batches: Iterable[_Read], converter: Noticing[_Read, R], plan: Plan, progress: Callable[[int, float], None]
) -> None:
    """Reads all of it and stores nothing; `progress` hears rows and the share of the file. Raises OldEvents where some
    are older than they are kept for."""
    rows = 0
    for batch in batches:
        converter.convert(batch)
        rows += batch.rows
        progress(rows, batch.share)
    noticed = converter.noticed
    if noticed.old:
        raise OldEvents(
            f"{said_of_old(noticed, plan)} Nothing was stored. Say --old keep to keep them for {plan.retention.days:,}"
            " days from today, or --old skip to leave them out. [retention] days in the plan says it for all."
        )


def said_of_old(noticed: Noticed, plan: Plan) -> str:
    """In words; there are some."""
    oldest = f", the oldest of {noticed.oldest:%Y-%m-%d}" if noticed.oldest else ""
    return (
        f"{noticed.old:,} {'event is' if noticed.old == 1 else 'events are'} older than what is kept (by the plan"
        f" {plan.retention.days:,} days{oldest}): the next cleanup would delete {'it' if noticed.old == 1 else 'them'}."
    )
