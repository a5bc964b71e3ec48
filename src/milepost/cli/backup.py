"""`milepost backup` and `milepost restore`: the embedded database, kept elsewhere and brought back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Optional

import typer

from milepost import __version__
from milepost.cli import columns
from milepost.cli.database import any_database_dsn, need_database
from milepost.errors import Conflict, SettingsError
from milepost.settings import Settings, load_settings
from milepost.store.backup import PLAN_NAME, back_up
from milepost.store.backup import restore as restore_backup

DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


def backup(
    destination: Annotated[Path, typer.Argument(metavar="DEST", help="The folder to write; it must be new.")],
    data_dir: DataDir = None,
) -> None:
    """Back up the embedded database, the secret and the plan, beside a running server or without one."""
    settings = _embedded(data_dir)
    need_database(settings)
    plan, began = _plan(settings), time.monotonic()
    # Of whatever release: before an upgrade is when one is wanted.
    with any_database_dsn(settings) as dsn:
        made = back_up(dsn, settings.data_dir, destination, plan=plan, milepost=__version__, now=datetime.now(UTC))
    typer.echo(f"Backed up {made.size / 1e6:,.0f} MB to {destination} in {time.monotonic() - began:.1f} s.")
    typer.echo(
        f"The plan in it is {plan}."
        if plan
        else "No file of a plan was found: one saved on the pages is in its database."
    )
    if settings.token_secret:
        typer.echo("MILEPOST_TOKEN_SECRET is not in it: keep it with your other settings.")


def restore(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="A folder that `milepost backup` wrote.")],
    data_dir: DataDir = None,
) -> None:
    """Restore a backup into an empty data folder, and verify it."""
    settings = _embedded(data_dir)
    made = restore_backup(backup, settings.data_dir)
    typer.echo(f"Restored the backup of {made.made_at:%Y-%m-%d %H:%M:%S} UTC into {settings.data_dir}.")
    if PLAN_NAME in made.files:
        typer.echo(f"Its plan is {settings.data_dir / PLAN_NAME}: name it in MILEPOST_PLAN_FILE, or put it back.")
    try:
        columns.verify(settings.data_dir)
    except Conflict as problem:  # of an older release: all of it is there, and verify reads only its own
        typer.echo(f"It could not be verified yet: {problem.message} Then run `milepost verify`.", err=True)


def _embedded(data_dir: Path | None) -> Settings:
    settings = load_settings().with_flags(data_dir=data_dir)
    if not settings.embedded:
        raise SettingsError(
            "MILEPOST_DATABASE_URL names a PostgreSQL of your own; this is for the embedded one. Use that one's own"
            " backups, or pg_dump (docs/backup.md); or unset the variable.",
            field="MILEPOST_DATABASE_URL",
        )
    return settings


def _plan(settings: Settings) -> Path | None:
    """The plan a server started here would read, else one that lies in the data folder."""
    if settings.plan_file is not None:
        return settings.plan_file
    return next((path for path in (Path(PLAN_NAME), settings.data_dir / PLAN_NAME) if path.is_file()), None)
