"""From series to lines: which values of the breakdown have one, and the measure of each, interval by interval.

Series that share their lines, as those of a formula do, are measured in one look at the events.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import msgspec

from milepost.analytics.asking import EventKind, Interval, Question
from milepost.analytics.compile import Compiler
from milepost.analytics.measures import Asked, measuring
from milepost.analytics.period import Window
from milepost.analytics.split import Key, Lined, Split
from milepost.store.queries import load

_Row = tuple[int, int, int, list[float]]

_SQL = load("milepost.analytics", "trends.sql")
#: Columns of few values: sums of all of them, bucket by bucket, take no memory to speak of.
_FEW_VALUES: Final = (
    "event_type", "actor_type", "tool_id", "tool_section", "business_impact", "competency_area", "current_arr",
    "target_arr", "growth_stage", "device_type", "browser", "referrer_source",
)  # fmt: skip


class Figures(msgspec.Struct):
    """A measure by line (its value's place in `shown`, from 1; 0 are all others) and bucket; missing is nothing."""

    values: dict[int, dict[int, float | None]] = msgspec.field(default_factory=dict)
    totals: dict[int, float | None] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[_Row], place: int = 0) -> Figures:
        """From rows of line, bucket, whether it is the whole period, and of each series the figure and, where there are
        several, what is above 0 if it has events."""
        found = cls()
        for line, bucket, whole, figures in rows:
            if len(figures) > 1 and not figures[2 * place + 1]:
                continue
            # A sum may be more than a float holds.
            figure = figures[2 * place] if math.isfinite(figures[2 * place]) else None
            if whole:
                found.totals[line] = figure
            else:
                found.values.setdefault(line, {})[bucket] = figure
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
        """Raises InvalidRequest for what cannot be measured or broken down by."""
        compiler = self._compiler
        if len(self._texts) < len(self._by):
            places = [f"breakdown[{n}]" for n in range(len(self._by))] if len(self._by) > 1 else ["breakdown"]
            self._texts = [
                f"toString({await compiler.value(name, place)})" for name, place in zip(self._by, places, strict=True)
            ]
        condition = await compiler.kind(kind, at)
        measured = await measuring(compiler, asked)
        looks_at = " and ".join(part for part in (condition, measured.looks_at) if part != "1") or "1"
        return Split(condition, looks_at, measured, asked.measure == "sessions")

    async def show_largest(self, lined: Lined, top: int) -> None:
        """Gives lines to the values with the largest measure in the period; to none without a breakdown.

        Of several series it is the measure of the first that has the value; values of an earlier one come before.
        """
        if not self._by:
            return
        rows = await self._compiler.rows(
            tuple[str, str],
            _SQL["values"],
            **self._keys(),
            sizes=lined.sizes(),
            largest=lined.largest,
            events=self._during(lined, self._compiler.window),
            most=str(top + 1),
        )
        found = [self._key(*row) for row in rows]
        lined.shown, lined.others = found[:top], len(found) > top

    async def broken_down(self, lined: Lined, top: int) -> list[Figures]:
        """The figures of the period, by series; the lines are those of the largest values then."""
        sessions = any(split.is_sessions for split in lined.splits)
        if not self._by or sessions or any(name not in _FEW_VALUES for name in self._by):
            await self.show_largest(lined, top)
            return await self.figures(lined, self._compiler.window)
        rows = await self._compiler.rows(
            tuple[int, int, int, list[float], str, str],
            _SQL["broken_down"],
            **self._keys(),
            states=lined.states(),
            kept=lined.kept(),
            merged=lined.merged(),
            sizes=lined.merged_sizes("over (partition by text, text2)"),
            largest=lined.largest,
            top=str(top),
            bucket=self._compiler.window.place(self._interval, self._compiler.bind),
            events=self._during(lined, self._compiler.window),
        )
        names = {row[0]: self._key(*row[4:]) for row in rows if row[0]}
        lined.shown, lined.others = [names[line] for line in sorted(names)], any(not row[0] for row in rows)
        figures = [row[:4] for row in rows]
        return [Figures.of(figures, place) for place in range(len(lined.splits))]

    async def figures(self, lined: Lined, window: Window) -> list[Figures]:
        """The measures of each line in any window's intervals, and over all of it, by series."""
        slots = {"line": self.line(lined), "bucket": window.place(self._interval, self._compiler.bind)}
        found: dict[int, Figures] = {}
        together: list[int] = []
        for place, split in enumerate(lined.splits):
            if split.is_sessions:
                events = self._during(Lined([split]), window)
                found[place] = Figures.of(
                    await self._compiler.rows(
                        tuple[int, int, int, list[float]], _SQL["sessions"], **slots, events=events
                    )
                )
            else:
                together.append(place)
        if together:
            rest = Lined([lined.splits[place] for place in together])
            source = "events final"
            if not self._by and all(split.measuring.sees_units_alone for split in rest.splits):
                source = await self._compiler.source(self._question, *(split.kind for split in rest.splits))
            rows = await self._compiler.rows(
                tuple[int, int, int, list[float]],
                _SQL["lines"],
                **slots,
                states=rest.states(),
                merged=rest.merged(),
                source=source,
                events=self._during(rest, window),
            )
            found |= {place: Figures.of(rows, n) for n, place in enumerate(together)}
        return [found[place] for place in range(len(lined.splits))]

    def line(self, lined: Lined) -> str:
        """An expression of the line an event belongs to."""
        bind = self._compiler.bind
        if not lined.shown:
            return "toUInt8(0)"
        if len(self._texts) == 1:
            return f"toUInt8(indexOf({bind([one for (one,) in lined.shown], 'Array(String)')}, {self._texts[0]}))"
        # A place among each field's values first, which is quicker than to compare the texts of both with every pair.
        firsts, seconds = (list(dict.fromkeys(key[n] for key in lined.shown)) for n in (0, 1))
        numbers = [(firsts.index(one) + 1) * 64 + seconds.index(other) + 1 for one, other in lined.shown]
        place, place2 = (
            f"indexOf({bind(values, 'Array(String)')}, {text})"
            for values, text in zip((firsts, seconds), self._texts, strict=True)
        )
        return f"toUInt8(indexOf({bind(numbers, 'Array(UInt16)')}, toUInt16({place} * 64 + {place2})))"

    def _keys(self) -> dict[str, str]:
        return {"value": self._texts[0], "value2": self._texts[1] if len(self._texts) > 1 else "''"}

    def _key(self, *texts: str) -> Key:
        return texts[: len(self._by)]

    def _during(self, lined: Lined, window: Window) -> str:
        compiler = self._compiler
        return f"{window.during(compiler.bind)} and {compiler.ever} and {lined.looks_at}"
