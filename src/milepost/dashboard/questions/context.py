"""What the answers of all questions share when they are put into words, tables and drawings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup

from milepost.analytics.asking import Answer
from milepost.dashboard import markup
from milepost.dashboard.questions import spans, words
from milepost.dashboard.questions.address import address_of
from milepost.dashboard.questions.asked import PageQuestion
from milepost.dashboard.questions.shown import Cell, Column


class AnswerContext(msgspec.Struct, frozen=True, dict=True):
    """Who asked what, and what the plan calls things."""

    asked: PageQuestion
    names: words.Names
    today: date
    first: date
    last: date
    #: Whether the reader may learn who is behind a bar.
    drawer: bool = True

    def who(self, **place: str | int | None) -> str:
        """The address of those behind a bar, a cell or a node: the fields of its place, without what is None.

        The days are named: a place in the last 30 days is another one tomorrow. "" for a reader who may not ask.
        """
        if not self.drawer:
            return ""
        named = [(f"at.{name}", str(value)) for name, value in place.items() if value is not None]
        return f"{self._behind}&{urlencode(named)}" if named else self._behind

    @cached_property
    def _behind(self) -> str:
        """What the addresses of all places share: an answer has thousands of them."""
        fixed = [("days", "custom"), ("first", self.first.isoformat()), ("last", self.last.isoformat())]
        rest = [pair for pair in self.asked.pairs if pair[0] not in ("days", "first", "last")]
        return address_of(f"/{self.asked.name}/who", [*fixed, *rest])

    def units(self, count: float | None = None) -> str:
        return words.units(self.asked.unit, count)

    def days(self, answer: Answer) -> str:
        return spans.days_words(answer, self.asked.period)

    def partial(self, answer: Answer, interval: str, buckets: Sequence[date | datetime]) -> Mapping[str, str]:
        """The intervals, by place, that the period has only a part of, and which: '2 of 31 days', 'so far'. Beside
        whole ones they must not look like a fall."""
        found: dict[str, str] = {}
        for at in sorted({0, len(buckets) - 1} if buckets else ()):
            start = buckets[at]
            if isinstance(start, datetime) or interval in ("hour", "day"):
                if at and answer.last >= self.today:
                    found[str(at)] = "so far"
                continue
            end = ends(start, interval)
            days, whole = (min(end, answer.last) - max(start, answer.first)).days + 1, (end - start).days + 1
            if days < whole or end == self.today:
                found[str(at)] = f"{days} of {whole} days" if days < whole else "so far"
        return found


def stamp(bucket: date | datetime) -> str:
    return bucket.isoformat()


def named(label: Markup | str, href: str = "") -> Cell:
    return Cell(Markup("<bdi>{}</bdi>").format(label), href)


def interval_cell(start: date | datetime, interval: str, partial: str = "") -> Cell:
    """What names a row of a table by intervals; `partial`: how much of it there is."""
    said = spans.bucket(start, interval)
    return Cell(said + Markup(' <span class="muted">{}</span>').format(partial) if partial else said)


def count(value: float | None, href: str = "", heat: int | None = None) -> Cell:
    """A number; where it counts somebody, a way to them."""
    return Cell(markup.number(value), href if value else "", heat)


def share(value: float | None) -> Cell:
    return Cell(markup.share(value))


def lasting(value: float | None) -> Cell:
    return Cell(spans.seconds(value))


def text_column(label: str) -> Column:
    return Column(label, numeric=False)


def ends(start: date, interval: str) -> date:
    """The last day of the interval that begins at `start`."""
    if interval == "week":
        return start + timedelta(days=6)
    if interval == "month":
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return start


def changed(now: float | None, before: float | None) -> Markup:
    """' +8 %' against an earlier figure; nothing where there is nothing to compare."""
    if now is None or not before:
        return Markup("")
    return Markup(' <span class="change {}">{}{}</span>').format(
        "better" if now > before else "worse" if now < before else "",
        "+" if now > before else "",
        markup.share(now / before - 1),
    )


def compared(now: float | None, before: float | None, *, what: str) -> Markup:
    """', 8 % more than in the 30 days before': by word and colour; nothing where there is nothing to compare. `what`:
    the earlier days, with their preposition."""
    if now is None or not before:
        return Markup("")
    relative = now / before - 1
    if abs(relative) < 0.005:
        return Markup(", as {}").format(what)
    kind, word = ("better", "more") if relative > 0 else ("worse", "less")
    return Markup(', <span class="{}">{}\N{NO-BREAK SPACE}{}</span> than {}').format(
        kind, markup.share(abs(relative)), word, what
    )
