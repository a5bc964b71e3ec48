"""From a question's filters and kinds of event to conditions the engine understands, every value bound, none pasted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from string import Template
from typing import Final, LiteralString, TypeVar, get_args
from uuid import UUID

import msgspec

from milepost.analytics.asking import Column, EventKind, Filter, Question
from milepost.analytics.checking import SEGMENT, check_field, checked
from milepost.analytics.cohorts import Definition, Did, everybody, read_cohort
from milepost.analytics.context import Store
from milepost.analytics.names import Whose, as_text, ids_of, is_of_customer, numbers_of
from milepost.analytics.period import Window, between
from milepost.analytics.traits import Trait, TraitFields, trait_of
from milepost.columns.reading import Value
from milepost.errors import InvalidRequest, NotFound
from milepost.store.queries import load

T = TypeVar("T")

_SQL = load("milepost.analytics", "cohorts.sql")
_ACTIVITY = load("milepost.analytics", "activity.sql")["activity"]
_UNITS = load("milepost.analytics", "people.sql")["units"]

_DURATIONS: Final = ("time_on_page", "session_duration")
_COLUMNS: Final[tuple[str, ...]] = get_args(Column)
_SIGNS: Final = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<="}
#: Each is a question of its own to the column store.
_MOST_COHORTS, _MOST_LEVELS = 20, 5
#: These say that the rest does not hold.
_TURNED: Final = ("is_not", "not_contains", "is_not_set")


class Nesting(msgspec.Struct, frozen=True):
    """The cohorts of one question: whose conditions these are, and who was found to be in each, to ask once."""

    inside: frozenset[UUID] = frozenset()
    found: dict[UUID, set[int]] = msgspec.field(default_factory=dict)

    def within(self, cohort_id: UUID) -> Nesting:
        return Nesting(self.inside | {cohort_id}, self.found)


class Compiler:
    """One question on its way to the engine. Fragments it answers are SQL over the columns of `events`.

    `window` is the period; `unit` the column of the question's unit, `somebody` the condition that there is one;
    `ever` the condition of `filters` in all of time, `during` the same within the period.
    """

    window: Window
    unit: str
    somebody: str
    ever: str
    during: str

    def __init__(self, store: Store, nesting: Nesting | None = None) -> None:
        """For conditions alone; `of` makes one for a question."""
        self.store = store
        self._nesting = nesting or Nesting()
        self.parameters: dict[str, Value] = {}
        self._bound: dict[tuple[str, object], str] = {}
        self._traits = TraitFields(self.bind)
        self._segments: dict[str, list[int]] = {}

    @classmethod
    async def of(cls, store: Store, question: Question) -> Compiler:
        """Raises InvalidRequest for what cannot be asked: a time zone, days, a field, an operator, values, a cohort."""
        made = cls(store)
        made.window = Window.of(question.period, store.now())
        made.unit = question.unit
        made._traits = TraitFields(made.bind, question.traits)
        made.somebody = "user != 0" if question.unit == "user" else "1"
        made.ever = f"is_bot = 0 and {await made.filters(question.filters)}"
        made.during = f"{made.window.during(made.bind)} and {made.ever}"
        return made

    async def source(self, question: Question, *kinds: str) -> str:
        """What to read for a question that asks who was active when: the rollup where it is there, if any event counts.

        The statement may then use `customer`, `user`, `is_bot` and `ts` alone (to the quarter of an hour, on which
        every local day begins), and must not count rows. `kinds` are all the question's conditions on events.
        """
        if question.filters or any(kind != "1" for kind in kinds):
            return "events final"
        months = (await self.store.columns.freshness()).rolled_up
        return Template(_ACTIVITY).substitute(months=self.bind(months, "Array(UInt32)")) if months else "events final"

    def bind(self, value: Value, kind: str) -> str:
        """Binds a value of one of the engine's types; answers how the statement calls it."""
        key = (kind, value if isinstance(value, str | int | float) else tuple(value))
        if key not in self._bound:
            name = f"p{len(self.parameters)}"
            self.parameters[name] = value
            self._bound[key] = f"{{{name}:{kind}}}"
        return self._bound[key]

    async def rows(self, kind: type[T], statement: LiteralString, **slots: str) -> list[T]:
        """The rows of a statement, each as `kind` (a tuple type), its `$slots` filled with fragments of ours."""
        text = self._traits.source(Template(statement).substitute(slots))
        # A fragment may stand in several places or none: only what is there is sent.
        used = {name: value for name, value in self.parameters.items() if f"{{{name}:" in text}
        return (await self.store.columns.query(text, used)).typed(kind)

    def units(self, condition: str) -> str:
        """For `people`: the units with an event for which a condition holds (`during` or `ever` belongs into it)."""
        slots = {"unit": self.unit, "somebody": self.somebody, "condition": condition}
        return Template(_UNITS).substitute(slots)

    async def filters(self, filters: Sequence[Filter], at: str = "filters") -> str:
        """All of them; `at` is where they stand in the request, for the errors."""
        parts = [await self._filter(checked(one, f"{at}[{n}]"), f"{at}[{n}]") for n, one in enumerate(filters)]
        return " and ".join(f"({part})" for part in parts) or "1"

    async def kind(self, kind: EventKind, at: str) -> str:
        """The condition that an event is of this kind; "1" for any event."""
        parts: list[str] = []
        if kind.event_type is not None:
            parts.append(f"event_type = {self.bind(kind.event_type, 'String')}")
        if kind.event_name is not None:
            text = checked(Filter(field="event_name", values=(kind.event_name,)), at).values[0]
            parts.append(f"event_name = {self.bind(str(text), 'String')}")
        if kind.tool_id is not None:
            text = checked(Filter(field="tool_id", values=(kind.tool_id,)), at).values[0]
            parts.append(f"tool_id = {self.bind(str(text), 'String')}")
        if kind.filters:
            parts.append(await self.filters(kind.filters, f"{at}.filters"))
        return "(" + " and ".join(parts) + ")" if parts else "1"

    async def value(self, field: str, at: str) -> str:
        """An expression of a field's text, '' where there is none. Raises InvalidRequest for a field without one."""
        check_field(field, at, customers=False)
        if (trait := trait_of(field)) is not None:
            return self._traits.value(trait)
        if field.startswith(SEGMENT):
            inside = self._among("customer", await self._segment(field.removeprefix(SEGMENT), at))
            return f"if({inside}, 'in', 'out')"
        if field in ("customer_id", "user_id"):
            whose: Whose = "customer" if field == "customer_id" else "user"
            numbers, ids = await ids_of(self.store.database, whose)
            if not numbers:
                return "''"
            return f"transform({whose}, {self.bind(numbers, 'Array(UInt32)')}, {self.bind(ids, 'Array(String)')}, '')"
        return self._text(field)

    async def number(self, field: str, at: str) -> tuple[str, str]:
        """An expression of a field's number, and the condition that its text is one. Raises InvalidRequest likewise."""
        if field in _DURATIONS:
            return field, f"{field} >= 0"
        if field in _COLUMNS:
            raise InvalidRequest(f"{field!r} has no numbers: give metadata.KEY, {' or '.join(_DURATIONS)}.", field=at)
        number = f"toFloat64OrNull(toString({await self.value(field, at)}))"
        return f"assumeNotNull({number})", f"isFinite({number})"

    async def distinct(self, field: str, at: str) -> tuple[str, str]:
        """An expression that differs wherever a field's text does, and the condition that there is a text."""
        if field == "customer_id":
            return "customer", "1"
        if field == "user_id":
            known = await numbers_of(self.store.database, Filter(field="user_id", op="is_set"))
            return "user", self._among("user", known)
        value = f"toString({await self.value(field, at)})"
        return value, f"{value} != ''"

    def _text(self, field: str) -> str:
        if field.startswith("metadata."):
            return f"properties[{self.bind(field.removeprefix('metadata.'), 'String')}]"
        if field in _DURATIONS:
            return f"if({field} < 0, '', toString({field}))"
        return _COLUMNS[_COLUMNS.index(field)]

    async def _filter(self, condition: Filter, at: str) -> str:
        if condition.field == "cohort":
            found: set[int] = set()
            for place, value in enumerate(condition.values):
                found |= await self._cohort(UUID(str(value)), f"{at}.values[{place}]")
            return self._among("customer", sorted(found), turned=condition.op == "is_not")
        if condition.field == "segment":
            within: set[int] = set()
            for place, value in enumerate(condition.values):
                within |= set(await self._segment(str(value), f"{at}.values[{place}]"))
            return self._among("customer", sorted(within), turned=condition.op == "is_not")
        if condition.field == "user_id":
            return await self._user(condition)
        if (trait := trait_of(condition.field)) is not None:
            of_trait = self._traits.holds(trait, condition)
            return f"not ({of_trait})" if condition.op in _TURNED else of_trait
        if is_of_customer(condition.field):
            numbers = await numbers_of(self.store.database, condition)
            return self._among("customer", numbers, turned=condition.op in _TURNED)
        holds = self._duration(condition) if condition.field in _DURATIONS else self._holds(condition)
        return f"not ({holds})" if condition.op in _TURNED else holds

    async def _segment(self, named: str, at: str) -> list[int]:
        return await in_segment(self.store, named, at, self._segments)

    async def _cohort(self, cohort_id: UUID, at: str) -> set[int]:
        nesting = self._nesting
        if cohort_id in nesting.inside:
            raise InvalidRequest("This cohort is defined by itself. Remove it from its own conditions.", field=at)
        if cohort_id in nesting.found:
            return nesting.found[cohort_id]
        if len(nesting.inside) == _MOST_LEVELS or len(nesting.found) == _MOST_COHORTS:
            raise InvalidRequest(
                f"A question may use {_MOST_COHORTS} cohorts, and {_MOST_LEVELS} within each other. Use fewer.",
                field=at,
            )
        try:
            cohort = await read_cohort(self.store.database, cohort_id)
        except NotFound as error:
            raise InvalidRequest(
                "There is no such cohort; it may have been deleted. GET /v1/cohorts lists those that are there.",
                field=at,
            ) from error
        found = await members(self.store, cohort.definition, nesting.within(cohort_id))
        return nesting.found.setdefault(cohort_id, found)

    async def _user(self, condition: Filter) -> str:
        """A visitor without a user id has a number too, but no value here."""
        found = await numbers_of(self.store.database, condition)
        holds = self._among("user", found)
        if "" in condition.values and condition.op in ("is", "is_not"):
            known = await numbers_of(self.store.database, Filter(field="user_id", op="is_set"))
            holds = f"({holds} or {self._among('user', known, turned=True)})"
        return f"not {holds}" if condition.op in _TURNED else holds

    def _among(self, column: str, numbers: list[int], *, turned: bool = False) -> str:
        word = "not in" if turned else "in"
        return f"({column} {word} {self.bind(numbers, 'Array(UInt32)')})"

    def _holds(self, condition: Filter) -> str:
        """A condition on a text, as if it were the one it turns around."""
        text = self._text(condition.field)
        match condition.op:
            case "is" | "is_not":
                texts = [value for value in condition.values if isinstance(value, str)]
                figures = [value for value in condition.values if not isinstance(value, str)]
                parts = [f"{text} in {self.bind(texts, 'Array(String)')}"] if texts else []
                parts += [f"{_number(text)} = {self.bind(value, 'Float64')}" for value in figures]
                return " or ".join(parts)
            case "contains" | "not_contains":
                parts = [
                    f"positionCaseInsensitiveUTF8({text}, {self.bind(as_text(value), 'String')}) > 0"
                    for value in condition.values
                ]
                return f"{text} != '' and ({' or '.join(parts)})"
            case "is_set" | "is_not_set":
                return f"{text} != ''"
        limit = self.bind(float(condition.values[0]), "Float64")
        return f"{_number(text)} {_SIGNS[condition.op]} {limit}"

    def _duration(self, condition: Filter) -> str:
        """A condition on milliseconds: they are compared as numbers where that is meant."""
        if condition.op in ("is_set", "is_not_set"):
            return f"{condition.field} >= 0"
        if condition.op in _SIGNS:
            limit = self.bind(float(condition.values[0]), "Float64")
            return f"{condition.field} >= 0 and {condition.field} {_SIGNS[condition.op]} {limit}"
        return self._holds(condition)


