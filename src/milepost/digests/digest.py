"""What a weekly mail says: sections of lines, sentences and small tables. Mail, page and paper show the same."""

from __future__ import annotations

from typing import Literal

import msgspec


class Line(msgspec.Struct, frozen=True):
    """`title` links to `path` of this server; `text` stands behind it."""

    title: str
    text: str
    path: str


class Grid(msgspec.Struct, frozen=True):
    """A small table. The first column names its row; `more`: how many rows are left out; `bars`: of each row the part
    of the longest bar, 0 to 1, or () for none."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0
    bars: tuple[float, ...] = ()


class Series(msgspec.Struct, frozen=True):
    """`before`: these are of the days before."""

    name: str
    values: tuple[float | None, ...]
    before: bool = False


class Chart(msgspec.Struct, frozen=True):
    """What paper draws: values over `labels`, as lines or (`bars`) as columns. Percents are shares of one."""

    labels: tuple[str, ...]
    series: tuple[Series, ...]
    bars: bool = False
    unit: Literal["number", "percent", "milliseconds"] = "number"


class Section(msgspec.Struct, frozen=True):
    """`empty` stands where there are no lines, or says why there is nothing; `more`: how many lines are left out,
    which `path` has. Of a dashboard's question: its `page`, its answer as a sentence (`text`), its figures."""

    title: str
    lines: tuple[Line, ...] = ()
    empty: str = ""
    more: int = 0
    path: str = ""
    page: str = ""
    text: str = ""
    grids: tuple[Grid, ...] = ()
    chart: Chart | None = None


class Digest(msgspec.Struct, frozen=True):
    """`lead`: the days it is of, and how fresh it is. `path`: of the page that has the rest."""

    title: str
    lead: str
    sections: tuple[Section, ...]
    path: str = "/"
