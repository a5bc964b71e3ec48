"""Retention in words, as a curve, and as a heat table."""

from __future__ import annotations

from markupsafe import Markup

from milepost.analytics.retention import Group, Retention, RetentionAnswer
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.questions import words
from milepost.dashboard.questions.context import AnswerContext, count, stamp, text_column
from milepost.dashboard.questions.shown import HEAT_STEPS, Cell, Column, Panel, Shown, Table


def show(answer: RetentionAnswer, question: Retention, context: AnswerContext) -> Shown:
    groups = [group for group in answer.groups if group.size]
    if not groups:
        return Shown(
            Markup("Nobody began {}.").format(context.days(answer)),
            empty="Nobody began in this period, so nobody could come back",
            hint="Choose more days, or another beginning.",
            way_on=(
                "Count everybody who did it, not only first times",
                context.asked.with_pairs("/retention", ("kind", "recurring")),
            )
            if question.kind == "first_time"
            else None,
        )
    longest = max(sum(c is not None for c in group.counts) for group in groups)
    every = answer.interval
    columns = (
        text_column(f"Began in the {every} of" if every != "day" else "Began on"),
        Column(context.units().capitalize()),
        *(Column(f"{every.capitalize()} {k}") for k in range(1, longest)),
    )
    rows = [_row(group, answer, context, longest) for group in answer.groups]
    average = answer.average[:longest]
    rows.append(
        (
            Cell(Markup("Everybody")),
            count(sum(group.size for group in groups)),
            *(Cell(markup.share(value), heat=heat(value)) for value in (*average, *[None] * longest)[1:longest]),
        )
    )
    came = [value for value in average[1:] if value is not None]
    spec = None
    if came:
        spec = {
            "kind": "curve",
            "format": "percent",
            "unit": f"{every}s after the beginning",
            "categories": [str(k) for k in range(len(came) + 1)],
            "series": [{"name": f"{context.units().capitalize()} who came back", "mark": "0", "values": [1, *came]}],
        }
    begun = sum(group.size for group in groups)
    title = f"Came back, {every} by {every}"
    where = "in exactly that" if question.bounded else "in that or any later"
    detail = Markup("A cell is the share of a row's {} who came back {} {}; a dotted one may still grow.").format(
        context.units(), where, every
    )
    table = Table(f"Retention by {every}", columns, tuple(rows), heat=True)
    return Shown(
        _sentence(begun, came, question, context),
        (Panel("retention", title, detail, table, spec, size="small", keep_table=True),),
    )


def heat(value: float | None) -> int | None:
    """0 to HEAT_STEPS; something is never as pale as nothing."""
    if value is None:
        return None
    return 0 if value <= 0 else max(1, min(HEAT_STEPS, round(value * HEAT_STEPS)))


def _row(group: Group, answer: RetentionAnswer, context: AnswerContext, longest: int) -> tuple[Cell, ...]:
    start = stamp(group.start)
    cells = [Cell(words.bucket(group.start, answer.interval)), count(group.size, context.who(start=start, k=0))]
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
        # Whoever comes every week begins every week: they cannot be added up.
        said = Markup("Of those who did it in a {}, {} came back a {} later").format(
            every, markup.share(came[0]), every
        )
        return said + (_later(came, every) if len(came) > 3 else Markup("."))
    who = Markup("{} {}").format(markup.number(begun), context.units(begun))
    if not came:
        return Markup("{} began; the first {} after is not over yet.").format(who, every)
    said = Markup("Of {} who began, {} came back a {} later").format(who, markup.share(came[0]), every)
    return said + (_later(came, every) if len(came) > 3 else Markup("."))


def _later(came: list[float], every: str) -> Markup:
    return Markup(" and {} after {} {}.").format(markup.share(came[-1]), len(came), fmt.plural(len(came), every))
