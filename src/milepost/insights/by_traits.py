"""Customers by their traits, in the list: conditions on what a trait is now, and an order by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from psycopg import sql

from milepost.insights.ordering import Ordering, Text
from milepost.store.database import DictConnection

_SIGNS: Final = {"above": sql.SQL(">"), "at_least": sql.SQL(">="), "below": sql.SQL("<"), "at_most": sql.SQL("<=")}
_TURNED: Final = ("is_not", "not_contains", "is_not_set")
_CUT: Final = 100  # characters of `word`
#: What is known of customers now, as the index has it: reading the rows themselves takes ten times as long.
_NOW: Final = sql.SQL(
    "select t.id from milepost.traits t where t.kind = 'customer' and t.name = {name} and t.until is null"
)
_WORD: Final = sql.SQL("t.word = any({words}::text[])")
_LONG: Final = sql.SQL("t.word = any({words}::text[]) and (t.value #>> '{{}}') = any({texts}::text[])")
_PART: Final = sql.SQL("jsonb_typeof(t.value) = 'array' and t.value ?| {texts}::text[]")
#: A list as it is shown; of a trait that was never one its text.
_SHOWN: Final = sql.SQL(
    "case jsonb_typeof(t.value) when 'array' then (select string_agg(v, ', ' order by place)"
    " from jsonb_array_elements_text(t.value) with ordinality as x(v, place)) else t.value #>> '{}' end"
)
_CONTAINS: Final = sql.SQL(
    "exists (select from unnest({texts}::text[]) as w where position(lower(w) in lower({shown})) > 0)"
)
#: The trait beside each customer, to sort by.
_JOIN: Final = sql.SQL(
    " left join milepost.traits o on o.kind = 'customer' and o.id = s.customer_id and o.name = {}"
    " and o.until is null and o.word is not null"
)
_TEXT_KEY: Final = sql.SQL("lower(o.word)")


class TraitCondition(NamedTuple):
    """A condition on what a trait of a customer is now: operators and values as in a question's filter, checked.
    `lists`: whether it was ever a list."""

    name: str
    op: str
    values: tuple[str | float, ...]
    lists: bool = True


async def looked_up(connection: DictConnection, filters: Sequence[TraitCondition]) -> tuple[TraitCondition, ...]:
    """The same with what is known of their traits."""
    if not filters:
        return ()
    cursor = await connection.execute(
        "select name from milepost.trait_names where kind = 'customer' and name = any(%s) and 'list' = any(seen)",
        ([one.name for one in filters],),
    )
    lists = {str(row["name"]) for row in await cursor.fetchall()}
    return tuple(one._replace(lists=one.name in lists) for one in filters)


def conditions(filters: Sequence[TraitCondition], prefix: str = "trait") -> list[sql.Composable]:
    """A condition on `s.customer_id` for each; `prefix`: what their values and subqueries are called.
    They hold for the same customers as in a question (analytics/traits.py), where its traits are those of now."""
    parts: list[sql.Composable] = []
    plain: list[sql.Composable] = []
    for place, one in enumerate(filters):
        key = f"{prefix}{place}"
        if one.op in _TURNED or "" in one.values:
            parts.append(_condition(one, key))
        else:
            plain.append(sql.SQL("select id from {}").format(_named(key)))
    if plain:
        # Who has all of them is found before anybody else is looked at: the planner takes each for rarer than it is.
        parts.append(sql.SQL("s.customer_id in ({})").format(sql.SQL(" intersect ").join(plain)))
    return parts


def values_of(filters: Sequence[TraitCondition], prefix: str = "trait") -> dict[str, object]:
    """What the conditions take."""
    values: dict[str, object] = {}
    for place, one in enumerate(filters):
        texts = [value for value in one.values if isinstance(value, str) and value]
        if one.op in ("contains", "not_contains"):
            texts = [value if isinstance(value, str) else f"{value:.15g}" for value in one.values]
        found: dict[str, object] = {
            "name": one.name,
            "texts": texts,
            "words": [text[:_CUT] for text in texts],
            "figures": [float(value) for value in one.values if not isinstance(value, str)],
            "limit": one.values[0] if one.op in _SIGNS else None,
        }
        values |= {f"{prefix}{place}_{key}": value for key, value in found.items()}
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


def found(filters: Sequence[TraitCondition], prefix: str = "trait") -> sql.Composable:
    """More subqueries of a WITH, for `conditions`: for whom each holds, found once however often it is asked."""
    parts: list[sql.Composable] = []
    for place, one in enumerate(filters):
        key = f"{prefix}{place}"
        now = _NOW.format(name=sql.Placeholder(f"{key}_name"))
        parts += [
            sql.SQL(", {} as materialized ({} and ({}))").format(_named(key), now, _holds(one, key)),
            sql.SQL(", {} as ({} and {})").format(_named(key, "set"), now, _is_set(one)),
        ]
    return sql.SQL("").join(parts)


def _named(key: str, what: str = "found") -> sql.Identifier:
    return sql.Identifier(f"{key}_{what}")


def _condition(condition: TraitCondition, key: str) -> sql.Composable:
    among: sql.Composable = sql.SQL("s.customer_id in (select id from {})").format(_named(key))
    if condition.op in ("is", "is_not") and "" in condition.values:
        no_value = sql.SQL("s.customer_id not in (select id from {})").format(_named(key, "set"))
        among = sql.SQL("({} or {})").format(among, no_value)
    return sql.SQL("not {}").format(among) if condition.op in _TURNED else among


def _is_set(condition: TraitCondition) -> sql.Composable:
    return sql.SQL("t.word is not null and t.value <> '[]'" if condition.lists else "t.word is not null")


def _holds(condition: TraitCondition, key: str) -> sql.Composable:
    texts, words, figures, limit = (sql.Placeholder(f"{key}_{name}") for name in ("texts", "words", "figures", "limit"))
    match condition.op:
        case "is" | "is_not":
            wanted = [value for value in condition.values if isinstance(value, str)]
            # A shorter text than `word` may have is all of it.
            long = condition.lists or any(len(text) >= _CUT for text in wanted)
            parts = [(_LONG if long else _WORD).format(words=words, texts=texts)]
            if condition.lists:
                parts.append(_PART.format(texts=texts))
            if len(wanted) < len(condition.values):
                parts.append(sql.SQL("t.figure = any({}::float8[])").format(figures))
            return sql.SQL(" or ").join(parts)
        case "contains" | "not_contains":
            return sql.SQL("{} and {}").format(_is_set(condition), _CONTAINS.format(texts=texts, shown=_SHOWN))
        case "is_set" | "is_not_set":
            return _is_set(condition)
    return sql.SQL("t.figure {} {}::float8").format(_SIGNS[condition.op], limit)
