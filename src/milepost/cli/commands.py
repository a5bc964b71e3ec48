"""The commands that serve, move data and look after the database."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import typer
from rich.console import Console

from milepost import __version__
from milepost.cli.elsewhere import Commands
from milepost.plan import load_plan
from milepost.settings import Settings, load_settings

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Milepost: behaviour intelligence for B2B software, on your own machine.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
console = Console()

DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]
Host = Annotated[Optional[str], typer.Option(help="Address to listen on.")]
Port = Annotated[Optional[int], typer.Option(help="Port to listen on.", min=1, max=65535)]


def settings(data_dir: Path | None = None, **flags: object) -> Settings:
    """The environment's settings with this command's flags over them."""
    return load_settings().with_flags(data_dir=data_dir, **flags)


@app.command()
def serve(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Start the server, with its own PostgreSQL unless MILEPOST_DATABASE_URL names one."""
    from milepost.serve import run_server

    raise typer.Exit(run_server(settings(data_dir, host=host, port=port)))


@app.command()
def demo(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    data: Annotated[
        Literal["openstack", "oulad", "scaling"],
        typer.Option(help="What to show: companies that built OpenStack, students, or a simulated product."),
    ] = "openstack",
    browser: Annotated[bool, typer.Option(help="Open the dashboard in a browser.")] = True,
    everyone: Annotated[bool, typer.Option(help="With --data oulad: all 1,916 students instead of 358.")] = False,
    rate: Annotated[
        Optional[float], typer.Option(help="Events a minute from now on; default: as suits the data.", min=0.01)
    ] = None,
) -> None:
    """Start the server with data in it, and live traffic trickling in."""
    from milepost.demo.run import data_set, run_demo

    chosen = settings(data_dir or Path(f"milepost-demo-{data}"), host=host, port=port)
    raise typer.Exit(run_demo(chosen, data_set(data, everyone=everyone), browser=browser, rate=rate))


@app.command()
def migrate(
    data_dir: DataDir = None,
    show: Annotated[bool, typer.Option("--print", help="Print the whole schema as SQL, for a hosted editor.")] = False,
) -> None:
    """Bring the database to this release's schema (the server does so by itself when it starts)."""
    from milepost.cli.database import any_database_dsn
    from milepost.store.migrate import as_text
    from milepost.store.setup import set_up

    if show:
        sys.stdout.write(as_text(load_plan(load_settings().plan_file)))  # of a new database, which has none saved
        return
    chosen = settings(data_dir)
    with any_database_dsn(chosen) as dsn:
        set_up(dsn, None, chosen)
    console.print("The schema is current.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV, NDJSON or Parquet; .gz too.", exists=True, dir_okay=False)],
    map_file: Annotated[
        Optional[Path],
        typer.Option(
            "--map",
            help="Which column is what; exports of Mixpanel and PostHog need none.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    customer_property: Annotated[
        Optional[str], typer.Option(help="Of an export: the group or property that names the customer.")
    ] = None,
    zone: Annotated[
        str, typer.Option(help="Of Mixpanel's times, where its project counts by another than UTC.")
    ] = "UTC",
    data_dir: DataDir = None,
    dry_run: Annotated[bool, typer.Option(help="Read and check everything, store nothing.")] = False,
    limit: Annotated[Optional[int], typer.Option(help="The most rows of the file to read.", min=1)] = None,
    errors: Annotated[Optional[Path], typer.Option(help="Where refused rows go.")] = None,
    resume: Annotated[bool, typer.Option(help="Resume where an interrupted import stopped.")] = True,
    old: Annotated[
        Optional[Literal["keep", "skip"]],
        typer.Option(help="Of events past their retention: keep them from today on as new ones, or skip them."),
    ] = None,
) -> None:
    """Import a file of events, or an export of Mixpanel's or PostHog's. Running it again adds nothing.

    Exit code 1: nothing was stored, or it was interrupted. 3: all is stored, and some tools are not the plan's.
    """
    import psycopg

    from milepost.cli.database import database_dsn, known_plan
    from milepost.importing.closing import exit_code
    from milepost.importing.console import import_command
    from milepost.importing.database import DatabaseSink
    from milepost.importing.exports.console import import_export_command
    from milepost.importing.exports.lines import export_of
    from milepost.importing.exports.sink import ExportSink
    from milepost.importing.run import ImportReport

    chosen = settings(data_dir)
    plan = known_plan(chosen)
    now = datetime.now(UTC)
    if map_file is not None and (customer_property is not None or zone != "UTC"):
        raise typer.BadParameter("is for exports. The map says which column is the customer, and the zone of times.")
    if map_file is None:
        export, mapped = export_of(file, customer_property, zone), Path()
    else:
        export, mapped = None, map_file

    def run(dsn: str | None) -> int:
        """Into that database, or a dry run."""
        report: ImportReport[Any]
        said = {"plan": plan, "now": now, "console": console, "errors_path": errors, "limit": limit, "old": old}
        said |= {"resume": resume, "dry_run": dsn is None}
        with ExitStack() as opened:
            if export is not None:
                exported = None if dsn is None else opened.enter_context(ExportSink(dsn))
                report = import_export_command(file, export, exported, **said)  # type: ignore[arg-type]
            else:
                events = None if dsn is None else opened.enter_context(DatabaseSink(dsn))
                report = import_command(file, mapped, events, **said)  # type: ignore[arg-type]
        return exit_code(report, dry_run=dsn is None, old=old)

    if dry_run:
        raise typer.Exit(run(None))
    try:
        with database_dsn(chosen) as dsn:
            code = run(dsn)
    except (psycopg.OperationalError, KeyboardInterrupt):
        console.print("Interrupted. Run the same command again: it resumes where it stopped.")
        raise typer.Exit(1) from None
    raise typer.Exit(code)