async def members(store: Store, definition: Definition, nesting: Nesting | None = None) -> set[int]:
    """The numbers of the customers who are in a cohort just now. Raises InvalidRequest for what cannot be asked."""
    everyone = await everybody(store.database)
    sets: list[set[int]] = []
    for place, condition in enumerate(definition.conditions):
        at = f"conditions[{place}]"
        if isinstance(condition, Did):
            sets.append(await _who_did(store, condition, everyone, nesting, at))
        else:
            checked_filter = checked(condition.filter, f"{at}.filter")
            if (trait := trait_of(checked_filter.field)) is not None and trait.of == "customer":
                found = await _with_trait(store, trait, checked_filter)
                sets.append(everyone - found if checked_filter.op in _TURNED else found & everyone)
                continue
            if checked_filter.field == "segment":
                inside: set[int] = set()
                for n, value in enumerate(checked_filter.values):
                    inside |= set(await in_segment(store, str(value), f"{at}.filter.values[{n}]"))
                sets.append(everyone - inside if checked_filter.op == "is_not" else inside & everyone)
                continue
            if not is_of_customer(checked_filter.field):
                raise InvalidRequest(
                    "A condition of kind are takes trait.NAME, insight.NAME, prediction.ID, customer_id or segment."
                    " What customers did needs the kind did.",
                    field=f"{at}.filter.field",
                )
            found = set(await numbers_of(store.database, checked_filter))
            sets.append(everyone - found if checked_filter.op in _TURNED else found & everyone)
    return set.intersection(*sets) if definition.match == "all" else set.union(*sets)


