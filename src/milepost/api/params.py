"""What several routes take: parts of their addresses, and how a text of one may look."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import Parameter

from milepost.analytics.asking import Filter
from milepost.analytics.checking import checked
from milepost.analytics.traits import trait_of
from milepost.errors import InvalidRequest
from milepost.insights.by_traits import TraitCondition

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


def trait_filters(text: str | None) -> tuple[TraitCondition, ...]:
    """Conditions on customers' traits, as JSON in an address. Raises InvalidRequest."""
    if not text:
        return ()
    try:
        found = msgspec.json.decode(text, type=_Filters)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InvalidRequest(f"filters is no list of conditions: {error}.", field="filters") from None
    conditions: list[TraitCondition] = []
    for place, one in enumerate(found):
        condition = checked(one, f"filters[{place}]")
        if (trait := trait_of(one.field)) is None or trait.of != "customer":
            raise InvalidRequest("Customers are filtered by trait.NAME here.", field=f"filters[{place}].field")
        conditions.append(TraitCondition(trait.name, condition.op, condition.values))
    return tuple(conditions)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
