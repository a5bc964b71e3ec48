"""`milepost explain CUSTOMER`: where every number of a customer's standing comes from."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.console import Console
from rich.table import Table

from milepost.cli.database import with_database
from milepost.insights.customer import Insights, read_insights
from milepost.settings import load_settings
from milepost.store.database import Database

DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


def explain(customer: Annotated[str, typer.Argument(help="The customer's id.")], data_dir: DataDir = None) -> None:
    """Print a customer's scores with what each is made of. docs/scores.md has the formulas."""

    async def read(database: Database) -> Insights:
        async with database.transaction() as connection:
            return await read_insights(connection, customer, now=datetime.now(UTC))

    found = with_database(load_settings().with_flags(data_dir=data_dir), read)
    # Ids are anybody's: nothing in them is read as markup.
    console = Console(markup=False, highlight=False)
    console.print(
        f"{found.customer_id}, as of {found.as_of:%Y-%m-%d %H:%M} UTC, formulas of version {found.score_version}, "
        f"plan of version {found.plan_version}"
    )
    console.print(f"\nHealth: {found.score_reason or _number(found.current_scaling_score) + ' of 100'}", style="bold")
    if found.score_components:
        console.print(_components(found))
    console.print(f"Coverage: {_percent(found.score_coverage)} of the weights are based on data.")
    console.print("\nCompetencies", style="bold")
    console.print(_competencies(found))
    console.print("\nWhere it is heading", style="bold")
    console.print(
        f"{found.professional_credibility_trend or 'not enough data for a trend'}, by the active days of the last 28 "
        f"against those of the 84 before; {found.points_last_14_days} points in the last 14 days, "
        f"{found.points_14_days_before} in the 14 before; {found.systematic_progression_rate:.1f} a week."
    )
    console.print("\nRisks", style="bold")
    console.print(
        f"Uses the product irregularly: {_yes_no(found.inconsistent_system_usage)} "
        f"(active in {found.active_weeks} of the last 8 weeks)."
    )


def _components(found: Insights) -> Table:
    table = Table("part", "value", "weight", "adds")
    for part in found.score_components or ():
        table.add_row(part.name, _number(part.value), f"{part.weight:g}", _number(part.contribution))
    table.add_row("together", "", "", _number(found.current_scaling_score), style="bold")
    return table


def _competencies(found: Insights) -> Table:
    table = Table("competency", "points ever", "still count", "score", "last points on")
    for one in found.competencies:
        table.add_row(
            one.competency, str(one.points), f"{one.faded:.1f}", _number(one.score), str(one.last_day or "never")
        )
    return table


def _number(value: float | None) -> str:
    return "not enough data" if value is None else f"{value:.1f}"


def _percent(share: float | None) -> str:
    return "not enough data" if share is None else f"{share:.0%}"


def _yes_no(value: bool | None) -> str:
    return "not enough data" if value is None else "yes" if value else "no"
