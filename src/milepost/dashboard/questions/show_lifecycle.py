"""Lifecycle and stickiness: who is new, stays, came back or went quiet, and on how many of the days they come."""

from __future__ import annotations

from markupsafe import Markup
from msgspec.structs import replace

from milepost.analytics.lifecycle import LifecycleAnswer
from milepost.analytics.stickiness import StickinessAnswer
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.questions import spans, words
from milepost.dashboard.questions.context import (
    AnswerContext,
    count,
    ends,
    interval_cell,
    named,
    share,
    stamp,
    text_column,
)
from milepost.dashboard.questions.shown import Column, Key, Panel, Short, Shown, Table

#: How the four are called, and the marks of their colours: better and worse by place and word as well.
_KINDS = (
    ("new", "New", "new"),
    ("returning", "Stayed", "returning"),
    ("resurrected", "Came back", "resurrected"),
    ("dormant", "Went quiet", "dormant"),
)


def show(answer: LifecycleAnswer, sticky: StickinessAnswer, context: AnswerContext) -> Shown:
    figures = {name: getattr(answer, name) for name, _, _ in _KINDS}
    if not any(any(values) for values in figures.values()):
        return Shown(
            Markup("Nobody was active {}.").format(context.days(answer)),
            empty="Nobody did this in this period",
            hint="Choose more days, or another kind of activity.",
        )
    every = answer.interval
    columns = (
        text_column(words.INTERVALS[every]), Column("Active"), *(Column(label) for _, label, _ in _KINDS),
        Column("Net"),
    )  # fmt: skip
    rows = []
    partial = context.partial(answer, every, answer.buckets)
    for at, bucket in enumerate(answer.buckets):
        new, stayed, back, quiet = (figures[name][at] for name, _, _ in _KINDS)
        cells = [count(figures[name][at], context.who(bucket=at, state=name)) for name, _, _ in _KINDS]
        first = interval_cell(bucket, every, partial.get(str(at), ""))
        rows.append((first, count(new + stayed + back), *cells, count(new + back - quiet)))
    spec = {
        "kind": "lifecycle",
        "unit": context.units(),
        "buckets": [stamp(bucket) for bucket in answer.buckets],
        "interval": every,
        "partial": partial,
        "series": [
            {
                "name": label,
                "mark": mark,
                "values": [-value if name == "dormant" else value for value in figures[name]],
                "links": [context.who(bucket=at, state=name) if n else "" for at, n in enumerate(figures[name])],
            }
            for name, label, mark in _KINDS
        ],
    }
    at, table = _whole(answer, context), Table("Lifecycle", columns, tuple(rows))
    panel = Panel(
        "lifecycle", f"{context.units().capitalize()} {_each(every)}", _details(answer, at),
        table, spec, tuple(Key(label, mark) for _, label, mark in _KINDS), "large",
        short=(_short(table, at),),
    )  # fmt: skip
    panels = (panel, _stickiness(sticky, context)) if sticky.active else (panel,)
    return Shown(_sentence(answer, at, context), panels)


def _short(table: Table, last: int) -> Short:
    """How many there were, who is new, and who went quiet, up to the last interval that is over."""
    short = table.short(0, 1, 2, 5, newest=True)
    return replace(short, rows=short.rows[: last + 1])


def _each(every: str) -> str:
    return {"day": "day by day", "week": "week by week", "month": "month by month"}[every]


def _whole(answer: LifecycleAnswer, context: AnswerContext) -> int:
    """The last interval that is over: one that has just begun would say that everybody left."""
    last = len(answer.buckets) - 1
    return last - 1 if last and ends(answer.buckets[last], answer.interval) >= context.today else last


def _sentence(answer: LifecycleAnswer, at: int, context: AnswerContext) -> Markup:
    came, left = answer.new[at] + answer.resurrected[at], answer.dormant[at]
    begun = spans.at_bucket(answer.buckets[at], answer.interval)
    where = begun[:1].upper() + begun[1:]
    if came == left:
        return where + Markup(" as many {} came as went quiet: {}.").format(context.units(), markup.number(came))
    word = Markup('<span class="better">more</span>') if came > left else Markup('<span class="worse">fewer</span>')
    return where + Markup(" {} {} came than went quiet: {} against {}.").format(
        word, context.units(), markup.number(came), markup.number(left)
    )


def _details(answer: LifecycleAnswer, at: int) -> Markup:
    return Markup("{} new, {} stayed, {} came back, {} went quiet.").format(
        *(markup.number(values[at]) for values in (answer.new, answer.returning, answer.resurrected, answer.dormant))
    )


def _stickiness(sticky: StickinessAnswer, context: AnswerContext) -> Panel:
    every, whole = sticky.interval, len(sticky.counts)
    rows, at_least = [], sticky.active
    for n, value in enumerate(sticky.counts, start=1):
        rows.append(
            (
                named(f"{n} {fmt.plural(n, every)}"),
                count(value, context.who(n=n)),
                share(value / sticky.active if sticky.active else None),
                share(at_least / sticky.active if sticky.active else None),
            )
        )
        at_least -= value
    spec = {
        "kind": "columns",
        "format": "number",
        "unit": context.units(),
        "axis": f"{every}s active, of {whole}",
        "categories": [str(n) for n in range(1, whole + 1)],
        "series": [
            {
                "name": context.units().capitalize(),
                "mark": "0",
                "values": sticky.counts,
                "links": [context.who(n=n) if v else "" for n, v in enumerate(sticky.counts, 1)],
            }
        ],
    }
    median = sticky.median or 0
    sentence = Markup("Half of the {} active {} came in {} or more of the {} {}.").format(
        markup.number(sticky.active), context.units(sticky.active),
        markup.number(median, digits=1 if median % 1 else 0), whole, fmt.plural(whole, every),
    )  # fmt: skip
    columns = (
        text_column("Active in"),
        Column(context.units().capitalize()),
        Column("Share"),
        Column("That often or more"),
    )
    return Panel("stickiness", "Stickiness", sentence, Table("Stickiness", columns, tuple(rows)), spec)
