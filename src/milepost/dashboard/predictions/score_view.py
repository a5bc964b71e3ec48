"""What the page of a score that is expected says: a verdict, what it rests on, charts with their tables."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup, escape

from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard import views as v
from milepost.dashboard.predictions.panels import fixed
from milepost.dashboard.predictions.view import PredictionsPage, begun
from milepost.dashboard.questions.shown import Cell, Column, Key, Panel, Table
from milepost.plan.predictions import Predictions
from milepost.predict.score_said import why_not
from milepost.predict.stored import Stored, StoredScoreCheck, StoredScoreModel, StoredScoreReport


def score_page(stored: Stored, asked: Predictions, target: str) -> PredictionsPage:
    """`target` is one of the plan's that is a score."""
    model = stored.score
    page = begun(_verdict(asked.labels[target], stored), stored, asked, target, nothing=model is None)
    if model is None:
        return page
    came = (_came(stored.score_checks),) if stored.score_checks else ()
    return msgspec.structs.replace(
        page,
        summary=_summary(model, stored),
        figures=_figures(model, stored),
        panels=(_guesses(model.report), _tenths(model.report), *came),
    )


def _verdict(label: str, stored: Stored) -> Markup:
    model, name = stored.score, Markup("<bdi>{}</bdi>").format(label)
    if model is None:
        if stored.says:
            return Markup("{} is not said: {}").format(name, stored.says)
        return Markup("Nobody knows yet whether this can be told: {}").format(name)
    if model.withdrawn_why and not model.predicts:
        return Markup('{} is <span class="worse">not said</span> any more: it did not come true').format(name)
    if not model.holds:
        return Markup("{} is not said: {}").format(name, why_not(model.report.figures, model.report.beside))
    best = model.report.beside[0]
    return Markup('{} is told <span class="better">better than</span> by “{}”').format(name, best.name)


def _summary(model: StoredScoreModel, stored: Stored) -> str:
    found = model.report.figures
    said = [
        f"It was off by {found.error:.1f} points on average, and {100 * found.covers:.0f} of 100 came to lie in an"
        f" interval that says 80, which is {found.width:.0f} points wide on average, on later days and of other"
        " customers than it learned from."
    ]
    said += [f"“{one.name.capitalize()}” is off by {one.error:.1f}." for one in model.report.beside]
    if model.withdrawn_why and not model.predicts:
        said.append(model.withdrawn_why)
    if stored.says:
        said.append(f"The newest training learned nothing: {stored.says}.")
    return " ".join(said)


def _figures(model: StoredScoreModel, stored: Stored) -> tuple[v.Figure, ...]:
    found = model.report.figures
    learned = f"{fmt.short_date(model.first_day)} to {fmt.short_date(model.last_day)}"
    waits = "from tonight on" if model.predicts else "by no model that holds"
    as_of = f"as of {fmt.short_date(stored.as_of)}" if stored.as_of else waits
    return (
        v.Figure("Said now", stored.predicted, hint=as_of),
        v.Figure("Customers’ days learned from", model.report.trained_rows, hint=learned),
        v.Figure("Customers’ days checked", found.rows, hint=f"of {fmt.integer(found.customers)} customers"),
        v.Figure("In an interval that says 80", round(100 * found.covers), hint="of 100 scores"),
    )


def _guesses(report: StoredScoreReport) -> Panel:
    columns = (Column("Simple guess", numeric=False), Column("Points off"), Column("The model is off by fewer (95 %)"))
    rows = tuple(
        (
            Cell(escape(one.name)),
            Cell(fixed(one.error)),
            Cell(Markup("{} ({} to {})").format(fixed(one.less), fixed(one.low), fixed(one.high))),
        )
        for one in report.beside
    )
    said = Markup(
        "What learned is boosted trees, off by {}. It is said only where all of these are beaten beyond chance."
    )
    table = Table("Simple guesses", columns, rows)
    return Panel("guesses", "Beside simple guesses", said.format(fixed(report.figures.error)), table, keep_table=True)


def _tenths(report: StoredScoreReport) -> Panel:
    tenths = report.figures.tenths
    rows = tuple(
        (Cell(markup.number(place)), Cell(fixed(one.expected)),
         Cell(Markup("{} to {}").format(fixed(one.low), fixed(one.high))),
         Cell(fixed(one.came)), Cell(markup.share(one.covers)), Cell(markup.number(one.rows)))
        for place, one in enumerate(tenths, 1)
    )  # fmt: skip
    columns = (
        Column("Tenth", numeric=False), Column("Expected"), Column("Between"), Column("Came"),
        Column("In the interval"), Column("Rows"),
    )  # fmt: skip
    spec = {
        "kind": "grouped", "format": "number", "unit": "points",
        "categories": [str(place + 1) for place in range(len(tenths))],
        "series": [
            {"name": "Expected", "mark": "other", "values": [round(one.expected, 1) for one in tenths]},
            {"name": "Came", "mark": "0", "values": [round(one.came, 1) for one in tenths]},
        ],
    }  # fmt: skip
    said = Markup("From the lowest scores that were expected to the highest.")
    keys = (Key("Expected", "other"), Key("Came", "0"))
    return Panel("tenths", "What was expected, and what came", said, Table("By tenths", columns, rows), spec, keys)


def _came(checks: Sequence[StoredScoreCheck]) -> Panel:
    rows = tuple(
        (Cell(markup.day(one.as_of, "heading")), Cell(markup.number(one.figures.rows)), Cell(fixed(one.figures.error)),
         Cell(fixed(one.figures.error_of_now)), Cell(markup.share(one.figures.covers)),
         Cell(escape(", ".join(one.figures.shifted) or "none")))
        for one in checks
    )  # fmt: skip
    columns = (
        Column("Said on", numeric=False), Column("Customers"), Column("Points off"), Column("Had they stayed"),
        Column("In the interval"), Column("Spread otherwise", numeric=False),
    )  # fmt: skip
    said = Markup("What was expected of a day each week, once it is known what came; nobody’s name is kept for it.")
    return Panel("came", "What came of it", said, Table("What came of it", columns, rows), keep_table=True)
