"""Trends in words, as lines, and as a table of intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup
from msgspec.structs import replace

from milepost.analytics.measures import DURATIONS, Measure
from milepost.analytics.trends import Line, Trends, TrendsAnswer
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.questions import spans, words
from milepost.dashboard.questions.context import AnswerContext, changed, compared, interval_cell, lasting, stamp
from milepost.dashboard.questions.shown import Cell, Column, Key, Panel, Short, Shown, Table

#: Of these 0 means that nobody is behind it.
_COUNTED: tuple[Measure, ...] = ("events", "units", "sessions")
_COUNTS: tuple[Measure, ...] = (*_COUNTED, "distinct")
#: Lines that have a column of intervals where there is little room.
_MOST_SHORT: Final = 3
#: Lines that can be told from each other in a drawing: as many as there are colours and dashes.
_MOST_DRAWN: Final = 8
_DASH: Final = Markup("–")


def show(answer: TrendsAnswer, question: Trends, context: AnswerContext) -> Shown:
    what = measured(question)
    if not any(value for line in answer.lines for value in (*line.values, *(line.previous or ()))):
        return Shown(
            Markup("No {} {}.").format(what, context.days(answer)),
            empty="Nothing of this kind happened in this period",
            hint="Choose more days, or fewer filters.",
        )
    names = [_name(line, question, context) for line in answer.lines]
    timed = [_timed(question, line.series) for line in answer.lines]
    partial = context.partial(answer, answer.interval, answer.buckets)
    columns = [words.INTERVALS[answer.interval], *names]
    if question.compare:
        columns += [f"{name}, before" for name in names]
    rows, drawn = [], _drawn(answer.lines)
    for at, bucket in enumerate(answer.buckets):
        cells = [
            interval_cell(bucket, answer.interval, partial.get(str(at), "")),
            *(
                Cell(figure(line.values[at], timed=one), _href(context, question, line, at))
                for line, one in zip(answer.lines, timed, strict=True)
            ),
        ]
        if question.compare:
            cells += [
                Cell(figure(line.previous[at] if line.previous else None, timed=one))
                for line, one in zip(answer.lines, timed, strict=True)
            ]
        rows.append(tuple(cells))
    spec = {
        "kind": "lines" if len(answer.buckets) > 1 else "bars",
        "buckets": [stamp(bucket) for bucket in answer.buckets],
        "interval": answer.interval,
        "format": "milliseconds" if all(timed) else "number",
        "unit": "" if all(timed) else what,
        "partial": partial,
        "series": [
            {
                "name": name,
                "mark": _mark(line, place),
                "values": line.values,
                "previous": line.previous,
                "links": [_href(context, question, line, at) for at in range(len(line.values))],
            }
            for place, (name, line) in enumerate((names[at], answer.lines[at]) for at in drawn)
        ],
    }
    title = f"{_what(question)} by {answer.interval}"
    table = Table(title, (Column(columns[0], False), *map(Column, columns[1:])), tuple(rows))
    panel = Panel(
        "trend", title, _left_out(answer.lines, drawn) + _beside(answer), table, spec, size="large",
        legend=_legend([(answer.lines[at], names[at], timed[at]) for at in drawn], beside=bool(question.compare)),
        short=(_totals(answer, question, names, timed), _intervals(answer, question, table)),
    )  # fmt: skip
    return Shown(_sentence(answer, question, context, names), (panel,))


def _totals(answer: TrendsAnswer, question: Trends, names: list[str], timed: list[bool]) -> Short:
    """The lines, each as a whole, beside the days before where they are compared."""
    rows = [
        (
            Cell(Markup("<bdi>{}</bdi>").format(name)),
            Cell(figure(line.total, timed=one)),
            *(
                (Cell(figure(line.previous_total, timed=one)), Cell(changed(line.total, line.previous_total) or _DASH))
                if question.compare
                else ()
            ),
        )
        for name, line, one in zip(names, answer.lines, timed, strict=True)
    ]
    columns = (_what(question), "These days", *(("Before", "Change") if question.compare else ()))
    return Short(columns, tuple(rows))


def _intervals(answer: TrendsAnswer, question: Trends, table: Table) -> Short:
    """The intervals of the first lines; of one alone those before, too, and a bar."""
    if len(answer.lines) > 1:
        return table.short(*range(min(len(answer.lines), _MOST_SHORT) + 1), newest=True)
    short = table.short(0, 1, *((2,) if question.compare else ()), newest=True, sizes=answer.lines[0].values)
    return replace(short, columns=(short.columns[0], _what(question), *(("Before",) if question.compare else ())))


def _what(question: Trends) -> str:
    what = measured(question)
    return what[:1].upper() + what[1:]


def measured(question: Trends) -> str:
    """'events', 'customers', 'median time on page', a formula: what the axis counts."""
    if question.formula is not None:
        return question.formula_name or question.formula
    found = {_measured(question, place) for place in range(len(question.series))}
    return found.pop() if len(found) == 1 else "several measures"


def _measured(question: Trends, place: int) -> str:
    own = question.series[place]
    percentile = question.percentile if own.percentile is None else own.percentile
    return words.measure_words(_measure(question, place), own.of or question.of, percentile, question.unit)


def figure(value: float | None, *, timed: bool = False, short: bool = False) -> Markup:
    """A figure in the table, the legend or the sentence: a length of time, or a number with as many digits as say
    something."""
    if timed:
        return lasting(None if value is None else value / 1000).html
    if value is None or value == round(value) or abs(value) >= 1000:
        return markup.number(value, short=short and abs(value or 0) >= 100_000)
    return markup.number(value, digits=1 if abs(value) >= 100 else 2 if abs(value) >= 0.1 else 4)


def _measure(question: Trends, place: int) -> Measure:
    return question.series[place].measure or question.measure


def _timed(question: Trends, place: int) -> bool:
    """Whether a line's figures are milliseconds."""
    if question.formula is not None:
        return False
    own, measure = question.series[place], _measure(question, place)
    of = own.of or question.of
    return measure in DURATIONS or (measure != "distinct" and measure not in _COUNTS and of in DURATIONS)


