"""From conditions to SQL: on the events themselves, and, of whoever matches, on customers.

They mean what they mean in a question (analytics/compile.py). COPY takes no parameters: psycopg quotes the values.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, get_args

from psycopg import sql

from milepost.analytics.asking import Column, Filter
from milepost.analytics.names import as_text
from milepost.errors import InvalidRequest

if TYPE_CHECKING:
    from milepost.export.asked import Asked

_COLUMNS: Final = frozenset(get_args(Column))
_OF_CUSTOMERS: Final = ("segment", "cohort", "tag", "status", "search", "weakest_competency")
_SIGNS: Final = {"above": sql.SQL(">"), "at_least": sql.SQL(">="), "below": sql.SQL("<"), "at_most": sql.SQL("<=")}
_TURNED: Final = ("is_not", "not_contains", "is_not_set")
#: A text that is a number.
_NUMBER: Final = sql.Literal(r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$")
_CHOSEN: Final = sql.SQL("{}.customer_id in (select customer_id from pg_temp.export_customers)")


def is_of_customers(condition: Filter) -> bool:
    """Whether it is on what is known of customers, and not on the rows themselves."""
    return condition.field in _OF_CUSTOMERS or condition.field.startswith(("trait.", "insight."))


def within(asked: Asked, *, chosen: bool) -> sql.Composable:
    """The condition on rows: `e` of events, `s` of all else. `chosen`: only of customers in export_customers. Raises
    InvalidRequest for a field that no row has."""
    alias = "e" if asked.data_set == "events" else "s"
    parts = [
        _condition(one, alias, f"filters[{place}]")
        for place, one in enumerate(asked.filters)
        if not is_of_customers(one)
    ]
    if chosen:
        parts.append(_CHOSEN.format(sql.Identifier(alias)))
    time = asked.of.time
    if time is not None:
        day = next(column.kind for column in asked.of.columns if column.name == time) == "day"
        column = sql.Identifier(alias, time)
        if asked.first is not None:
            parts.append(sql.SQL("{} >= {}").format(column, _bound(asked.first, day=day)))
        if asked.last is not None:
            after = asked.last + timedelta(days=1)
            parts.append(sql.SQL("{} < {}").format(column, _bound(after, day=day)))
    return sql.SQL(" and ").join(sql.SQL("({})").format(part) for part in parts) if parts else sql.SQL("true")


def within_day(day: date) -> sql.Composable:
    """The events of a UTC day."""
    return sql.SQL('e."timestamp" >= {} and e."timestamp" < {}').format(
        _bound(day, day=False), _bound(day + timedelta(days=1), day=False)
    )


def _bound(first: date, *, day: bool) -> sql.Literal:
    return sql.Literal(first if day else datetime(first.year, first.month, first.day, tzinfo=UTC))


def _condition(condition: Filter, alias: str, at: str) -> sql.Composable:
    text = _text(condition.field, alias, at)
    holds = _holds(condition, text)
    return sql.SQL("not coalesce({}, false)").format(holds) if condition.op in _TURNED else holds


def _text(field: str, alias: str, at: str) -> sql.Composable:
    """A field as a text, '' where there is none."""
    if field.startswith("metadata.") and field != "metadata.":
        key = sql.Literal(field.removeprefix("metadata."))
        return sql.SQL("coalesce({}.event_metadata ->> {}, '')").format(sql.Identifier(alias), key)
    if field == "referrer_source":
        return sql.SQL("coalesce(milepost.referrer_source({}.referrer), '')").format(sql.Identifier(alias))
    if field not in _COLUMNS:
        raise InvalidRequest(
            f"An export has no condition on {field!r}. There are metadata.KEY, trait.NAME, insight.NAME, tag, segment,"
            f" cohort, and {', '.join(get_args(Column))}.",
            field=f"{at}.field",
        )
    return sql.SQL("coalesce({}::text, '')").format(sql.Identifier(alias, field))


def _holds(condition: Filter, text: sql.Composable) -> sql.Composable:
    """As if it were the one it turns around."""
    number = sql.SQL("case when {text} ~ {number} then ({text})::numeric end").format(text=text, number=_NUMBER)
    match condition.op:
        case "is" | "is_not":
            texts = [value for value in condition.values if isinstance(value, str)]
            figures = [float(value) for value in condition.values if not isinstance(value, str)]
            parts = [sql.SQL("{} = any ({}::text[])").format(text, sql.Literal(texts))] if texts else []
            if figures:
                parts.append(sql.SQL("{} = any ({}::numeric[])").format(number, sql.Literal(figures)))
            return sql.SQL(" or ").join(parts)
        case "contains" | "not_contains":
            wanted = [as_text(value) for value in condition.values]
            return sql.SQL(
                "{text} <> '' and exists (select from unnest({wanted}::text[]) as w"
                " where position(lower(w) in lower({text})) > 0)"
            ).format(text=text, wanted=sql.Literal(wanted))
        case "is_set" | "is_not_set":
            return sql.SQL("{} <> ''").format(text)
    limit = sql.Literal(float(condition.values[0]))
    return sql.SQL("coalesce({} {} {}::numeric, false)").format(number, _SIGNS[condition.op], limit)
