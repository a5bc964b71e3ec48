"""The rules a map must keep that its types cannot say; each fault comes with its key and the fix."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from zoneinfo import ZoneInfo

from milepost.importing.mapping import ActionMapping, FileMap, Mapping, Origin
from milepost.importing.values import Field, columns_of, template_parts
from milepost.ingest.decode import FIXED_WORDS
from milepost.ingest.steps import stages_taken
from milepost.plan import Plan
from milepost.vocabulary import MAX_WORD_LENGTH

_FORMATS = ("iso", "epoch_s", "epoch_ms", "epoch_us", "day")
_MOST_SHIFT_DAYS = 366_000
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


def hours_of(text: str) -> tuple[int, int] | None:
    """Opening and closing minute of the day of "08:00-22:00"; None if it is not such a span."""
    match = _HOURS.fullmatch(text)
    if match is None:
        return None
    opens, closes = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    return (opens, closes) if opens < closes <= 24 * 60 else None


def table_of(mapping: FileMap, field: Field) -> dict[str, str | int] | None:
    """The field's value table, looked up if it is named; None if it has none."""
    return mapping.values.get(field.values) if isinstance(field.values, str) else field.values


def faults_of(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Every fault of a map of events as (path of the key, what is wrong and how to mend it)."""
    if not mapping.identity_form().columns:
        yield "identity", 'names no column. List those that tell events apart, e.g. identity = ["id"].'
    if mapping.event.event_type is None and mapping.event.event_name is None:
        yield (
            "event",
            "has neither event_type nor event_name. Give a name by its column, e.g. "
            'event_name = "{event}", or a type, e.g. event_type = { column = "kind", values = "event_type" }.',
        )
    yield from _common_faults(mapping)
    if (session := mapping.session) is not None:
        if not session.by:
            yield "session.by", 'names no column. Say whose sessions they are, e.g. by = ["user_id"].'
        if (session.gap_minutes is None) == (session.per is None):
            yield "session", 'takes either gap_minutes (e.g. 30) or per = "day". Keep one of them.'
        if session.gap_minutes is not None and not 1 <= session.gap_minutes <= 24 * 60:
            yield "session.gap_minutes", f"is {session.gap_minutes}. Give 1 to 1440."
        if mapping.event.session_id is not None:
            yield "session", "the map also sets event.session_id. Keep one of the two."


def action_faults_of(mapping: ActionMapping) -> Iterator[tuple[str, str]]:
    """The same for a map of offline actions."""
    by_columns = bool(mapping.identity_form().columns)
    if by_columns and mapping.action.action_id is not None:
        yield "identity", "the map also sets action.action_id, which tells them apart. Keep one of the two."
    if not by_columns and mapping.action.action_id is None:
        yield "identity", 'is missing. Give action.action_id, or the columns that tell actions apart, e.g. ["id"].'
    yield from _common_faults(mapping)


def _common_faults(mapping: FileMap) -> Iterator[tuple[str, str]]:
    if not mapping.source or len(mapping.source) > MAX_WORD_LENGTH or "\0" in mapping.source:
        yield "source", 'is empty or too long. Give a short name, e.g. source = "crm".'
    for key, field in mapping.fields().items():
        path = f"{mapping.table}.{key}"
        yield from _field_faults(mapping, path, field)
        if (allowed := FIXED_WORDS.get(key)) is not None:
            yield from _word_faults(mapping, key, field, allowed, f"Use one of {', '.join(sorted(allowed))}.")
        if field.type != "text":
            yield f"{path}.type", "only metadata has a type. Remove it."
    for key, field in mapping.metadata_fields().items():
        if not key or "\0" in key or len(key) > MAX_WORD_LENGTH:
            yield f"metadata.{key}", f"is not a name. Use 1 to {MAX_WORD_LENGTH} characters."
        yield from _field_faults(mapping, f"metadata.{key}", field)
    yield from _time_faults(mapping)
    if mapping.file.delimiter is not None and (len(mapping.file.delimiter) != 1 or mapping.file.delimiter in '"\r\n\0'):
        yield "file.delimiter", 'is not one character. Give e.g. ";" or "\\t".'


def _field_faults(mapping: FileMap, path: str, field: Field) -> Iterator[tuple[str, str]]:
    given = [name for name in ("column", "template", "value") if getattr(field, name) is not None]
    if len(given) != 1:
        yield path, f"has {' and '.join(given) or 'no source'}. Give exactly one of column, template, value."
    for column in columns_of(field):
        if not column:
            yield path, 'has an empty column name. Write the column between the braces, e.g. "site-{id_site}".'
    if field.template is not None and any(brace in part for part in template_parts(field.template) for brace in "{}"):
        yield path, 'has a brace without its pair. Write columns as "{column}".'
    if isinstance(field.values, str) and field.values not in mapping.values:
        known = ", ".join(mapping.values) or "none"
        yield path, f"there is no table [values.{field.values}]. Add it, or use one of: {known}."
    texts = [field.template, field.value, field.default, *(table_of(mapping, field) or {}).values()]
    if any(isinstance(text, str) and "\0" in text for text in texts):
        yield path, "has a NUL character, which PostgreSQL cannot store. Remove it."


def plan_faults_of(mapping: Mapping, plan: Plan) -> Iterator[tuple[str, str]]:
    """Every fault of a map of events that only a plan shows."""
    if (field := mapping.fields().get("growth_stage")) is not None:
        stages = plan.stage_names()
        yield from _word_faults(mapping, "growth_stage", field, stages, stages_taken(stages))


def _word_faults(
    mapping: FileMap, key: str, field: Field, allowed: Collection[str], fix: str
) -> Iterator[tuple[str, str]]:
    """A word that is wrong in the map would reject every row that uses it: say so at once."""
    table = table_of(mapping, field)
    # What may not be empty: a type, where no name stands beside it.
    must = () if "event_name" in mapping.fields() else ("event_type",)
    where = f"values.{field.values}" if isinstance(field.values, str) else f"{mapping.table}.{key}"
    if table is not None:
        for source, word in table.items():
            if word not in allowed and (word != "" or key in must):
                yield f"{where}.{source}", f"{word!r} is not a valid {key}. {fix}"
    elif not columns_of(field):
        constant = field.template if field.value is None else str(field.value)
        if constant not in allowed:
            yield (
                f"{mapping.table}.{key}",
                f'{constant!r} is not a valid {key}. {fix} A column is written in braces: "{{column}}".',
            )
    if field.default not in (None, "") and field.default not in allowed:
        yield f"{mapping.table}.{key}", f"default {field.default!r} is not a valid {key}. {fix}"


def _time_faults(mapping: FileMap) -> Iterator[tuple[str, str]]:
    timestamp = mapping.timestamp
    if timestamp.format not in _FORMATS and "%" not in timestamp.format:
        yield "timestamp.format", f"{timestamp.format!r} is unknown. Use {', '.join(_FORMATS)} or a pattern with %."
    try:
        ZoneInfo(timestamp.zone)
    except (OSError, ValueError, KeyError):
        yield "timestamp.zone", f"{timestamp.zone!r} is not a time zone. Use a name such as Europe/London."
    if abs(timestamp.shift_days) > _MOST_SHIFT_DAYS:
        yield "timestamp.shift_days", f"is {timestamp.shift_days}. Give -{_MOST_SHIFT_DAYS} to {_MOST_SHIFT_DAYS}."
    if timestamp.format == "day" and timestamp.origin is None:
        yield "timestamp", "format day needs the date of day 0. Add e.g. origin = 2025-09-01."
    if timestamp.format != "day" and timestamp.origin is not None:
        yield "timestamp.origin", 'applies only with format = "day". Remove it or set the format.'
    if isinstance(timestamp.origin, Origin) and not timestamp.origin.values:
        yield "timestamp.origin", "has no values. Give a date for each value of its column."
    if (spread := timestamp.spread) is None:
        return
    if timestamp.format != "day":
        yield "timestamp.spread", 'applies only with format = "day": other formats have times. Remove it.'
    hours = hours_of(spread.hours)
    if hours is None:
        yield "timestamp.spread.hours", f'{spread.hours!r} is not a span within a day. Write it as "08:00-22:00".'
    elif spread.sitting_minutes is not None and not 1 <= spread.sitting_minutes <= hours[1] - hours[0]:
        yield "timestamp.spread.sitting_minutes", f"is {spread.sitting_minutes}. Give 1 to the length of hours."
    if spread.sitting_minutes is not None and not spread.by:
        yield "timestamp.spread", 'sitting_minutes needs to know whose sitting. Add e.g. by = ["user_id"].'
