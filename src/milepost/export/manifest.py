"""What a folder holds of a data set: a manifest a run, written when all of its files are there. It alone counts."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

from milepost.export.asked import Asked
from milepost.export.places import Place

_RUNS: Final = "_runs"
_UNFINISHED: Final = "unfinished.json"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """`path`: below the data set's folder; `deleted`: how many of `rows` say that a row is no more."""

    path: str
    rows: int
    deleted: int = 0
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `kind`: `full` begins anew, and what runs before it wrote no longer counts; `increment` goes on from
    `since`, the watermark of the run before. `watermark`: how far this one has read. `asked`: what was exported."""

    data_set: str
    version: int
    milepost: str
    run: int
    kind: Literal["full", "increment"]
    why_full: str = ""
    since: str | None
    watermark: str
    asked: Asked
    exported_at: datetime
    files: tuple[File, ...] = ()

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


class Runs:
    """The manifests of a data set in a place."""

    def __init__(self, place: Place, data_set: str) -> None:
        self._place = place
        self._folder = data_set

    def newest(self) -> Manifest | None:
        names = [name for name in self._place.names(f"{self._folder}/{_RUNS}") if _number(name) is not None]
        return self._read(names[-1]) if names else None

    def unfinished(self) -> Manifest | None:
        """A full run that was cut short, with the days it has."""
        return self._read(f"{self._folder}/{_RUNS}/{_UNFINISHED}")

    def keep_unfinished(self, manifest: Manifest) -> None:
        self._write(_UNFINISHED, manifest)

    def finish(self, manifest: Manifest) -> None:
        """From here on it counts."""
        self._write(f"{manifest.run:06}.json", manifest)
        self.forget_unfinished()

    def forget_unfinished(self) -> None:
        if f"{self._folder}/{_RUNS}/{_UNFINISHED}" in self._place.names(f"{self._folder}/{_RUNS}"):
            self._place.delete(f"{self._folder}/{_RUNS}/{_UNFINISHED}")

    def forget_before(self, run: int) -> None:
        """Deletes the manifests of the runs before one that began anew."""
        for name in self._place.names(f"{self._folder}/{_RUNS}"):
            if (number := _number(name)) is not None and number < run:
                self._place.delete(name)

    def _read(self, name: str) -> Manifest | None:
        text = self._place.read(name)
        return None if text is None else msgspec.json.decode(text, type=Manifest)

    def _write(self, name: str, manifest: Manifest) -> None:
        with self._place.writing(f"{self._folder}/{_RUNS}/{name}") as file:
            file.write(msgspec.json.format(msgspec.json.encode(manifest)))


def _number(name: str) -> int | None:
    base = name.rpartition("/")[2].removesuffix(".json")
    return int(base) if base.isdigit() else None
