"""`milepost import-actions`: a file of offline actions into the store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Optional

import psycopg
import typer
from rich.console import Console

from milepost.cli.database import database_dsn, known_plan
from milepost.settings import load_settings

DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


def import_actions(
    file: Annotated[Path, typer.Argument(help="CSV, NDJSON or Parquet; .gz too.", exists=True, dir_okay=False)],
    map_file: Annotated[Path, typer.Option("--map", help="Which column is what.", exists=True, dir_okay=False)],
    data_dir: DataDir = None,
    dry_run: Annotated[bool, typer.Option(help="Read and check everything, store nothing.")] = False,
    limit: Annotated[Optional[int], typer.Option(help="The most rows of the file to read.", min=1)] = None,
    errors: Annotated[Optional[Path], typer.Option(help="Where refused rows go.")] = None,
    resume: Annotated[bool, typer.Option(help="Resume where an interrupted import stopped.")] = True,
) -> None:
    """Import a file of offline actions: calls, workshops, deals. Running it again adds nothing."""
    from milepost.importing.closing import NOTHING_STORED, is_all_refused
    from milepost.importing.console import import_actions_command
    from milepost.importing.database import ActionSink

    console = Console()
    chosen = load_settings().with_flags(data_dir=data_dir)
    plan, now = known_plan(chosen), datetime.now(UTC)

    def run(sink: ActionSink | None) -> bool:
        """Into that sink, or a dry run; whether there was nothing but what is wrong."""
        return is_all_refused(
            import_actions_command(
                file,
                map_file,
                sink,
                plan=plan,
                now=now,
                console=console,
                errors_path=errors,
                resume=resume,
                limit=limit,
                dry_run=sink is None,
            )
        )

    if dry_run:
        raise typer.Exit(NOTHING_STORED if run(None) else 0)
    try:
        with database_dsn(chosen) as dsn, ActionSink(dsn) as sink:
            nothing = run(sink)
    except (psycopg.OperationalError, KeyboardInterrupt):
        console.print("Interrupted. Run the same command again: it resumes where it stopped.")
        raise typer.Exit(1) from None
    raise typer.Exit(NOTHING_STORED if nothing else 0)
