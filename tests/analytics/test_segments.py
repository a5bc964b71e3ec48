"""Segments: whoever is in one by the list of customers is so in every question, as plain Python has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.analytics.ask import ask, who
from milepost.analytics.asking import EventKind, Filter, Question
from milepost.analytics.cohorts import Are, Definition
from milepost.analytics.compile import members
from milepost.analytics.context import Store
from milepost.analytics.funnel import Funnel
from milepost.analytics.places import TrendsPlace
from milepost.analytics.trends import Series, Trends, TrendsAnswer
from milepost.errors import InvalidRequest
from milepost.insights.customers import CustomerFilter, list_customers
from milepost.segments.compile import count, numbers, within
from milepost.traits.keep import rows
from milepost.traits.values import read
from tests.analytics.conftest import Asking
from tests.analytics.reference.events import World
from tests.analytics.reference.matching import are
from tests.analytics.told import NOW, event, march
from tests.support.examples import examples

_VALUES = st.one_of(
    st.none(), st.sampled_from(["pro", "Pro", "free", "10", "2026-05-01", "x" * 150]), st.booleans(),
    st.sampled_from([0, 5, 10.5]), st.lists(st.sampled_from(["pro", "b"]), max_size=2),
)  # fmt: skip
_TAGS = st.frozensets(st.sampled_from(["beta", "vip", "ärger"]), max_size=2)
_CONDITIONS = st.sampled_from(
    [
        Filter(field="trait.a", values=("pro", "x" * 150)),
        Filter(field="trait.a", values=("", 5.0)),
        Filter(field="trait.a", op="is_not", values=("pro",)),
        Filter(field="trait.a", op="contains", values=("RO",)),
        Filter(field="trait.a", op="is_not_set"),
        Filter(field="trait.a", op="above", values=(4,)),
        Filter(field="tag", values=("Beta", "ärger")),
        Filter(field="tag", op="is_not", values=("vip",)),
        Filter(field="tag", op="is_set"),
        Filter(field="tag", op="is_not_set"),
        Filter(field="status", values=("active",)),
        Filter(field="status", op="is_not", values=("active", "quiet")),
        Filter(field="search", op="contains", values=("C0", "%")),
        Filter(field="search", op="not_contains", values=("2",)),
        Filter(field="customer_id", values=("c00", "c03", "nobody")),
        Filter(field="customer_id", op="is_not", values=("c01",)),
        Filter(field="insight.total_events", op="at_least", values=(3,)),
        Filter(field="insight.total_events", op="below", values=(3,)),
        Filter(field="insight.growth_stage", values=("rapid_scaling",)),
        Filter(field="insight.growth_stage", op="is_not_set"),
    ]
)


@dataclass(frozen=True)
class Told:
    """What is known of a customer: days since its last event, how many, a stage, a trait, tags."""

    trait: object
    tags: frozenset[str]
    events: int
    ago: int
    stage: str | None


_TOLD = st.builds(
    Told, _VALUES, _TAGS, st.integers(1, 5), st.integers(0, 18), st.sampled_from([None, "rapid_scaling", "mature"])
)


def _world(told: Mapping[str, Told]) -> World:
    events = [
        event((NOW - timedelta(days=one.ago, minutes=n)).replace(tzinfo=None).isoformat(), customer)
        for customer, one in told.items()
        for n in range(one.events)
    ]
    insights = {name: {"total_events": one.events, "growth_stage": one.stage} for name, one in told.items()}
    traits = {
        ("customer", name): {"a": [(NOW, kept[0].value)]}
        for name, one in told.items()
        if (kept := read({"a": one.trait})[0])
    }
    return World(events=events, now=NOW, insights=insights, traits=traits)


def _holds(world: World, told: Mapping[str, Told], customer: str, condition: Filter) -> bool:
    one, turned = told[customer], condition.op in ("is_not", "not_contains", "is_not_set")
    texts = [str(value).lower() for value in condition.values]
    match condition.field:
        case "tag":
            return bool(one.tags & set(texts) if texts else one.tags) != turned
        case "status":
            status = "active" if one.ago < 7 else "quiet" if one.ago >= 14 else ""
            return (status in texts) != turned
        case "search":
            return any(text in customer for text in texts) != turned
    return are(world, customer, condition)


class Segments:
    """The customers that are told of, in PostgreSQL and in the column store, and one segment: `it`."""

    def __init__(self, asking: Asking, told: Mapping[str, Told], conditions: tuple[Filter, ...]) -> None:
        self.asking, self.conditions, self.world = asking, conditions, _world(told)
        self._fill(told)
        self.store = _with_segments(asking._store(self.world), self._named)

    async def _named(self, named: str) -> list[int]:
        assert named == "it"
        return await numbers(self.asking._database, self.conditions, now=NOW)

    def run(self, asked: Any) -> Any:
        return self.asking._runner.run(asked)

    def ask(self, question: Question) -> Any:
        return self.run(ask(self.store, question))

    async def listed(self) -> list[str]:
        chosen = await within(self.asking._database, self.conditions, now=NOW)
        async with self.asking._database.transaction() as connection:
            page = await list_customers(
                connection, now=NOW, sort="customer", limit=100, wanted=CustomerFilter(within=chosen)
            )
        assert page.total == len(page.items) == await count(self.asking._database, self.conditions, now=NOW)
        return [item.customer_id for item in page.items]

    def _fill(self, told: Mapping[str, Told]) -> None:
        postgres = self.asking._postgres
        self.asking._store(self.world)
        with postgres.transaction():
            postgres.execute("truncate milepost.traits, milepost.trait_names, milepost.tags")
            for name, one in told.items():
                at = NOW - timedelta(days=one.ago)
                postgres.execute("update milepost.standing set last_event_at = %s where customer_id = %s", (at, name))
                for tag in one.tags:
                    postgres.execute(
                        "insert into milepost.tags (customer_id, tag_key, tag) values (%s, %s, %s)", (name, tag, tag)
                    )
                kept = list(rows("customer", name, read({"a": one.trait})[0], NOW, "api"))
                if kept:
                    postgres.execute(
                        "select count(*) from milepost.tell_traits(%s::json)", (msgspec.json.encode(kept).decode(),)
                    )
            # Telling of a trait makes a customer, in other tests too.
            postgres.execute("delete from milepost.customers")


def _with_segments(store: Store, segments: Any) -> Store:
    return Store(store.columns, store.database, store.now, segments)


@given(told=st.lists(_TOLD, min_size=1, max_size=6), conditions=st.lists(_CONDITIONS, min_size=1, max_size=3))
@settings(max_examples=examples(15))
def test_in_the_list_and_in_questions_alike(asking: Asking, told: list[Told], conditions: list[Filter]) -> None:
    customers = {f"c{n:02}": one for n, one in enumerate(told)}
    segments = Segments(asking, customers, tuple(conditions))
    world = segments.world
    inside = {name for name in customers if all(_holds(world, customers, name, one) for one in conditions)}
    assert segments.run(segments.listed()) == sorted(inside)
    for op, chosen in (("is", inside), ("is_not", set(customers) - inside)):
        named = Filter(field="segment", op=op, values=("it",))  # type: ignore[arg-type]  # one of two operators
        found: TrendsAnswer = segments.ask(Trends(period=march(1, 20), filters=(named,)))
        assert sum(line.total or 0 for line in found.lines) == sum(customers[name].events for name in chosen)
        definition = Definition(conditions=(Are(filter=named),))
        assert len(segments.run(members(segments.store, definition))) == len(chosen)
    broken: TrendsAnswer = segments.ask(Trends(period=march(1, 20), measure="units", breakdown="segment.it"))
    wanted = {"in": len(inside), "out": len(customers) - len(inside)}
    assert {line.value: line.total for line in broken.lines if line.total} == {k: v for k, v in wanted.items() if v}


def test_who_is_behind_it_and_in_a_funnels_groups(asking: Asking) -> None:
    told = {f"c{n:02}": Told("pro" if n < 2 else None, frozenset(), 2, 1, None) for n in range(5)}
    segments = Segments(asking, told, (Filter(field="trait.a", values=("pro",)),))
    trend = Trends(period=march(1, 20), measure="units", interval="month", breakdown="segment.it")
    people = segments.run(who(segments.store, trend, TrendsPlace(bucket=0, value="in")))
    assert [one.customer_id for one in people.items] == ["c00", "c01"]
    steps = (EventKind(), EventKind())
    funnel = segments.ask(Funnel(period=march(1, 20), steps=steps, breakdown="segment.it"))
    assert {group.value: group.steps[0].count for group in funnel.groups} == {"in": 2, "out": 3}
    kind = Series(filters=(Filter(field="segment", values=("it",)),))
    one = segments.ask(Trends(period=march(1, 20), measure="units", series=(kind,)))
    assert one.lines[0].total == 2


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        (Filter(field="segment", values=("it",)), "conditions[0].field"),
        (Filter(field="cohort", values=("it",)), "conditions[0].field"),
        (Filter(field="tool_id", values=("it",)), "conditions[0].field"),
        (Filter(field="person.role", values=("it",)), "conditions[0].field"),
        (Filter(field="insight.nonsense", values=("it",)), "conditions[0].field"),
        (Filter(field="trait.a"), "conditions[0].values"),
        (Filter(field="tag", op="above", values=(1,)), "conditions[0].op"),
        (Filter(field="tag", values=(1,)), "conditions[0].values[0]"),
        (Filter(field="tag", values=("a\x00",)), "conditions[0].values[0]"),
        (Filter(field="status", values=("all",)), "conditions[0].values[0]"),
        (Filter(field="status", values=("asleep",)), "conditions[0].values[0]"),
        (Filter(field="status"), "conditions[0].values"),
    ],
)
def test_what_no_segment_asks(asking: Asking, condition: Filter, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        asking._runner.run(within(asking._database, (condition,), now=NOW))
    assert refused.value.field == field


def test_a_segment_that_is_gone_is_named(asking: Asking) -> None:
    world = _world({"c00": Told(None, frozenset(), 1, 1, None)})
    for question, field in (
        (Trends(filters=(Filter(field="segment", values=("gone",)),)), "filters[0].values[0]"),
        (Trends(filters=(Filter(field="segment", op="contains", values=("gone",)),)), "filters[0].op"),
        (Trends(breakdown="segment.gone"), "breakdown"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            asking(world, question)
        assert refused.value.field == field
