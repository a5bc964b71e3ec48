"""A funnel in words, as bars, and as a table of steps."""

from __future__ import annotations

from markupsafe import Markup
from msgspec.structs import replace

from milepost.analytics.funnel import Funnel, FunnelAnswer, FunnelGroup
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.questions import spans, words
from milepost.dashboard.questions.context import AnswerContext, count, lasting, named, share, text_column
from milepost.dashboard.questions.shown import Cell, Column, Key, Panel, Short, Shown, Table


def show(answer: FunnelAnswer, before: FunnelAnswer | None, question: Funnel, context: AnswerContext) -> Shown:
    steps = answer.total.steps
    names = [words.kind_words(step, context.names) for step in question.steps]
    if not steps or not steps[0].count:
        return Shown(
            Markup("Nobody took the first step {}.").format(context.days(answer)),
            empty="Nobody took the first step, so there is nothing to follow",
            hint="Choose more days, or another first step.",
        )
    panels = [_ways(answer, before, question, context, names)]
    if answer.groups:
        panels.append(_groups(answer, before, question, context, names))
    return Shown(sentence(answer, before, names, context), tuple(panels))


def sentence(answer: FunnelAnswer, before: FunnelAnswer | None, names: list[str], context: AnswerContext) -> Markup:
    """'Conversion fell to 31% from 35% in the 7 days before; most dropped off after step 2, Exported.'"""
    steps = answer.total.steps
    first, last = steps[0].count, steps[-1].count
    now = steps[-1].of_first or 0
    was = before.total.steps[-1].of_first if before and before.total.steps else None
    when = before and spans.in_earlier(answer.first, answer.last, before.first, before.last)
    if before is None or was is None:
        said = Markup("Conversion is {}").format(markup.share(now))
    elif abs(now - was) < 0.005:
        said = Markup("Conversion is {}, as {}").format(markup.share(now), when)
    else:
        kind, verb = ("better", "rose") if now > was else ("worse", "fell")
        said = Markup('Conversion <span class="{}">{}</span> to {} from {} {}').format(
            kind, verb, markup.share(now), markup.share(was), when
        )
    left = [steps[i].count - steps[i + 1].count for i in range(len(steps) - 1)]
    worst = max(range(len(left)), key=lambda i: left[i])
    if last == first:
        return said + Markup("; all {} {} got through.").format(markup.number(first), context.units(first))
    where = Markup("most dropped off after step {}, <bdi>{}</bdi>").format(worst + 1, names[worst])
    if len(steps) == 2:
        where = Markup("{} {} dropped off").format(markup.number(left[0]), context.units(left[0]))
    return said + Markup("; {}.").format(where)


def _ways(
    answer: FunnelAnswer, before: FunnelAnswer | None, question: Funnel, context: AnswerContext, names: list[str]
) -> Panel:
    steps = answer.total.steps
    columns: tuple[Column, ...] = (
        text_column("Step"), Column(context.units().capitalize()), Column("Of the first step"),
        Column("Of the step before"), Column("Dropped off"), Column("Median time"), Column("90th percentile"),
    )  # fmt: skip
    earlier = before.total.steps if before and len(before.total.steps) == len(steps) else None
    if earlier:
        columns += (Column("Before"), Column("Of the first step, before"))
    rows = []
    for place, step in enumerate(steps):
        left = steps[place - 1].count - step.count if place else None
        rows.append(
            (
                named(f"{place + 1}. {names[place]}"),
                count(step.count, context.who(step=place)),
                share(step.of_first),
                share(step.of_previous if place else None),
                count(left, context.who(step=place - 1, outcome="dropped")) if place else Cell(markup.number(None)),
                lasting(step.median_seconds),
                lasting(step.p90_seconds),
                *((count(earlier[place].count), share(earlier[place].of_first)) if earlier else ()),
            )
        )
    window = question.window_seconds
    within = fmt.duration(window * 1000)
    spec = {
        "kind": "funnel",
        "unit": context.units(),
        "steps": [
            {
                "name": names[place], "count": step.count, "share": step.of_first, "median": step.median_seconds,
                "link": context.who(step=place) if step.count else "",
                "dropped": context.who(step=place - 1, outcome="dropped") if place else "",
            }
            for place, step in enumerate(steps)
        ],
    }  # fmt: skip
    title = f"{context.units().capitalize()} by step"
    detail = Markup("{} of {} {}, {}, within {} of the first step.").format(
        markup.number(steps[-1].count), markup.number(steps[0].count), context.units(steps[0].count),
        words.ORDERS[question.order], within,
    )  # fmt: skip
    table = Table(title, columns, tuple(rows))
    return Panel(
        "steps", title, detail, table, spec, size=f"rows-{len(steps)}", keep_table=True,
        short=(_short(table, [step.of_first for step in steps], beside=bool(earlier)),),
    )  # fmt: skip


