"""Trends in words, as lines, and as a table of intervals."""

from __future__ import annotations

from markupsafe import Markup

from milepost.analytics.trends import Line, Trends, TrendsAnswer
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.questions import words
from milepost.dashboard.questions.context import AnswerContext, compared, count, lasting, stamp
from milepost.dashboard.questions.shown import Cell, Column, Key, Panel, Shown, Table

_TIMES = ("time_on_page", "session_duration")


def show(answer: TrendsAnswer, question: Trends, context: AnswerContext) -> Shown:
    what = measured(question, context)
    if not any(value for line in answer.lines for value in (*line.values, *(line.previous or ()))):
        return Shown(
            Markup("No {} {}.").format(what, context.days(answer)),
            empty="Nothing of this kind happened in this period",
            hint="Choose more days, or fewer filters.",
        )
    names = [_name(line, question, context) for line in answer.lines]
    timed = answer.measure in _TIMES
    cell = _time_cell if timed else count
    columns = [words.INTERVALS[answer.interval], *names]
    if question.compare:
        columns += [f"{name}, before" for name in names]
    rows = []
    for at, bucket in enumerate(answer.buckets):
        cells = [
            Cell(words.bucket(bucket, answer.interval)),
            *(cell(line.values[at], _href(context, line, at)) for line in answer.lines),
        ]
        if question.compare:
            cells += [cell(line.previous[at] if line.previous else None) for line in answer.lines]
        rows.append(tuple(cells))
    spec = {
        "kind": "lines" if len(answer.buckets) > 1 else "bars",
        "buckets": [stamp(bucket) for bucket in answer.buckets],
        "interval": answer.interval,
        "format": "milliseconds" if timed else "number",
        "unit": "" if timed else what,
        "running": context.running(answer),
        "series": [
            {
                "name": name,
                "mark": "other" if line.is_other else str(place),
                "values": line.values,
                "previous": line.previous,
                "links": [_href(context, line, at) if value else "" for at, value in enumerate(line.values)],
            }
            for place, (name, line) in enumerate(zip(names, answer.lines, strict=True))
        ],
    }
    title = f"{what.capitalize()} by {answer.interval}"
    panel = Panel(
        "trend", title, Markup(""), Table(title, (Column(columns[0], False), *map(Column, columns[1:])), tuple(rows)),
        spec, legend=_legend(answer.lines, names, timed=timed), size="large",
    )  # fmt: skip
    return Shown(_sentence(answer, question, context, names), (panel,))


def measured(question: Trends, context: AnswerContext) -> str:
    """'events', 'customers', 'median time on page': what the axis counts."""
    if question.measure == "units":
        return context.units()
    if question.measure in _TIMES:
        nth = "median" if question.percentile == 0.5 else f"{question.percentile * 100:g}th percentile of"
        return f"{nth} {fmt.words(question.measure).lower()}"
    return question.measure


def _name(line: Line, question: Trends, context: AnswerContext) -> str:
    step = question.series[line.series]
    name = words.kind_words(step, context.names)
    if line.is_other:
        value = "All others"
    elif line.value is not None:
        value = words.value_words(question.by[0] if question.by else None, line.value, context.names)
    else:
        return name
    return value if len(question.series) == 1 else f"{name}: {value}"


def _href(context: AnswerContext, line: Line, bucket: int) -> str:
    value = None if line.value is None or line.is_other else line.value
    return context.who(series=line.series, bucket=bucket, value=value, is_other="true" if line.is_other else None)


def _legend(lines: list[Line], names: list[str], *, timed: bool) -> tuple[Key, ...]:
    if len(lines) < 2:
        return ()
    return tuple(
        Key(name, "other" if line.is_other else str(place), _total(line, timed=timed))
        for place, (name, line) in enumerate(zip(names, lines, strict=True))
    )


def _total(line: Line, *, timed: bool) -> Markup:
    return _time_cell(line.total).html if timed else markup.number(line.total, short=(line.total or 0) >= 100_000)


def _time_cell(value: float | None, href: str = "") -> Cell:
    cell = lasting(None if value is None else value / 1000)
    return Cell(cell.html, href if value is not None else "")


def _sentence(answer: TrendsAnswer, question: Trends, context: AnswerContext, names: list[str]) -> Markup:
    days, first = context.days(answer), answer.lines[0]
    timed = answer.measure in _TIMES
    if len(answer.lines) > 1:
        top = max(
            range(len(names)), key=lambda place: -1 if answer.lines[place].is_other else answer.lines[place].total or 0
        )
        value = _time_cell(answer.lines[top].total).html if timed else markup.number(answer.lines[top].total)
        verb = "has the longest" if timed else "leads with"
        return Markup("<bdi>{}</bdi> {} {} {} {}.").format(
            names[top], verb, value, "" if timed else measured(question, context), days
        )
    if timed:
        return Markup("{} of {} {}.").format(_time_cell(first.total).html, measured(question, context), days)
    noun = (
        context.units(first.total)
        if question.measure == "units"
        else fmt.plural(1 if first.total == 1 else 2, question.measure[:-1])
    )
    said = Markup("{} {} {}").format(markup.number(first.total), noun, days)
    if question.compare:
        return said + compared(first.total, first.previous_total, what="as many days before") + "."
    best = max(range(len(first.values)), key=lambda at: first.values[at] or 0)
    if len(first.values) < 3:
        return said + "."
    return said + Markup("; most {}, {}.").format(
        words.at_bucket(answer.buckets[best], answer.interval), markup.number(first.values[best])
    )
