"""What each page asks: an address read into typed questions, and the parts its form needs to show the same again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from milepost.analytics.asking import Period, Question, Unit
from milepost.analytics.earlier import Comparison, earlier
from milepost.analytics.period import Window
from milepost.analytics.traits import TraitsAt, trait_of
from milepost.dashboard.questions import address as a
from milepost.dashboard.questions.periods import comparison_pairs, period_pairs

Name = Literal["trends", "funnels", "retention", "paths", "lifecycle", "tools", "sessions"]
NAMES: Final[tuple[Name, ...]] = get_args(Name)
#: Whose answer can stand beside one of earlier days.
COMPARABLE: Final[tuple[Name, ...]] = ("trends", "funnels", "retention", "tools", "sessions")


class PageQuestion(msgspec.Struct, frozen=True):
    """A page's state. `questions` are asked together; `focus` is the id of the element a button led to."""

    name: Name
    period: Period
    unit: Unit
    filters: tuple[a.FilterRow, ...]
    questions: tuple[Question, ...]
    #: What the form of this page alone shows, by the names its template uses.
    parts: Mapping[str, object]
    pairs: a.Pairs
    #: The days of the period, both included.
    first: date
    last: date
    table: bool = False
    focus: str = ""
    #: Which value of a trait counts, where one is used.
    traits: TraitsAt = "now"
    #: What its days are compared with. Of trends the question says so itself; of others `questions` ends with the same
    #: questions of the earlier days.
    compare: Comparison | None = None

    @property
    def uses_traits(self) -> bool:
        return any(names_trait(msgspec.to_builtins(question)) for question in self.questions)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.period.timezone)

    @property
    def path(self) -> str:
        return f"/{self.name}"

    @property
    def url(self) -> str:
        return a.address_of(self.path, [*self.pairs, *([("view", "table")] if self.table else [])])

    @property
    def query(self) -> str:
        """The question alone, without how it is looked at: what a saved report keeps."""
        return a.address_of("", self.pairs).removeprefix("?")

    def with_pairs(self, path: str, *more: tuple[str, str]) -> str:
        return a.address_of(path, [*self.pairs, *more])


class Common(msgspec.Struct, frozen=True):
    period: Period
    unit: Unit
    filters: tuple[a.FilterRow, ...]
    now: datetime
    focus: str = ""
    traits: TraitsAt = "now"
    compare: Comparison | None = None
    #: What an address that says nothing is compared with.
    usual: Comparison | None = None

    @property
    def window(self) -> Window:
        return Window.of(self.period, self.now)

    @property
    def pairs(self) -> a.Pairs:
        unit = [("unit", self.unit)] if self.unit != "customer" else []
        filters = a.filter_pairs(self.filters)
        then = [("traits", self.traits)] if self.traits != "now" else []
        return [*period_pairs(self.period), *comparison_pairs(self.compare, self.usual), *unit, *filters, *then]

    def question(self, asking: type[Question], /, **parts: Any) -> Question:
        filters = tuple(filter(None, (row.filter() for row in self.filters)))
        return asking(period=self.period, unit=self.unit, filters=filters, traits=self.traits, **parts)


def names_trait(said: object) -> bool:
    """Whether a question, as plain values, names a trait: in a filter, or as what it measures or breaks down by."""
    if isinstance(said, dict):
        named = [said.get(place) for place in ("field", "of", "label", "breakdown")]
        texts = [one for value in named for one in (value if isinstance(value, list | tuple) else [value])]
        return any(isinstance(one, str) and trait_of(one) is not None for one in texts) or any(
            map(names_trait, said.values())
        )
    return isinstance(said, list | tuple) and any(map(names_trait, said))


def before_that(window: Window, period: Period, compare: Comparison = "previous") -> Period:
    """The days that a period is compared with."""
    before = earlier(window, compare)
    return msgspec.structs.replace(period, range=None, first=before.first, last=before.last)


def replace_days(period: Period, days: int) -> Period:
    return Period(days=days, timezone=period.timezone, week_start=period.week_start)
