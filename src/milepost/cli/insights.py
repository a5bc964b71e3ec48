"""`milepost insights validate`: whether the score means anything, on this server's own data."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Optional

import msgspec
import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from milepost.cli.database import database_dsn
from milepost.cli.rebuilding import rebuild
from milepost.insights.validate import AFTER_DAYS, EVERY_DAYS, MOST_CUSTOMERS, validate
from milepost.insights.validate_report import (
    OUTCOME_WORDS,
    RIVAL,
    Pooled,
    Slice,
    ValidationReport,
    finding,
    predictor_words,
)
from milepost.insights.validate_runs import keep
from milepost.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Insights: whether they hold up.")
DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


@app.callback()
def _insights() -> None:
    """With one command alone, Typer would leave its name out."""


@app.command("validate")
def validate_(
    every: Annotated[int, typer.Option(min=1, max=3650, help="Days from one slice to the next.")] = EVERY_DAYS,
    after: Annotated[int, typer.Option(min=1, max=3650, help="Days that count as what happened next.")] = AFTER_DAYS,
    customers: Annotated[int, typer.Option(min=1, max=10_000_000, help="Customers at most.")] = MOST_CUSTOMERS,
    json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Compare scores of the past with what happened next, and with the simplest rival: days since last activity.

    The result is kept: the page /score shows it. docs/validation.md says how to read it.
    """
    settings = load_settings().with_flags(data_dir=data_dir)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True, options="-c jit=off") as connection:
        report = _compare(connection, every=every, after=after, most=customers)
        keep(connection, report, most=customers, now=datetime.now(UTC), by="the command line")
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
        return
    _print(report, Console(highlight=False))


def _compare(connection: psycopg.Connection, *, every: int, after: int, most: int) -> ValidationReport:
    errors = Console(stderr=True)
    shown = Progress(
        TextColumn("Comparing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=errors
    )  # fmt: skip
    with shown if errors.is_terminal else nullcontext():
        task = shown.add_task("slices", total=None)

        def progress(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        return validate(connection, now=datetime.now(UTC), every=every, after=after, most=most, progress=progress)


def _print(report: ValidationReport, console: Console) -> None:
    console.print(finding(report), style="bold", soft_wrap=True)
    console.print(
        f"{report.customers:,} of {report.of_customers:,} customers, {len(report.slices)} slices, {report.after_days} "
        f"days after each; {report.customer_slices:,} customer-slices; {report.unscored:,} of them had no score. "
        f"Formulas of version {report.score_version}, plan {report.plan_version}."
    )
    if not report.slices:
        return
    for outcome in report.outcomes:
        console.print(f"\n{OUTCOME_WORDS[outcome].capitalize()} in the {report.after_days} days after", style="bold")
        found = [p for p in report.pooled if p.outcome == outcome and p.correlation is not None]
        if found:
            console.print(_pooled(found))
            console.print(finding(report, outcome), soft_wrap=True)
        else:
            console.print("Not enough data yet: it happened to nobody, or to everybody equally.")
    console.print("\nSlice by slice: the score and its rival, by rank correlation", style="bold")
    console.print(_slices(report))


def _pooled(found: list[Pooled]) -> Table:
    table = Table("predictor", "ranks (95 %)", "rival", "difference (95 %)", "top tenth", "bottom", "verdict", "of")
    for p in found:
        table.add_row(
            predictor_words(p.predictor), _figure(p.correlation, p.low, p.high), _figure(p.rival),
            _figure(p.difference, p.difference_low, p.difference_high, "+.3f") if p.predictor != RIVAL else "",
            _times(p.top), _times(p.bottom), p.verdict if p.predictor != RIVAL else "", f"{p.customer_slices:,}",
        )  # fmt: skip
    return table


def _slices(report: ValidationReport) -> Table:
    outcomes = [o for o in report.outcomes if any(c.outcome == o for s in report.slices for c in s.compared)]
    table = Table("day", "customers", "no score", *(OUTCOME_WORDS[outcome] for outcome in outcomes))
    for one in report.slices:
        cells = (_slice_cell(one, outcome) for outcome in outcomes)
        table.add_row(str(one.day), f"{one.customers:,}", f"{one.unscored:,}", *cells)
    return table


def _slice_cell(one: Slice, outcome: str) -> str:
    score = next((c for c in one.compared if (c.predictor, c.outcome) == ("score", outcome)), None)
    return f"{score.correlation:.2f} : {score.rival:.2f}" if score else "nothing to compare"


def _figure(value: float | None, low: float | None = None, high: float | None = None, form: str = ".2f") -> str:
    if value is None:
        return ""
    return f"{value:{form}}" + ("" if low is None or high is None else f" ({low:{form}} to {high:{form}})")


def _times(lift: float | None) -> str:
    return "" if lift is None else f"{lift:.2f} x"


app.command()(rebuild)
