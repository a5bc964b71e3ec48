"""The charts and tables of a target's page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from markupsafe import Markup, escape

from milepost.dashboard import markup
from milepost.dashboard.questions.shown import Cell, Column, Key, Panel, Table
from milepost.predict.said import GRID, Drawn
from milepost.predict.stored import StoredCheck, StoredModel, StoredReport

_TENTHS: Final = ("Least", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "Likeliest")
_NONE: Final = Markup('<span class="none" title="Not enough data">–</span>')
_KINDS: Final = {
    "rhythm": "the customer’s own rhythm alone", "logistic": "a logistic regression", "splines": "a logistic regression"
    " on bent figures", "boosting": "boosted trees", "mix": "the mean of a logistic regression and boosted trees",
}  # fmt: skip


def panels_of(model: StoredModel, checks: Sequence[StoredCheck]) -> tuple[Panel, ...]:
    """In the order they are read."""
    report = model.report
    curves = (
        ()
        if report.drawn is None
        else (_roc(report, report.drawn), _found(report, report.drawn), _weeks(report, report.drawn))
    )
    segments = (_segments(report),) if len(report.segments) > 1 else ()
    came = (_came(checks),) if checks else ()
    return _guesses(report), _tenths(report), *came, *curves, *segments


def _guesses(report: StoredReport) -> Panel:
    columns = (Column("Simple guess", numeric=False), Column("AUC"), Column("The model is better by (95 %)"))
    rows = [
        (
            Cell(escape(one.name)),
            Cell(fixed(one.auc)),
            Cell(Markup("{} ({} to {})").format(*map(signed, (one.more, one.low, one.high)))),
        )
        for one in report.beside
    ]
    said = Markup("What learned is {}. It predicts only where all of these are beaten beyond chance.").format(
        _KINDS.get(report.kind, report.kind)
    )
    return Panel(
        "guesses", "Beside simple guesses", said, Table("Simple guesses", columns, tuple(rows)), keep_table=True
    )


def _tenths(report: StoredReport) -> Panel:
    found = report.figures
    base = found.happened / found.rows if found.rows else 0.0
    names = _TENTHS if len(found.reliability) == len(_TENTHS) else [str(at + 1) for at in range(len(found.reliability))]
    rows = tuple(
        (Cell(escape(name)), Cell(markup.share(said)), Cell(markup.share(came)),
         Cell(Markup("{}\N{NO-BREAK SPACE}×").format(fixed(came / base)) if base else _NONE),
         Cell(markup.number(count)))
        for name, (said, came, count) in zip(names, found.reliability, strict=True)
    )  # fmt: skip
    columns = (
        Column("Tenth", numeric=False),
        Column("Said"),
        Column("Came"),
        Column("Against the mean"),
        Column("Rows"),
    )
    spec = {
        "kind": "grouped", "format": "percent", "unit": "", "categories": list(names),
        "series": [
            {"name": "Said", "mark": "other", "values": [round(one[0], 4) for one in found.reliability]},
            {"name": "Came", "mark": "0", "values": [round(one[1], 4) for one in found.reliability]},
        ],
    }  # fmt: skip
    said = Markup("It happened to {} of the likeliest tenth, and to {} of all. What is said is {} off on average.")
    said = said.format(
        markup.share(found.reliability[-1][1] if found.reliability else None), markup.share(base),
        markup.share(found.calibration_error),
    )  # fmt: skip
    keys = (Key("Said", "other"), Key("Came", "0"))
    return Panel("tenths", "What was said, and what came", said, Table("By tenths", columns, rows), spec, keys)


def _roc(report: StoredReport, drawn: Drawn) -> Panel:
    said = Markup("Going down from the likeliest: whom it happened to is found before whom it did not.")
    return _curve(
        "roc", "Found, and named in vain (ROC)", said, "of those to whom it did not happen, named in vain", "Found",
        report, drawn.model.roc, drawn.rival.roc,
    )  # fmt: skip


def _found(report: StoredReport, drawn: Drawn) -> Panel:
    said = Markup("Who wants to find more has to look at more who are all right.")
    return _curve(
        "precision", "Right among those named", said, "of those to whom it happened, found", "Right", report,
        drawn.model.precision, drawn.rival.precision,
    )  # fmt: skip


def _curve(
    name: str, title: str, said: Markup, across: str, up: str, report: StoredReport, model: list[float],
    rival: list[float],
) -> Panel:  # fmt: skip
    best = report.beside[0].name
    rows = tuple(
        (Cell(markup.share(at)), Cell(markup.share(one)), Cell(markup.share(other)))
        for at, one, other in zip(GRID, model, rival, strict=True)
    )
    columns = (Column(f"Share {across}", numeric=False), Column(f"{up}: the model"), Column(f"{up}: {best}"))
    spec = {
        "kind": "curve", "format": "percent", "unit": f"% {across}",
        "categories": [str(round(100 * at)) for at in GRID],
        "series": [{"name": "The model", "mark": "0", "values": model}, {"name": best, "mark": "1", "values": rival}],
    }  # fmt: skip
    return Panel(name, title, said, Table(title, columns, rows), spec, (Key("The model", "0"), Key(best, "1")))


def _weeks(report: StoredReport, drawn: Drawn) -> Panel:
    best = report.beside[0].name
    days = [date(1970, 1, 1) + timedelta(days=week.day) for week in drawn.weeks]
    rows = tuple(
        (Cell(markup.day(day, "heading")), Cell(markup.number(week.rows)),
         Cell(markup.share(week.happened / week.rows)), Cell(fixed(week.auc)), Cell(fixed(week.rival_auc)))
        for day, week in zip(days, drawn.weeks, strict=True)
    )  # fmt: skip
    columns = (
        Column("Day", numeric=False),
        Column("Customers"),
        Column("It happened to"),
        Column("AUC"),
        Column(f"AUC: {best}"),
    )
    both = ("The model", "0", [week.auc for week in drawn.weeks]), (best, "1", [week.rival_auc for week in drawn.weeks])
    spec = {
        "kind": "lines", "format": "fixed", "unit": "AUC", "interval": "day",
        "buckets": [day.isoformat() for day in days],
        "series": [
            {"name": name, "mark": mark, "values": [None if one is None else round(one, 4) for one in values]}
            for name, mark, values in both
        ],
    }  # fmt: skip
    told = [week for week in drawn.weeks if week.auc is not None and week.rival_auc is not None]
    ahead = sum((week.auc or 0) > (week.rival_auc or 0) for week in told)
    said = Markup("It was ahead of {} on {} of {} days.").format(best, ahead, len(told))
    keys = (Key("The model", "0"), Key(best, "1"))
    return Panel("weeks", "Day by day", said, Table("Day by day", columns, rows), spec if told else None, keys)


def _segments(report: StoredReport) -> Panel:
    rows = tuple(
        (Cell(Markup("<bdi>{}</bdi>").format(name or "without one")), Cell(fixed(auc)))
        for name, auc in report.segments.items()
    )
    said = Markup("Customers of one segment ranked among themselves; the largest segments first.")
    table = Table("By segment", (Column("Segment", numeric=False), Column("AUC")), rows)
    return Panel("segments", "Within segments", said, table, keep_table=True)


def _came(checks: Sequence[StoredCheck]) -> Panel:
    rows = tuple(
        (Cell(markup.day(one.as_of, "heading")), Cell(markup.number(one.figures.rows)),
         Cell(markup.share(one.figures.said)),
         Cell(markup.share(one.figures.happened / one.figures.rows if one.figures.rows else None)),
         Cell(fixed(one.figures.auc)), Cell(fixed(one.figures.rival_auc)),
         Cell(markup.share(one.figures.calibration_error) if one.figures.calibration_error is not None else _NONE),
         Cell(escape(", ".join(one.figures.shifted) or "none")))
        for one in checks
    )  # fmt: skip
    columns = (
        Column("Predicted on", numeric=False), Column("Customers"), Column("Said"), Column("Came"), Column("AUC"),
        Column("AUC: simple guess"), Column("Off by"), Column("Spread otherwise", numeric=False),
    )  # fmt: skip
    said = Markup("Each week’s predictions, once it is known what came of them; nobody’s name is kept for it.")
    return Panel("came", "What came of it", said, Table("What came of it", columns, rows), keep_table=True)


def fixed(value: float | None) -> Markup:
    """A number of two digits."""
    if value is None:
        return _NONE
    return Markup('<data value="{}" data-number="fixed">{}</data>').format(round(value, 6), f"{value:.2f}")


def signed(value: float) -> Markup:
    """A difference of three digits, with its sign."""
    text = f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")
    return Markup('<data value="{}" data-number="signed">{}</data>').format(round(value, 6), text)