@app.command()
def send(
    host: Annotated[Optional[str], typer.Option(help="Address of the server; default MILEPOST_HOST.")] = None,
    write_key: Annotated[Optional[str], typer.Option(help="A server key; default MILEPOST_SERVER_KEY.")] = None,
    customer: Annotated[Optional[str], typer.Option(help="Customer of lines that name none.")] = None,
) -> None:
    """Send events from standard input, one JSON object a line."""
    from milepost import Tracker
    from milepost.client.send import send as send_lines

    tracker = Tracker(write_key, host=host, customer_id=customer)
    report = send_lines(sys.stdin, tracker)
    tracker.shutdown()
    raise typer.Exit(report.exit_code)


@app.command()
def recompute(data_dir: DataDir = None) -> None:
    """Check again whose every event is, and rebuild every customer's standing from them: the same to the last digit."""
    import psycopg

    from milepost.cli.database import database_dsn
    from milepost.identity.follow import follow_all, look_again
    from milepost.store.plan_tables import recompute as rebuild

    status = console.status("Rebuilding every customer's standing from the events…")
    with database_dsn(settings(data_dir)) as dsn, psycopg.connect(dsn, autocommit=True) as connection, status:
        look_again(connection)
        follow_all(connection)
        count = rebuild(connection)
    console.print(f"{count:,} customers done.")


@app.command()
def cleanup(data_dir: DataDir = None) -> None:
    """Delete events past their own retention now (the server does so by itself every hour)."""
    import psycopg

    from milepost.cli.database import database_dsn
    from milepost.privacy.retain import delete_expired

    with database_dsn(settings(data_dir)) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        gone = delete_expired(connection, now=datetime.now(UTC))
    console.print(f"{gone:,} expired events deleted.")


@app.command()
def types(
    lang: Annotated[str, typer.Option(help="ts or python.")] = "ts",
    plan: Annotated[Optional[Path], typer.Option(help="The plan; default as for `plan check`.")] = None,
) -> None:
    """Print types of the plan's tools, sections, competencies and growth stages: a wrong id becomes a compile error."""
    from milepost.cli.database import known_plan
    from milepost.plan.types import plan_types

    if lang not in ("ts", "python"):
        raise typer.BadParameter("it takes ts or python", param_hint="--lang")
    language: Literal["ts", "python"] = "ts" if lang == "ts" else "python"
    sys.stdout.write(plan_types(load_plan(plan) if plan else known_plan(load_settings()), language))


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__, highlight=False)
