"""`milepost insights validate` and `tune`: whether the score means anything, on this server's own data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import msgspec
import psycopg
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from milepost.cli.database import database_dsn
from milepost.cli.rebuilding import rebuild
from milepost.insights.validate import validate
from milepost.insights.validate_asked import EVERY_DAYS, MOST_CUSTOMERS
from milepost.insights.validate_report import (
    OUTCOME_WORDS,
    RIVAL,
    SCORE,
    Pooled,
    Slice,
    ValidationReport,
    apart,
    figure,
    figure_words,
    finding,
    predictor_words,
)
from milepost.insights.validate_runs import keep
from milepost.settings import load_settings
from milepost.store.saved_plans import plan_in_force

if TYPE_CHECKING:
    from milepost.insights.tune import Tuning

#: Characters of a kind of customer, so that the table has its place in 80.
_WIDEST = 24
app = typer.Typer(no_args_is_help=True, help="Insights: whether they hold up.")
DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]

Every = Annotated[int, typer.Option(min=1, max=3650, help="Days from one slice to the next.")]
After = Annotated[
    Optional[int],
    typer.Option(min=1, max=3650, help="Days that count as what happened next; default: by the data's own rhythm."),
]
Customers = Annotated[int, typer.Option(min=1, max=10_000_000, help="Customers at most.")]


@app.callback()
def _insights() -> None:
    """With one command alone, Typer would leave its name out."""


@app.command("validate")
def validate_(
    every: Every = EVERY_DAYS,
    after: After = None,
    customers: Customers = MOST_CUSTOMERS,
    by: Annotated[
        Optional[str], typer.Option(help="The trait to part customers by; default: the one that parts them best.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Compare scores of the past with what happened next, and with the simplest rival: days since last activity.

    The result is kept: the page /score shows it. docs/validation.md says how to read it.
    """
    settings = load_settings().with_flags(data_dir=data_dir)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True, options="-c jit=off") as connection:
        report = _compare(connection, every=every, after=after, most=customers, by=by)
        keep(connection, report, most=customers, now=datetime.now(UTC), by="the command line")
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
        return
    print_report(report, Console(highlight=False))


