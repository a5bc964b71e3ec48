"""`milepost sql`: runs a statement over the schema `reporting`, as the analyst's role."""

from __future__ import annotations

import asyncio
import csv
import sys
from pathlib import Path
from typing import Annotated, Optional

import msgspec
import typer
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from milepost.cli.database import database_dsn
from milepost.errors import InvalidRequest
from milepost.reporting.answers import Cell, SqlAnswer
from milepost.reporting.running import MOST_ROWS, Analyst
from milepost.settings import Settings, load_settings
from milepost.store.embedded_config import SQL_ROLE


def sql(
    statement: Annotated[str, typer.Argument(help="A statement that reads, in quotes; or - for the standard input.")],
    output: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    rows: Annotated[int, typer.Option(help="Most rows.", min=1, max=MOST_ROWS)] = 1000,
    data_dir: Annotated[
        Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")
    ] = None,
) -> None:
    """Run SQL over events, customers and all else that an export has. It can only read."""
    if output not in ("table", "csv", "json"):
        raise typer.BadParameter("it takes table, csv or json", param_hint="--format")
    settings = load_settings().with_flags(data_dir=data_dir)
    text = sys.stdin.read() if statement == "-" else statement
    with database_dsn(settings) as dsn:
        answer = asyncio.run(_analyst(settings, dsn).run(text, rows=rows))
    _show(answer, output)
    if answer.more:
        sys.stderr.write(f"There are more rows than these {len(answer.rows)}: --rows.\n")


def _analyst(settings: Settings, dsn: str) -> Analyst:
    """Raises InvalidRequest where there is no role to run it as."""
    if settings.sql_url:
        return Analyst(settings.sql_url, settings.data_dir)
    if not settings.embedded:
        raise InvalidRequest(
            "Set MILEPOST_SQL_URL to a role for SQL: docs/sql.md says how to make one.", field="MILEPOST_SQL_URL"
        )
    return Analyst(make_conninfo(dsn, user=SQL_ROLE), settings.data_dir)


def _show(answer: SqlAnswer, output: str) -> None:
    names = [column.name for column in answer.columns]
    if output == "json":
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        return
    if output == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(answer.rows)
        return
    table = Table()
    for column in answer.columns:
        table.add_column(escape(column.name), justify="right" if column.kind == "number" else "left")
    for row in answer.rows:
        table.add_row(*map(_cell, row))
    Console().print(table)


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
