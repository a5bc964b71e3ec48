"""From a series to lines: which values of the breakdown have one, and the measure of each, interval by interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from milepost.analytics.asking import EventKind, Interval, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.measures import Asked, Measuring, measuring
from milepost.analytics.period import Window
from milepost.store.queries import load

#: A line's values: one of each field of the breakdown, "" where an event has none.
Key = tuple[str, ...]

_SQL = load("milepost.analytics", "trends.sql")
#: Columns of few values: sums of all of them, bucket by bucket, take no memory to speak of.
_FEW_VALUES: Final = (
    "event_type", "tool_id", "tool_section", "business_impact", "competency_area", "current_arr", "target_arr",
    "growth_stage", "device_type", "browser", "referrer_source",
)  # fmt: skip


@dataclass
class Split:
    """One series: which events are its, their measure, and the values that have a line (`others`: there are more)."""

    kind: str
    events: str
    measuring: Measuring
    is_sessions: bool
    shown: list[Key] = field(default_factory=list)
    others: bool = False


@dataclass
class Figures:
    """A measure by line (its value's place in `shown`, from 1; 0 are all others) and bucket; missing is nothing."""

    values: dict[int, dict[int, float]] = field(default_factory=dict)
    totals: dict[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Sequence[float]]) -> Figures:
        """From rows of line, bucket, whether it is the whole period, value."""
        found = cls()
        for line, bucket, whole, value in rows:
            if whole:
                found.totals[int(line)] = value
            else:
                found.values.setdefault(int(line), {})[int(bucket)] = value
        return found

    def line(self, number: int, length: int, nothing: float | None) -> tuple[list[float | None], float | None]:
        """The figures of a line in so many buckets, and over the period."""
        values = self.values.get(number, {})
        return [values.get(bucket, nothing) for bucket in range(length)], self.totals.get(number, nothing)


class Lines:
    """What the series of one question share: the breakdown's fields, as expressions, and the intervals."""

    def __init__(self, compiler: Compiler, question: Question, interval: Interval, by: tuple[str, ...]) -> None:
        """`by`: no field, or one, or two."""
        self._compiler = compiler
        self._question = question
        self._interval = interval
        self._by = by
        self._texts: list[str] = []

    async def split(self, kind: EventKind, asked: Asked, at: str) -> Split:
        """A series without values yet. Raises InvalidRequest for what cannot be measured or broken down by."""
        compiler = self._compiler
        if len(self._texts) < len(self._by):
            places = [f"breakdown[{n}]" for n in range(len(self._by))] if len(self._by) > 1 else ["breakdown"]
            self._texts = [
                f"toString({await compiler.value(name, place)})" for name, place in zip(self._by, places, strict=True)
            ]
        condition = await compiler.kind(kind, at)
        measured = await measuring(compiler, asked)
        events = f"{compiler.ever} and {condition} and {measured.looks_at}"
        return Split(condition, events, measured, asked.measure == "sessions")

    async def largest(self, split: Split, most: int) -> list[Key]:
        """The values with the largest measure in the period; none without a breakdown."""
        if not self._by:
            return []
        rows = await self._compiler.rows(
            tuple[str, str, float],
            _SQL["values"],
            **self._keys(),
            figure=split.measuring.at_once(),
            events=self._during(split, self._compiler.window),
            most=str(most),
        )
        return [self._key(*row[:2]) for row in rows]

    async def show_largest(self, split: Split, top: int) -> None:
        """Gives lines to its largest values."""
        found = await self.largest(split, top + 1)
        split.shown, split.others = found[:top], len(found) > top

    async def broken_down(self, split: Split, top: int) -> Figures:
        """The figures of the period; the split has its values then."""
        if not self._by or split.is_sessions or any(name not in _FEW_VALUES for name in self._by):
            await self.show_largest(split, top)
            return await self.figures(split, self._compiler.window)
        rows = await self._compiler.rows(
            tuple[int, int, int, float, str, str],
            _SQL["broken_down"],
            **self._keys(),
            top=str(top),
            bucket=self._compiler.window.place(self._interval, self._compiler.bind),
            events=self._during(split, self._compiler.window),
            states=split.measuring.states(),
            kept=split.measuring.kept(),
            merged=split.measuring.merged(),
            merged_by_value=split.measuring.merged("over (partition by text, text2)"),
        )
        names = {row[0]: self._key(*row[4:]) for row in rows if row[0]}
        split.shown, split.others = [names[line] for line in sorted(names)], any(not row[0] for row in rows)
        return Figures.of(row[:4] for row in rows)

    async def figures(self, split: Split, window: Window) -> Figures:
        """The measure of each line in any window's intervals, and over all of it."""
        rolled_up = split.measuring.sees_units_alone and not self._by
        slots = {
            "line": self.line(split),
            "bucket": window.place(self._interval, self._compiler.bind),
            "events": self._during(split, window),
        }
        if split.is_sessions:
            return Figures.of(await self._compiler.rows(tuple[int, int, int, float], _SQL["sessions"], **slots))
        rows = await self._compiler.rows(
            tuple[int, int, int, float],
            _SQL["lines"],
            **slots,
            source=await self._compiler.source(self._question, split.kind) if rolled_up else "events final",
            states=split.measuring.states(),
            merged=split.measuring.merged(),
        )
        return Figures.of(rows)

    def line(self, split: Split) -> str:
        """An expression of the line an event belongs to."""
        bind = self._compiler.bind
        if not split.shown:
            return "toUInt8(0)"
        if len(self._texts) == 1:
            return f"toUInt8(indexOf({bind([one for (one,) in split.shown], 'Array(String)')}, {self._texts[0]}))"
        # A place among each field's values first, which is quicker than to compare the texts of both with every pair.
        firsts, seconds = (list(dict.fromkeys(key[n] for key in split.shown)) for n in (0, 1))
        numbers = [(firsts.index(one) + 1) * 64 + seconds.index(other) + 1 for one, other in split.shown]
        place, place2 = (
            f"indexOf({bind(values, 'Array(String)')}, {text})"
            for values, text in zip((firsts, seconds), self._texts, strict=True)
        )
        return f"toUInt8(indexOf({bind(numbers, 'Array(UInt16)')}, toUInt16({place} * 64 + {place2})))"

    def _keys(self) -> dict[str, str]:
        return {"value": self._texts[0], "value2": self._texts[1] if len(self._texts) > 1 else "''"}

    def _key(self, *texts: str) -> Key:
        return texts[: len(self._by)]

    def _during(self, split: Split, window: Window) -> str:
        return f"{window.during(self._compiler.bind)} and {split.events}"
