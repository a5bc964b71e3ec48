"""A validation as its page shows it: the answer, the outcomes side by side, one of them in detail."""

from __future__ import annotations

from typing import Final

import msgspec
from markupsafe import Markup, escape

from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard import views as v
from milepost.dashboard.questions.shown import Cell, Column, Key, Panel, Table
from milepost.insights.validate_compare import LEAST_IN_ALL, LEAST_IN_SLICE
from milepost.insights.validate_report import (
    OUTCOME_WORDS,
    RIVAL,
    SCORE,
    Compared,
    Pooled,
    ValidationReport,
    finding,
    predictor_words,
)
from milepost.insights.validate_runs import Run, Runs

_TENTHS: Final = ("Lowest", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "Highest")
_NONE: Final = Markup('<span class="none" title="Not enough data">–</span>')
_RIVAL_WORDS: Final = "Days since last activity"


class ScorePage(msgspec.Struct, frozen=True):
    """score.html. `report` None: nothing was compared yet. `under_way`: a run waits or goes on; `ended`: how the newest
    one ended, where that was not well. `outcome` is the one shown in detail, of `outcomes` (name, words)."""

    answer: Markup
    report: ValidationReport | None
    finished: Run | None
    under_way: Run | None
    ended: Run | None
    outdated: bool
    enough: bool
    summary: Markup = Markup("")
    figures: tuple[v.Figure, ...] = ()
    outcome: str = "active"
    outcomes: tuple[tuple[str, str], ...] = ()
    together: Panel | None = None
    panels: tuple[Panel, ...] = ()

    @property
    def least(self) -> tuple[int, int]:
        """Customers in a slice, and customer-slices in all, that are the least to say anything."""
        return LEAST_IN_SLICE, LEAST_IN_ALL


def score_page(runs: Runs, wanted: str) -> ScorePage:
    """`wanted`: the outcome the address asks for; any other than one that is known is the first."""
    report = runs.report
    under_way = runs.newest if runs.newest and runs.newest.under_way else None
    ended = runs.newest if runs.newest and not under_way and runs.newest.state in ("failed", "cancelled") else None
    state = {"finished": runs.finished, "under_way": under_way, "ended": ended, "outdated": runs.outdated}
    if report is None:
        said_so = (
            "The score is being compared for the first time"
            if under_way
            else "Nobody has asked yet whether it holds up"
        )
        answer = Markup("{}").format(said_so)
        return ScorePage(answer, None, enough=False, **state)  # type: ignore[arg-type]
    said = [o for o in report.outcomes if _said(report.of(SCORE, o))]
    outcome = wanted if wanted in said else said[0] if said else "active"
    return ScorePage(
        answer=_coloured(finding(report, "active" if "active" in said else outcome)),
        report=report,
        enough=bool(said),
        summary=_summary(report, said),
        figures=_figures(report),
        outcome=outcome,
        outcomes=tuple((o, OUTCOME_WORDS[o]) for o in said),
        together=_together(report),
        panels=(_tenths(report, outcome), _parts(report, outcome), _slices(report, outcome)) if said else (),
        **state,  # type: ignore[arg-type]
    )


def _said(found: Pooled | None) -> bool:
    return found is not None and found.verdict != "not enough data"


def _coloured(sentence: str) -> Markup:
    text = escape(sentence)
    for word in ("better", "worse"):
        text = text.replace(f"{word} than", Markup('<span class="{0}">{0} than</span>').format(word))
    return text


def _summary(report: ValidationReport, said: list[str]) -> Markup:
    """What else the score ranks better, as well, or worse; and what there is not enough of."""
    by_verdict: dict[str, list[str]] = {}
    for outcome in report.outcomes:
        found = report.of(SCORE, outcome)
        verdict = found.verdict if found and outcome in said else "not enough data"
        by_verdict.setdefault(verdict, []).append(OUTCOME_WORDS[outcome])
    words = {
        "better": Markup("Better than its rival at: <strong>{}</strong>."),
        "as good": Markup("As good as its rival at: <strong>{}</strong>."),
        "worse": Markup("Worse than its rival at: <strong>{}</strong>."),
        "not enough data": Markup("Not enough data yet about: <strong>{}</strong>."),
    }
    return Markup(" ").join(
        text.format(", ".join(by_verdict[verdict])) for verdict, text in words.items() if verdict in by_verdict
    )


def _figures(report: ValidationReport) -> tuple[v.Figure, ...]:
    days = ""
    if report.slices:
        days = f"{fmt.short_date(report.slices[0].day)} to {fmt.short_date(report.slices[-1].day)}"
    chosen = "all who have events"
    if report.customers < report.of_customers:
        chosen = f"of {fmt.integer(report.of_customers)}, chosen by a hash of their ids"
    unscored = report.unscored / report.customer_slices if report.customer_slices else 0.0
    return (
        v.Figure("Customers", report.customers, hint=chosen),
        v.Figure("Slices", len(report.slices), hint=days),
        v.Figure("Customers, counted in each slice", report.customer_slices),
        v.Figure("Of these without a score", report.unscored, hint=f"{fmt.percent(unscored)}, compared with nothing"),
    )


