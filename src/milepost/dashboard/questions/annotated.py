"""Annotations on the charts of questions: drawn in those with a time axis, and a column more in their tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup
from msgspec.structs import replace

from milepost.dashboard.annotations.marks import NONE, At, marks
from milepost.dashboard.questions.shown import Cell, Column, Panel
from milepost.store.database import Database
from milepost.work.annotations import Annotation, annotations_between


async def annotated(database: Database, panels: Sequence[Panel], last: date) -> tuple[Panel, ...]:
    """The panels with the annotations of their days. `last`: the last day of the last bucket."""
    starts = [start for panel in panels for start in _starts(panel)]
    if not starts:
        return tuple(panels)
    async with database.transaction() as connection:
        notes = await annotations_between(connection, min(starts), max(last, *starts))
    return tuple(with_annotations(panel, notes, last) for panel in panels)


def with_annotations(panel: Panel, notes: Sequence[Annotation], last: date) -> Panel:
    """As it is where it has no time axis, or nothing happened in its time. A row of its table is a bucket."""
    starts = _starts(panel)
    if not starts or panel.spec is None:
        return panel
    at: At = "points" if panel.spec["kind"] == "lines" else "slots"
    found = marks(notes, starts, max(last, starts[-1]), at)
    if found == NONE:
        return panel
    table = replace(
        panel.table,
        columns=(*panel.table.columns, Column("Annotations", numeric=False)),
        rows=tuple(
            (*row, Cell(Markup('<span class="annotated">{}</span>').format(found.of(place))))
            for place, row in enumerate(panel.table.rows)
        ),
    )
    said = {str(place): [note.text for note in own] for place, own in enumerate(found.told) if own}
    return replace(panel, table=table, marks=found, spec={**panel.spec, "annotations": said})


def _starts(panel: Panel) -> list[date]:
    buckets = (panel.spec or {}).get("buckets")
    # An hour begins on its day by its own clock.
    return [date.fromisoformat(str(start)[:10]) for start in buckets] if isinstance(buckets, list) else []
