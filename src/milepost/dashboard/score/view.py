"""A validation as its page shows it: the answer, the outcomes side by side, one of them in detail."""

from __future__ import annotations

import msgspec
from markupsafe import Markup, escape

from milepost.dashboard import format as fmt
from milepost.dashboard import views as v
from milepost.dashboard.questions.shown import Panel
from milepost.dashboard.score.panels import is_said, panels_of, together_of
from milepost.insights.validate_asked import LEAST_IN_ALL, LEAST_IN_SLICE
from milepost.insights.validate_report import (
    OUTCOME_WORDS,
    SCORE,
    ValidationReport,
    finding,
)
from milepost.insights.validate_runs import Run, Runs


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
        said_so = "Nobody has asked yet whether it holds up"
        if runs.finished is not None:
            said_so = "It is compared in a stricter way now than the last time: compare again"
        if under_way:
            said_so = "Health is being compared"
        answer = Markup("{}").format(said_so)
        return ScorePage(answer, None, enough=False, **state)  # type: ignore[arg-type]
    said = [o for o in report.outcomes if is_said(report.of(SCORE, o))]
    outcome = wanted if wanted in said else said[0] if said else "active"
    return ScorePage(
        answer=_coloured(finding(report, "active" if "active" in said else outcome)),
        report=report,
        enough=bool(said),
        summary=_summary(report, said),
        figures=_figures(report),
        outcome=outcome,
        outcomes=tuple((o, OUTCOME_WORDS[o]) for o in said),
        together=together_of(report),
        panels=panels_of(report, outcome) if said else (),
        **state,  # type: ignore[arg-type]
    )


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
        v.Figure(
            "Of these without a health figure", report.unscored, hint=f"{fmt.percent(unscored)}, compared with nothing"
        ),
    )
