"""Event ids from a row's content: the same row gives the same UUIDv7 in every run and file format."""

from __future__ import annotations

import re
from hashlib import blake2b

from milepost.importing.mapping import FileMap
from milepost.importing.readers import Column

_ID_BITS = 74  # of a UUIDv7, what is neither time nor version
_RAND_B = (1 << 62) - 1
_DECIMAL = re.compile(r"-?\d+\.\d+")
_MAX_CACHE = 200_000


class Identifier:
    """Gives each row 128 bits: a hash of the source, its identity columns and its occurrence number.

    The n-th of several equal rows gets occurrence n, counted from the file's first row: that is
    why a resumed import reads the file from the start. Counting takes about 100 bytes of memory
    for each different row.
    """

    def __init__(self, mapping: FileMap) -> None:
        identity = mapping.identity_form()
        self._columns = identity.columns
        self._count = identity.occurrences
        self._source = mapping.source.encode()
        self._has_times = mapping.timestamp.format != "day"
        self._time_column = mapping.timestamp.column
        self._seen: dict[int, int] = {}
        self._canon: dict[str | None, str] = {None: ""}

    def digests(self, columns: dict[str, Column], micros: list[int | None]) -> list[int]:
        parts = [self._canonical(name, columns[name], micros) for name in self._columns]
        numbers: list[int] = []
        seen, prefix = self._seen, self._source + b"\x1e"
        for key in map("\x1f".join, zip(*parts, strict=True)):
            raw = prefix + key.encode("utf-8", "surrogatepass")
            number = int.from_bytes(blake2b(raw, digest_size=16).digest())
            if self._count:
                # two keys that share these 64 bits share a counter, which is just as repeatable
                before = seen.get(number >> 64, 0)
                seen[number >> 64] = before + 1
                if before:
                    number = int.from_bytes(blake2b(raw + b"\x1e%d" % before, digest_size=16).digest())
            numbers.append(number)
        return numbers

    def _canonical(self, name: str, column: Column, micros: list[int | None]) -> list[str]:
        """The column's text as every file format would have it: 4.0 and 4.00 are 4, a time is its instant."""
        if self._has_times and name == self._time_column:
            return [
                str(moment) if moment is not None else text or "" for moment, text in zip(micros, column, strict=True)
            ]
        canon = self._canon
        if len(canon) > _MAX_CACHE:
            canon.clear()
            canon[None] = ""
        for text in set(column):
            if text not in canon and text is not None:
                canon[text] = text.rstrip("0").rstrip(".") if _DECIMAL.fullmatch(text) else text
        return [canon[text] for text in column]


def noise(digest: int) -> int:
    """54 bits of a digest that its event id does not use."""
    return digest >> _ID_BITS


def content_id(micros: int, digest: int) -> str:
    """The event id, a UUIDv7: 48 bits of milliseconds since 1970 and 74 bits of the digest."""
    rand_a = (digest >> 62) & 0xFFF
    number = (max(micros, 0) // 1000) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | (digest & _RAND_B)
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
