"""The page of all customers by practice and results: the finding, four quarters, the drawing, the table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.response import Template
from markupsafe import Markup

from milepost.access.services import AnyRequest, services
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard import views as v
from milepost.dashboard.describe import competency_names
from milepost.dashboard.offline.panel import QUARTERS as QUARTER_WORDS
from milepost.dashboard.page_context import page
from milepost.dashboard.questions.context import named
from milepost.dashboard.questions.shown import Cell, Column, Panel, Table
from milepost.dashboard.texts import storable
from milepost.insights.practice import PRACTISES_FROM, WINS_FROM, Quarter
from milepost.insights.practice_map import QUARTERS, STEP, Picture, Placed, more_than, read_picture

#: So many of each quarter are read, and drawn one by one where that is everybody; the table has the first of them.
_DRAWN: Final = 250
#: With more customers than this nobody looks for single ones in the drawing, unless they searched.
_TOO_MANY: Final = 4 * _DRAWN
_LISTED: Final = 10
_LISTED_OF_ONE: Final = 200
#: Below this a share says nothing.
_FEW: Final = 5


class MapQuery(msgspec.Struct, frozen=True):
    """What the address says; what it says wrong is as if it were not there. `competency` is empty for all."""

    competency: str = ""
    query: str = ""
    quarter: Quarter | None = None
    practises_from: int = int(PRACTISES_FROM)
    wins_from: int = int(WINS_FROM)

    def url(self, **changes: object) -> str:
        """The page with some of it changed; what is as ever is left out."""
        state: dict[str, object] = {
            "competency": self.competency,
            "q": self.query,
            "quarter": self.quarter or "",
            "practice": self.practises_from,
            "results": self.wins_from,
        } | changes
        usual: dict[str, object] = {"practice": int(PRACTISES_FROM), "results": int(WINS_FROM)}
        chosen = {name: value for name, value in state.items() if value != usual.get(name, "")}
        return f"/practice?{urlencode(chosen)}" if chosen else "/practice"


class QuarterTile(msgspec.Struct, frozen=True):
    """A quarter with how many are in it; `url` leads to them alone, or back to all."""

    quarter: Quarter
    name: str
    customers: int
    share: float | None
    url: str
    chosen: bool


class PracticePage(msgspec.Struct, frozen=True):
    """offline/practice.html. `known` is whether there is any customer at all, `outcomes` whether any has results."""

    asked: MapQuery
    answer: Markup
    tiles: tuple[QuarterTile, ...]
    panel: Panel | None
    competencies: tuple[tuple[str, str], ...]
    lines: tuple[int, ...]
    known: bool
    outcomes: bool
    fresh: str


@get("/practice")
async def practice(request: AnyRequest) -> Template:
    """Everybody, or those a search finds."""
    served = services(request)
    names = competency_names(served.plan)
    asked = _asked(request.query_params, names)
    async with served.database.transaction() as connection:
        crowd = not asked.query and await more_than(connection, _TOO_MANY)
        picture = await read_picture(
            connection,
            competency=asked.competency or None,
            query=asked.query,
            practises_from=asked.practises_from,
            wins_from=asked.wins_from,
            quarters=(asked.quarter,) if asked.quarter else QUARTERS,
            most=_LISTED_OF_ONE if asked.quarter else _LISTED if crowd else _DRAWN,
        )
    view = practice_view(asked, picture, names, served.now().date())
    return page(request, "offline/practice.html", section="practice", view=view)


def practice_view(asked: MapQuery, picture: Picture, names: Mapping[str, str], today: date) -> PracticePage:
    total = picture.count()
    tiles = tuple(
        QuarterTile(
            quarter=quarter,
            name=QUARTER_WORDS[quarter],
            customers=picture.count(quarter),
            share=picture.count(quarter) / total if total else None,
            url=asked.url(quarter="" if asked.quarter == quarter else quarter),
            chosen=asked.quarter == quarter,
        )
        for quarter in QUARTERS
    )
    return PracticePage(
        asked=asked,
        answer=finding(asked, picture, names),
        tiles=tiles,
        panel=_panel(asked, picture, names) if total else None,
        competencies=tuple(names.items()),
        lines=tuple(range(STEP, 100, STEP)),
        known=total > 0 or bool(asked.query),
        outcomes=any(cell.y > 0 for cell in picture.cells) or any(one.results > 0 for one in picture.first),
        fresh=_fresh(picture, today),
    )


def finding(asked: MapQuery, picture: Picture, names: Mapping[str, str]) -> Markup:
    """How many of those who practise win, against those who do not; or what keeps one from saying so."""
    where = Markup("In {}, ").format(names[asked.competency].lower()) if asked.competency else Markup("")
    total = picture.count()
    if not total:
        if asked.query:
            return Markup("Nobody matches “<bdi>{}</bdi>”.").format(asked.query)
        return Markup("Practice and results appear with the first customers.")
    both, practising = picture.count("both"), picture.count("both") + picture.count("practice")
    lucky, others = picture.count("results"), picture.count("results") + picture.count("neither")
    if not both + lucky:
        said = Markup("{} of {} {} {}. Nobody has results yet.").format(
            markup.number(practising), markup.number(total), fmt.plural(total, "customer"),
            "practises" if practising == 1 else "practise",
        )  # fmt: skip
        return where + said
    if practising < _FEW or others < _FEW:
        said = Markup("{} of {} {} {}, {} {}.").format(
            markup.number(practising), markup.number(total), fmt.plural(total, "customer"),
            "practises" if practising == 1 else "practise",
            markup.number(both + lucky), "wins" if both + lucky == 1 else "win",
        )  # fmt: skip
        return where + said
    share, other = both / practising, lucky / others
    if abs(share - other) < 0.01:
        said = Markup("{} of those who practise win, and as many of those who do not.").format(markup.share(share))
    else:
        kind = "better" if share > other else "worse"
        said = Markup('<span class="{}">{}</span> of those who practise win, {} of those who do not.').format(
            kind, markup.share(share), markup.share(other)
        )
    return where + said


def _panel(asked: MapQuery, picture: Picture, names: Mapping[str, str]) -> Panel:
    listed: list[Placed] = []
    for quarter in QUARTERS:
        of_it = [one for one in picture.first if one.quarter == quarter]
        listed += of_it if asked.quarter else of_it[:_LISTED]
    whole = len(picture.first) == picture.count()
    columns = (
        Column("Customer", numeric=False),
        Column("Quarter", numeric=False),
        Column("Practice"),
        Column("Results"),
    )
    rows = tuple(
        (
            named(fmt.visible_name(one.name, one.customer_id), v.customer_url(one.customer_id)),
            Cell(Markup("{}").format(QUARTER_WORDS[one.quarter])),
            Cell(markup.number(one.practice, digits=1)),
            Cell(markup.number(one.results, digits=1)),
        )
        for one in listed
    )  # fmt: skip
    spec: dict[str, object] = {
        "kind": "quadrant",
        "lines": [asked.practises_from, asked.wins_from],
        "step": STEP,
        "quarters": [
            {"quarter": quarter, "name": QUARTER_WORDS[quarter], "customers": picture.count(quarter),
             "link": asked.url(quarter=quarter)}
            for quarter in QUARTERS
        ],
    }  # fmt: skip
    if whole:
        spec["customers"] = [
            {"quarter": one.quarter, "name": fmt.visible_name(one.name, one.customer_id),
             "at": [round(one.practice, 2), round(one.results, 2)], "link": v.customer_url(one.customer_id)}
            for one in picture.first
        ]  # fmt: skip
    else:
        spec["cells"] = [
            {"quarter": picture.quarter_of(cell), "at": [cell.x, cell.y], "customers": cell.customers,
             "link": asked.url(quarter=picture.quarter_of(cell))}
            for cell in picture.cells
        ]  # fmt: skip
    what = "Each mark is a customer" if whole else "The larger a mark, the more customers"
    sentence = Markup("Practice is what they do online, results what came of it offline. {}.{}").format(
        what, _cut(asked, picture, len(listed))
    )
    title = f"{names[asked.competency]}: practice against results" if asked.competency else "Practice against results"
    return Panel(
        "quadrant", title, sentence,
        Table("The first of each quarter" if not asked.quarter else QUARTER_WORDS[asked.quarter], columns, rows),
        spec, size="large", keep_table=True,
    )  # fmt: skip


def _cut(asked: MapQuery, picture: Picture, listed: int) -> Markup:
    """What the table does not have."""
    there = picture.count(asked.quarter)
    if listed >= there:
        return Markup("")
    if asked.quarter:
        return Markup(" The table has the first {} of {}.").format(markup.number(listed), markup.number(there))
    return Markup(" The table has the first {} of each quarter.").format(_LISTED)


def _fresh(picture: Picture, today: date) -> str:
    if picture.day is None:
        return ""
    if picture.day < today:
        return f"Some as of {fmt.short_date(picture.day)}"
    return "The last changes follow in a moment" if picture.waiting else "Up to date"


def _asked(wanted: Mapping[str, str], names: Mapping[str, str]) -> MapQuery:
    competency = wanted.get("competency", "")
    query = storable(wanted.get("q", "")).strip()[:200]
    return MapQuery(
        competency=competency if competency in names else "",
        query=query,
        quarter=next((quarter for quarter in QUARTERS if quarter == wanted.get("quarter")), None),
        practises_from=_line(wanted.get("practice", ""), int(PRACTISES_FROM)),
        wins_from=_line(wanted.get("results", ""), int(WINS_FROM)),
    )


def _line(text: str, usual: int) -> int:
    """A line of the grid, of which 0 and 100 would part nobody."""
    return int(text) if text in {str(line) for line in range(STEP, 100, STEP)} else usual
