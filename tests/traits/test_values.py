"""What somebody sent as traits, as it is kept."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milepost.traits.values import MAX_TEXT, MAX_TRAITS, Told, figure_of, read


def _one(value: object, name: str = "a") -> Told:
    told, faults = read({name: value})
    assert faults == []
    return told[0]


@pytest.mark.parametrize(
    ("value", "kept", "figure", "kind"),
    [
        ("pro", "pro", None, "text"),
        ("0123", "0123", 123.0, "text"),
        ("", None, None, None),
        (None, None, None, None),
        (True, True, None, "boolean"),
        (5, 5, 5.0, "number"),
        (0.5, 0.5, 0.5, "number"),
        (["a", "b"], ["a", "b"], None, "list"),
        ([1, True, "x"], ["1", "true", "x"], None, "list"),
        ("2026-02-01", "2026-02-01", datetime(2026, 2, 1, tzinfo=UTC).timestamp(), "date"),
        ("2026-02-01T12:00+02:00", "2026-02-01T12:00+02:00", datetime(2026, 2, 1, 10, tzinfo=UTC).timestamp(), "date"),
        ("2026-02-30", "2026-02-30", None, "text"),
        ("nan", "nan", None, "text"),
        ("1e999", "1e999", None, "text"),
    ],
)  # fmt: skip
def test_values(value: object, kept: object, figure: float | None, kind: str | None) -> None:
    assert _one(value) == Told("a", kept, figure, kind)  # type: ignore[arg-type]  # what pytest's table holds


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("$1,200", 1200.0, "USD"),
        ("1.200,50 €", 1200.5, "EUR"),
        ("CHF 1'000.5", 1000.5, "CHF"),
        ("12 000 SEK", 12000.0, "SEK"),
        ("1,234,567", 1234567.0, None),
        ("-3.5", -3.5, None),
    ],
)
def test_revenue_is_a_number(text: str, amount: float, currency: str | None) -> None:
    told = {one.name: one.value for one in read({"mrr": text})[0]}
    assert told == {"mrr": amount} | ({"currency": currency} if currency else {})
    assert read({"mrr": text, "currency": "DKK"})[0][-1].value == "DKK"


def test_objects_are_their_parts_and_other_names_are_ours() -> None:
    told = {
        one.name: one.value
        for one in read({"address": {"city": "Bonn", "at": {"zip": "1"}}, "createdAt": "2020-01-01"})[0]
    }
    assert told == {"address.city": "Bonn", "address.at.zip": "1", "created_at": "2020-01-01"}


@pytest.mark.parametrize(
    "value",
    [
        "x" * (MAX_TEXT + 1),
        "a\x00",
        [["nested"]],
        {"a": {"b": {"c": {"d": 1}}}},
        ["x" * MAX_TEXT, "y"],
        10**400,
        math.inf,
    ],
)
def test_what_cannot_be_kept_is_named_and_costs_no_other(value: object) -> None:
    told, (fault,) = read({"bad": value, "good": 1})
    assert [one.name for one in told] == ["good"]
    assert fault.name.startswith("bad")
    assert fault.message


def test_no_more_than_may_be() -> None:
    told, (fault,) = read({f"t{n}": n for n in range(MAX_TRAITS + 5)})
    assert len(told) == MAX_TRAITS
    assert str(MAX_TRAITS) in fault.message


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=10), _JSON, max_size=8))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_anything_is_kept_or_named(traits: dict[str, Any]) -> None:
    told, faults = read(traits)
    for one in told:
        json.dumps(one.value, allow_nan=False)
        assert one.name
        assert one.figure is None or math.isfinite(one.figure)
    assert all(fault.message for fault in faults)


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_are_in_order(at: datetime) -> None:
    assert figure_of(at.isoformat()) == at.timestamp()
    assert figure_of(at.replace(tzinfo=None).isoformat()) == at.timestamp()
