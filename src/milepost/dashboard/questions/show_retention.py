"""Retention in words, as a curve, and as a heat table."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from milepost.analytics.asking import EventKind
from milepost.analytics.retention import Group, Retention, RetentionAnswer
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.questions import spans
from milepost.dashboard.questions.context import AnswerContext, count, stamp, text_column
from milepost.dashboard.questions.shown import HEAT_STEPS, Cell, Column, Panel, Short, Shown, Table

#: Columns where there is little room: whose they are, how many, the first three intervals.
_MOST_SHORT: Final = 5


def show(answer: RetentionAnswer, before: RetentionAnswer | None, question: Retention, context: AnswerContext) -> Shown:
    groups = [group for group in answer.groups if group.size]
    if not groups:
        return Shown(
            Markup("Nobody started {}.").format(context.days(answer)),
            empty="Nobody started in this period, so nobody could come back",
            hint="Choose more days, or another first event.",
            way_on=(
                "Count everyone who did it, not only first-timers",
                context.asked.with_pairs("/retention", ("kind", "recurring")),
            )
            if question.kind == "first_time"
            else None,
        )
    longest = max(sum(c is not None for c in group.counts) for group in groups)
    every = answer.interval
    columns = (
        text_column(f"{every.capitalize()} of" if every != "day" else "Day"),
        Column(context.units().capitalize()),
        *(Column(f"{every.capitalize()} {k}") for k in range(1, longest)),
    )
    rows = [_row(group, answer, context, longest) for group in answer.groups]
    average = answer.average[:longest]
    rows.append(
        (
            # Who comes every week starts every week: their sum would count nobody.
            Cell(Markup("Average") if question.kind == "recurring" else Markup("All")),
            Cell(Markup("")) if question.kind == "recurring" else count(sum(group.size for group in groups)),
            *(Cell(markup.share(value), heat=heat(value)) for value in (*average, *[None] * longest)[1:longest]),
        )
    )
    if before and any(group.size for group in before.groups):
        was = before.average[:longest]
        rows.append(
            (
                Cell(Markup("Before")),
                Cell(Markup("")),
                *(Cell(markup.share(value), heat=heat(value)) for value in (*was, *[None] * longest)[1:longest]),
            )
        )
    came = [value for value in average[1:] if value is not None]
    spec = None
    if came:
        spec = {
            "kind": "curve",
            "format": "percent",
            "unit": f"{every}s later",
            "categories": [str(k) for k in range(len(came) + 1)],
            "series": [{"name": f"{context.units().capitalize()} who came back", "mark": "0", "values": [1, *came]}],
        }
    begun = sum(group.size for group in groups)
    title = f"Came back, {every} by {every}"
    where = "in exactly that" if question.bounded else "in that or any later"
    beside = "" if before is None else f" Before is the average of {spans.between(before.first, before.last)}."
    detail = Markup("A cell is the share of a row's {} who came back {} {}; a dotted one may still grow.{}").format(
        context.units(), where, every, beside
    )
    table = Table(f"Retention by {every}", columns, tuple(rows), heat=True)
    return Shown(
        _sentence(begun, came, question, context),
        (Panel("retention", title, detail, table, spec, size="small", keep_table=True, short=(_first(table),)),),
    )


def _first(table: Table) -> Short:
    """The intervals that come first, as many as a phone is wide."""
    return table.short(*range(min(len(table.columns), _MOST_SHORT)), newest=True)


def heat(value: float | None) -> int | None:
    """0 to HEAT_STEPS; something is never as pale as nothing."""
    if value is None:
        return None
    return 0 if value <= 0 else max(1, min(HEAT_STEPS, round(value * HEAT_STEPS)))


def _row(group: Group, answer: RetentionAnswer, context: AnswerContext, longest: int) -> tuple[Cell, ...]:
    start = stamp(group.start)
    cells = [Cell(spans.bucket(group.start, answer.interval)), count(group.size, context.who(start=start, k=0))]
    for k in range(1, longest):
        came = group.counts[k] if k < len(group.counts) else None
        if came is None or not group.size:
            cells.append(Cell(Markup("")))
            continue
        value = came / group.size
        growing = group.open_from is not None and k >= group.open_from
        told_who = Markup('{} <span class="sr-only">{} of {}</span>').format(markup.share(value), came, group.size)
        cells.append(Cell(told_who, context.who(start=start, k=k) if came else "", heat(value), growing))
    return tuple(cells)


def _sentence(begun: int, came: list[float], question: Retention, context: AnswerContext) -> Markup:
    every = question.interval
    if question.kind == "recurring" and came:
        # Whoever comes every week starts every week: they cannot be added up.
        who = "active" if question.start == EventKind() else "who did it"
        said = Markup("{} of {} {} {} a {} came back the {} after").format(
            markup.share(came[0]), context.units(), who, "on" if every == "day" else "in", every, every
        )
        return said + (_later(came, every) if len(came) > 3 else Markup("."))
    who = Markup("{} {}").format(markup.number(begun), context.units(begun))
    if not came:
        return Markup("{} started; the first {} after is not over yet.").format(who, every)
    said = Markup("Of {} who started, {} came back a {} later").format(who, markup.share(came[0]), every)
    return said + (_later(came, every) if len(came) > 3 else Markup("."))


def _later(came: list[float], every: str) -> Markup:
    return Markup(", {} after {} {}.").format(markup.share(came[-1]), len(came), fmt.plural(len(came), every))
