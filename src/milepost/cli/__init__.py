"""The `milepost` command: parses arguments, calls capabilities."""

from __future__ import annotations

import sys

from milepost.errors import Problem


def main() -> None:
    """Runs the command; a problem is one clear line on standard error and exit code 1."""
    from milepost.cli.commands import app

    try:
        app()
    except Problem as problem:
        _end(problem.message)
    except Exception as error:
        from psycopg import OperationalError  # which not every command needs

        if not isinstance(error, OperationalError):
            raise
        _end(f"the database cannot be reached: {str(error).strip().splitlines()[0]}")


def _end(message: str) -> None:
    from rich.console import Console
    from rich.markup import escape

    # It may quote a file, whose brackets are no colours.
    Console(stderr=True).print(f"[red]milepost:[/red] {escape(message)}", highlight=False)
    sys.exit(1)
