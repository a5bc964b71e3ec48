"""The page of SQL with full, empty and absurd data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from milepost.dashboard.questions.tabs import tabs
from milepost.dashboard.sql.drawing import panel_of
from milepost.dashboard.sql.pages import EXAMPLES, SqlPage, address_of
from milepost.dashboard.views import Section
from milepost.reporting.answers import Cell, SqlAnswer, SqlColumn
from milepost.reporting.saved import Chart, SavedQuery

from .sample import EVIL, NOW, Scenario


def pages(scenario: Scenario) -> Iterator[tuple[str, str, Section, SqlPage]]:
    """(name, template, section, view)."""
    bad = scenario == "absurd"
    if scenario == "empty":
        yield "sql", "sql/sql.html", "sql", _page("", "none", saved=())
        yield "sql-off", "sql/sql.html", "sql", _page("", "none", saved=(), off=True)
        return
    saved = tuple(
        SavedQuery(
            UUID(int=k + 1), EVIL if bad else f"Query {k + 1}", EXAMPLES[0][2], "line", NOW - timedelta(days=k),
            EVIL if bad else "kim@example.com",
        )
        for k in range(60 if bad else 4)
    )  # fmt: skip
    yield "sql", "sql/sql.html", "sql", _page(EXAMPLES[0][2] * (40 if bad else 1), "line", saved=saved, opened=saved[0])
    yield "sql-bars", "sql/sql.html", "sql", _page(EXAMPLES[2][2], "bar", saved=saved, bad=bad)
    yield "sql-wrong", "sql/sql.html", "sql", _page("selec", "none", saved=saved, problem=EVIL if bad else "No.")


def _page(
    statement: str,
    chart: Chart,
    *,
    saved: tuple[SavedQuery, ...],
    opened: SavedQuery | None = None,
    problem: str = "",
    off: bool = False,
    bad: bool = False,
) -> SqlPage:
    answer = None if problem or not statement else _lines() if chart == "line" else _bars(bad=bad)
    return SqlPage(
        statement=statement,
        chart=chart,
        saved=saved,
        opened=opened,
        address=address_of(statement, chart),
        panel=panel_of(answer, chart, 0.04) if answer else None,
        problem=problem,
        off=off,
        tabs=tabs(here="sql"),
    )


def _lines() -> SqlAnswer:
    columns = [SqlColumn("day", "day"), SqlColumn("events", "number"), SqlColumn("customers", "number")]
    rows: list[list[Cell]] = [[f"2026-11-{day:02}", day * 37 % 101, day * 11 % 17] for day in range(1, 29)]
    return SqlAnswer(columns, rows, more=False)


def _bars(*, bad: bool) -> SqlAnswer:
    columns = [SqlColumn("tool_id", "text"), SqlColumn(EVIL if bad else "customers", "number")]
    columns += [SqlColumn(f"c{k}", "text") for k in range(30)] if bad else []
    more: list[Cell] = [EVIL, None, True, "x" * 5000] * 8 if bad else []
    rows: list[list[Cell]] = [
        [
            EVIL * 9 if bad and k % 2 else f"tool {k}",
            None if bad and k == 3 else 10.0**k if bad else 100 - 3 * k,
            *more[:30],
        ]
        for k in range(30)
    ]
    return SqlAnswer(columns, rows, more=bad)
