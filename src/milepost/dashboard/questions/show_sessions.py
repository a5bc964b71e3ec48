"""Sessions in words, as bars of how many and a line of how long, and as tables."""

from __future__ import annotations

from markupsafe import Markup

from milepost.analytics.sessions import Sessions, SessionsAnswer
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard import views as v
from milepost.dashboard.questions import words
from milepost.dashboard.questions.context import AnswerContext, count, lasting, named, share, stamp, text_column
from milepost.dashboard.questions.shown import Cell, Column, Panel, Shown, Table


def show(answer: SessionsAnswer, question: Sessions, context: AnswerContext) -> Shown:
    total = answer.total
    if not total.sessions:
        return Shown(
            Markup("No sessions {}.").format(context.days(answer)),
            empty="No event in this period belongs to a session",
            hint="The browser SDK gives every event a session; other senders may send a session_id.",
        )
    every = answer.interval
    rows = tuple(
        (
            Cell(words.bucket(bucket, every)),
            count(answer.counts[at], context.who(bucket=at)),
            lasting(answer.median_seconds[at]),
        )
        for at, bucket in enumerate(answer.buckets)
    )
    links = [context.who(bucket=at) if n else "" for at, n in enumerate(answer.counts)]
    common = {
        "buckets": [stamp(bucket) for bucket in answer.buckets],
        "interval": every,
        "running": context.running(answer),
    }
    many = {
        **common,
        "kind": "bars",
        "format": "number",
        "unit": "sessions",
        "series": [{"name": "Sessions", "mark": "0", "values": answer.counts, "links": links}],
    }
    table = Table("Sessions", (text_column(words.INTERVALS[every]), Column("Sessions"), Column("Typical length")), rows)
    panels = [Panel("sessions", f"Sessions by {every}", Markup(""), table, many)]
    if question.breakdown:
        panels.append(_groups(answer, question, context))
    figures = (
        v.Figure(context.units().capitalize(), total.units),
        v.Figure("Events in a typical one", total.median_events),
        v.Figure("With only one event", round(100 * total.single / total.sessions), hint="of 100 sessions"),
        v.Figure("With an export", round(100 * total.with_export / total.sessions), hint="of 100 sessions"),
    )
    return Shown(_sentence(answer, context), tuple(panels), figures)


def _sentence(answer: SessionsAnswer, context: AnswerContext) -> Markup:
    total = answer.total
    said = Markup("{} {} {}").format(
        markup.number(total.sessions), fmt.plural(total.sessions, "session"), context.days(answer)
    )
    if total.median_seconds is None:
        return said + "."
    return said + Markup("; half of them last {} or longer.").format(words.seconds(total.median_seconds))


def _groups(answer: SessionsAnswer, question: Sessions, context: AnswerContext) -> Panel:
    by = words.SESSION_PARTS[question.breakdown or "device_type"]
    columns = (
        text_column(by), Column("Sessions"), Column("Share"), Column(context.units().capitalize()),
        Column("Typical length"),
        Column("Nine in ten within"), Column("Typical events"), Column("Only one event"), Column("With an export"),
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
    best = answer.groups[0] if answer.groups else None
    sentence = Markup("")
    if best:
        name = words.value_words(question.breakdown, best.value or "", context.names)
        sentence = Markup("<bdi>{}</bdi> leads with {}.").format(name, markup.share(best.sessions / whole))
    size = f"rows-{max(1, min(len(answer.groups), 20))}"
    return Panel(
        "groups",
        f"By {by.lower()}",
        sentence,
        Table(f"Sessions by {by.lower()}", columns, rows),
        spec,
        size=size,
        keep_table=True,
    )