@app.command("tune")
def tune_(
    every: Every = EVERY_DAYS,
    after: After = None,
    customers: Customers = MOST_CUSTOMERS,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Fit the weights of the score's parts to what your own customers did next, and say what that is worth.

    Nothing is written: the lines for the plan are printed. docs/validation.md says how to read it.
    """
    # scipy takes a while to load, and no other command needs it.
    from milepost.insights.tune import tune

    settings = load_settings().with_flags(data_dir=data_dir)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True, options="-c jit=off") as connection:
        today = msgspec.structs.asdict(plan_in_force(connection, settings.plan_file).plan.scoring.components)
        with _shown("Looking back") as progress:
            found = tune(
                connection, today, now=datetime.now(UTC), every=every, after=after, most=customers, progress=progress
            )
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
        return
    print_tuning(found, Console(highlight=False))


def print_tuning(found: Tuning, console: Console) -> None:
    """A sentence, the weights beside today's, and the lines for the plan."""
    said = {
        "better": "rank who stays active better than today's",
        "worse": "rank who stays active worse than today's: keep those",
        "as good": "rank who stays active about as well as today's: there is no need to change them",
        "not enough data": "cannot be compared with today's: there is not enough data",
    }[found.verdict]
    console.print(f"On customers they were not fitted on, fitted weights {said}.", style="bold", soft_wrap=True)
    console.print(
        f"AUC {found.fitted:.3f} against {found.today:.3f} ({found.difference:+.3f}, 95 %: {found.low:+.3f} to "
        f"{found.high:+.3f}) and {found.rival:.3f} of days since last activity, in the {found.after_days} days after; "
        f"{found.customers:,} customers, {found.customer_slices:,} customer-slices.",
        soft_wrap=True,
    )
    console.print(_table("part", "today", "fitted", "known of", rows=[
        (one.name, f"{one.today:g}", str(one.fitted), f"{one.known:.0%}") for one in found.weights
    ]))  # fmt: skip
    console.print("\nFor the plan; nothing was written:\n\n\\[scoring.components]")
    for one in found.weights:
        console.print(f"{one.name} = {one.fitted}")


@contextmanager
def _shown(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; hears how far it is, of how much."""
    errors = Console(stderr=True)
    shown = Progress(TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=errors)
    with shown if errors.is_terminal else nullcontext():
        task = shown.add_task("slices", total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def _compare(
    connection: psycopg.Connection, *, every: int, after: int | None, most: int, by: str | None
) -> ValidationReport:
    with _shown("Comparing") as progress:
        return validate(
            connection, now=datetime.now(UTC), every=every, after=after, most=most, by=by, progress=progress
        )


def print_report(report: ValidationReport, console: Console) -> None:
    """Tables of 80 columns at most, with a sentence over each."""
    console.print(finding(report), style="bold", soft_wrap=True)
    console.print(
        f"{report.customers:,} of {report.of_customers:,} customers, {len(report.slices)} slices, {report.after_days} "
        f"days after each; {report.customer_slices:,} customer-slices; {report.unscored:,} of them had no score. "
        f"Formulas of version {report.score_version}, plan {report.plan_version}."
    )
    if report.median_gap is not None:
        console.print(f"A customer's active days are {report.median_gap:g} days apart (median).")
    if not report.slices:
        return
    known = [outcome for outcome in report.outcomes if _is_known(report.of(SCORE, outcome))]
    console.print(f"\nThe score and days since last activity, in the {report.after_days} days after", style="bold")
    console.print(_table("", "score", "rival", "difference (95 %)", "the score is", "ties", rows=[
        (OUTCOME_WORDS[outcome], *_compared(report.of(SCORE, outcome))) for outcome in report.outcomes
    ]))  # fmt: skip
    for outcome in known:
        _print_outcome(report, outcome, console)
    console.print("\nSlice by slice: the score : its rival", style="bold")
    headings = [OUTCOME_WORDS[outcome] for outcome in known]
    console.print(_table("day", "customers", *headings, rows=[
        (str(one.day), f"{one.customers:,}", *(_slice_cell(one, outcome) for outcome in known)) for one in report.slices
    ]))  # fmt: skip


def _print_outcome(report: ValidationReport, outcome: str, console: Console) -> None:
    """One outcome: each part for the same customers, and the score by kind of customer."""
    score = report.of(SCORE, outcome)
    console.print(f"\n{OUTCOME_WORDS[outcome].capitalize()}: by {figure_words(outcome)}", style="bold")
    console.print(finding(report, outcome), soft_wrap=True)
    if score is not None:
        console.print(
            f"The tenth with the highest scores did {_times(score.top)} the mean, the lowest {_times(score.bottom)}."
        )
    same = [p for p in report.together if p.outcome == outcome]
    if same and _is_known(same[0]):
        console.print(
            f"Part by part, for the {same[0].customer_slices:,} customer-slices of which all of these are known"
        )
        console.print(_table("", "ranks", "rival", "difference (95 %)", "it is", "ties", rows=[
            (predictor_words(p.predictor), *_compared(p)) for p in same
        ]))  # fmt: skip
    shown = {p.predictor for p in same}
    others = [p for p in report.pooled if p.outcome == outcome and p.predictor not in shown and _is_known(p)]
    for p in others:
        console.print(
            f"{predictor_words(p.predictor)} is known of {p.customer_slices:,}: {_fixed(outcome, p.somers)} against"
            f" {_fixed(outcome, p.rival_somers)} of the rival."
        )
    strata = [one for one in report.strata if one.found.outcome == outcome]
    if strata:
        console.print(_table("by", "score", "rival", "difference (95 %)", "the score is", "ties", rows=[
            (f"{one.by}: {one.value}"[:_WIDEST], *_compared(one.found)) for one in strata
        ]))  # fmt: skip


def _is_known(found: Pooled | None) -> bool:
    return found is not None and found.verdict != "not enough data"


def _compared(found: Pooled | None) -> tuple[str, ...]:
    """The predictor, its rival, how they differ, the verdict, ties."""
    if found is None or found.somers is None:
        return "", "", "", "too little data", ""
    outcome = found.outcome
    one, other = _fixed(outcome, found.somers), _fixed(outcome, found.rival_somers)
    ties = f"{found.ties or 0:.0%}"
    if found.predictor == RIVAL:
        return one, "", "", "", ties
    ends = (found.somers_difference, found.somers_difference_low, found.somers_difference_high)
    of, low, high = (None if end is None else _signed(apart(outcome, end)) for end in ends)
    between = "" if low is None or high is None else f" ({low}, {high})"
    return one, other, f"{of or ''}{between}", found.verdict, ties


def _table(*headings: str, rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for at, heading in enumerate(headings):
        words = heading in ("it is", "the score is")
        table.add_column(heading, justify="left" if at == 0 or words else "right", no_wrap=at == 0)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _slice_cell(one: Slice, outcome: str) -> str:
    score = next((c for c in one.compared if (c.predictor, c.outcome) == (SCORE, outcome)), None)
    return f"{_fixed(outcome, score.somers)}:{_fixed(outcome, score.rival_somers)}" if score else "-"


def _fixed(outcome: str, somers: float | None) -> str:
    shown = figure(outcome, somers)
    return "" if shown is None else f"{shown:.2f}"


def _signed(value: float | None) -> str:
    # What rounds to nothing has no sign.
    return "" if value is None else f"{round(value, 3) + 0.0:+.3f}"


def _times(lift: float | None) -> str:
    return "" if lift is None else f"{lift:.2f} x"


app.command()(rebuild)
