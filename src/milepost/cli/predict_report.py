"""What a training found, as `milepost predict` prints it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from milepost.predict.report import Report
from milepost.predict.said import Prediction
from milepost.predict.score_report import ScoreReport


def print_report(report: Report | ScoreReport, console: Console) -> None:
    """Its figures, simple guesses beside it, and a verdict."""
    if isinstance(report, ScoreReport):
        _print_score(report, console)
    else:
        _print_likelihood(report, console)
    console.print(report.verdict)


def in_words(said: Prediction) -> str:
    """A probability, or a score with its interval."""
    if said.score is not None:
        return f"{said.score.expected:.0f} ({said.score.low:.0f} to {said.score.high:.0f})"
    return f"{said.probability or 0:.0%}"


def _print_score(report: ScoreReport, console: Console) -> None:
    found, target = report.figures, report.target
    console.print(
        f"{target.label}: in {target.horizon_days} days, of customers with an event in {target.active_days} before.\n"
        f"Checked on {found.rows:,} customers' days, later and of other customers than it learned from:"
        f" {found.error:.2f} points off on average.\n"
        f"{found.covers:.1%} came to lie in an interval that says 80 %; it is {found.width:.1f} points wide on average."
    )
    table = Table("simple guess", "points off", "the model is off by fewer")
    for one in report.beside:
        table.add_row(one.name, f"{one.error:.2f}", f"{one.less:+.2f} ({one.low:+.2f} to {one.high:+.2f})")
    console.print(table)


def _print_likelihood(report: Report, console: Console) -> None:
    found, target = report.figures, report.target
    console.print(
        f"{target.label}: within {target.horizon_days} days, of customers with an event in {target.active_days} before."
        "\n"
        f"Checked on {found.rows:,} customers' days, later and of other customers than it learned from:"
        f" it happened to {found.happened / found.rows:.0%}.\n"
        f"AUC {found.auc:.3f} ({found.low:.3f} to {found.high:.3f}), customers apart only {report.apart_auc:.3f}. "
        f"Somers' D {found.somers_d:.3f}. Brier {found.brier:.4f}, of the base rate {found.brier_of_base:.4f}. "
        f"Calibration error {found.calibration_error:.3f}."
    )
    if (people := report.without_people) is not None:
        console.print(
            f"Without what is known of people it is {people.auc:.3f}: they add {people.more:+.3f}"
            f" ({people.low:+.3f} to {people.high:+.3f}){'' if report.uses_people else ', so they are left out'}."
        )
    table = Table("simple guess", "AUC", "the model is better by")
    for one in report.beside:
        table.add_row(one.name, f"{one.auc:.3f}", f"{one.more:+.3f} ({one.low:+.3f} to {one.high:+.3f})")
    console.print(table)