def _together(report: ValidationReport) -> Panel:
    rows = tuple(
        (Cell(Markup('<a href="/score?outcome={}">{}</a>').format(o, OUTCOME_WORDS[o].capitalize()) if _said(found)
              else escape(OUTCOME_WORDS[o].capitalize())), *_comparison(found), *_lifts(found))
        for o in report.outcomes
        for found in [report.of(SCORE, o)]
    )  # fmt: skip
    columns = (
        Column(f"In the {report.after_days} days after", numeric=False), Column("Score"), Column(_RIVAL_WORDS),
        Column("Difference (95 %)"), Column("The score is", numeric=False), Column("Top tenth"), Column("Bottom tenth"),
    )  # fmt: skip
    said = Markup("Rank correlation with what customers did next: 1 is exactly their order, 0 says nothing.")
    return Panel("outcomes", "What the score predicts", said, Table("By outcome", columns, rows), keep_table=True)


def _parts(report: ValidationReport, outcome: str) -> Panel:
    rows = []
    for predictor in report.predictors:
        found = report.of(predictor, outcome)
        rival = predictor == RIVAL
        cells = (_fixed(found.correlation if found else None), _NONE, _NONE, _NONE) if rival else ()
        known = Cell(markup.number(found.customer_slices if found else 0, short=True))
        shown = tuple(Cell(cell) for cell in cells) or _comparison(found)
        rows.append((Cell(Markup("<bdi>{}</bdi>").format(predictor_words(predictor))), *shown, *_lifts(found), known))
    columns = (
        Column("Part", numeric=False), Column("Ranks"), Column("Rival, same customers"), Column("Difference (95 %)"),
        Column("It is", numeric=False), Column("Top tenth"), Column("Bottom tenth"), Column("Known of"),
    )  # fmt: skip
    said = Markup("Each part alone, against its rival for those customers of whom the part is known.")
    title = f"Part by part: {OUTCOME_WORDS[outcome]}"
    return Panel("parts", title, said, Table("By part", columns, tuple(rows)), keep_table=True)


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
            for name, mark, column in zip(("Score", _RIVAL_WORDS), ("0", "other"), lifts, strict=True)
        ],
    }
    said = _NONE
    if score and score.top is not None and score.bottom is not None:
        said = Markup(
            "1 is the mean: the tenth with the highest scores did {} as much, the tenth with the lowest {}."
        ).format(_times(score.top), _times(score.bottom))
    columns = (Column("Tenth, by score or rival", numeric=False), Column("Score"), Column(_RIVAL_WORDS))
    table = Table("What each tenth did, against the mean", columns, rows)
    keys = (Key("Score", "0"), Key(_RIVAL_WORDS, "other"))
    return Panel("tenths", f"What each tenth did next: {OUTCOME_WORDS[outcome]}", said, table, spec, keys)


def _slices(report: ValidationReport, outcome: str) -> Panel:
    found: list[Compared | None] = [
        next((c for c in one.compared if (c.predictor, c.outcome) == (SCORE, outcome)), None) for one in report.slices
    ]
    rows = []
    for one, pair in zip(report.slices, found, strict=True):
        between = _NONE if pair is None or pair.low is None or pair.high is None else _range(pair.low, pair.high)
        mean = one.means.get(outcome)
        happened = markup.share(mean) if outcome == "active" else markup.number(mean, digits=1)
        rows.append(
            (
                Cell(markup.day(one.day, "heading")), Cell(markup.number(one.customers)),
                Cell(markup.number(one.unscored)), Cell(happened),
                Cell(_fixed(pair.correlation if pair else None)), Cell(between),
                Cell(_fixed(pair.rival if pair else None)),
            )
        )  # fmt: skip
    spec = {
        "kind": "lines",
        "format": "fixed",
        "unit": "rank correlation",
        "buckets": [one.day.isoformat() for one in report.slices],
        "interval": "day",
        "series": [
            {"name": "Score", "mark": "0", "values": [None if p is None else round(p.correlation, 4) for p in found]},
            {"name": _RIVAL_WORDS, "mark": "1", "values": [None if p is None else round(p.rival, 4) for p in found]},
        ],
    }
    columns = (
        Column("Slice", numeric=False), Column("Customers"), Column("Without a score"), Column("Mean"), Column("Score"),
        Column("95 %"), Column(_RIVAL_WORDS),
    )  # fmt: skip
    known = [pair for pair in found if pair is not None]
    better = sum(pair.correlation > pair.rival for pair in known)
    said = Markup("The score was ahead of its rival in {} of {} slices; no slice knows anything from after its day.")
    keys = (Key("Score", "0"), Key(_RIVAL_WORDS, "1"))
    return Panel(
        "slices", f"Slice by slice: {OUTCOME_WORDS[outcome]}", said.format(better, len(known)),
        Table("Slice by slice", columns, tuple(rows)), spec, keys,
    )  # fmt: skip


def _comparison(found: Pooled | None) -> tuple[Cell, ...]:
    if found is None or not _said(found):
        return (Cell(_NONE),) * 4
    low, high = found.difference_low, found.difference_high
    between = Markup("") if low is None or high is None else Markup(" ({} to {})").format(_signed(low), _signed(high))
    kind = {"better": "better", "worse": "worse"}.get(found.verdict, "")
    verdict = Markup('<span class="{}">{}</span>').format(kind, found.verdict)
    difference = _signed(found.difference) + between
    return Cell(_fixed(found.correlation)), Cell(_fixed(found.rival)), Cell(difference), Cell(verdict)


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
