"""Exports into a folder or bucket that later runs go on in: `events` by what changed, all else whole each time.

events/day=2026-11-30/000001.parquet   the first run's events of that UTC day
events/day=2026-11-30/000002.parquet   what changed of them since
events/_runs/000002.json               the second run's manifest
customers/customers.parquet            everybody, replaced by each run
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec
import psycopg

from milepost import __version__
from milepost.errors import Conflict
from milepost.export.asked import Chosen
from milepost.export.formats import ENDINGS, Writer, schema_of, writer
from milepost.export.manifest import File, Manifest, Runs
from milepost.export.places import Place, Written
from milepost.export.reading import Day, Reading, Statement, reading
from milepost.export.watermark import Watermark, WatermarkTooOld

#: Seconds after which what a full run has so far is noted, to go on from there after a crash.
_NOTE_SECONDS: Final = 2.0
#: As long as PostgreSQL may take to notice that an export was killed.
_BUSY_SECONDS: Final = 3
#: Why a run of somebody's events writes them all.
_WHO_CHANGES: Final = "Who is asked for changes without their events, so each run writes everything."
#: Rows so far, and how many there will be; 0: not known.
Progress = Callable[[int, int], None]


class FolderBusy(Conflict):
    """Another export writes to this place. Wait until it is done, or choose another place."""

    code = "export_busy"


class FolderOfAnother(Conflict):
    """This folder holds an export of something else."""

    code = "export_differs"


class _Run(NamedTuple):
    """One run under way."""

    read: Reading
    place: Place
    runs: Runs
    manifest: Manifest
    progress: Progress


def export_into(
    dsn: str, chosen: Chosen, place: Place, *, now: datetime, progress: Progress, anew: bool = False
) -> Manifest:
    """Brings the place up to this moment; answers the run's manifest. `anew`: everything once more, after which what
    was deleted and erased is nowhere in it. Events of chosen customers are written so each time: who comes in brings
    older events along, which no increment has. Raises FolderBusy, FolderOfAnother, PlaceUnavailable."""
    asked = chosen.asked
    runs = Runs(place, asked.data_set)
    with _held(dsn, f"{place.address} {asked.data_set}"):
        last = runs.newest()
        if last is not None and last.asked != asked and not anew:
            raise FolderOfAnother(
                f"{place.address}/{asked.data_set} holds an export of other conditions, or in another format. Choose"
                " another place, or export anew, which replaces it."
            )
        if not asked.of.follows:
            return _whole(dsn, chosen, place, runs, last, now, progress)
        _clear(place, runs, asked.data_set, last)
        if chosen.customers is not None:
            return _full(dsn, chosen, place, runs, last, now, progress, _WHO_CHANGES)
        # What was begun anew is brought to its end: its runs have the number of the next one.
        if last is None or anew or runs.unfinished() is not None:
            return _full(dsn, chosen, place, runs, last, now, progress, "")
        if last.version != asked.of.version:
            return _full(dsn, chosen, place, runs, last, now, progress, "The data set has a new version.")
        try:
            return _increment(dsn, chosen, place, runs, last, now, progress)
        except WatermarkTooOld as error:
            return _full(dsn, chosen, place, runs, last, now, progress, error.message)


@contextmanager
def _held(dsn: str, name: str) -> Iterator[None]:
    """One export at a time into a place. The lock is a session's, so that a crash lets go of it, in a moment."""
    with psycopg.connect(dsn, autocommit=True, application_name="milepost-export") as holder:
        holder.execute("select set_config('lock_timeout', %s, false)", (f"{_BUSY_SECONDS}s",))
        try:
            holder.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (f"milepost export {name}",))
        except psycopg.errors.LockNotAvailable as error:
            raise FolderBusy from error
        yield


def _manifest(
    chosen: Chosen, read: Reading, last: Manifest | None, now: datetime, kind: Literal["full", "increment"]
) -> Manifest:
    return Manifest(
        data_set=chosen.asked.data_set,
        version=chosen.asked.of.version,
        milepost=__version__,
        run=1 if last is None else last.run + 1,
        kind=kind,
        since=last.watermark if kind == "increment" and last is not None else None,
        watermark=str(read.watermark),
        asked=chosen.asked,
        exported_at=now,
    )


def _whole(
    dsn: str, chosen: Chosen, place: Place, runs: Runs, last: Manifest | None, now: datetime, progress: Progress
) -> Manifest:
    with reading(dsn, chosen) as read:
        run = _Run(read, place, runs, _manifest(chosen, read, last, now, "full"), progress)
        name = chosen.asked.data_set
        file = _write(run, f"{name}.{ENDINGS[chosen.asked.format]}", read.whole(), done=0, of=0).result()
    manifest = msgspec.structs.replace(run.manifest, files=(file,))
    runs.finish(manifest)
    runs.forget_before(manifest.run)
    _forget(place, name, lambda path: path != file.path)
    return manifest


