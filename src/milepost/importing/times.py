"""Timestamps: from a column's text to microseconds since 1970 (UTC), and the spread of bare days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from milepost.importing.check import hours_of
from milepost.importing.faults import RowErrors
from milepost.importing.mapping import FileMap, Origin, Spread
from milepost.importing.readers import Column
from milepost.ingest.checks import OUTSIDE_OF_CALENDAR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_DAY_MICROS = 86_400_000_000
_MAX_MICROS = 253_402_300_800_000_000  # the year 10000: what datetime can hold
_EPOCH_SCALE = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}

#: Microseconds by row (None where it failed) and what is wrong, by row.
Times = tuple[list[int | None], dict[int, str]]


class TimeParser:
    """Turns the map's timestamp column into microseconds; with format `day`, into the day's midnight."""

    def __init__(self, mapping: FileMap) -> None:
        self._spec = mapping.timestamp
        self._zone = ZoneInfo(self._spec.zone)
        self._days: dict[tuple[date, str], int] = {}
        self._shift = timedelta(days=mapping.timestamp.shift_days)

    def end(self) -> int | None:
        """The first instant after the map's `until`, or None if it has none."""
        if self._spec.until is None:
            return None
        after = self._spec.until + timedelta(days=1)
        return self._unmoved(datetime(after.year, after.month, after.day))  # noqa: DTZ001 -- zoned there

    def parse(self, columns: dict[str, Column]) -> Times:
        texts = columns[self._spec.column]
        if self._spec.format == "day":
            return self._parse_days(texts, columns)
        if self._spec.format in _EPOCH_SCALE:
            scale = _EPOCH_SCALE[self._spec.format]
            moved = self._shift // _MICRO
            return self._each(texts, lambda text: _epoch(text, scale) + moved)
        if self._spec.format == "iso":
            return self._each(texts, lambda text: self._instant(datetime.fromisoformat(text)))
        pattern = self._spec.format
        return self._each(texts, lambda text: self._instant(datetime.strptime(text, pattern)))  # noqa: DTZ007 -- zoned below

    def _each(self, texts: Column, parse: Callable[[str], int]) -> Times:
        micros: list[int | None] = []
        errors: dict[int, str] = {}
        for index, text in enumerate(texts):
            try:
                micros.append(parse(text or ""))
            except (ValueError, OverflowError):
                micros.append(None)
                errors[index] = f"{_shown(text)} is not a time in the format {self._spec.format}"
        return micros, errors

    def _instant(self, moment: datetime) -> int:
        # By the clock on the wall: what was at nine is at nine.
        return self._unmoved(moment + self._shift)

    def _unmoved(self, moment: datetime) -> int:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        return (moment - _EPOCH) // _MICRO

    def _parse_days(self, texts: Column, columns: dict[str, Column]) -> Times:
        origin = self._spec.origin
        assert origin is not None  # check.py asks for it
        if not isinstance(origin, Origin):
            return self._each(texts, lambda text: self._midnight(origin, text))
        micros: list[int | None] = []
        errors: dict[int, str] = {}
        for index, (text, word) in enumerate(zip(texts, columns[origin.column], strict=True)):
            start = origin.values.get(word or "")
            if start is None:
                micros.append(None)
                errors[index] = f"{_shown(word)} has no date in timestamp.origin.values; add it"
                continue
            try:
                micros.append(self._midnight(start, text or ""))
            except (ValueError, OverflowError):
                micros.append(None)
                errors[index] = f"{_shown(text)} is not a day number"
        return micros, errors

    def _midnight(self, origin: date, text: str) -> int:
        known = self._days.get((origin, text))
        if known is None:
            day = origin + timedelta(days=_whole(text))
            known = self._instant(datetime(day.year, day.month, day.day, tzinfo=self._zone))
            if len(self._days) > 100_000:
                self._days.clear()
            self._days[origin, text] = known
        return known


def _whole(text: str) -> int:
    """ "12", "-3" and "12.0" (how a float column writes it) are whole numbers. Raises ValueError."""
    return int(text.removesuffix(".0"))


def _epoch(text: str, scale: int) -> int:
    try:
        micros = int(text) * scale
    except ValueError:
        micros = round(float(text) * scale)  # inf and nan raise OverflowError and ValueError
    if not -_MAX_MICROS < micros < _MAX_MICROS:
        raise ValueError
    return micros


def _shown(text: str | None) -> str:
    return "an empty cell" if text is None else repr(text if len(text) <= 60 else text[:57] + "...")


def moments(micros: list[int | None], errors: RowErrors) -> list[datetime | None]:
    """Aware, UTC; a row outside of the years 1 to 9999 becomes an error."""
    try:
        return [None if moment is None else _EPOCH + timedelta(microseconds=moment) for moment in micros]
    except OverflowError:
        pass  # rare enough to look for the rows only now
    found: list[datetime | None] = []
    for row, moment in enumerate(micros):
        try:
            found.append(None if moment is None else _EPOCH + timedelta(microseconds=moment))
        except OverflowError:
            found.append(None)
            errors.add(row, "invalid_value", "timestamp", OUTSIDE_OF_CALENDAR)
    return found


class Spreader:
    """Moves bare days into their working hours by the seed: same row, same time, in every run."""

    def __init__(self, spread: Spread) -> None:
        hours = hours_of(spread.hours)
        assert hours is not None  # check.py asks for it
        self._opens = hours[0] * 60_000  # everything here in milliseconds
        self._span = (hours[1] - hours[0]) * 60_000
        self._by = spread.by
        self._sitting = spread.sitting_minutes * 60_000 if spread.sitting_minutes else None
        self._seed = str(spread.seed)

    def spread(self, days: list[int | None], columns: dict[str, Column], noise: list[int]) -> list[int | None]:
        """`noise` is 54 random bits per row, from its identity."""
        opens, span, sitting = self._opens, self._span, self._sitting
        if sitting is None:
            return [
                None if day is None else day + (opens + bits % span) * 1000
                for day, bits in zip(days, noise, strict=True)
            ]
        starts: dict[tuple[object, ...], int] = {}
        placed: list[int | None] = []
        for key, bits in zip(zip(days, *(columns[name] for name in self._by), strict=True), noise, strict=True):
            start = starts.get(key)
            if start is None:
                start = starts[key] = opens + self._draw(key) % (span - sitting + 1)
            placed.append(None if key[0] is None else key[0] + (start + bits % sitting) * 1000)
        return placed

    def _draw(self, key: tuple[object, ...]) -> int:
        text = "\x1f".join((self._seed, *map(str, key)))
        return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def day_of(micros: int) -> int:
    """Days since 1970 in UTC."""
    return micros // _DAY_MICROS
