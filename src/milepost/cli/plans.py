"""`milepost plan`: check and show the tracking plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console
from rich.table import Table

from milepost.cli.database import known_plan
from milepost.cli.rebuilding import status
from milepost.coach.power import plan_in_words
from milepost.plan import Plan, load_plan, read_otherwise
from milepost.plan.load import plan_file, read_plan_file
from milepost.settings import load_settings
from milepost.vocabulary import EVENT_TYPES, IMPACTS

app = typer.Typer(no_args_is_help=True, help="The tracking plan: tools, competencies, stages, points.")
PlanFile = Annotated[
    Optional[Path],
    typer.Argument(help="Default: MILEPOST_PLAN_FILE, ./milepost.toml, the one saved on the pages, the default."),
]


def _plan(file: Path | None) -> Plan:
    return load_plan(file) if file else known_plan(load_settings())


@app.command()
def check(file: PlanFile = None) -> None:
    """Check a plan; every mistake is reported with its line and its fix."""
    plan = _plan(file)
    console = Console(markup=False, highlight=False)
    console.print(f"{plan.name}: {len(plan.tools)} tools, {len(plan.competencies)} competencies. No mistakes.")
    if (read := plan_file(file or load_settings().plan_file)) is not None:
        for line in read_otherwise(read_plan_file(read)):
            console.print(line)
    for line in plan_in_words(plan):
        console.print(f"Lift of {line}")


@app.command()
def show(file: PlanFile = None) -> None:
    """Show what the plan says."""
    plan, console = _plan(file), Console()
    tools = Table("tool", "name", "competency", "sections", title=plan.name, title_justify="left")
    for tool in plan.tools:
        sections = ", ".join(f"{name}*" if name in tool.key_sections else name for name in tool.sections)
        tools.add_row(tool.id, tool.name, tool.competency or "", sections)
    console.print(tools)
    console.print("* a key section: using it has medium impact by default\n")
    stages = ", ".join(plan.stage_names()) or "none, so an event may not name one"
    console.print(f"Growth stages: {stages}\n", markup=False, highlight=False)
    points = Table("points of", *IMPACTS)
    for kind in EVENT_TYPES:
        points.add_row(kind, *(str(plan.points_of(kind, impact)) for impact in IMPACTS))
    console.print(points)


app.command()(status)
