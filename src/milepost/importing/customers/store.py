"""Keeps what a file tells, by the same way as the API: batch after batch, each in a commit of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from milepost.importing.customers.prepare import Prepared
from milepost.ingest.describing import Taken
from milepost.ingest.describing import store as keep
from milepost.store.database import Database
from milepost.store.imports import import_mark
from milepost.traits.keep import rows
from milepost.traits.tables import Fault, Preview

#: Customers of one commit.
BATCH: Final = 500


class Imported(msgspec.Struct):
    """What became of a file, after its last commit. `changed` have other traits than before, `unchanged` were as told;
    `faults` are what was not taken, by line."""

    preview: Preview
    changed: int
    unchanged: int
    faults: list[Fault]


async def store(
    database: Database, prepared: Prepared, *, now: datetime, progress: Callable[[int], None] | None = None
) -> Imported:
    """Stores all of it; `progress` hears how many of `prepared.told` are. What is interrupted is done again: what was
    stored does not change. Raises DatabaseUnavailable, DiskFull."""
    of, told = prepared.preview.of, list(prepared.told.items())
    imported = Imported(prepared.preview, 0, 0, list(prepared.faults))
    async with import_mark(database, f"{of} traits") as go_on:
        for start in range(0, len(told), BATCH):
            batch = told[start : start + BATCH]
            taken = [
                Taken(at, of, one, rows(of, one, traits, now, "import")) for at, (one, (_, traits)) in enumerate(batch)
            ]
            await go_on()
            receipt = await keep(database, taken)
            imported.changed += receipt.changed
            imported.unchanged += receipt.unchanged
            for rejected in receipt.rejected:
                one, (line, _) = batch[rejected.index]
                imported.faults.append(Fault(line, rejected.code, None, one, rejected.message))
            if progress is not None:
                progress(start + len(batch))
    imported.faults.sort(key=lambda one: one.line)
    return imported
