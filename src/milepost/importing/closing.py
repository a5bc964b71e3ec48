"""The last lines of an import's report, and what the command's exit code says."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from milepost.importing.noticed import Old, said_of_old
from milepost.importing.run import ImportReport
from milepost.plan import Plan

#: Exit codes: nothing was stored or would be, or somebody has to decide first; all is stored, and yet to be looked at.
NOTHING_STORED: Final = 1
LOOK_AT_IT: Final = 3
_MOST_TOOLS: Final = 10


def print_noticed(report: ImportReport[Any], plan: Plan, console: Console, *, dry_run: bool, old: Old | None) -> None:
    """What was noticed of the rows: old events and what becomes of them, tools that the plan has not."""
    noticed = report.noticed
    if is_all_refused(report):
        console.print(f"[yellow]Every row is refused: nothing {'would be' if dry_run else 'was'} stored.[/yellow]")
    if noticed.old:
        end = {
            "keep": f"They are kept for {plan.retention.days:,} days from today.",
            "skip": "They are left out.",
        }.get(old or "", "Say --old keep to keep them from today on as new ones, or --old skip to leave them out.")
        console.print(f"[yellow]{said_of_old(noticed, plan)}[/yellow] {end}", soft_wrap=True)
    if noticed.unknown_tools:
        tools = [f"{escape(tool)} ({count:,})" for tool, count in islice(noticed.unknown_tools.items(), _MOST_TOOLS)]
        if (more := len(noticed.unknown_tools) - _MOST_TOOLS) > 0:
            tools.append(f"and {more:,} others")
        console.print(
            f"[yellow]The plan has no such tools:[/yellow] {', '.join(tools)}. Their events count, but not for"
            " breadth. Add them under \\[\\[tools]] in the plan, or correct the map.",
            soft_wrap=True,
        )


def is_all_refused(report: ImportReport[Any]) -> bool:
    """Whether there were rows, and every one of them was refused."""
    return report.failed > 0 and not report.accepted and not report.duplicates


def exit_code(report: ImportReport[Any], *, dry_run: bool, old: Old | None) -> int:
    """0 where nobody has to do anything about it."""
    if is_all_refused(report) or (dry_run and report.noticed.old and old is None):
        return NOTHING_STORED
    return LOOK_AT_IT if report.noticed.unknown_tools else 0
