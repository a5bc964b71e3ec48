"""`milepost predict`: learn from one's own history, see what that is worth, and say who is likely to go quiet."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Optional

import msgspec
import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from milepost.cli.columns import with_columns
from milepost.cli.database import database_dsn
from milepost.columns.client import Columns
from milepost.insights.settle import read_plan
from milepost.plan import Plan
from milepost.predict import keeping
from milepost.predict.run import learn, predict
from milepost.predict.training import AT_LEAST, NotEnough, Report
from milepost.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Predictions: who is likely to go quiet, and whether that can be told.")
DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


@app.command("train")
def train_(data_dir: DataDir = None) -> None:
    """Learn from all history, and keep the model. It predicts only if it beats every simple guess."""
    settings = load_settings().with_flags(data_dir=data_dir)
    errors = Console(stderr=True)
    bar = Progress(TextColumn("Reading the past"), BarColumn(), TimeRemainingColumn(), console=errors)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        plan = _plan(connection)
        with bar if errors.is_terminal else nullcontext():
            task = bar.add_task("days", total=None)

            async def work(found: Columns) -> Report:
                def progress(done: int, of: int) -> None:
                    bar.update(task, completed=done, total=of)

                return (await learn(found.query, connection, plan, now=datetime.now(UTC), progress=progress)).report

            try:
                report = with_columns(settings, work)
            except NotEnough as error:
                typer.echo(
                    f"Not enough history: {error.found} of {AT_LEAST} customers' days that went quiet after, or did"
                    " not, could be checked. Nothing was learned, and nothing is predicted.",
                    err=True,
                )
                raise typer.Exit(1) from None
    _print(report, Console(highlight=False))


@app.command("report")
def report_(
    json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show what the newest model is worth."""
    settings = load_settings().with_flags(data_dir=data_dir)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        kept = keeping.newest(connection)
    if kept is None:
        typer.echo("There is no model yet. `milepost predict train` makes one.", err=True)
        raise typer.Exit(1)
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(kept), indent=2).decode() + "\n")
        return
    typer.echo(f"Learned on {kept.trained_at:%Y-%m-%d} from {kept.first_day} to {kept.last_day}.")
    _print(kept.report, Console(highlight=False))


@app.command("score")
def score_(
    top: Annotated[int, typer.Option(min=0, max=1000, help="How many of the likeliest to print.")] = 10,
    data_dir: DataDir = None,
) -> None:
    """Say of every active customer how likely they are to go quiet from today on, and print the likeliest."""
    settings = load_settings().with_flags(data_dir=data_dir)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        plan = _plan(connection)

        async def work(found: Columns) -> int | None:
            return await predict(found.query, connection, plan, now=datetime.now(UTC))

        said = with_columns(settings, work)
        if said is None:
            typer.echo("No model holds, so nothing is predicted. `milepost predict train` makes one.", err=True)
            raise typer.Exit(1)
        table = Table("customer", "likely", "why")
        for one in keeping.likely(connection, most=top):
            table.add_row(one.customer_id, f"{one.probability:.0%}", "\n".join(reason.says for reason in one.reasons))
    typer.echo(f"{said:,} customers.")
    if top:
        Console(highlight=False).print(table)


def _plan(connection: psycopg.Connection[Any]) -> Plan:
    found = read_plan(connection)
    if found is None:
        typer.echo("The database has no plan yet: start `milepost serve` once.", err=True)
        raise typer.Exit(1)
    return found[0]


def _print(report: Report, console: Console) -> None:
    found, target = report.figures, report.target
    console.print(
        f"To go quiet: no event in {target.horizon_days} days, of customers with one in {target.active_days} before.\n"
        f"Checked on {found.rows:,} customers' days, later and of other customers than it learned from:"
        f" {found.happened / found.rows:.0%} went quiet.\n"
        f"AUC {found.auc:.3f} ({found.low:.3f} to {found.high:.3f}), customers apart only {report.apart_auc:.3f}. "
        f"Somers' D {found.somers_d:.3f}. Brier {found.brier:.4f}, of the base rate {found.brier_of_base:.4f}. "
        f"Calibration error {found.calibration_error:.3f}."
    )
    table = Table("simple guess", "AUC", "the model is better by")
    for one in report.beside:
        table.add_row(one.name, f"{one.auc:.3f}", f"{one.more:+.3f} ({one.low:+.3f} to {one.high:+.3f})")
    console.print(table)
    console.print(
        f"It beats every simple guess beyond chance, so it predicts ({report.kind})."
        if report.holds
        else "It does not beat every simple guess beyond chance, so it predicts nothing."
    )
