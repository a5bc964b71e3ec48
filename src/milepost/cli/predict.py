"""`milepost predict`: learn from one's own history, see what that is worth, and say what is likely to come of whom."""

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
from milepost.cli.predict_report import in_words, print_report
from milepost.columns.client import Columns
from milepost.insights.settle import read_plan
from milepost.plan import Plan
from milepost.plan.predictions import GOES_QUIET
from milepost.predict import keeping
from milepost.predict.run import Learned, learn, predict
from milepost.predict.watching import watch
from milepost.settings import load_settings

app = typer.Typer(
    no_args_is_help=True, help="Predictions: what is likely to come of whom, and whether that can be told."
)
DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


@app.command("train")
def train_(data_dir: DataDir = None) -> None:
    """Learn from all history what the plan asks for. A model predicts only if it beats every simple guess."""
    settings = load_settings().with_flags(data_dir=data_dir)
    errors = Console(stderr=True)
    bar = Progress(TextColumn("Reading the past"), BarColumn(), TimeRemainingColumn(), console=errors)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        plan = _plan(connection)
        with bar if errors.is_terminal else nullcontext():
            task = bar.add_task("days", total=None)

            async def work(found: Columns) -> tuple[list[Learned], list[str]]:
                def progress(done: int, of: int) -> None:
                    bar.update(task, completed=done, total=of)

                now = datetime.now(UTC)
                learned = await learn(found.query, connection, plan, now=now, progress=progress)
                return learned, await watch(found.query, connection, plan, now=now)

            learned, watched = with_columns(settings, work)
    for one in learned:
        if one.trained is None:
            typer.echo(f"{one.target.label}: nothing was learned: {one.says}.", err=True)
        else:
            print_report(one.trained.report, Console(highlight=False))
    for line in watched:
        typer.echo(f"Watched: {line}")
    if all(one.trained is None for one in learned):
        raise typer.Exit(1)


@app.command("report")
def report_(
    json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show what the newest model of each target is worth."""
    settings = load_settings().with_flags(data_dir=data_dir)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        kept = keeping.newest(connection)
    if not kept:
        typer.echo("There is no model yet. `milepost predict train` makes one.", err=True)
        raise typer.Exit(1)
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(kept), indent=2).decode() + "\n")
        return
    for one in kept:
        print_report(one.report, Console(highlight=False))
        typer.echo(f"Learned on {one.trained_at:%Y-%m-%d} from {one.first_day} to {one.last_day}.")
        if one.withdrawn_why:
            typer.echo(one.withdrawn_why)


@app.command("score")
def score_(
    top: Annotated[int, typer.Option(min=0, max=1000, help="How many of the likeliest to print.")] = 10,
    target: Annotated[str, typer.Option(help="The target whose likeliest are printed.")] = GOES_QUIET,
    data_dir: DataDir = None,
) -> None:
    """Say of everybody how likely what the plan asks for is from today on, and print the likeliest."""
    settings = load_settings().with_flags(data_dir=data_dir)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        plan = _plan(connection)

        if target not in plan.predictions.labels:
            known = ", ".join(plan.predictions.labels)
            typer.echo(f"{target!r} is no target of the plan; those are {known}.", err=True)
            raise typer.Exit(1)

        async def work(found: Columns) -> dict[str, int | None]:
            return await predict(found.query, connection, plan, now=datetime.now(UTC))

        said = with_columns(settings, work)[target]
        if said is None:
            typer.echo("No model holds, so nothing is predicted. `milepost predict train` makes one.", err=True)
            raise typer.Exit(1)
        table = Table("customer", "said", "why")
        for one in keeping.likely(connection, target, most=top):
            table.add_row(one.customer_id, in_words(one), "\n".join(reason.says for reason in one.reasons))
    typer.echo(f"{said:,} customers.")
    if top:
        Console(highlight=False).print(table)


def _plan(connection: psycopg.Connection[Any]) -> Plan:
    found = read_plan(connection)
    if found is None:
        typer.echo("The database has no plan yet: start `milepost serve` once.", err=True)
        raise typer.Exit(1)
    return found[0]
