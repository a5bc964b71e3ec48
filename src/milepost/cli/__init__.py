"""The `milepost` command: parses arguments, calls capabilities."""

from __future__ import annotations

import sys

import psycopg
from rich.console import Console

from milepost.errors import Problem


def main() -> None:
    """Runs the command; a problem is one clear line on standard error and exit code 1."""
    from milepost.cli.commands import app

    try:
        app()
    except Problem as problem:
        Console(stderr=True).print(f"[red]milepost:[/red] {problem.message}", highlight=False)
        sys.exit(1)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        Console(stderr=True).print(f"[red]milepost:[/red] the database cannot be reached: {reason}", highlight=False)
        sys.exit(1)
