"""What holds for all cards of a dashboard: days, a comparison, a segment. Each its own where nothing is said."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from milepost.analytics.asking import Period
from milepost.analytics.period import Window
from milepost.dashboard.questions import address as a
from milepost.dashboard.questions.asked import COMPARABLE, Name
from milepost.dashboard.questions.periods import COMPARED, period_pairs, read_period

#: As an address says it of a dashboard that is kept with days of its own.
OWN: Final = "own"
_DAYS: Final = ("days", "first", "last", "tz", "week_start")
_FILTERS: Final = ("field", "key", "op", "value")
#: More points than this are no chart: an hour is too fine for more days than these.
_MOST_HOURLY_DAYS: Final = 14


class Frame(msgspec.Struct, frozen=True):
    """`period` None, `compare` None: each card its own. `compare` "" compares with nothing. `segment` is a slug."""

    period: Period | None = None
    compare: str | None = None
    segment: str = ""

    @property
    def query(self) -> str:
        """As an address says it; "" where each card is as it is."""
        pairs = period_pairs(self.period) if self.period else []
        pairs += [("compare", self.compare)] if self.compare is not None else []
        pairs += [("segment", self.segment)] if self.segment else []
        return a.address_of("", pairs).removeprefix("?")


def read_frame(query: str, kept: str, zone: str, now: datetime) -> Frame:
    """What an address says, else what is `kept` with the dashboard, as a whole."""
    asked = a.Address.of(query)
    said = any(asked.all(name) for name in ("days", "compare", "segment"))
    address = asked if said else a.Address.of(kept)
    days, compare = address.text("days", OWN), address.text("compare", OWN)
    return Frame(
        None if days in ("", OWN) else read_period(address, zone, now),
        compare if compare == "" or compare in COMPARED else None,
        address.text("segment")[:200],
    )


def framed(name: Name, query: str, frame: Frame, now: datetime) -> str:
    """The address of a card's question within the frame."""
    address, pairs = a.Address.of(query), a.Address.of(query).pairs
    if frame.period:
        pairs = [*(pair for pair in pairs if pair[0] not in _DAYS), *period_pairs(frame.period)]
        window = Window.of(frame.period, now)
        if (window.last - window.first).days >= _MOST_HOURLY_DAYS:
            pairs = [pair for pair in pairs if pair != ("interval", "hour")]
    if frame.compare is not None:
        pairs = [pair for pair in pairs if pair[0] != "compare"]
        pairs += [("compare", frame.compare)] if name in COMPARABLE else []
    if frame.segment:
        rows = (*address.filters(), a.FilterRow(a.SEGMENT, value=frame.segment))
        pairs = [*(pair for pair in pairs if pair[0] not in _FILTERS), *a.filter_pairs(rows)]
    return a.address_of("", pairs).removeprefix("?")
