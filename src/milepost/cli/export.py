"""`milepost export`: events, customers and all else as files, for other tools: once, or a folder that is kept up."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from milepost.analytics.asking import Filter
from milepost.cli.columns import with_columns
from milepost.cli.database import database_dsn
from milepost.columns.client import Columns
from milepost.errors import InvalidRequest
from milepost.settings import Settings, load_settings

if TYPE_CHECKING:
    from milepost.export.asked import Asked, Chosen

DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


def export(
    data_sets: Annotated[
        list[str],
        typer.Argument(
            help="events, sessions, customers, people, insights, actions, recommendations, predictions; or all."
        ),
    ],
    to: Annotated[
        str, typer.Option(help="A file (by its ending), - for stdout, a folder or s3://BUCKET/PREFIX to be kept up.")
    ],
    format_: Annotated[Optional[str], typer.Option("--format", help="parquet, csv, ndjson or arrow.")] = None,
    where: Annotated[Optional[list[str]], typer.Option(help="FIELD=VALUE; repeat it for more. All must hold.")] = None,
    filters: Annotated[Optional[str], typer.Option(help="Conditions as JSON, as in a question.")] = None,
    segment: Annotated[Optional[str], typer.Option(help="Of the customers in a segment: its slug or id.")] = None,
    cohort: Annotated[Optional[str], typer.Option(help="Of the customers in a cohort: its id.")] = None,
    first: Annotated[Optional[str], typer.Option(help="First UTC day, YYYY-MM-DD.")] = None,
    last: Annotated[Optional[str], typer.Option(help="Last UTC day, YYYY-MM-DD.")] = None,
    since: Annotated[Optional[str], typer.Option(help="To a file: only what changed after this watermark.")] = None,
    anew: Annotated[bool, typer.Option(help="To a folder: everything once more, in place of what is there.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Export what PostgreSQL holds. A folder goes on where its last run ended."""
    from milepost.export.asked import Asked, conditions
    from milepost.export.data_sets import DATA_SETS
    from milepost.export.formats import ENDINGS

    settings = load_settings().with_flags(data_dir=data_dir)
    names = list(DATA_SETS) if data_sets == ["all"] else data_sets
    of_file = next((name for name, ending in ENDINGS.items() if to.endswith(f".{ending}")), None)
    to_file = to == "-" or of_file is not None
    if to_file and len(names) > 1:
        raise InvalidRequest("A file holds one data set. Name one, or give a folder.", field="to")
    if since is not None and not to_file:
        raise InvalidRequest("A folder knows its own watermark. Leave --since out, or give a file.", field="since")
    holds = conditions(_filters(where or [], filters), segment, cohort)
    asked = [
        Asked(
            data_set=name,
            format=msgspec.convert(format_ or of_file or "parquet", str),
            filters=holds,
            first=_day(first, "first"),
            last=_day(last, "last"),
            since=since,
        )
        for name in names
    ]
    chosen = _choose(settings, asked)
    console = Console(stderr=True)
    with database_dsn(settings) as dsn:
        for one in chosen:
            with _shown(one.asked.data_set, console) as show:
                said = _to_file(dsn, one, to, show) if to_file else _into(dsn, one, to, show, anew=anew)
            console.print(said, highlight=False, soft_wrap=True)


def _to_file(dsn: str, chosen: Chosen, to: str, show: Any) -> str:
    from milepost.export.places import Place
    from milepost.export.stream import stream

    if to == "-":
        done = stream(dsn, chosen, lambda _: sys.stdout.buffer, progress=show)
        sys.stdout.buffer.flush()
    else:
        folder, _, name = to.rpartition("/")
        with Place(folder or ".").writing(name) as file:
            done = stream(dsn, chosen, lambda _: file, progress=show)
    watermark = f" Go on with --since {done.watermark}" if chosen.asked.of.follows else ""
    return f"{chosen.asked.data_set}: {done.rows:,} rows.{watermark}"


def _into(dsn: str, chosen: Chosen, to: str, show: Any, *, anew: bool) -> str:
    from milepost.export.follow import export_into
    from milepost.export.places import Place

    done = export_into(dsn, chosen, Place(to), now=datetime.now(UTC), progress=show, anew=anew)
    why = f" {done.why_full}" if done.why_full else ""
    kind = "what changed" if done.kind == "increment" else "everything"
    return f"{done.data_set}: {done.rows:,} rows in {len(done.files):,} files, {kind}, as run {done.run}.{why}"


def _choose(settings: Settings, asked: Sequence[Asked]) -> list[Chosen]:
    from milepost.export.who import choose_now

    def now() -> datetime:
        return datetime.now(UTC)

    async def work(columns: Columns) -> list[Chosen]:
        return await choose_now(dsn, columns, asked, now=now, query_seconds=settings.query_seconds)

    with database_dsn(settings) as dsn:
        if any(one.field == "cohort" for one in asked[0].filters):
            # Asked of the column store, which is brought up where no server runs.
            return with_columns(settings, work)
        return asyncio.run(work(Columns(settings.data_dir)))


def _filters(where: list[str], filters: str | None) -> tuple[Filter, ...]:
    found: list[Filter] = []
    for text in where:
        field, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"{text!r} is not FIELD=VALUE", param_hint="--where")
        found.append(Filter(field=field, values=(value,)))
    if filters is not None:
        try:
            found += msgspec.json.decode(filters, type=list[Filter])
        except msgspec.DecodeError as error:
            raise InvalidRequest(f"--filters is no list of conditions: {error}.", field="filters") from None
    return tuple(found)


def _day(text: str | None, option: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day, as 2026-11-30", param_hint=f"--{option}") from None


@contextmanager
def _shown(name: str, console: Console) -> Iterator[Any]:
    bar = Progress(
        SpinnerColumn(), TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with bar:
        task = bar.add_task(name, total=None)

        def show(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of or None)

        yield show
