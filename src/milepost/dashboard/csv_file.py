"""Lines of the CSV files that pages make: what is in them, a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

#: What a spreadsheet would run begins with one of these.
_RUN: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[object]) -> str:
    """A line with its end."""
    line = io.StringIO()
    safe = [f"'{cell}" if isinstance(cell, str) and cell.startswith(_RUN) else cell for cell in cells]
    csv.writer(line).writerow(safe)
    return line.getvalue()
