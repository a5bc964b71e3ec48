"""Which tools events name, whether the plan knows them or not."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from milepost.columns.reading import Reader
from milepost.store.queries import load

_SQL = load("milepost.analytics", "seen.sql")
#: More than a page can show well.
_MOST: Final = 300


class SeenTool(NamedTuple):
    """A tool that events name: so many of them, of so many customers, in these sections (12 at most)."""

    tool_id: str
    events: int
    customers: int
    sections: list[str]


async def seen_tools(columns: Reader, *, since: date) -> list[SeenTool]:
    """The tools of events since a UTC day, the most used first. Raises what the column store raises."""
    found = await columns.query(_SQL["tools"], {"since": since.isoformat(), "most": _MOST})
    return found.typed(SeenTool)
