"""Sessions in words, as bars of how many and a line of how long, and as tables."""

from __future__ import annotations

from markupsafe import Markup

from milepost.analytics.sessions import Sessions, SessionsAnswer
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard import views as v
from milepost.dashboard.questions import spans, words
from milepost.dashboard.questions.context import (
    AnswerContext,
    compared,
    count,
    interval_cell,
    lasting,
    named,
    share,
    stamp,
    text_column,
)
from milepost.dashboard.questions.shown import Cell, Column, Panel, Shown, Table


def show(answer: SessionsAnswer, before: SessionsAnswer | None, question: Sessions, context: AnswerContext) -> Shown:
    total = answer.total
    if not total.sessions:
        return Shown(
            Markup("No sessions {}.").format(context.days(answer)),
            empty="No event in this period belongs to a session",
            hint="The browser SDK gives every event a session; other senders may send a session_id.",
        )
    every = answer.interval
    partial = context.partial(answer, every, answer.buckets)
    rows = tuple(
        (
            interval_cell(bucket, every, partial.get(str(at), "")),
            count(answer.counts[at], context.who(bucket=at)),
            lasting(answer.median_seconds[at]),
        )
        for at, bucket in enumerate(answer.buckets)
    )
    links = [context.who(bucket=at) if n else "" for at, n in enumerate(answer.counts)]
    common = {
        "buckets": [stamp(bucket) for bucket in answer.buckets],
        "interval": every,
        "partial": partial,
    }
    many = {
        **common,
        "kind": "bars",
        "format": "number",
        "unit": "sessions",
        "series": [{"name": "Sessions", "mark": "0", "values": answer.counts, "links": links}],
    }
    table = Table("Sessions", (text_column(words.INTERVALS[every]), Column("Sessions"), Column("Median length")), rows)
    days = table.short(0, 1, 2, newest=True, sizes=answer.counts)
    panels = [Panel("sessions", f"Sessions by {every}", Markup(""), table, many, short=(days,))]
    if question.breakdown:
        panels.append(_groups(answer, question, context))
    was = before.total if before else None
    figures = (
        v.Figure(context.units().capitalize(), total.units, was.units if was else None),
        v.Figure("Events per session (median)", total.median_events, was.median_events if was else None),
        v.Figure("With a single event", round(100 * total.single / total.sessions), hint="% of sessions"),
        v.Figure("With an export", round(100 * total.with_export / total.sessions), hint="% of sessions"),
    )
    return Shown(_sentence(answer, before, context), tuple(panels), figures)


def _sentence(answer: SessionsAnswer, before: SessionsAnswer | None, context: AnswerContext) -> Markup:
    total = answer.total
    said = Markup("{} {} {}").format(
        markup.number(total.sessions), fmt.plural(total.sessions, "session"), context.days(answer)
    )
    if before:
        when = spans.in_earlier(answer.first, answer.last, before.first, before.last)
        said += compared(total.sessions, before.total.sessions, what=when)
    if total.median_seconds is None:
        return said + "."
    return said + Markup("; half of them last {} or longer.").format(spans.seconds(total.median_seconds))


def _groups(answer: SessionsAnswer, question: Sessions, context: AnswerContext) -> Panel:
    by = words.SESSION_PARTS[question.breakdown or "device_type"]
    columns = (
        text_column(by), Column("Sessions"), Column("Share"), Column(context.units().capitalize()),
        Column("Median length"), Column("90th percentile length"), Column("Events per session (median)"),
        Column("With a single event"), Column("With an export"),
    )  # fmt: skip
    whole = answer.total.sessions
    rows = tuple(
        (
            named(words.value_words(question.breakdown, group.value or "", context.names)),
            count(group.sessions, context.who(value=group.value)), share(group.sessions / whole), count(group.units),
            lasting(group.median_seconds), lasting(group.p90_seconds),
            Cell(markup.number(group.median_events, digits=1)),
            share(group.single / group.sessions if group.sessions else None),
            share(group.with_export / group.sessions if group.sessions else None),
        )
        for group in answer.groups
    )  # fmt: skip
    spec = {
        "kind": "ranking",
        "format": "number",
        "unit": "sessions",
        "rows": [
            {
                "name": words.value_words(question.breakdown, group.value or "", context.names),
                "value": group.sessions, "count": group.sessions, "link": context.who(value=group.value),
            }
            for group in answer.groups
        ],
    }  # fmt: skip
    best = next((group for group in answer.groups if group.value), None)
    sentence = Markup("")
    if best:
        name = words.value_words(question.breakdown, best.value or "", context.names)
        sentence = Markup("<bdi>{}</bdi> leads with {}.").format(name, markup.share(best.sessions / whole))
    size, table = f"rows-{max(1, min(len(answer.groups), 20))}", Table(f"Sessions by {by.lower()}", columns, rows)
    return Panel(
        "groups",
        f"By {by.lower()}",
        sentence,
        table,
        spec,
        size=size,
        keep_table=True,
        short=(table.short(0, 1, 2, 4, sizes=[group.sessions for group in answer.groups]),),
    )
