"""One export as one file or one answer: read at one moment, handed on as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from milepost.export.asked import Chosen
from milepost.export.follow import Progress
from milepost.export.formats import Sink, schema_of, writer
from milepost.export.reading import reading
from milepost.export.watermark import Watermark


class Streamed(NamedTuple):
    """How many rows it has, and the watermark from which an increment goes on."""

    rows: int
    watermark: str


def stream(dsn: str, chosen: Chosen, begin: Callable[[str], Sink], *, progress: Progress) -> Streamed:
    """`begin` is told the watermark and answers where the bytes go. Raises WatermarkTooOld before that."""
    asked = chosen.asked
    with reading(dsn, chosen) as read:
        of = 0
        if asked.since is not None:
            of = sum(day.rows for day in read.note_changed(Watermark.read(asked.since)))
            statement = read.changed()
        else:
            statement = read.whole()
        watermark = str(read.watermark)
        schema = schema_of(asked.of, statement.columns, asked.format, {"milepost.watermark": watermark})
        out = writer(asked.format, begin(watermark), schema, statement.columns)
        rows = read.copy(statement, out.write, lambda rows: progress(rows, of))
        read.later(out.close).result()
    return Streamed(rows, watermark)
