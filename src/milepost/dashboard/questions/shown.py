"""What a question's page shows: a sentence, figures, and panels of a chart with its table. Templates lay these out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from markupsafe import Markup
from msgspec.structs import replace

from milepost.dashboard import views as v
from milepost.dashboard.annotations.marks import NONE, Marks
from milepost.dashboard.questions.asked import PageQuestion

#: Cells of a heat table go from 0 to this; each has a class of its own, as styles come from files alone.
HEAT_STEPS: Final = 10


class Column(msgspec.Struct, frozen=True):
    label: str
    numeric: bool = True
    #: Said to those who cannot see the room it takes: units, what is counted.
    hint: str = ""


class Cell(msgspec.Struct, frozen=True):
    """`html` is what is read; `href` leads to who is behind it; `open`: it may still grow."""

    html: Markup
    href: str = ""
    heat: int | None = None
    open: bool = False
    spark: tuple[int, ...] = ()


class Table(msgspec.Struct, frozen=True):
    """The first cell of a row names it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    heat: bool = False

    def short(self, *places: int, newest: bool = False, sizes: Sequence[float | None] = ()) -> Short:
        """These columns of it."""
        rows = tuple(tuple(row[place] for place in places) for row in self.rows)
        return Short(tuple(self.columns[place].label for place in places), rows, newest, tuple(sizes))


class Short(msgspec.Struct, frozen=True):
    """The figures that matter, for where there is little room: a mail, a page of paper. `newest`: of too many rows the
    last are kept; `sizes`: what a bar beside each row shows, where there is one."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    newest: bool = False
    sizes: tuple[float | None, ...] = ()


class Key(msgspec.Struct, frozen=True):
    """A line of the legend: `mark` is the number of its colour and dash."""

    name: str
    mark: str
    total: Markup = Markup("")


class Panel(msgspec.Struct, frozen=True):
    """A chart with its table. `spec` is what the browser draws from; without one the table is the chart."""

    id: str
    title: str
    sentence: Markup
    table: Table
    spec: Mapping[str, object] | None = None
    legend: tuple[Key, ...] = ()
    #: Pixels, so that nothing moves when the chart is drawn.
    size: str = "medium"
    #: The table stays where it is: it says what the chart cannot.
    keep_table: bool = False
    #: The annotations of its days, where it has a time axis.
    marks: Marks = NONE
    short: tuple[Short, ...] = ()

    @property
    def json(self) -> str:
        return msgspec.json.encode(self.spec).decode()

    def on_card(self, report_id: object) -> Panel:
        """The same on a dashboard, where other cards have panels of that name, and less room."""
        crowded = self.size.startswith("rows-") and int(self.size.removeprefix("rows-")) > 8
        size = "medium" if crowded or self.size in ("large", "tall") else self.size
        return replace(self, id=f"{self.id}-{report_id}", size=size, keep_table=False)


class Shown(msgspec.Struct, frozen=True):
    """An answer. `empty` says in a sentence why there is nothing, and `hint` what to do about it."""

    answer: Markup
    panels: tuple[Panel, ...] = ()
    figures: tuple[v.Figure, ...] = ()
    empty: str = ""
    hint: str = ""
    #: Where to go from nothing: the words of a link, and its address.
    way_on: tuple[str, str] | None = None

    @property
    def main(self) -> Panel:
        """What a card has room for. Broken down it is the groups: that is what was asked."""
        return next((panel for panel in self.panels if panel.id == "groups"), self.panels[0])


class QuestionPage(msgspec.Struct, frozen=True):
    """questions/NAME.html. Exactly one of `shown`, `trouble` and `waiting`."""

    asked: PageQuestion
    title: str
    shown: Shown | None = None
    trouble: str = ""
    #: The trouble is what was asked: asking the same again would not help.
    misasked: bool = False
    #: The answer takes longer than a page may: the browser asks for it when it is there.
    waiting: bool = False
    as_of: datetime | None = None
    #: Why the answer holds nothing newer, in a sentence; "" where nothing is the matter.
    behind: str = ""
    #: Which value of traits counts, in a sentence; "" where none is used.
    traits: str = ""
    words: Mapping[str, object] = msgspec.field(default_factory=dict)


class BehindPerson(msgspec.Struct, frozen=True):
    customer_id: str
    name: str
    user_id: str | None
    events: int
    last_at: datetime | None


class Behind(msgspec.Struct, frozen=True):
    """questions/behind.html: who is behind a bar. `cohort` is the definition to save, as JSON; empty where the list
    is not whole."""

    title: str
    what: str
    people: tuple[BehindPerson, ...]
    total: int
    unit: str
    back: str
    cohort: str = ""
    trouble: str = ""
    #: Words, address, and whether it is this one: of a formula each series' people.
    others: tuple[tuple[str, str, bool], ...] = ()
