"""Which answers can be drawn, and what is said of the others."""

from __future__ import annotations

import pytest

from milepost.dashboard.sql.drawing import panel_of, wanting
from milepost.reporting.answers import Cell, CellKind, SqlAnswer, SqlColumn
from milepost.reporting.saved import Chart


def answer(kinds: list[CellKind], *rows: list[Cell]) -> SqlAnswer:
    return SqlAnswer([SqlColumn(f"c{place}", kind) for place, kind in enumerate(kinds)], rows, more=False)


@pytest.mark.parametrize(
    ("chart", "drawn", "found"),
    [
        ("line", True, answer(["day", "number"], ["2026-01-02", 1], ["2026-01-01", None])),
        ("line", True, answer(["time", "number"], ["2026-01-01 10:00:00+00", 1], ["2026-01-01 11:00:00+00", 3])),
        ("line", False, answer(["day", "number"], ["2026-01-01", 1], ["2026-01-01", 2])),
        ("line", False, answer(["day", "number"], ["2026-01-01", 1])),
        ("line", False, answer(["day", "text"], ["2026-01-01", "a"], ["2026-01-02", "b"])),
        ("line", False, answer(["text", "number"], ["2026-01-01", 1], ["2026-01-02", 2])),
        ("line", False, answer(["day", "number"], ["infinity", 1], ["0044-03-15 BC", 2])),
        ("bar", True, answer(["text", "number"], ["a", 1], [None, 2.5], ["c", None])),
        ("bar", False, answer(["text", "number"], ["a", 1], ["b", -1])),
        ("bar", False, answer(["number"], [1])),
        ("bar", False, answer(["text", "number"], ["a", "NaN"])),
        ("none", False, answer(["text", "number"], ["a", 1])),
    ],
)  # fmt: skip
def test_what_is_drawn(chart: Chart, drawn: bool, found: SqlAnswer) -> None:
    panel = panel_of(found, chart, 0.1)
    assert (panel.spec is not None) is drawn
    assert bool(wanting(found, chart)) is (not drawn and chart != "none")
    assert len(panel.table.rows) == len(found.rows), "the table has all of it, drawn or not"


def test_days_are_in_order_and_what_is_missing_is_a_gap() -> None:
    spec = panel_of(answer(["day", "number"], ["2026-01-02", 1], ["2026-01-01", None]), "line", 0.1).spec
    assert spec is not None
    assert (spec["buckets"], spec["interval"]) == (["2026-01-01", "2026-01-02"], "day")
    assert spec["series"] == [{"name": "c1", "mark": "0", "values": [None, 1]}]
