"""What is wrong with the rows of a batch: the first fault of each, and the characters that nobody can store."""

from __future__ import annotations

from milepost.importing.readers import Column, RowError


class RowErrors:
    """The first error of each row of a batch."""

    def __init__(self, lines: list[int]) -> None:
        self._lines = lines
        self.by_row: dict[int, RowError] = {}

    def add(self, row: int, code: str, field: str | None, message: str) -> None:
        if row not in self.by_row:
            self.by_row[row] = RowError(self._lines[row], code, field or "", message)


def check_characters(columns: dict[str, Column], errors: RowErrors) -> None:
    """Finds cells PostgreSQL cannot store: NUL, and bytes that were not UTF-8."""
    for name, column in columns.items():
        whole = "\n".join(filter(None, column))
        if "\0" not in whole and (whole.isascii() or is_clean(whole)):
            continue
        for row, text in enumerate(column):
            if text is not None and ("\0" in text or not is_clean(text)):
                errors.add(row, "invalid_unicode", name, "has a NUL character or bytes that are not UTF-8")


def is_clean(text: str) -> bool:
    """Whether the text can be encoded as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
