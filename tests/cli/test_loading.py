"""What a command loads before it does anything: each is started many times a day, and a server by every restart."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from milepost.cli.commands import app

#: Each takes a tenth of a second or more.
_HEAVY = {
    "litestar",
    "psycopg",
    "jwt",
    "httpx",
    "uvicorn",
    "pyarrow",
    "clickhouse_connect",
    "chdb",
    "procrastinate",
} | {
    "numpy",
    "scipy",
    "sklearn",
    "pandas",
    "mcp",
}


def loaded(code: str) -> set[str]:
    """The heavy packages that are there after `code`, in a process of its own."""
    script = f"import sys\n{code}\nprint(*({_HEAVY!r} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_the_command_line_alone_loads_nothing_heavy() -> None:
    assert loaded("import milepost.cli.commands") == set()


def test_asking_a_server_needs_no_database() -> None:
    assert loaded("import milepost.cli.query") == set()


def test_the_process_that_keeps_the_worker_leaves_the_application_to_it() -> None:
    assert loaded("import milepost.cli.commands, milepost.serve") == {"psycopg"}


def test_a_server_without_a_webhook_loads_no_client_and_learns_nothing() -> None:
    assert loaded("import milepost.app") <= {"litestar", "psycopg", "jwt", "procrastinate"}


@pytest.mark.parametrize("arguments", [["plan", "status"], ["insights", "rebuild"], ["keys", "list"], ["backup"]])
def test_commands_of_other_files_are_found(arguments: list[str]) -> None:
    shown = CliRunner().invoke(app, [*arguments, "--help"], catch_exceptions=False)
    assert shown.exit_code == 0, shown.output
    assert " ".join(arguments) in shown.output


def test_the_help_lists_them_all_and_a_slip_is_likened_to_them() -> None:
    listed = CliRunner().invoke(app, ["--help"]).output
    assert all(f" {name} " in listed for name in ("serve", "plan", "import-actions", "restore", "verify"))
    assert "'backup'" in CliRunner().invoke(app, ["bakup"]).output
