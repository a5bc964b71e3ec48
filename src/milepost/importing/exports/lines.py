"""The lines of an export, and whose export it is."""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast
from zoneinfo import ZoneInfo

import msgspec

from milepost.errors import ImportFailed
from milepost.importing.exports.common import Export, Tool

_LOOKED_AT = 20
_GZIP_MAGIC = b"\x1f\x8b"


class LineBatch(msgspec.Struct, frozen=True):
    """Consecutive lines that are not blank, with their numbers from 1. `share`: of the file read so far, 0 to 1."""

    rows: int
    lines: list[int]
    raw: list[bytes]
    share: float


def export_of(path: Path, customer_property: str | None = None, zone: str = "UTC") -> Export:
    """The export that a file is. Raises ImportFailed where it is none that is known, or there is no such zone."""
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        raise ImportFailed(f"{zone!r} is not a time zone. Use a name such as Europe/London.") from None
    return Export(_tool_of(path), customer_property, zone)


def _tool_of(path: Path) -> Tool:
    """Whose export a file is, by its first lines. Raises ImportFailed."""
    with _opened(path) as (_, stream):
        for raw in itertools.islice(stream, _LOOKED_AT):
            try:
                line = msgspec.json.decode(raw.removeprefix(b"\xef\xbb\xbf"))
            except (ValueError, RecursionError):
                continue
            if not isinstance(line, dict) or not isinstance(line.get("event"), str):
                continue
            if isinstance(line.get("distinct_id"), (str, int)) and "timestamp" in line:
                return "posthog"
            if isinstance(properties := line.get("properties"), dict) and "time" in properties:
                return "mixpanel"
    raise ImportFailed(
        f"{path}: is no export that is known by itself (Mixpanel's or PostHog's events, one JSON object a line). "
        "Say by --map which column is what."
    )


def line_batches(path: Path, size: int, limit: int | None = None) -> Iterator[LineBatch]:
    """Yields batches of `size` lines, at most `limit` in all. Raises ImportFailed if the file cannot be read on."""
    total = max(path.stat().st_size, 1)
    with _opened(path) as (file, stream):
        numbered = ((number, raw) for number, raw in enumerate(stream, 1) if not raw.isspace())
        wanted = itertools.islice(numbered, limit)
        while part := list(itertools.islice(wanted, size)):
            lines, raws = [number for number, _ in part], [raw for _, raw in part]
            if lines[0] == 1:
                raws[0] = raws[0].removeprefix(b"\xef\xbb\xbf")
            yield LineBatch(len(part), lines, raws, min(file.tell() / total, 1.0))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The file, and its content, which may be gzipped."""
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == _GZIP_MAGIC
            file.seek(0)
            yield file, cast(IO[bytes], gzip.GzipFile(fileobj=file)) if zipped else file
    except (OSError, EOFError, zlib.error) as error:
        raise ImportFailed(
            f"{path}: cannot be read any further ({error}). What was read before is stored; "
            "get a whole copy of the file and run the same command again."
        ) from error
