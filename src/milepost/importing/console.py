"""`milepost import`, for the command line: the progress bar and the closing report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from milepost.importing.actions import import_actions
from milepost.importing.closing import print_noticed
from milepost.importing.glance import may_have_old
from milepost.importing.load import load_action_mapping, load_mapping
from milepost.importing.mapping import FileMap, Mapping
from milepost.importing.noticed import Old, refuse_old
from milepost.importing.readers import read_batches
from milepost.importing.run import CHUNK_ROWS, ImportProgress, ImportReport, event_converter, import_file
from milepost.importing.sink import NullSink, Sink
from milepost.ingest.actions import ActionRow
from milepost.ingest.events import EventRow
from milepost.plan import Plan

T = TypeVar("T")
_MOST_KINDS = 30


def import_command(
    file: Path,
    map_file: Path,
    sink: Sink[EventRow] | None,
    *,
    plan: Plan,
    now: datetime,
    console: Console,
    errors_path: Path | None = None,
    resume: bool = True,
    limit: int | None = None,
    dry_run: bool = False,
    old: Old | None = None,
) -> ImportReport[EventRow]:
    """Runs one import and prints what it did. A dry run needs no sink and leaves only its error file. Where nobody says
    what becomes of `old` events, it is asked before anything is stored.

    Raises MapError, ImportFailed and OldEvents, whose messages are for the user, and what the sink raises.
    """
    mapping = load_mapping(map_file)
    if not dry_run and sink is not None and old is None:
        with_bar(f"checking {file.name}", console, lambda show: _refuse_old(file, mapping, plan, now, limit, show))
    if dry_run or sink is None:
        # its own error file, so that it leaves the state of an interrupted import alone
        sink, resume = NullSink(), False
        errors_path = errors_path or dry_run_errors(file)
    report = with_progress(
        file,
        mapping,
        sink,
        plan=plan,
        now=now,
        console=console,
        errors_path=errors_path,
        resume=resume,
        limit=limit,
        old=old or "store",
    )
    print_report(report, mapping, console, dry_run=dry_run)
    print_noticed(report, plan, console, dry_run=dry_run, old=old)
    return report


def _refuse_old(
    file: Path,
    mapping: Mapping,
    plan: Plan,
    now: datetime,
    limit: int | None,
    show: Callable[[ImportProgress], None],
) -> None:
    def progress(rows: int, share: float) -> None:
        show(ImportProgress(rows, share))

    converter = event_converter(mapping, plan, now, "store")  # what is wrong with the map is said first
    if may_have_old(read_batches(file, mapping, CHUNK_ROWS, limit), mapping, plan, now, progress):
        refuse_old(read_batches(file, mapping, CHUNK_ROWS, limit), converter, plan, progress)


def dry_run_errors(file: Path) -> Path:
    """Where a dry run says what is wrong with a file: the state of an interrupted import stands beside it."""
    return file.with_name(file.name + ".dry-run.errors.ndjson")


def with_progress(
    file: Path,
    mapping: Mapping,
    sink: Sink[EventRow],
    *,
    plan: Plan,
    now: datetime,
    console: Console,
    errors_path: Path | None = None,
    resume: bool = True,
    limit: int | None = None,
    label: str | None = None,
    old: Old = "store",
) -> ImportReport[EventRow]:
    """`import_file` with a bar when the console is a terminal, and silent when it is not."""
    return with_bar(
        label or file.name,
        console,
        lambda show: import_file(
            file,
            mapping,
            sink,
            plan=plan,
            now=now,
            progress=show,
            errors_path=errors_path,
            resume=resume,
            limit=limit,
            old=old,
        ),
    )


def with_bar(label: str, console: Console, work: Callable[[Callable[[ImportProgress], None]], T]) -> T:
    """Does the work and shows how far it is, on a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=1.0, rows=0)

        def show(done: ImportProgress) -> None:
            bar.update(task, completed=done.share, rows=done.rows)

        return work(show)


def import_actions_command(
    file: Path,
    map_file: Path,
    sink: Sink[ActionRow] | None,
    *,
    plan: Plan,
    now: datetime,
    console: Console,
    errors_path: Path | None = None,
    resume: bool = True,
    limit: int | None = None,
    dry_run: bool = False,
) -> ImportReport[ActionRow]:
    """`import_command` for offline actions."""
    mapping = load_action_mapping(map_file)
    if dry_run or sink is None:
        sink, resume = NullSink(), False
        errors_path = errors_path or dry_run_errors(file)
    into = sink
    report = with_bar(
        file.name,
        console,
        lambda show: import_actions(
            file,
            mapping,
            into,
            plan=plan,
            now=now,
            progress=show,
            errors_path=errors_path,
            resume=resume,
            limit=limit,
        ),
    )
    samples = [f"{row.timestamp.isoformat()} {row.customer_id} {row.action_type} {row.role}" for row in report.samples]
    print_counts(report, mapping, console, samples, dry_run=dry_run, what="offline actions", kind="Action type")
    print_noticed(report, plan, console, dry_run=dry_run, old=None)
    return report


def print_report(report: ImportReport[EventRow], mapping: Mapping, console: Console, *, dry_run: bool = False) -> None:
    """The closing lines: what was stored, what was there already, what failed and where to read why."""
    samples = [
        f"{row.timestamp.isoformat()} {row.customer_id or row.user_id or row.anonymous_id} {row.event_type} "
        f"{row.tool_id or ''}"
        for row in report.samples
    ]
    print_counts(report, mapping, console, samples, dry_run=dry_run, what="events", kind="Event type")


def print_counts(
    report: ImportReport[Any],
    mapping: FileMap | None,
    console: Console,
    samples: list[str],
    *,
    dry_run: bool,
    what: str,
    kind: str,
) -> None:
    """The lines of the report that all imports have; without a map it is another tool's export."""
    if report.resumed_at:
        console.print(f"Resumed after row {report.resumed_at:,} of an interrupted import.")
    verb = "would be stored" if dry_run else "stored"
    console.print(f"{report.rows:,} rows read, {report.accepted:,} {what} {verb}.")
    if report.duplicates:
        console.print(f"{report.duplicates:,} were there already.")
    if report.filtered:
        why = "as they are the tool's own bookkeeping" if mapping is None else "by the map's filter"
        why += " or as they are old" if report.noticed.old else ""
        console.print(f"{report.filtered:,} left out {why}.")
    if report.by_type:
        table = Table(box=None, pad_edge=False)
        table.add_column(kind)
        table.add_column(what.capitalize(), justify="right")
        for name, count in islice(report.by_type.items(), _MOST_KINDS):
            table.add_row(escape(name), f"{count:,}")
        if (more := len(report.by_type) - _MOST_KINDS) > 0:
            table.add_row(f"and {more:,} others", f"{sum(islice(report.by_type.values(), _MOST_KINDS, None)):,}")
        console.print(table)
    if report.first and report.last:
        console.print(f"From {report.first:%Y-%m-%d %H:%M} to {report.last:%Y-%m-%d %H:%M} UTC.")
    spread = None if mapping is None else mapping.timestamp.spread
    if spread is not None:
        console.print(f"The file has dates only: times within {spread.hours} were made up, with seed {spread.seed}.")
    if report.unsorted:
        console.print(f"{report.unsorted:,} rows were out of order, so sessions may be split; sort the file by time.")
    for sample in samples if dry_run else ():
        console.print(sample, markup=False)
    if report.failed:
        console.print(f"{report.failed:,} rows failed; their lines and reasons are in", end=" ")
        console.print(str(report.errors_path), markup=False, highlight=False, soft_wrap=True)
