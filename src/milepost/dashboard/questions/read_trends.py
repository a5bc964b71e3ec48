"""Reading the address of the trends page: measures, their fields, the formula, two breakdowns and a comparison."""

from __future__ import annotations

from typing import Final, get_args

from milepost.analytics.asking import Interval
from milepost.analytics.formula import MAX_LENGTH
from milepost.analytics.measures import DURATIONS, OF_A_FIELD, Measure
from milepost.analytics.trends import Series, Trends
from milepost.dashboard.questions import address as a
from milepost.dashboard.questions.asked import Common, PageQuestion
from milepost.dashboard.questions.parts import page_of, read_field, read_kinds, usual_interval
from milepost.vocabulary import MAX_NAME_LENGTH

MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
INTERVALS: Final[tuple[Interval, ...]] = get_args(Interval)
MOST_SERIES: Final = 6
#: What has numbers beside the metadata.
NUMERIC: Final = (a.METADATA, *DURATIONS)


def read_trends(address: a.Address, common: Common) -> PageQuestion:
    """A measure of a field that is not chosen yet does not count: the form keeps it, and events are counted."""
    rows, focus = read_kinds(address, "s.", least=1, most=MOST_SERIES, default=(a.KindRow(),), measures=MEASURES)
    wanted = address.one_of("measure", MEASURES, "events")
    of = _of(wanted, a.event_field(address.text("of"), address.text("of_key")))
    measure = wanted if wanted not in OF_A_FIELD or of.name else "events"
    interval = address.one_of("interval", INTERVALS, usual_interval(common.window.days))
    percentile = address.whole("percentile", 50, 1, 99)
    top = address.whole("top", 8, 1, 50)
    formula = address.text("formula")[:MAX_LENGTH].strip() if len(rows) > 1 else ""
    formula_name = address.text("formula_name")[:MAX_NAME_LENGTH].strip() if formula else ""
    by, by_pairs = read_field(address)
    by2, by2_pairs = read_field(address, name="by2") if by else (None, [])
    rows = tuple(_row(row) for row in rows)
    question = common.question(
        Trends, measure=measure, of=of.name or None if measure in OF_A_FIELD else None, percentile=percentile / 100,
        interval=interval, breakdown=(by, by2) if by and by2 else by, top=top,
        series=tuple(_series(row) for row in rows), compare=common.compare or False, formula=formula or None,
        formula_name=formula_name,
    )  # fmt: skip
    pairs = [
        *common.pairs,
        *([("measure", wanted)] if wanted != "events" else []),
        *([("of", of.field)] if wanted in OF_A_FIELD and of.field else []),
        *([("of_key", of.key)] if wanted in OF_A_FIELD and of.key else []),
        *([("percentile", str(percentile))] if percentile != 50 else []),
        ("interval", interval),
        *a.kind_pairs([r for r in rows if not r.empty] if len(rows) == 1 else rows, "s."),
        *([("formula", formula)] if formula else []),
        *([("formula_name", formula_name)] if formula_name else []),
        *by_pairs,
        *by2_pairs,
        *([("top", str(top))] if top != 8 else []),
    ]
    parts = {
        "steps": rows, "measure": wanted, "of": of, "interval": interval, "percentile": percentile,
        "breakdown": by or "", "breakdown2": by2 or "", "top": top, "formula": formula,
        "formula_name": formula_name, "of_a_field": OF_A_FIELD, "numeric": NUMERIC,
        "percentiles": any(_is_percentile(one) for one in (wanted, *(row.measure for row in rows))),
    }  # fmt: skip
    return page_of("trends", common, (question,), parts, pairs, focus)


def _of(measure: str, row: a.FilterRow) -> a.FilterRow:
    """The field a measure is of; one without numbers is none where numbers are measured."""
    if measure not in OF_A_FIELD or (measure != "distinct" and row.field not in NUMERIC):
        return a.FilterRow()
    return row


def _row(row: a.KindRow) -> a.KindRow:
    return a.KindRow(row.event, row.tool, row.condition, row.measure, _of(row.measure, row.of))


def _series(row: a.KindRow) -> Series:
    kind = row.kind()
    measure = next((one for one in MEASURES if one == row.measure), None)
    if measure in OF_A_FIELD and not row.of.name:
        measure = None
    of = row.of.name if measure in OF_A_FIELD else None
    return Series(
        event_type=kind.event_type, event_name=kind.event_name, tool_id=kind.tool_id, filters=kind.filters,
        measure=measure, of=of,
    )  # fmt: skip


def _is_percentile(measure: str) -> bool:
    return measure == "percentile" or measure in DURATIONS