def _short(table: Table, sizes: list[float | None], *, beside: bool) -> Short:
    short = table.short(0, 1, 2, *((8,) if beside else ()), sizes=sizes)
    return replace(short, columns=(*short.columns[:2], "Share", *(("Share before",) if beside else ())))


def _groups(
    answer: FunnelAnswer, before: FunnelAnswer | None, question: Funnel, context: AnswerContext, names: list[str]
) -> Panel:
    by = words.field_words(question.breakdown, context.names)
    columns: tuple[Column, ...] = (
        text_column(by),
        *(Column(f"{place + 1}. {name}") for place, name in enumerate(names)),
        Column("Conversion"),
        Column("Median time"),
    )
    earlier = {(group.value, group.is_other): group for group in before.groups} if before else {}
    if earlier:
        columns += (Column("Conversion before"),)
    rows = []
    for group in answer.groups:
        label = _label(group, question, context)
        value = None if group.is_other else group.value
        cells = [named(label)]
        cells += [
            count(step.count, context.who(step=place, value=value, is_other="true" if group.is_other else None))
            for place, step in enumerate(group.steps)
        ]
        cells += [share(group.steps[-1].of_first), lasting(group.median_seconds)]
        if earlier:
            was = earlier.get((group.value, group.is_other))
            cells.append(share(was.steps[-1].of_first if was else None))
        rows.append(tuple(cells))
    shown = answer.groups[:8]
    spec = {
        "kind": "grouped",
        "format": "percent",
        "unit": "",
        # Everybody takes the first step.
        "categories": [f"{place + 1}. {name}" for place, name in enumerate(names)][1:],
        "series": [
            {
                "name": _label(group, question, context),
                "mark": "other" if group.is_other else str(place),
                "values": [step.of_first for step in group.steps[1:]],
            }
            for place, group in enumerate(shown)
        ],
    }
    # Those without a value, and all others together, are no group that one could learn from.
    named_groups = [g for g in shown if g.value and not g.is_other]
    sentence = Markup("")
    if named_groups:
        best = max(named_groups, key=lambda g: (g.steps[-1].of_first or 0, g.steps[0].count))
        sentence = Markup("<bdi>{}</bdi> converts best, {}.").format(
            _label(best, question, context), markup.share(best.steps[-1].of_first)
        )
    legend = tuple(
        Key(_label(g, question, context), "other" if g.is_other else str(place), markup.share(g.steps[-1].of_first))
        for place, g in enumerate(shown)
    )
    table, converted = Table(f"Funnel by {by.lower()}", columns, tuple(rows)), len(names) + 1
    short = table.short(0, 1, converted, *((converted + 2,) if earlier else ()))
    return Panel("groups", f"By {by.lower()}", sentence, table, spec, legend, short=(short,))


def _label(group: FunnelGroup, question: Funnel, context: AnswerContext) -> str:
    return "All others" if group.is_other else words.value_words(question.breakdown, group.value or "", context.names)
