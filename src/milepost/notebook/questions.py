"""The questions over all events, as methods. docs/questions.md says what each of them counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from milepost.notebook.answer import QuestionAnswer
from milepost.notebook.asking import Asking, Calendar, Filters, Interval, Kind, Span, Unit

TraitsAt = Literal["now", "then"]
Measure = Literal[
    "events", "units", "sessions", "time_on_page", "session_duration", "sum", "average", "min", "max", "percentile",
    "distinct",
]  # fmt: skip
Comparison = Literal["previous", "month_ago", "year_ago"]
SessionBreakdown = Literal["device_type", "browser", "referrer_source", "primary_tool", "landing_page"]


class Questions(Asking):
    """`period` is the last 30 days where nobody says: `Period(first=..., last=...)`, `{"days": 90}`."""

    def trends(
        self,
        *,
        series: Sequence[Kind | dict[str, Any]] | None = None,
        measure: Measure = "events",
        of: str | None = None,
        percentile: float = 0.5,
        interval: Interval = "day",
        formula: str | None = None,
        formula_name: str = "",
        breakdown: str | Sequence[str] | None = None,
        top: int = 8,
        compare: bool | Comparison = False,
        period: Span | None = None,
        unit: Unit = "customer",
        filters: Filters = (),
        traits: TraitsAt = "now",
    ) -> QuestionAnswer:
        """How many, over time: bucket, series, line, value (previous)."""
        return self._question(
            "ask_trends", series=series, measure=measure, of=of, percentile=percentile, interval=interval,
            formula=formula, formula_name=formula_name, breakdown=breakdown, top=top, compare=compare, period=period,
            unit=unit, filters=filters, traits=traits,
        )  # fmt: skip

    def funnel(
        self,
        steps: Sequence[Kind],
        *,
        order: Literal["ordered", "strict", "any"] = "ordered",
        window_seconds: int = 7 * 86_400,
        breakdown: str | None = None,
        top: int = 8,
        period: Span | None = None,
        unit: Unit = "customer",
        filters: Filters = (),
        traits: TraitsAt = "now",
    ) -> QuestionAnswer:
        """How many go all the way: group, step, name, count, of_first, of_previous, median_seconds, p90_seconds."""
        return self._question(
            "ask_funnel", steps=steps, order=order, window_seconds=window_seconds, breakdown=breakdown, top=top,
            period=period, unit=unit, filters=filters, traits=traits,
        )  # fmt: skip

    def retention(
        self,
        *,
        start: Kind | None = None,
        back: Kind | None = None,
        kind: Literal["first_time", "recurring"] = "first_time",
        interval: Calendar = "week",
        intervals: int = 12,
        bounded: bool = True,
        period: Span | None = None,
        unit: Unit = "customer",
        filters: Filters = (),
        traits: TraitsAt = "now",
    ) -> QuestionAnswer:
        """How many come back: start, size, after, count, share."""
        return self._question(
            "ask_retention", start=start, back=back, kind=kind, interval=interval, intervals=intervals, bounded=bounded,
            period=period, unit=unit, filters=filters, traits=traits,
        )  # fmt: skip

    def paths(
        self,
        *,
        anchor: Kind | None = None,
        direction: Literal["next", "previous"] = "next",
        label: str = "tool_id",
        per: Literal["session", "unit"] = "session",
        depth: int = 4,
        top: int = 6,
        period: Span | None = None,
        unit: Unit = "customer",
        filters: Filters = (),
        traits: TraitsAt = "now",
    ) -> QuestionAnswer:
        """What comes next: step, from, to, runs."""
        return self._question(
            "ask_paths", anchor=anchor, direction=direction, label=label, per=per, depth=depth, top=top,
            period=period, unit=unit, filters=filters, traits=traits,
        )  # fmt: skip

    def lifecycle(
        self,
        *,
        activity: Kind | None = None,
        interval: Calendar = "week",
        period: Span | None = None,
        unit: Unit = "customer",
        filters: Filters = (),
        traits: TraitsAt = "now",
    ) -> QuestionAnswer:
        """Who is new, returning, resurrected, dormant: bucket, state, count."""
        return self._question(
            "ask_lifecycle", activity=activity, interval=interval, period=period, unit=unit, filters=filters,
            traits=traits,
        )  # fmt: skip

    def stickiness(
        self,
        *,
        activity: Kind | None = None,
        interval: Calendar = "day",
        period: Span | None = None,
        unit: Unit = "customer",
        filters: Filters = (),
        traits: TraitsAt = "now",
    ) -> QuestionAnswer:
        """On how many days they are active: intervals, count."""
        return self._question(
            "ask_stickiness", activity=activity, interval=interval, period=period, unit=unit, filters=filters,
            traits=traits,
        )  # fmt: skip

    def tools(
        self, *, period: Span | None = None, unit: Unit = "customer", filters: Filters = (), traits: TraitsAt = "now"
    ) -> QuestionAnswer:
        """Which tools are used, by how many: a row a tool."""
        return self._question("ask_tools", period=period, unit=unit, filters=filters, traits=traits)

    def sessions(
        self,
        *,
        interval: Calendar = "day",
        breakdown: SessionBreakdown | None = None,
        top: int = 8,
        period: Span | None = None,
        unit: Unit = "customer",
        filters: Filters = (),
        traits: TraitsAt = "now",
    ) -> QuestionAnswer:
        """How many visits, and how long: bucket, sessions, median_seconds."""
        return self._question(
            "ask_sessions", interval=interval, breakdown=breakdown, top=top, period=period, unit=unit, filters=filters,
            traits=traits,
        )  # fmt: skip
