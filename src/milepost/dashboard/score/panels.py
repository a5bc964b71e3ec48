"""The tables and charts of a validation's page."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from milepost.dashboard import markup
from milepost.dashboard.questions.shown import Cell, Column, Key, Panel, Table
from milepost.insights.validate_report import (
    OUTCOME_WORDS,
    RIVAL,
    SCORE,
    TENURE,
    Compared,
    Pooled,
    ValidationReport,
    apart,
    figure,
    figure_words,
    predictor_words,
)

_TENTHS: Final = ("Lowest", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "Highest")
_NONE: Final = Markup('<span class="none" title="Not enough data">–</span>')
_RIVAL_WORDS: Final = "Days since last activity"


def panels_of(report: ValidationReport, outcome: str) -> tuple[Panel, ...]:
    """One outcome in detail."""
    strata = (_strata(report, outcome),) if report.strata else ()
    return _tenths(report, outcome), _parts(report, outcome), *strata, _slices(report, outcome)


def is_said(found: Pooled | None) -> bool:
    """Whether there is enough to say something of it."""
    return found is not None and found.verdict != "not enough data"


def together_of(report: ValidationReport) -> Panel:
    """All outcomes side by side."""
    rows = tuple(
        (Cell(Markup('<a href="/score?outcome={}">{}</a>').format(o, OUTCOME_WORDS[o].capitalize()) if is_said(found)
              else escape(OUTCOME_WORDS[o].capitalize())), Cell(escape(figure_words(o))), *_comparison(found),
         *_lifts(found))
        for o in report.outcomes
        for found in [report.of(SCORE, o)]
    )  # fmt: skip
    columns = (
        Column(f"In the {report.after_days} days after", numeric=False), Column("Measured by", numeric=False),
        Column("Health"), Column(_RIVAL_WORDS), Column("Difference (95 %)"), Column("Health is", numeric=False),
        Column("Equal health"), Column("Top tenth"), Column("Bottom tenth"),
    )  # fmt: skip
    said = Markup(
        "Of two customers of whom one did more: how often that one had the better health. An AUC of 0.5, or a Somers' D"
        " of 0, is chance; 1 is always. Equal health is neither right nor wrong."
    )
    if report.median_gap is not None:
        said += Markup(
            " A customer's active days are {} days apart (median); {} days count as what happened next."
        ).format(markup.number(report.median_gap, digits=1), report.after_days)
    return Panel("outcomes", "What health predicts", said, Table("By outcome", columns, rows), keep_table=True)


def _parts(report: ValidationReport, outcome: str) -> Panel:
    same = [found for found in report.together if found.outcome == outcome]
    there = {found.predictor for found in same}
    # What is known of too few to be compared for the same customers stands below, each for its own.
    others = [report.of(name, outcome) for name in report.predictors if name not in there]
    rows = [_part(found, outcome) for found in (*same, *others) if found is not None]
    columns = (
        Column("Part", numeric=False), Column("Ranks"), Column("Rival, same customers"), Column("Difference (95 %)"),
        Column("It is", numeric=False), Column("Equal"), Column("Top tenth"), Column("Bottom tenth"),
        Column("Known of"),
    )  # fmt: skip
    known = markup.number(same[0].customer_slices if same else 0)
    said = Markup(
        "By {}. {} customers, counted in each slice, are those of whom health and its parts are known: these parts"
        " are compared for the very same. What is known of other customers says how many."
    ).format(figure_words(outcome), known)
    title = f"Part by part: {OUTCOME_WORDS[outcome]}"
    return Panel("parts", title, said, Table("By part", columns, tuple(rows)), keep_table=True)


def _part(found: Pooled, outcome: str) -> tuple[Cell, ...]:
    compared = _comparison(found)
    if found.predictor == RIVAL:
        ties = _share(found.ties) if is_said(found) else _NONE
        compared = (Cell(_fixed(figure(outcome, found.somers))), *(Cell(_NONE),) * 3, Cell(ties))
    name = Cell(Markup("<bdi>{}</bdi>").format(predictor_words(found.predictor)))
    return name, *compared, *_lifts(found), Cell(markup.number(found.customer_slices, short=True))


def _strata(report: ValidationReport, outcome: str) -> Panel:
    """The score among customers of one kind."""
    rows = tuple(
        (Cell(escape("How long they have been here" if one.by == TENURE else one.by)),
         Cell(Markup("<bdi>{}</bdi>").format(one.value)), *_comparison(one.found),
         Cell(markup.number(one.found.customer_slices, short=True)))
        for one in report.strata if one.found.outcome == outcome
    )  # fmt: skip
    columns = (
        Column("By", numeric=False), Column("Which", numeric=False), Column("Health"), Column(_RIVAL_WORDS),
        Column("Difference (95 %)"), Column("Health is", numeric=False), Column("Equal health"), Column("Customers"),
    )  # fmt: skip
    said = Markup("By {}. Customers of one kind are ranked among themselves.").format(figure_words(outcome))
    title = f"By kind of customer: {OUTCOME_WORDS[outcome]}"
    return Panel("strata", title, said, Table("By kind of customer", columns, rows), keep_table=True)


def _tenths(report: ValidationReport, outcome: str) -> Panel:
    score, rival = report.of(SCORE, outcome), report.of(RIVAL, outcome)
    lifts = [found.lifts if found and found.lifts else [None] * 10 for found in (score, rival)]
    rows = tuple(
        (Cell(escape(name)), *(Cell(_times(column[at])) for column in lifts)) for at, name in enumerate(_TENTHS)
    )
    spec = {
        "kind": "grouped",
        "format": "number",
        "unit": "",
        "categories": list(_TENTHS),
        "series": [
            {"name": name, "mark": mark, "values": [None if x is None else round(x, 3) for x in column]}
            for name, mark, column in zip(("Health", _RIVAL_WORDS), ("0", "other"), lifts, strict=True)
        ],
    }
    said = _NONE
    if score and score.top is not None and score.bottom is not None:
        said = Markup(
            "1 is the mean: the tenth with the best health did {} as much, the tenth with the lowest {}."
        ).format(_times(score.top), _times(score.bottom))
    columns = (Column("Tenth, by health or rival", numeric=False), Column("Health"), Column(_RIVAL_WORDS))
    table = Table("What each tenth did, against the mean", columns, rows)
    keys = (Key("Health", "0"), Key(_RIVAL_WORDS, "other"))
    return Panel("tenths", f"What each tenth did next: {OUTCOME_WORDS[outcome]}", said, table, spec, keys)


def _slices(report: ValidationReport, outcome: str) -> Panel:
    found: list[Compared | None] = [
        next((c for c in one.compared if (c.predictor, c.outcome) == (SCORE, outcome)), None) for one in report.slices
    ]
    rows = []
    for one, pair in zip(report.slices, found, strict=True):
        low, high = (figure(outcome, end) for end in (pair.somers_low, pair.somers_high)) if pair else (None, None)
        between = _NONE if low is None or high is None else _range(low, high)
        mean = one.means.get(outcome)
        happened = markup.share(mean) if outcome == "active" else markup.number(mean, digits=1)
        rows.append(
            (
                Cell(markup.day(one.day, "heading")), Cell(markup.number(one.customers)),
                Cell(markup.number(one.unscored)), Cell(happened),
                Cell(_fixed(figure(outcome, pair.somers) if pair else None)), Cell(between),
                Cell(_fixed(figure(outcome, pair.rival_somers) if pair else None)),
            )
        )  # fmt: skip
    spec = {
        "kind": "lines",
        "format": "fixed",
        "unit": figure_words(outcome),
        "buckets": [one.day.isoformat() for one in report.slices],
        "interval": "day",
        "series": [
            {"name": "Health", "mark": "0", "values": [_drawn(outcome, p.somers if p else None) for p in found]},
            {
                "name": _RIVAL_WORDS,
                "mark": "1",
                "values": [_drawn(outcome, p.rival_somers if p else None) for p in found],
            },
        ],
    }
    columns = (
        Column("Slice", numeric=False), Column("Customers"), Column("Without health"), Column("Mean"), Column("Health"),
        Column("95 %"), Column(_RIVAL_WORDS),
    )  # fmt: skip
    known = [pair for pair in found if pair is not None]
    better = sum((pair.somers or 0) > (pair.rival_somers or 0) for pair in known)
    said = Markup("Health was ahead of its rival in {} of {} slices; no slice knows anything from after its day.")
    keys = (Key("Health", "0"), Key(_RIVAL_WORDS, "1"))
    return Panel(
        "slices", f"Slice by slice: {OUTCOME_WORDS[outcome]}", said.format(better, len(known)),
        Table("Slice by slice", columns, tuple(rows)), spec, keys,
    )  # fmt: skip


def _comparison(found: Pooled | None) -> tuple[Cell, ...]:
    """The figure, the rival's, how they differ, the verdict, the share of ties."""
    if found is None or not is_said(found):
        return (Cell(_NONE),) * 5
    outcome = found.outcome
    low, high = (apart(outcome, end) for end in (found.somers_difference_low, found.somers_difference_high))
    between = Markup("") if low is None or high is None else Markup(" ({} to {})").format(_signed(low), _signed(high))
    kind = {"better": "better", "worse": "worse"}.get(found.verdict, "")
    verdict = Markup('<span class="{}">{}</span>').format(kind, found.verdict)
    difference = _signed(apart(outcome, found.somers_difference)) + between
    one, other = (_fixed(figure(outcome, somers)) for somers in (found.somers, found.rival_somers))
    return Cell(one), Cell(other), Cell(difference), Cell(verdict), Cell(_share(found.ties))


def _share(value: float | None) -> Markup:
    return _NONE if value is None else markup.share(value)


def _drawn(outcome: str, somers: float | None) -> float | None:
    shown = figure(outcome, somers)
    return None if shown is None else round(shown, 4)


def _lifts(found: Pooled | None) -> tuple[Cell, Cell]:
    return Cell(_times(found.top if found else None)), Cell(_times(found.bottom if found else None))


def _fixed(value: float | None) -> Markup:
    if value is None:
        return _NONE
    return Markup('<data value="{}" data-number="fixed">{}</data>').format(round(value, 6), f"{value:.2f}")


def _signed(value: float | None) -> Markup:
    if value is None:
        return _NONE
    text = f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")
    return Markup('<data value="{}" data-number="signed">{}</data>').format(round(value, 6), text)


def _range(low: float, high: float) -> Markup:
    return Markup("{} to {}").format(_fixed(low), _fixed(high))


def _times(lift: float | None) -> Markup:
    return _NONE if lift is None else Markup("{}\N{NO-BREAK SPACE}×").format(_fixed(lift))