def _name(line: Line, question: Trends, context: AnswerContext) -> str:
    value = line_value(question, line, context.names)
    if question.formula is not None:
        return value or line.name
    step = question.series[line.series]
    name = words.kind_words(step, context.names)
    if step.measure is not None and not step.name:
        name += f", {_measured(question, line.series)}"
    return (value if len(question.series) == 1 else f"{name}: {value}") if value else name


def line_value(question: Trends, line: Line, names: words.Names) -> str:
    """'Business case, Chrome': what a line is of, of a breakdown; "" without one."""
    if line.is_other:
        return "All others"
    values = [value for value in (line.value, line.value2) if value is not None]
    return ", ".join(words.value_words(field, value, names) for field, value in zip(question.by, values, strict=False))


def _href(context: AnswerContext, question: Trends, line: Line, bucket: int) -> str:
    """Those behind a point; of a formula's those of its first series, which lead on to the others."""
    value = line.values[bucket]
    if value is None or (not value and question.formula is None and _measure(question, line.series) in _COUNTS):
        return ""
    return context.who(
        series=line.series, bucket=bucket, value=None if line.is_other else line.value,
        value2=None if line.is_other else line.value2, is_other="true" if line.is_other else None,
    )  # fmt: skip


def _drawn(lines: list[Line]) -> list[int]:
    """The places of the lines that the drawing has: of very many the largest, and the one of all others."""
    places = [place for place, line in enumerate(lines) if not line.is_other]
    others = [place for place, line in enumerate(lines) if line.is_other]
    if len(places) <= _MOST_DRAWN and len(others) < 2:
        return list(range(len(lines)))
    largest = sorted(places, key=lambda place: _size(lines[place].total), reverse=True)[:_MOST_DRAWN]
    return [*sorted(largest), *(others if len(others) == 1 else ())]