def _increment(
    dsn: str, chosen: Chosen, place: Place, runs: Runs, last: Manifest, now: datetime, progress: Progress
) -> Manifest:
    with reading(dsn, chosen) as read:
        run = _Run(read, place, runs, _manifest(chosen, read, last, now, "increment"), progress)
        days = read.note_changed(Watermark.read(last.watermark))
        written: list[Future[File]] = []
        done, of = 0, sum(day.rows for day in days)
        for day in days:
            changed = read.changed_on(day.day, run=run.manifest.run)
            written.append(_write(run, _name(run, day), changed, done=done, of=of))
            done += day.rows
        files = [
            msgspec.structs.replace(file.result(), deleted=day.deleted) for file, day in zip(written, days, strict=True)
        ]
    manifest = msgspec.structs.replace(run.manifest, files=tuple(files))
    runs.finish(manifest)
    return manifest


def _full(
    dsn: str,
    chosen: Chosen,
    place: Place,
    runs: Runs,
    last: Manifest | None,
    now: datetime,
    progress: Progress,
    why: str,
) -> Manifest:
    """Day by day; of a full run that was cut short, only the days it had not come to. These are read later than the
    others, so they are without what changed since its beginning, which follows at once, as the next run."""
    begun = runs.unfinished()
    with reading(dsn, chosen) as read:
        fresh = msgspec.structs.replace(_manifest(chosen, read, last, now, "full"), why_full=why)
        # Of customers, the days that are there may be of others than are asked for now.
        same = begun is not None and begun.run == fresh.run and begun.asked == fresh.asked and chosen.customers is None
        resumed = begun is not None and same and _goes_on(read, begun)
        manifest = begun if resumed and begun is not None else fresh
        run = _Run(read, place, runs, manifest, progress)
        there = {file.path: file for file in manifest.files}
        written: list[Future[File]] = []
        days = read.days()
        done, of = sum(file.rows for file in there.values()), sum(day.rows for day in days)
        if not resumed:
            runs.forget_unfinished()
            _clear(place, runs, chosen.asked.data_set, last)
        runs.keep_unfinished(manifest)
        noted = time.monotonic()
        for day in days:
            if (name := _name(run, day)) in there:
                continue
            written.append(_write(run, name, read.of_day(day.day, run=manifest.run), done=done, of=of))
            done += day.rows
            if time.monotonic() - noted > _NOTE_SECONDS:
                ended = (file.result() for file in written if file.done())
                manifest = msgspec.structs.replace(manifest, files=(*there.values(), *ended))
                runs.keep_unfinished(manifest)
                noted = time.monotonic()
        files = (*there.values(), *(file.result() for file in written))
    manifest = msgspec.structs.replace(manifest, files=files)
    runs.finish(manifest)
    _clear(place, runs, chosen.asked.data_set, manifest)
    return _increment(dsn, chosen, place, runs, manifest, now, progress) if resumed else manifest


def _goes_on(read: Reading, begun: Manifest) -> bool:
    """Leaves out what changed since it began; false where that is no longer known."""
    try:
        read.leave_out_changed(Watermark.read(begun.watermark))
    except WatermarkTooOld:
        return False
    return True


def _name(run: _Run, day: Day) -> str:
    return f"day={day.day.isoformat()}/{run.manifest.run:06}.{ENDINGS[run.manifest.asked.format]}"


def _write(run: _Run, path: str, statement: Statement, *, done: int, of: int) -> Future[File]:
    """Reads all of it; the file comes to its end while the next one is read."""
    asked = run.manifest.asked
    schema = schema_of(asked.of, statement.columns, asked.format, {"milepost.watermark": run.manifest.watermark})
    with ExitStack() as opened:
        file = opened.enter_context(run.place.writing(f"{asked.data_set}/{path}"))
        out = writer(asked.format, file, schema, statement.columns)
        rows = run.read.copy(statement, out.write, lambda rows: run.progress(done + rows, of))
        run.read.catch_up()
        return run.read.later(_ended, file, out, path, rows, opened.pop_all())


def _ended(file: Written, out: Writer, path: str, rows: int, opened: ExitStack) -> File:
    with opened:
        out.close()
    return File(path=path, rows=rows, bytes=file.bytes, sha256=file.sha256)


def _clear(place: Place, runs: Runs, data_set: str, last: Manifest | None) -> None:
    """Removes what does not count: files of a run that was cut short, and of runs before the last full one."""
    unfinished = runs.unfinished()
    kept = {file.path for file in unfinished.files} if unfinished else set()
    first = last.run if last is not None and last.kind == "full" else 0
    newest = last.run if last is not None else 0
    if first:
        runs.forget_before(first)

    def counts(path: str) -> bool:
        number = path.rpartition("/")[2].partition(".")[0]
        return path in kept or (number.isdigit() and first <= int(number) <= newest)

    _forget(place, data_set, lambda path: not counts(path))


def _forget(place: Place, data_set: str, gone: Callable[[str], bool]) -> None:
    for name in place.names(data_set):
        path = name.removeprefix(f"{data_set}/")
        if not path.startswith("_runs/") and gone(path):
            place.delete(name)
