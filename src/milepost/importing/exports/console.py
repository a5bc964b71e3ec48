"""`milepost import` of an export, for the command line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from milepost.importing.closing import print_noticed
from milepost.importing.console import dry_run_errors, print_counts, with_bar
from milepost.importing.exports.common import Export
from milepost.importing.exports.lines import line_batches
from milepost.importing.exports.run import ExportConverter, ExportRow, import_export, noticing
from milepost.importing.noticed import Old, refuse_old
from milepost.importing.run import CHUNK_ROWS, ImportProgress, ImportReport
from milepost.importing.sink import NullSink, Sink
from milepost.plan import Plan


def import_export_command(
    file: Path,
    export: Export,
    sink: Sink[ExportRow] | None,
    *,
    plan: Plan,
    now: datetime,
    console: Console,
    errors_path: Path | None = None,
    resume: bool = True,
    limit: int | None = None,
    dry_run: bool = False,
    old: Old | None = None,
) -> ImportReport[ExportRow]:
    """`import_command` for what another tool has exported."""
    if not dry_run and sink is not None and old is None:
        with_bar(
            f"checking {file.name}",
            console,
            lambda show: refuse_old(
                line_batches(file, CHUNK_ROWS, limit),
                noticing(ExportConverter(export, plan, now), plan, now, "store"),
                plan,
                lambda rows, share: show(ImportProgress(rows, share)),
            ),
        )
    if dry_run or sink is None:
        sink, resume = NullSink(), False
        errors_path = errors_path or dry_run_errors(file)
    into = sink
    report, customers = with_bar(
        file.name,
        console,
        lambda show: import_export(
            file,
            export,
            into,
            plan=plan,
            now=now,
            progress=show,
            errors_path=errors_path,
            resume=resume,
            limit=limit,
            old=old or "store",
        ),
    )
    console.print(f"An export of {'Mixpanel' if export.source == 'mixpanel' else 'PostHog'}'s events.")
    samples = [
        f"{row.timestamp.isoformat()} {row.customer_id or row.user_id or row.anonymous_id} "
        f"{row.event_name or row.event_type}"
        for row in (sample.row for sample in report.samples)
    ]
    print_counts(report, None, console, samples, dry_run=dry_run, what="events", kind="Event")
    named = [f"{escape(name)} ({count:,} events)" for name, count in customers.most_common() if name]
    if named:
        console.print(f"The customer is {', '.join(named)}; of {customers['']:,} events it is by the user's ties.")
    else:
        console.print("No event names a customer: each user is one. Say by --customer-property which property does.")
    print_noticed(report, plan, console, dry_run=dry_run, old=old)
    return report