def _left_out(lines: list[Line], drawn: list[int]) -> Markup:
    """That a drawing has not all lines; "" where it has."""
    if len(drawn) == len(lines):
        return Markup("")
    return Markup("The {} largest of {} lines are drawn; the table has all. ").format(_MOST_DRAWN, len(lines))


def _mark(line: Line, place: int) -> str:
    return "other" if line.is_other else str(place)


def _legend(lines: Sequence[tuple[Line, str, bool]], *, beside: bool) -> tuple[Key, ...]:
    if len(lines) < 2:
        return ()
    return tuple(
        Key(
            name,
            _mark(line, place),
            figure(line.total, timed=one, short=True) + (changed(line.total, line.previous_total) if beside else ""),
        )
        for place, (line, name, one) in enumerate(lines)
    )


def _beside(answer: TrendsAnswer) -> Markup:
    """The days that the earlier figures are of."""
    if answer.previous_first is None or answer.previous_last is None:
        return Markup("")
    return Markup("Before is {}.").format(_days(answer))


def _days(answer: TrendsAnswer) -> str:
    first, last = answer.previous_first, answer.previous_last
    return "" if first is None or last is None else spans.between(first, last)


def _sentence(answer: TrendsAnswer, question: Trends, context: AnswerContext, names: list[str]) -> Markup:
    days, first = context.days(answer), answer.lines[0]
    timed, what = _timed(question, first.series), measured(question)
    partial = context.partial(answer, answer.interval, answer.buckets)
    counted = question.formula is None and _measure(question, first.series) in _COUNTED
    value = figure(first.total, timed=timed)
    if question.formula is None and len({_measured(question, one.series) for one in answer.lines}) > 1:
        return Markup("<bdi>{}</bdi>: {} {}.").format(names[0], value, days)
    if len(answer.lines) > 1:
        top = max(range(len(names)), key=lambda place: _leading(answer.lines[place]))
        value = figure(answer.lines[top].total, timed=timed)
        than = _than(answer, answer.lines[top])
        if counted or timed:
            verb = "has the longest" if timed else "leads with"
            said = Markup("<bdi>{}</bdi> {} {} {} {}").format(names[top], verb, value, "" if timed else what, days)
        else:
            said = Markup("<bdi>{}</bdi> leads with {}, <bdi>{}</bdi> {}").format(names[top], value, what, days)
        return said + than + "."
    if counted:
        said = Markup("{} {} {}").format(value, _noun(question, context, first), days)
    elif timed:
        said = Markup("{} of {} {}").format(value, what, days)
    else:
        said = Markup("<bdi>{}</bdi> {}: {}").format(what[:1].upper() + what[1:], days, value)
    if question.compare:
        return said + _than(answer, first) + "."
    whole = [at for at in range(len(first.values)) if str(at) not in partial]
    if len(whole) < 3 or not counted:
        return said + "."
    best = max(whole, key=lambda at: _size(first.values[at]))
    return said + Markup("; most {}, {}.").format(
        spans.at_bucket(answer.buckets[best], answer.interval), figure(first.values[best])
    )


def _than(answer: TrendsAnswer, line: Line) -> Markup:
    """How a line stands to the earlier period, where one is asked for."""
    first, last = answer.previous_first, answer.previous_last
    if first is None or last is None:
        return Markup("")
    when = spans.in_earlier(answer.first, answer.last, first, last)
    return compared(line.total, line.previous_total, what=when)


def _leading(line: Line) -> tuple[bool, float]:
    """What order lines lead in: those without a value, and all others together, never before one that has one."""
    return not (line.is_other or line.value == ""), _size(line.total)


def _noun(question: Trends, context: AnswerContext, line: Line) -> str:
    """'customers', 'event': what a number is of."""
    measure = _measure(question, line.series)
    return context.units(line.total) if measure == "units" else fmt.plural(1 if line.total == 1 else 2, measure[:-1])


def _size(value: float | None) -> float:
    return float("-inf") if value is None else value
