"""What an import keeps beside its file: the errors, and how far it came."""

from __future__ import annotations

import json
import os
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import msgspec

from milepost.importing.readers import RowError

_ENDS = 65_536


class Counts(msgspec.Struct):
    """Rows so far; `accepted + duplicates + failed + filtered == rows`."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    failed: int = 0
    filtered: int = 0


class Said(Protocol):
    """What was said of a file, such as its map."""

    @property
    def source(self) -> str: ...


def fingerprint(path: Path, said: Said, chunk: int) -> str:
    """Tells whether a state belongs to this file, what is said of it and chunk size, without reading the whole file."""
    size = path.stat().st_size
    digest = blake2b(f"{size}\x1f{chunk}\x1f{said.source}\x1f".encode(), digest_size=16)
    digest.update(repr(said).encode("utf-8", "replace"))
    with path.open("rb") as file:
        digest.update(file.read(_ENDS))
        file.seek(max(0, size - _ENDS))
        digest.update(file.read(_ENDS))
    return digest.hexdigest()


class Ledger:
    """The error file (NDJSON: line, code, field, message) and the state file beside it.

    The state names the error file's length, so that a chunk done again after a crash does not
    report its errors twice. Both files are gone after an import without errors.
    """

    def __init__(self, errors_path: Path, mark: str, resume: bool) -> None:
        self._errors = errors_path
        self._state = errors_path.with_name(errors_path.name + ".state")
        self._mark = mark
        self.resumed = Counts()
        length = 0
        if resume:
            length = self._load()
        if self.resumed.rows == 0:
            self._state.unlink(missing_ok=True)
            self._errors.unlink(missing_ok=True)
        elif self._errors.exists():
            os.truncate(self._errors, length)

    def _load(self) -> int:
        """Takes over an earlier run's counts; returns the length of its error file."""
        try:
            state = json.loads(self._state.read_text("utf-8"))
            if state["fingerprint"] != self._mark:
                return 0
            length = int(state["errors_length"])
            have = self._errors.stat().st_size if self._errors.exists() else 0
            if have < length:  # someone took the error file away: begin again rather than lose reports
                return 0
            self.resumed = Counts(**state["counts"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return 0  # no state, or a broken one: the ids make starting over harmless
        return length

    def record(self, errors: list[RowError], counts: Counts) -> None:
        """Called after a chunk is stored. The state is replaced whole, never half written."""
        if errors:
            with self._errors.open("a", encoding="ascii") as file:
                file.writelines(json.dumps(error._asdict()) + "\n" for error in errors)
        length = self._errors.stat().st_size if self._errors.exists() else 0
        fresh = self._state.with_name(self._state.name + ".new")
        known = {name: getattr(counts, name) for name in ("rows", "accepted", "duplicates", "failed", "filtered")}
        fresh.write_text(json.dumps({"fingerprint": self._mark, "errors_length": length, "counts": known}), "utf-8")
        fresh.replace(self._state)

    def finish(self) -> Path | None:
        """Removes the state; returns the error file if there is one."""
        self._state.unlink(missing_ok=True)
        return self._errors if self._errors.exists() else None