async def in_segment(store: Store, named: str, at: str, found: dict[str, list[int]] | None = None) -> list[int]:
    """The numbers of who is in a segment, in order; asked for once of each in `found`. Raises InvalidRequest."""
    known = {} if found is None else found
    if named not in known:
        try:
            known[named] = sorted(await store.segments(named))
        except NotFound as error:
            raise InvalidRequest(error.message, field=at) from error
    return known[named]


async def _with_trait(store: Store, trait: Trait, condition: Filter) -> set[int]:
    """The customers of whom a condition on a trait holds now, as if it were the one it turns around."""
    compiler = Compiler(store)
    fields = TraitFields(compiler.bind)
    numbers = fields.numbers(trait, fields.compared(condition))
    found = {number for (number,) in await compiler.rows(tuple[int], _SQL["numbers_of"], numbers=numbers)}
    if condition.op in ("is", "is_not") and "" in condition.values:
        known = fields.numbers(trait, "text != ''")
        have = {number for (number,) in await compiler.rows(tuple[int], _SQL["numbers_of"], numbers=known)}
        found |= await everybody(store.database) - have
    return found


async def _who_did(store: Store, did: Did, everyone: set[int], nesting: Nesting | None, at: str) -> set[int]:
    compiler = Compiler(store, nesting)
    now = store.now()
    least = did.at_least if did.at_least is not None or did.at_most is not None else 1
    # Who did nothing is not among the events: for "at most", those who did more are found, and left out.
    asked = f"count() >= {least or 0}" if least else f"count() > {did.at_most}"
    if least and did.at_most is not None:
        asked += f" and count() <= {did.at_most}"
    # The last instant is still in it; the condition's end is not.
    when = between(compiler.bind, now - timedelta(days=did.days), now + timedelta(microseconds=1))
    rows = await compiler.rows(
        tuple[int], _SQL["who_did"], events=f"{when} and {await compiler.kind(did.event, f'{at}.event')}", asked=asked
    )
    found = {number for (number,) in rows}
    return found & everyone if least else everyone - found


def _number(text: str) -> str:
    """A text as a number; one that is none is above and below nothing, as is infinity."""
    number = f"toFloat64OrNull(toString({text}))"
    return f"ifNull(isFinite({number}), 0) and ifNull({number}, 0)"
