"""Trends in words and as a table: what the page says of measures, formulas, pairs and earlier periods."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from milepost.analytics.trends import Line, Trends, TrendsAnswer
from milepost.dashboard.questions.address import Address
from milepost.dashboard.questions.context import AnswerContext
from milepost.dashboard.questions.reading import read
from milepost.dashboard.questions.show_trends import show
from milepost.dashboard.questions.shown import Shown

_NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
_FIRST, _LAST = date(2026, 3, 1), date(2026, 3, 2)
_DAYS = f"days=custom&first={_FIRST}&last={_LAST}&tz=UTC&interval=day"


def _line(*values: float | None, total: float | None, series: int = 0, **more: object) -> Line:
    told = {"name": "", "value": None, "is_other": False, **more}
    return Line(series=series, values=list(values), total=total, **told)  # type: ignore[arg-type]  # any of its fields


def _shown(query: str, *lines: Line, previous: tuple[date, date] | None = None) -> Shown:
    asked = read("trends", Address.of(f"{_DAYS}&{query}"), "UTC", _NOW)
    question = asked.questions[0]
    assert isinstance(question, Trends)
    answer = TrendsAnswer(
        unit=question.unit,
        first=_FIRST,
        last=_LAST,
        timezone="UTC",
        interval="day",
        measure=question.measure,
        buckets=[_FIRST + timedelta(days=n) for n in range(len(lines[0].values))],
        lines=list(lines),
        previous_first=previous[0] if previous else None,
        previous_last=previous[1] if previous else None,
    )
    return show(answer, question, AnswerContext(asked, {}, _NOW.date(), _FIRST, _LAST))


def _words(shown: Shown) -> str:
    return re.sub(r"<[^>]+>", "", str(shown.answer)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("query", "total", "said"),
    [
        ("", 1234.0, "1,234 events from 1 Mar 2026 to 2 Mar 2026."),
        ("measure=units", 1.0, "1 customer from"),
        ("measure=sum&of=metadata&of_key=Amount", 1234.5, "Sum of Amount from 1 Mar 2026 to 2 Mar 2026: 1,23"),
        ("measure=average&of=metadata&of_key=a", 2.345, "Average a from 1 Mar 2026 to 2 Mar 2026: 2.3"),
        ("measure=distinct&of=tool_id", 3.0, "Unique values of tool from"),
        ("measure=percentile&percentile=90&of=metadata&of_key=a", 3.0, "90th percentile of a from"),
        ("measure=max&of=time_on_page", 12_000.0, "12 s of maximum time on page from"),
        ("measure=time_on_page", 12_000.0, "12 s of median time on page from"),
        ("s.event=export_action&s.event=&formula=A/B", 0.25, "A/B from 1 Mar 2026 to 2 Mar 2026: 0.25."),
        ("s.event=export_action&s.event=&formula=A/B&formula_name=Each", 0.25, "Each from"),
    ],
)
def test_one_figure(query: str, total: float, said: str) -> None:
    assert _words(_shown(query, _line(total, 0, total=total))).startswith(said)


def test_beside_an_earlier_period_its_days_are_said() -> None:
    line = _line(2, 1, total=3, previous=[1, None], previous_total=2)
    days = (date(2026, 2, 27), date(2026, 2, 28))
    assert _words(_shown("compare=1", line, previous=days)).endswith("50% more than in the 2 days before.")
    year = (date(2025, 3, 1), date(2025, 3, 2))
    shown = _shown("compare=year_ago", line, previous=year)
    assert _words(shown).endswith("50% more than between 1 Mar 2025 and 2 Mar 2025.")
    assert shown.panels[0].sentence == "Before is 1 Mar 2025 to 2 Mar 2025."


def test_the_lines_of_pairs_and_who_is_behind_them() -> None:
    shown = _shown(
        "by=tool_id&by2=browser",
        _line(2, 0, total=2, value="tool-one", value2=""),
        _line(1, 1, total=2, is_other=True),
    )
    assert [column.label for column in shown.panels[0].table.columns] == ["Day", "tool-one, (none)", "All others"]
    row = shown.panels[0].table.rows[0]
    assert row[1].href.endswith("&at.series=0&at.bucket=0&at.value=tool-one&at.value2=")
    assert row[2].href.endswith("&at.series=0&at.bucket=0&at.is_other=true")
    assert shown.panels[0].table.rows[1][1].href == "", "nobody is behind 0 events"


def test_lines_of_several_measures() -> None:
    query = "s.event=export_action&s.measure=&s.of=&s.event=&s.measure=max&s.of=time_on_page"
    shown = _shown(query, _line(2, 0, total=2), _line(1000, None, total=1000, series=1))
    labels = [column.label for column in shown.panels[0].table.columns]
    assert labels == ["Day", "Exported", "Any event, maximum time on page"]
    assert _words(shown) == "Exported: 2 from 1 Mar 2026 to 2 Mar 2026."
    assert "1 s" in str(shown.panels[0].table.rows[0][2].html).replace("\N{NO-BREAK SPACE}", " ")


def test_nobody_without_a_value_leads_and_a_breakdown_says_what_changed() -> None:
    lines = (
        _line(9, 9, total=18, value="", previous=[1, 1], previous_total=2),
        _line(2, 1, total=3, value="tool-one", previous=[1, 1], previous_total=2),
        _line(5, 5, total=10, is_other=True, previous=[0, 0], previous_total=0),
    )
    shown = _shown("by=tool_id&compare=1", *lines, previous=(date(2026, 2, 27), date(2026, 2, 28)))
    assert _words(shown).startswith("tool-one leads with 3 events")
    assert _words(shown).endswith("50% more than in the 2 days before.")
    assert "+50%" in re.sub(r"<[^>]+>", "", str(shown.panels[0].legend[1].total)).replace("\N{NO-BREAK SPACE}", " ")


def test_parts_of_months_say_that_they_are_parts() -> None:
    """Two days of October beside November: neither leads, and both say what there is of them."""
    asked = read("trends", Address.of("days=custom&first=2025-10-30&last=2025-12-31&interval=month"), "UTC", _NOW)
    question = asked.questions[0]
    assert isinstance(question, Trends)
    answer = TrendsAnswer(
        unit="customer", first=date(2025, 10, 30), last=date(2025, 12, 31), timezone="UTC", interval="month",
        measure="events", buckets=[date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1)],
        lines=[_line(2, 28, 31, total=61)],
    )  # fmt: skip
    shown = show(answer, question, AnswerContext(asked, {}, _NOW.date(), answer.first, answer.last))
    panel = shown.panels[0]
    assert panel.spec is not None
    assert panel.spec["partial"] == {"0": "2 of 31 days"}
    assert "2 of 31 days" in str(panel.table.rows[0][0].html)
    assert "of" not in str(panel.table.rows[2][0].html)


def test_of_very_many_lines_those_are_drawn_that_have_a_colour_of_their_own() -> None:
    lines = [_line(n, n, total=2 * n, value=f"tool-{n:02}") for n in range(12)]
    shown = _shown("by=tool_id&top=12", *lines, _line(1, 1, total=2, is_other=True))
    panel = shown.panels[0]
    largest = [f"tool-{n:02}" for n in range(4, 12)]
    assert [key.name for key in panel.legend] == [*largest, "All others"]
    assert [key.mark for key in panel.legend] == [*map(str, range(8)), "other"]
    assert "The 8 largest of 13 lines are drawn; the table has all." in panel.sentence
    assert [column.label for column in panel.table.columns[1:]][:3] == ["tool-00", "tool-01", "tool-02"]
    assert len(panel.table.rows[0]) == 1 + 13


@pytest.mark.parametrize(("unit", "longest"), [("days", 366), ("hours", 8784), ("minutes", 9999)])
def test_a_funnel_says_no_longer_time_than_it_takes(unit: str, longest: int) -> None:
    asked = read("funnels", Address.of(f"window=9999&window_unit={unit}"), "UTC", _NOW)
    assert asked.parts["window"] == asked.parts["longest"] == longest
    assert ("window", str(longest)) in asked.pairs
