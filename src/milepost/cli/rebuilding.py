"""`milepost insights rebuild` and `milepost plan status`: the history anew, and how far a new plan has come."""

from __future__ import annotations

import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Optional

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from milepost.cli.database import database_dsn, with_database
from milepost.insights.aside import Aside
from milepost.insights.history import PlanStatus, read_plan_status
from milepost.insights.settle import mark_everybody, settle_around, unsettled
from milepost.settings import load_settings
from milepost.settling import STEPS
from milepost.store.database import Database

DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]
#: While the server settles, this command waits for its turn.
_TURN_SECONDS = 0.2


def rebuild(data_dir: DataDir = None) -> None:
    """Rebuild the insights' history, snapshots, game and recommendations from what is stored.

    Safe beside a running server, and safe to stop: what is left is done by the server.
    """
    console = Console()
    shown = Progress(TextColumn("Settling"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console)
    with (
        database_dsn(load_settings().with_flags(data_dir=data_dir)) as dsn,
        psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC -c jit=off") as connection,
    ):
        total = mark_everybody(connection)
        with shown if console.is_terminal else nullcontext():
            task = shown.add_task("customers", total=total)
            after, aside = "", Aside()
            while (left := unsettled(connection)) > len(aside):
                shown.update(task, completed=max(0, total - left))
                batch = settle_around(connection, STEPS, now=datetime.now(UTC), aside=aside, after=after)
                after = batch.last
                if not batch.customers:
                    time.sleep(_TURN_SECONDS)
    console.print(f"{total - len(aside):,} customers settled again.")
    if aside:
        console.print(f"{len(aside):,} could not be settled: see the log above. The server will try them again.")
        raise typer.Exit(1)


def status(data_dir: DataDir = None) -> None:
    """Show the plan the database has, how many customers have moved to it, and the versions before."""

    async def read(database: Database) -> PlanStatus:
        async with database.transaction() as connection:
            return await read_plan_status(connection)

    found = with_database(load_settings().with_flags(data_dir=data_dir), read)
    console = Console(markup=False, highlight=False)
    console.print(
        f"{found.name}: version {found.plan_version}, formulas of version {found.score_version}", style="bold"
    )
    console.print(
        f"{found.rescored:,} of {found.customers:,} customers have moved to it; {found.unsettled:,} are waiting."
    )
    versions = Table("version", "formulas", "since")
    for version in found.versions:
        mark = " (in force)" if version.is_current else ""
        versions.add_row(
            f"{version.plan_version}{mark}", str(version.score_version), f"{version.applied_at:%Y-%m-%d %H:%M} UTC"
        )
    console.print(versions)
