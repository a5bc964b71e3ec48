"""In which order customers are listed, and how to go on from one: cursors, and what comes behind them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, get_args

import msgspec
from psycopg import sql

from milepost.errors import InvalidRequest
from milepost.plan.predictions import GOES_QUIET
from milepost.store.predicted import target_of

Sort = Literal[
    "last_seen", "-last_seen", "events", "-events", "sessions", "-sessions", "exports", "-exports",
    "resources", "-resources", "customer", "-customer", "name", "-name", "score", "-score", "rate", "-rate",
    "risk", "-risk", "change", "-change", "quiet", "-quiet",
]  # fmt: skip
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Score = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
Text = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00]*\Z")]


class Ordering(NamedTuple):
    """An order: what is sorted by (of `s`, `n`, `c`, `d` or `o`), its type in SQL, what a cursor's value must be, and
    what the list has to be joined with for it. `settled`: it stands in the snapshot."""

    sort: str
    key: sql.Composable
    kind: sql.SQL
    value: Any
    nullable: bool = False
    settled: bool = False
    join: sql.Composable = sql.SQL("")

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    def by(self, *, backwards: bool) -> sql.Composable:
        """For ORDER BY, of what `key` is called there. Nulls are last downwards and first upwards."""
        down = self.descending != backwards
        first, last = (sql.SQL(" nulls first"), sql.SQL(" nulls last")) if self.nullable else (sql.SQL(""),) * 2
        direction = sql.SQL("desc") + last if down else sql.SQL("asc") + first
        return sql.SQL("sort_key {}, customer_id {}").format(direction, sql.SQL("desc" if backwards else "asc"))

    def beyond(self, *, backwards: bool, null: bool) -> sql.Composable:
        """What comes behind a cursor's `after` and `after_id`, or (backwards) in front of it."""
        down = self.descending != backwards
        further = sql.SQL("{} {} %(after)s::{}").format(self.key, sql.SQL("<" if down else ">"), self.kind)
        tie = sql.SQL("s.customer_id < %(after_id)s" if backwards else "s.customer_id > %(after_id)s")
        if self.sort.removeprefix("-") == "customer":
            return further
        if null and down:
            return sql.SQL("{} is null and {}").format(self.key, tie)
        if null:
            return sql.SQL("({} is not null or {})").format(self.key, tie)
        same = sql.SQL("{} = %(after)s::{} and {}").format(self.key, self.kind, tie)
        if down and self.nullable:
            return sql.SQL("({} or ({}) or {} is null)").format(further, same, self.key)
        return sql.SQL("({} or ({}))").format(further, same)

    def encode(self, row: Mapping[str, object]) -> str:
        """The cursor of a row."""
        text = msgspec.json.encode([self.sort, row["sort_key"], row["customer_id"]])
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    def decode(self, cursor: str) -> tuple[object, str]:
        """What was sorted by, and the customer. A forged one must not reach PostgreSQL's parser: raises InvalidRequest,
        as for one of another order."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            parts: Sequence[object] = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[object])
            made_for, value, customer = parts
        except (ValueError, msgspec.DecodeError) as error:
            raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error
        if made_for != self.sort or not isinstance(customer, str) or "\x00" in customer:
            raise InvalidRequest("cursor belongs to another sort order. Start without one.", field="cursor")
        try:
            return None if value is None else msgspec.convert(value, self.value), customer
        except msgspec.ValidationError as error:
            raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error


_TIME, _BIGINT, _TEXT, _DOUBLE = (sql.SQL(kind) for kind in ("timestamptz", "bigint", "text", "double precision"))
_ORDERS: dict[str, Ordering] = {
    "last_seen": Ordering("", sql.Identifier("s", "last_event_at"), _TIME, datetime, nullable=True),
    "events": Ordering("", sql.Identifier("s", "total_events"), _BIGINT, Count),
    "sessions": Ordering("", sql.Identifier("s", "total_sessions"), _BIGINT, Count),
    "exports": Ordering("", sql.Identifier("s", "total_exports_generated"), _BIGINT, Count),
    "resources": Ordering("", sql.Identifier("s", "total_resources_created"), _BIGINT, Count),
    "customer": Ordering("", sql.Identifier("s", "customer_id"), _TEXT, Text),
    # Joined only where a name decides: a hundred thousand names take as long as all else.
    "name": Ordering(
        "", sql.SQL("lower(coalesce(c.name, s.customer_id))"), _TEXT, Text,
        join=sql.SQL(" left join milepost.customers c using (customer_id)"),
    ),
    "score": Ordering("", sql.Identifier("n", "current_scaling_score"), _DOUBLE, Score, nullable=True, settled=True),
    "rate": Ordering("", sql.Identifier("n", "systematic_progression_rate"), _DOUBLE, Score, settled=True),
    # As at_risk.sql ranks them.
    "risk": Ordering("", sql.SQL("(n.missed_days / sqrt(n.usual_days))"), _DOUBLE, Score, nullable=True, settled=True),
    # As `changes` has it.
    "change": Ordering(
        "", sql.SQL("(n.current_scaling_score - d.score)"), _DOUBLE, Score, nullable=True, settled=True,
        join=sql.SQL(
            " left join milepost.insight_days d on d.customer = n.number and d.plan_version = s.plan_version"
            " and d.day = %(today)s::date - 28 and d.day < least(n.history_from, s.changed_from, n.day)"
        ),
    ),
}  # fmt: skip


def _by_prediction(sort: str, target: str) -> Ordering:
    """As `changes` has it."""
    join = (
        " left join milepost.predictions q on q.customer_id = s.customer_id and q.target = {}"
        " and q.as_of > %(today)s::date - 8"
    )
    return Ordering(
        sort, sql.SQL("coalesce(q.probability, q.score)"), _DOUBLE, Score, nullable=True,
        join=sql.SQL(join).format(sql.Literal(target)),
    )  # fmt: skip


def ordering_of(sort: str) -> Ordering:
    """Raises InvalidRequest for a word that is no order."""
    if (target := target_of(sort.removeprefix("-"))) is not None:
        return _by_prediction(sort, target)
    if sort not in get_args(Sort):
        words = ", ".join([*_ORDERS, "quiet"])
        raise InvalidRequest(
            f"sort takes one of {words}, trait.NAME or prediction.ID, with a minus for downwards.", field="sort"
        )
    if sort.removeprefix("-") == "quiet":
        return _by_prediction(sort, GOES_QUIET)
    return _ORDERS[sort.removeprefix("-")]._replace(sort=sort)
