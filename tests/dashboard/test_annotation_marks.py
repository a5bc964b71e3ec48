"""Where annotations stand in charts: each on its day's place, whatever the buckets are, and all told in the table."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from milepost.dashboard.annotations.marks import NONE, At, marks
from milepost.dashboard.questions.annotated import with_annotations
from milepost.dashboard.questions.shown import Cell, Column, Panel, Table
from milepost.work.annotations import Annotation
from tests.browser.sample import NOW

_MONDAY = date(2026, 11, 2)


def _note(day: date, text: str = "x", place: int = 1) -> Annotation:
    return Annotation(annotation_id=UUID(int=place), day=day, text=text, author=None, created_at=NOW, updated_at=None)


def test_a_day_stands_where_its_bucket_is() -> None:
    days = [_MONDAY + timedelta(days=n) for n in range(5)]
    assert marks([_note(days[1])], days, days[-1], "slots").lines == (30.0,)
    assert marks([_note(days[1])], days, days[-1], "points").lines == (25.0,)
    assert marks([_note(days[-1])], days, days[-1], "points").lines == (100.0,), "at the right edge"
    weeks = [_MONDAY, _MONDAY + timedelta(days=7)]
    sunday = _note(_MONDAY + timedelta(days=13))
    assert marks([sunday], weeks, _MONDAY + timedelta(days=13), "points").lines == (100.0,)
    assert marks([sunday], weeks, _MONDAY + timedelta(days=12), "points") == NONE, "after the last day"
    assert marks([_note(_MONDAY - timedelta(days=1))], weeks, days[-1], "points") == NONE
    hours = [_MONDAY] * 24 + [days[1]] * 24
    assert marks([_note(days[1])], hours, days[1], "slots").lines == (round(100 * 24.5 / 48, 3),), "its first hour"
    assert marks([], [], _MONDAY, "slots") == NONE


@given(
    st.lists(st.integers(-3, 62), max_size=60), st.sampled_from([1, 7]), st.sampled_from(["slots", "points"]),
    st.integers(1, 60),
)  # fmt: skip
def test_every_annotation_is_told_once(offsets: list[int], width: int, at: At, count: int) -> None:
    starts = [_MONDAY + timedelta(days=n * width) for n in range(count)]
    last = starts[-1] + timedelta(days=width - 1)
    notes = [_note(_MONDAY + timedelta(days=o), f"t{n}", n + 1) for n, o in enumerate(offsets)]
    inside = {note.text for note in notes if _MONDAY <= note.day <= last}
    found = marks(notes, starts, last, at)
    assert sorted(note.text for own in found.told for note in own) == sorted(inside)
    assert sorted(note.text for handle in found.handles for note in handle.notes) == sorted(inside)
    for place, own in enumerate(found.told):
        assert all(starts[place] <= note.day <= starts[place] + timedelta(days=width - 1) for note in own)
        assert bool(found.of(place)) == bool(own)
    assert all(0 <= x <= 100 for x in found.lines)
    assert [handle.x for handle in found.handles] == sorted(handle.x for handle in found.handles)
    assert len(found.handles) <= 14, "fingers find them on a phone"


def test_a_panel_has_them_in_its_table_too() -> None:
    days = [_MONDAY + timedelta(days=n) for n in range(3)]
    rows = tuple((Cell(Markup("{}").format(day)), Cell(Markup("1"))) for day in days)
    table = Table("t", (Column("Day", numeric=False), Column("Events")), rows)
    spec = {"kind": "bars", "buckets": [day.isoformat() for day in days]}
    panel = Panel("p", "P", Markup(""), table, spec)
    assert with_annotations(panel, [], days[-1]) is panel
    shown = with_annotations(panel, [_note(days[1], "<b>"), _note(days[1], "y", 2)], days[-1])
    assert [column.label for column in shown.table.columns] == ["Day", "Events", "Annotations"]
    assert [str(row[-1].html.striptags()) for row in shown.table.rows] == ["", "3 Nov: <b>; 3 Nov: y", ""]
    assert shown.spec is not None
    assert shown.spec["annotations"] == {"1": ["<b>", "y"]}
    assert (
        with_annotations(Panel("p", "P", Markup(""), table, {"kind": "funnel"}), [_note(days[1])], days[-1]).marks
        == NONE
    )
