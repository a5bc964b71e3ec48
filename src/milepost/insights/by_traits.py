"""Customers by their traits, in the list: conditions on what a trait is now, and an order by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from psycopg import sql

from milepost.insights.ordering import Ordering, Text
from milepost.store.database import DictConnection

_SIGNS: Final = {"above": sql.SQL(">"), "at_least": sql.SQL(">="), "below": sql.SQL("<"), "at_most": sql.SQL("<=")}
_TURNED: Final = ("is_not", "not_contains", "is_not_set")
#: What is known of customers now.
_NOW: Final = sql.SQL(
    "select t.id from milepost.traits t where t.kind = 'customer' and t.name = {name} and t.until is null"
)
#: There is a value: neither null nor a list of nothing.
_SET: Final = sql.SQL("t.value <> 'null' and t.value <> '[]'")
#: As the index has it; then as it is.
_IS: Final = sql.SQL(
    "left(lower(t.value #>> '{{}}'), 100) = any({lower}::text[]) and (t.value #>> '{{}}') = any({texts}::text[])"
)
_PART: Final = sql.SQL("jsonb_typeof(t.value) = 'array' and t.value ?| {texts}::text[]")
_CONTAINS: Final = sql.SQL(
    "exists (select from unnest({texts}::text[]) as w where position(lower(w) in lower({shown})) > 0)"
)
#: The trait beside each customer, to sort by.
_JOIN: Final = sql.SQL(
    " left join milepost.traits o on o.kind = 'customer' and o.id = s.customer_id and o.name = {}"
    " and o.until is null and o.value <> 'null'"
)
_TEXT_KEY: Final = sql.SQL("nullif(left(lower(o.value #>> '{}'), 100), '')")
_SHOWN: Final = sql.SQL(
    "case jsonb_typeof(t.value) when 'array' then (select string_agg(v, ', ' order by place)"
    " from jsonb_array_elements_text(t.value) with ordinality as x(v, place)) else t.value #>> '{}' end"
)


class TraitCondition(NamedTuple):
    """A condition on what a trait of a customer is now: operators and values as in a question's filter, checked."""

    name: str
    op: str
    values: tuple[str | float, ...]


def conditions(filters: Sequence[TraitCondition]) -> list[sql.Composable]:
    """A condition on `s.customer_id` for each. They hold for the same customers as in a question (analytics/traits.py),
    where its traits are those of now."""
    return [_condition(one, f"trait{place}") for place, one in enumerate(filters)]


def values_of(filters: Sequence[TraitCondition]) -> dict[str, object]:
    """What the conditions take."""
    values: dict[str, object] = {}
    for place, one in enumerate(filters):
        texts = [value for value in one.values if isinstance(value, str) and value]
        if one.op in ("contains", "not_contains"):
            texts = [value if isinstance(value, str) else f"{value:.15g}" for value in one.values]
        found: dict[str, object] = {
            "name": one.name,
            "texts": texts,
            "lower": [text.lower()[:100] for text in texts],
            "figures": [float(value) for value in one.values if not isinstance(value, str)],
            "limit": one.values[0] if one.op in _SIGNS else None,
        }
        values |= {f"trait{place}_{key}": value for key, value in found.items()}
    return values


async def order_by(connection: DictConnection, name: str, sort: str) -> Ordering:
    """By size where the trait is a number or a date, as the team says or as it was seen; else by its text. Those
    without it come last downwards, and first upwards."""
    cursor = await connection.execute(
        "select case when type is null then seen else array[type] end as types from milepost.trait_names"
        " where kind = 'customer' and name = %s",
        (name,),
    )
    row = await cursor.fetchone()
    types = row["types"] if row else None
    join = _JOIN.format(sql.Literal(name))
    if isinstance(types, list) and types and set(types) <= {"number", "date"}:
        key: sql.Composable = sql.SQL("o.figure")
        return Ordering(sort, key, sql.SQL("double precision"), float, nullable=True, join=join)
    return Ordering(sort, _TEXT_KEY, sql.SQL("text"), Text, nullable=True, join=join)


def _condition(condition: TraitCondition, key: str) -> sql.Composable:
    now = _NOW.format(name=sql.Placeholder(f"{key}_name"))
    among = sql.SQL("s.customer_id in ({} and ({}))").format(now, _holds(condition, key))
    if condition.op in ("is", "is_not") and "" in condition.values:
        among = sql.SQL("({} or s.customer_id not in ({} and {}))").format(among, now, _SET)
    return sql.SQL("not {}").format(among) if condition.op in _TURNED else among


def _holds(condition: TraitCondition, key: str) -> sql.Composable:
    texts, lower, figures, limit = (sql.Placeholder(f"{key}_{name}") for name in ("texts", "lower", "figures", "limit"))
    match condition.op:
        case "is" | "is_not":
            same, part = _IS.format(lower=lower, texts=texts), _PART.format(texts=texts)
            return sql.SQL("{} or {} or ({} and t.figure = any({}::float8[]))").format(same, part, _SET, figures)
        case "contains" | "not_contains":
            return sql.SQL("{} and {}").format(_SET, _CONTAINS.format(texts=texts, shown=_SHOWN))
        case "is_set" | "is_not_set":
            return _SET
    return sql.SQL("t.figure {} {}::float8").format(_SIGNS[condition.op], limit)
