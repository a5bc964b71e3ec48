"""`milepost columns` and `milepost verify`: the column store, in order and proved."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Optional, TypeVar

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from milepost.cli.database import database_dsn
from milepost.columns import ddl
from milepost.columns.client import Columns
from milepost.columns.reading import ColumnsUnavailable, Freshness, Proof
from milepost.errors import Problem
from milepost.game.verify import GameProof, verify_game
from milepost.identity.follow import IdentityProof, verify_identity
from milepost.insights.practice import count_differing
from milepost.insights.verify import StandingProof, verify_standing
from milepost.processes import PARENT
from milepost.settings import Settings, load_settings, to_environ

columns = typer.Typer(no_args_is_help=True, help="The column store: a mirror of the events that answers questions.")
DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]
T = TypeVar("T")
_START_SECONDS = 60.0


@columns.command()
def status(data_dir: DataDir = None) -> None:
    """Show up to when the column store is complete."""
    fresh = with_columns(load_settings().with_flags(data_dir=data_dir), lambda found: found.freshness())
    if fresh.building is not None:
        typer.echo(f"It is being built: {fresh.building[0]:,} of {fresh.building[1]:,} events.")
    elif fresh.at is not None:
        typer.echo(f"Everything up to {fresh.at:%Y-%m-%d %H:%M:%S} UTC is in it.")
    else:
        typer.echo("Nothing is in it yet.")


@columns.command()
def rebuild(data_dir: DataDir = None) -> None:
    """Rebuild the column store from PostgreSQL. Until that is done, questions are answered from the old one."""
    shown = Progress(TextColumn("Building"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with shown:
        task = shown.add_task("events", total=None)

        def progress(done: int, of: int) -> None:
            shown.update(task, completed=done, total=of)

        settings = load_settings().with_flags(data_dir=data_dir)
        events = with_columns(settings, lambda found: found.rebuild(progress))
    typer.echo(f"The column store was built: {events:,} events.")


@columns.command("ddl")
def ddl_(
    cluster: Annotated[str, typer.Option(help="The cluster's name in ClickHouse's configuration.")],
    database: Annotated[str, typer.Option(help="The database to make the tables in.")] = "milepost",
) -> None:
    """Print the tables of a ClickHouse cluster, to run on it once."""
    typer.echo(ddl.for_cluster(cluster, database), nl=False)


def verify(data_dir: DataDir = None) -> None:
    """Prove, day by day, that what is kept beside the events matches them: customers' sums, and the column store."""
    settings = load_settings().with_flags(data_dir=data_dir)
    with database_dsn(settings) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        standing = verify_standing(connection)
        game = verify_game(connection)
        practice = count_differing(connection)
        identity = verify_identity(connection)
    good = _standing_is_equal(standing)
    good = _game_is_equal(game) and good
    good = _practice_is_equal(practice) and good
    good = _owners_are_right(identity) and good
    if settings.columns:
        good = _columns_are_equal(with_columns(settings, lambda found: found.verify())) and good
    if not good:
        raise typer.Exit(1)


def _standing_is_equal(proof: StandingProof) -> bool:
    if proof.snapshots:
        typer.echo(
            f"The settled insights of {proof.snapshots:,} customers do not match their sums."
            " `milepost insights rebuild` rewrites them.",
            err=True,
        )
    if not proof.differing and not proof.totals:
        if proof.snapshots:
            return False
        typer.echo(
            f"Equal: the sums of {proof.customers:,} customers on {proof.customer_days:,} days, and their events."
        )
        return True
    table = Table("what", "day (UTC)", "customers", title="Sums that do not match the events")
    for one in proof.differing:
        table.add_row(one.what, one.day, f"{one.customers:,}")
    if proof.totals:
        table.add_row("totals", "all", f"{proof.totals:,}")
    Console(stderr=True).print(table)
    typer.echo("They differ. `milepost recompute` rebuilds them from the events.", err=True)
    return False


