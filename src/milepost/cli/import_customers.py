"""`milepost import-customers`: what a CRM, a billing tool or a table knows of customers and people becomes traits."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer
from rich.console import Console

from milepost.cli.database import with_database
from milepost.settings import load_settings

DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


def import_customers(
    file: Annotated[Path, typer.Argument(help="CSV, NDJSON or Parquet; .gz too.", exists=True, dir_okay=False)],
    map_file: Annotated[
        Optional[Path], typer.Option("--map", help="Which column is which trait.", exists=True, dir_okay=False)
    ] = None,
    id_column: Annotated[Optional[str], typer.Option("--id", help="The column your events know them by.")] = None,
    of: Annotated[Optional[Literal["customer", "person"]], typer.Option(help="Whom the rows are of.")] = None,
    data_dir: DataDir = None,
    dry_run: Annotated[bool, typer.Option(help="Show what would become of each column, store nothing.")] = False,
    errors: Annotated[Optional[Path], typer.Option(help="Where what was not taken is listed.")] = None,
) -> None:
    """Import customers or people with their traits. Running it again changes nothing."""
    from milepost.importing.customers import console as shown
    from milepost.importing.customers.mapping import CustomerMap, load_customer_map
    from milepost.importing.customers.store import store

    console = Console()
    said = load_customer_map(map_file) if map_file else CustomerMap()
    prepared = shown.read_file(file, said, of=of, id_column=id_column)
    preview, faults = prepared.preview, prepared.faults
    shown.print_preview(file, preview, console)
    suffix = ".dry-run.errors.ndjson" if dry_run else ".errors.ndjson"
    if dry_run:
        console.print(f"{preview.taken:,} would be stored. Nothing was.", highlight=False)
    else:
        with shown.bar(file.name, len(prepared.told), console) as progress:
            done = with_database(
                load_settings().with_flags(data_dir=data_dir),
                lambda database: store(
                    database,
                    prepared,
                    now=datetime.now(UTC),
                    progress=lambda count: progress.update(progress.task_ids[0], completed=count),
                ),
            )
        faults = done.faults
        shown.print_report(done, console)
    shown.print_faults(faults, preview.refused, errors or file.with_name(file.name + suffix), console)
    if not preview.taken:
        raise typer.Exit(1)
