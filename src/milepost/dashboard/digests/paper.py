"""A digest on paper: an A4 PDF with the tables of the mail and a drawing of each trend. Work of tenths of a second, for
a thread; loaded by whoever asks for the first."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from io import BytesIO
from typing import Any, Final

from msgspec.structs import replace
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from milepost.dashboard.digests.paper_chart import chart_drawing
from milepost.dashboard.digests.paper_fonts import BOLD, REGULAR, load_fonts, runs, width
from milepost.digests.digest import Chart, Digest, Grid, Section

GREEN: Final[Color] = HexColor("#1d6b4f")
_SOFT: Final[Color] = HexColor("#56635d")
_LINE: Final[Color] = HexColor("#dfe4e1")
_MARGIN: Final = 18 * mm
#: A frame of the library's adds six points inside.
_EDGE: Final = _MARGIN - 6
_WIDTH: Final = A4[0] - 2 * _MARGIN
_FIGURE: Final = 27 * mm
_BAR: Final = 34 * mm
#: Characters of one text, as no name fills a page.
_LONGEST: Final = 400
#: What is no letter of any kind, and what turns the rest of a line about.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def pdf_of(digest: Digest, url: str) -> bytes:
    """`url`: where people find this server. A character that no font has is a box."""
    load_fonts()
    title = _text(digest.title)
    story: list[Flowable] = [Paragraph(_marked(title), _style(18, bold=True, after=4))]
    if digest.lead:
        story.append(Paragraph(_marked(digest.lead), _style(9, soft=True, after=8)))
    for section in digest.sections:
        story += _section(section, url)
    written = BytesIO()
    document = SimpleDocTemplate(
        written, pagesize=A4, leftMargin=_EDGE, rightMargin=_EDGE, topMargin=_EDGE, bottomMargin=_EDGE,
        title=title, author="Milepost", creator="Milepost", lang="en",
    )  # fmt: skip
    document.build(story, canvasmaker=_numbered(title))
    return written.getvalue()


def _section(section: Section, url: str) -> list[Flowable]:
    # A heading stands on the page of what it is of.
    found: list[Flowable] = [Spacer(0, 5 * mm), CondPageBreak((75 if section.chart else 45) * mm)]
    name = _marked(section.title)
    linked = f'<a href="{escape(url + section.page, quote=True)}" color="#1d6b4f">{name}</a>' if section.page else name
    found.append(Paragraph(linked, _style(12, bold=True, after=3)))
    if section.text:
        found.append(Paragraph(_marked(section.text), _style(10, after=4)))
    if section.chart is not None:
        found += [chart_drawing(_printable(section.chart), _WIDTH), Spacer(0, 3 * mm)]
    for grid in section.grids:
        found += [_table(grid), Spacer(0, 1 * mm)]
        if grid.more:
            rows = "row stands" if grid.more == 1 else "rows stand"
            found.append(Paragraph(f"{grid.more:,} more {rows} on its page.", _style(8, soft=True)))
        found.append(Spacer(0, 2 * mm))
    for line in section.lines:
        told = _marked(line.title)
        if line.path:
            told = f'<a href="{escape(url + line.path, quote=True)}" color="#1d6b4f">{told}</a>'
        found.append(Paragraph(f"{told} {_marked(line.text)}", _style(10, after=2)))
    if section.more:
        found.append(Paragraph(f"And {section.more:,} more.", _style(10, soft=True)))
    if section.empty and not section.lines:
        found.append(Paragraph(_marked(section.empty), _style(10, soft=True)))
    return found


def _table(grid: Grid) -> Table:
    columns = len(grid.columns) - 1
    figure = min(_FIGURE, (_WIDTH - (_BAR if grid.bars else 0)) * 0.7 / max(1, columns))
    widths = [_WIDTH - figure * columns - (_BAR if grid.bars else 0), *[figure] * columns]
    heads = [Paragraph(_marked(name), _style(8, soft=True, right=bool(at))) for at, name in enumerate(grid.columns)]
    rows: list[list[Flowable]] = [
        heads,
        *([Paragraph(_marked(text), _style(9, right=bool(at))) for at, text in enumerate(row)] for row in grid.rows),
    ]
    if grid.bars:
        widths.append(_BAR)
        heads.append(Spacer(0, 0))
        for cells, part in zip(rows[1:], grid.bars, strict=True):
            cells.append(_bar(part))
    style = TableStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("LEFTPADDING", (1, 0), (-1, -1), 3 * mm),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 1 * mm),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1 * mm),
        ]
    )
    return Table(rows, colWidths=widths, style=style, repeatRows=1, hAlign="LEFT")


def _bar(part: float) -> Drawing:
    room = _BAR - 3 * mm
    drawn = Drawing(room, 8)
    drawn.add(Rect(0, 1, max(0.5, room * min(1.0, part)) if part else 0, 6, fillColor=GREEN, strokeColor=None))
    return drawn


def _numbered(title: str) -> type[Canvas]:
    """A canvas that knows how many pages there are when it writes the foot of each."""

    class Numbered(Canvas):  # type: ignore[misc]  # a class of a library without types
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 -- its name for it
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, start=1):
                self.__dict__.update(page)
                self.setFillColor(_SOFT)
                at = _MARGIN
                for font, part in runs(_fitting(title)):
                    self.setFont(font, 8)
                    self.drawString(at, 10 * mm, part)
                    at += pdfmetrics.stringWidth(part, font, 8)
                self.setFont(REGULAR, 8)
                self.drawRightString(A4[0] - _MARGIN, 10 * mm, f"{number} of {len(self._pages)}")
                super().showPage()
            super().save()

    return Numbered


def _fitting(title: str) -> str:
    room = _WIDTH - 25 * mm
    if width(title, 8) <= room:
        return title
    while title and width(f"{title}…", 8) > room:
        title = title[:-1]
    return f"{title}…"


@cache
def _style(size: int, *, bold: bool = False, soft: bool = False, right: bool = False, after: int = 0) -> ParagraphStyle:
    named: dict[str, Any] = {"alignment": TA_RIGHT} if right else {}
    return ParagraphStyle(
        f"{size}", fontName=BOLD if bold else REGULAR, fontSize=size, leading=size * 1.35, spaceAfter=after,
        textColor=_SOFT if soft else HexColor("#14191a"), splitLongWords=1, **named,
    )  # fmt: skip


def _printable(chart: Chart) -> Chart:
    series = tuple(replace(one, name=_text(one.name)) for one in chart.series)
    return replace(chart, labels=tuple(map(_text, chart.labels)), series=series)


def _text(said: str) -> str:
    said = _UNPRINTABLE.sub("", said)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _marked(said: str) -> str:
    """As a paragraph takes it, which reads marks of its own."""
    return "".join(
        escape(part, quote=False) if font == REGULAR else f'<font name="{font}">{escape(part, quote=False)}</font>'
        for font, part in runs(_text(said))
    )