def _game_is_equal(proof: GameProof) -> bool:
    waiting = f" {proof.waiting:,} more are waiting to be settled." if proof.waiting else ""
    if proof.is_equal:
        typer.echo(f"Equal: the levels, badges and streaks of {proof.customers:,} customers, and their days.{waiting}")
        return True
    typer.echo(
        f"Of {proof.customers:,} customers, {proof.standing:,} have points, levels or streaks that do not match "
        f"their days, and {proof.awards:,} badges that do not.{waiting} `milepost recompute` and a running server "
        "put them right.",
        err=True,
    )
    return False


def _practice_is_equal(differing: int) -> bool:
    if not differing:
        typer.echo("Equal: practice and results of all settled customers, and their days and offline actions.")
        return True
    typer.echo(
        f"Practice and results of {differing:,} customers do not match their days and offline actions."
        " `milepost insights rebuild` rewrites them.",
        err=True,
    )
    return False


def _owners_are_right(proof: IdentityProof) -> bool:
    if proof.misnamed:
        typer.echo(
            f"{proof.misnamed:,} events are not what their name means. Say again what it means, and they are made so.",
            err=True,
        )
    elif not proof.is_equal:
        typer.echo(
            f"{proof.misplaced:,} events do not belong to whom the ties of their ids say, and none is on its way."
            " (Rows written by SQL are not tied to anybody.) `milepost recompute` checks them again.",
            err=True,
        )
    elif proof.waiting:
        typer.echo(
            f"On their way: {proof.misplaced:,} events of {proof.waiting.ids:,} ids are moving to another owner"
            f" after a tie was made or undone; {proof.waiting.to_recount:,} days and sessions they leave are recounted"
            " after that. Check again in a while."
        )
    else:
        typer.echo("Equal: the owner of every event, and the one the ties of its ids name.")
    return proof.is_equal


def _columns_are_equal(proof: Proof) -> bool:
    if not proof.differences:
        typer.echo(
            f"Equal: {proof.events:,} events on {proof.days:,} days and {proof.traits:,} values of traits,"
            " in PostgreSQL and in the column store."
        )
        return True
    table = Table("day (UTC)", "PostgreSQL", "column store", title="Days that differ")
    for day in proof.differences:
        counts = (f"{side[0]:,}" if side else "none" for side in (day.postgresql, day.columns))
        table.add_row(day.day, *counts)
    Console(stderr=True).print(table)
    typer.echo("They differ. `milepost columns rebuild` rebuilds the column store.", err=True)
    return False


def with_columns(settings: Settings, work: Callable[[Columns], Awaitable[T]]) -> T:
    """Asks the running server's column store; without a server, brings one up for the command."""
    found = Columns(settings.data_dir)
    try:
        asyncio.run(found.freshness())
    except ColumnsUnavailable:
        with database_dsn(settings) as dsn, _service(replace(settings, database_url=dsn), found):
            return asyncio.run(_run(work, found))
    return asyncio.run(_run(work, found))


async def _run(work: Callable[[Columns], Awaitable[T]], found: Columns) -> T:
    return await work(found)


@contextmanager
def _service(settings: Settings, found: Columns) -> Iterator[None]:
    environ = {**os.environ, **to_environ(settings), PARENT: str(os.getpid()), "MILEPOST_LOG_LEVEL": "error"}
    process = subprocess.Popen([sys.executable, "-m", "milepost.columns.service"], env=environ)
    try:
        asyncio.run(_until_there(found, process))
        yield
    finally:
        process.terminate()
        process.wait()


async def _until_there(found: Columns, process: subprocess.Popen[bytes]) -> Freshness:
    """Waits for the first load, which may be of everything: of this process, or of a server's that was faster."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            fresh = await found.freshness()
            if fresh.at is not None:
                return fresh
            if fresh.building is not None:
                deadline = time.monotonic() + _START_SECONDS
        except ColumnsUnavailable:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise Problem("The column store did not start. Start `milepost serve` and look at its log.")
        await asyncio.sleep(0.1)
