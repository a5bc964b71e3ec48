"""Where annotations stand in a chart of time: a line at each day that has any, and handles that say them.

Every chart with a time axis takes its places from here and draws them by `templates/parts/chart.html`. Positions are
shares of the plot in percent, so they fit any width.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal

import msgspec
from markupsafe import Markup

from milepost.dashboard import format as fmt
from milepost.work.annotations import Annotation

#: Where a bucket is: in the middle of its slot, as bars are, or where its point is, the first and last at the edges.
At = Literal["slots", "points"]
#: Handles nearer to each other than this, in percent of the width, are one: on a phone that is a finger's width.
_NEAR: Final = 8.0
#: What one handle says at most; the table has all of it.
_SAID: Final = 6


class Handle(msgspec.Struct, frozen=True):
    """What is pointed at, or has the focus: one annotation or several next to each other."""

    x: float
    notes: tuple[Annotation, ...]

    @property
    def href(self) -> str:
        return f"/annotations?from={self.notes[0].day}&to={self.notes[-1].day}#a-{self.notes[0].annotation_id}"

    @property
    def said(self) -> tuple[str, ...]:
        """'3 Nov 2026: A new price', one each; of many the first, and how many more."""
        lines = tuple(f"{fmt.short_date(note.day)}: {note.text}" for note in self.notes[:_SAID])
        more = len(self.notes) - _SAID
        return (*lines, f"and {more} more") if more > 0 else lines


class Marks(msgspec.Struct, frozen=True):
    """`lines` are the places of the days; `told` is what each bucket has, for the table behind the chart."""

    lines: tuple[float, ...] = ()
    handles: tuple[Handle, ...] = ()
    told: tuple[tuple[Annotation, ...], ...] = ()

    def of(self, bucket: int) -> Markup:
        """What the table says of a bucket: '3 Nov: A new price; 4 Nov: …'; "" for nothing."""
        notes = self.told[bucket] if bucket < len(self.told) else ()
        said = (Markup("{}: <bdi>{}</bdi>").format(fmt.axis_day(note.day), note.text) for note in notes)
        return Markup("; ").join(said)


NONE: Final = Marks()


def marks(notes: Sequence[Annotation], starts: Sequence[date], last: date, at: At) -> Marks:
    """`starts`: the first day of each bucket, oldest first; `last`: the last day of the last one. What is of another
    day is left out; of a day with several buckets (hours), the first has it."""
    told: list[list[Annotation]] = [[] for _ in starts]
    ends = [max(start, following - timedelta(days=1)) for start, following in pairwise(starts)]
    spans = list(zip(starts, [*ends, last], strict=False))
    for note in sorted(notes, key=lambda one: (one.day, one.annotation_id)):
        place = next((n for n, (first, end) in enumerate(spans) if first <= note.day <= end), None)
        if place is not None:
            told[place].append(note)
    if not any(told):
        return NONE
    found = [(_x(place, len(starts), at), tuple(own)) for place, own in enumerate(told) if own]
    return Marks(tuple(x for x, _ in found), _handles(found), tuple(tuple(own) for own in told))


def _x(place: int, of: int, at: At) -> float:
    share = (place + 0.5) / of if at == "slots" or of < 2 else place / (of - 1)
    return round(100 * share, 3)


def _handles(found: Sequence[tuple[float, tuple[Annotation, ...]]]) -> tuple[Handle, ...]:
    groups: list[list[tuple[float, tuple[Annotation, ...]]]] = []
    for one in found:
        if groups and one[0] - groups[-1][0][0] < _NEAR:
            groups[-1].append(one)
        else:
            groups.append([one])
    return tuple(
        Handle(round((group[0][0] + group[-1][0]) / 2, 3), tuple(note for _, notes in group for note in notes))
        for group in groups
    )
