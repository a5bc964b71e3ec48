"""What several routes take: parts of their addresses, and how a text of one may look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from litestar.params import Parameter

from milepost.analytics.asking import Filter
from milepost.analytics.checking import checked
from milepost.analytics.traits import trait_of
from milepost.errors import InvalidRequest
from milepost.insights.by_figures import FigureCondition, figure_condition
from milepost.insights.by_traits import TraitCondition
from milepost.store.predicted import target_of

Limit = Annotated[int, Parameter(ge=1, le=500, description="The most to return.")]
Cursor = Annotated[str | None, Parameter(max_length=1000, description="`next` from the previous page.")]
_Filters = Annotated[list[Filter], msgspec.Meta(max_length=20)]
CustomerId = Annotated[str, Parameter(min_length=1, max_length=600)]


def matchable(text: str | None, field: str) -> str | None:
    """`text` as it is; raises InvalidRequest where it holds what no stored text has."""
    if text is not None and ("\x00" in text or not _encodable(text)):
        raise InvalidRequest(
            "Nothing can match that: it contains a character that no stored text has. Remove it.", field=field
        )
    return text


def list_filters(text: str | None) -> tuple[tuple[TraitCondition, ...], tuple[FigureCondition, ...]]:
    """Conditions on customers' traits and figures, as JSON in an address. Raises InvalidRequest."""
    if not text:
        return (), ()
    try:
        found = msgspec.json.decode(text, type=_Filters)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InvalidRequest(f"filters is no list of conditions: {error}.", field="filters") from None
    return parted(list_filter(one, f"filters[{place}]") for place, one in enumerate(found))


def list_filter(one: Filter, at: str) -> TraitCondition | FigureCondition:
    """A condition on customers as their list takes it. Raises InvalidRequest, which names the place `at`."""
    condition = checked(one, at)
    if (trait := trait_of(one.field)) is not None and trait.of == "customer":
        return TraitCondition(trait.name, condition.op, condition.values)
    name = one.field.removeprefix("insight.") if one.field.startswith("insight.") else ""
    name = one.field if target_of(one.field) is not None else name
    return figure_condition(name, condition.op, condition.values, at)


def parted(
    conditions: Iterable[TraitCondition | FigureCondition],
) -> tuple[tuple[TraitCondition, ...], tuple[FigureCondition, ...]]:
    """Those on traits, and those on figures."""
    both = list(conditions)
    return (
        tuple(one for one in both if isinstance(one, TraitCondition)),
        tuple(one for one in both if isinstance(one, FigureCondition)),
    )


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
