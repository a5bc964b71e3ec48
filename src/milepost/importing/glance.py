"""Whether a file of events may have such as are older than they are kept for: by its times alone, at a tenth of the
cost of reading its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from milepost.importing.fields import FieldResolver
from milepost.importing.mapping import Mapping
from milepost.importing.readers import RowBatch
from milepost.importing.times import TimeParser
from milepost.plan import Plan
from milepost.vocabulary import MAX_RETENTION_DAYS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


def may_have_old(
    batches: Iterable[RowBatch], mapping: Mapping, plan: Plan, now: datetime, progress: Callable[[int, float], None]
) -> bool:
    """False where there are surely none. Rows that the map leaves out or that are refused are looked at as well; the
    shortest retention of a batch is taken for all of it."""
    times = TimeParser(mapping)
    field = mapping.fields().get("retention_days")
    resolver = None if field is None else FieldResolver(mapping, "event.retention_days", field)
    rows = 0
    for batch in batches:
        micros = [at for at in times.parse(batch.columns)[0] if at is not None]
        days = plan.retention.days
        if resolver is not None:
            texts = set(resolver.resolve(batch.columns, len(batch.lines), {}))
            days = min((_days(text, plan) for text in texts), default=days)
        cut = (now - timedelta(days=min(days, MAX_RETENTION_DAYS)) - _EPOCH) // _MICRO
        if micros and min(micros) <= cut:
            return True
        rows += batch.rows
        progress(rows, batch.share)
    return False


def _days(text: str | None, plan: Plan) -> int:
    """What is no number is refused later."""
    number = (text or "").removesuffix(".0")
    return int(number) if number.isascii() and number.isdigit() else plan.retention.days
