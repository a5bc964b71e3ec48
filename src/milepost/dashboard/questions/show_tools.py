"""Tool adoption in words, as bars, and as tables: how deeply, and which go together."""

from __future__ import annotations

from markupsafe import Markup

from milepost.analytics.tools import ToolsAnswer, ToolUse
from milepost.dashboard import markup
from milepost.dashboard.questions import spans, words
from milepost.dashboard.questions.context import AnswerContext, count, named, share, text_column
from milepost.dashboard.questions.shown import HEAT_STEPS, Cell, Column, Panel, Shown, Table

_MOST_TOGETHER = 12


def show(answer: ToolsAnswer, before: ToolsAnswer | None, context: AnswerContext) -> Shown:
    if not answer.tools:
        return Shown(
            Markup("No tool was used {}.").format(context.days(answer)),
            empty="No event in this period names a tool",
            hint="Send events with a tool_id, or choose more days.",
        )
    names = [words.value_words("tool_id", tool.tool_id, context.names) for tool in answer.tools]
    panels = [adoption(answer, before, names, context)]
    if len(answer.tools) > 1:
        panels.append(_together(answer, names, context))
    return Shown(sentence(answer, names, context), tuple(panels))


def sentence(answer: ToolsAnswer, names: list[str], context: AnswerContext) -> Markup:
    first, last = answer.tools[0], answer.tools[-1]
    if answer.active == 1:
        return Markup("The only active {} uses <bdi>{}</bdi>.").format(context.units(1), names[0])
    said = Markup("{} of {} active {} use <bdi>{}</bdi>").format(
        markup.share(first.share), markup.number(answer.active), context.units(answer.active), names[0]
    )
    if len(answer.tools) == 1:
        return said + "."
    only = "only " if last.share < first.share / 2 else ""
    return said + Markup("; {}{} use <bdi>{}</bdi>.").format(only, markup.share(last.share), names[-1])


def adoption(answer: ToolsAnswer, before: ToolsAnswer | None, names: list[str], context: AnswerContext) -> Panel:
    columns: tuple[Column, ...] = (
        text_column("Tool"), Column(context.units().capitalize()), Column("Share"), Column("By week"),
        Column("Events (median)"), Column("Days used (median)"), Column("Sections used (median)"), Column("Sessions"),
        Column("Events"), Column("High-impact events"),
    )  # fmt: skip
    was = {tool.tool_id: tool.share for tool in before.tools} if before else {}
    if before:
        columns = (*columns[:3], Column("Share before"), *columns[3:])
    rows = [
        _row(tool, name, was.get(tool.tool_id, 0.0) if before else None, context)
        for tool, name in zip(answer.tools, names, strict=True)
    ]
    spec = {
        "kind": "ranking",
        "format": "percent",
        "unit": f"of active {context.units()}",
        "rows": [
            {"name": name, "value": tool.share, "count": tool.units, "link": context.who(tool_id=tool.tool_id)}
            for tool, name in list(zip(answer.tools, names, strict=True))[:20]
        ],
    }
    beside = "" if before is None else f" Before is {spans.between(before.first, before.last)}."
    detail = Markup("The share of {} who used each tool {}, and how deeply.{}").format(
        context.units(), context.days(answer), beside
    )
    size, table = f"rows-{min(len(answer.tools), 20)}", Table("Tool adoption", columns, tuple(rows))
    short = table.short(0, 1, 2, *((3,) if before else ()), sizes=[tool.share for tool in answer.tools])
    return Panel("adoption", "Adoption", detail, table, spec, size=size, keep_table=True, short=(short,))


def _row(tool: ToolUse, name: str, was: float | None, context: AnswerContext) -> tuple[Cell, ...]:
    def usual(value: float) -> Cell:
        return Cell(markup.number(value, digits=1))

    return (
        # Who has only a link is led nowhere.
        Cell(named(name).html + (markup.to_rename(tool.tool_id, name) if context.drawer else Markup(""))),
        count(tool.units, context.who(tool_id=tool.tool_id)),
        share(tool.share),
        *(() if was is None else (share(was),)),
        Cell(Markup(""), spark=tuple(tool.weekly)),
        usual(tool.median_events), usual(tool.median_days), usual(tool.median_sections),
        count(tool.sessions), count(tool.events), count(tool.high_impact),
    )  # fmt: skip


def _together(answer: ToolsAnswer, names: list[str], context: AnswerContext) -> Panel:
    """Of those who use the row's tool, how many use the column's too."""
    shown = range(min(len(answer.tools), _MOST_TOGETHER))
    rows = []
    for i in shown:
        cells = [named(names[i])]
        for j in shown:
            if i == j:
                cells.append(Cell(Markup('<span class="none">–</span>')))
                continue
            both, own = answer.together[i][j], answer.tools[i].units
            value = both / own if own else 0.0
            said = Markup('{} <span class="sr-only">{} of {}</span>').format(markup.share(value), both, own)
            cells.append(Cell(said, "", 0 if not both else max(1, round(value * HEAT_STEPS))))
        rows.append(tuple(cells))
    pairs = [(answer.together[i][j], i, j) for i in shown for j in shown if i < j]
    both, i, j = max(pairs, key=lambda pair: pair[0])
    said = Markup("<bdi>{}</bdi> and <bdi>{}</bdi> go together most: {} {} use both.").format(
        names[i], names[j], markup.number(both), context.units(both)
    )
    columns = (text_column("Of those who use"), *(Column(f"also use {words.shortened(names[j])}") for j in shown))
    return Panel("together", "Used together", said, Table("Tools used together", columns, tuple(rows), heat=True))
