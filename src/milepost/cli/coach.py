"""`milepost coach`: learn what helps now rather than tonight, and show how the playbooks do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Optional

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from milepost.cli.database import database_dsn, with_database
from milepost.coach.learn import learn as learn_now
from milepost.coach.lift import read_coaching, tally
from milepost.coach.replay import Replay, replay
from milepost.coach.said import Coaching
from milepost.plan import Plan, load_plan
from milepost.settings import load_settings
from milepost.store.database import Database
from milepost.store.saved_plans import plan_in_force

app = typer.Typer(no_args_is_help=True, help="The coach: what it learned, and whether its playbooks help.")
DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]
_MOST = 20
#: Nobody waits for a page.
_MOST_REPLAYED = 5_000


@app.command()
def learn(data_dir: DataDir = None) -> None:
    """Learn again what customers in the same situation who moved up did next. The server does it every night."""
    settings, console = load_settings().with_flags(data_dir=data_dir), Console(highlight=False)
    now = datetime.now(UTC)
    with (
        database_dsn(settings) as dsn,
        psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC -c jit=off") as connection,
        console.status("Learning from the last year"),
    ):
        count = learn_now(connection, now=now)
    if count:
        console.print(f"{count} comparisons have enough customers on both sides. `milepost coach show` lists them.")
    else:
        console.print(
            "Not enough data yet: in no situation did enough customers take a step next, and enough others not."
        )


@app.command(name="replay")
def replay_(
    file: Annotated[
        Optional[Path], typer.Argument(help="A plan that is not in force yet; default: the one that is.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Show whom each playbook would have picked in the past, and what came of them, beside everybody who was there."""
    settings, now = load_settings().with_flags(data_dir=data_dir), datetime.now(UTC)

    async def read(database: Database) -> tuple[Plan, list[Replay]]:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            plan = load_plan(file) if file else plan_in_force(connection, settings.plan_file).plan
        async with database.transaction() as connection_:
            return plan, await replay(connection_, plan, plan.playbooks, now=now, most=_MOST_REPLAYED)

    plan, found = with_database(settings, read)
    console = Console(markup=False, highlight=False)
    for playbook, one in zip(plan.playbooks, found, strict=True):
        console.print(f"{playbook.name or playbook.id}: {one.says}")
    if not found:
        console.print("The plan has no playbooks.")


@app.command()
def show(data_dir: DataDir = None) -> None:
    """Show every playbook with its lift, and what was learned."""
    settings = load_settings().with_flags(data_dir=data_dir)

    async def read(database: Database) -> Coaching:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            tally(connection, now=datetime.now(UTC))
            plan = plan_in_force(connection, settings.plan_file).plan
        async with database.transaction() as connection_:
            return await read_coaching(connection_, plan)

    found = with_database(settings, read)
    # Names are anybody's: nothing in them is read as markup.
    console = Console(markup=False, highlight=False)
    table = Table("playbook", "open", "made", "seen", "accepted", "done", "held out", "lift")
    for one in found.playbooks:
        counts = (one.open, one.made, one.shown, one.accepted, one.done, one.held_out)
        table.add_row(one.name, *(f"{count:,}" for count in counts), one.lift.says)
    console.print(table)
    for kind in found.kinds:
        console.print(f"{kind.kind} ({', '.join(kind.names)}): {kind.says}")
    console.print("\nWhat was learned", style="bold")
    if not found.learned:
        console.print("Not enough data yet.")
    for lesson in found.learned[:_MOST]:
        estimate, low, high = lesson.moved_up.in_percentage_points()
        console.print(
            f"{lesson.situation}: {lesson.step}. {lesson.says} ({estimate} percentage points, {low} to {high})"
        )
