"""What a segment is, and what its conditions may say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, cast
from uuid import UUID

import msgspec

from milepost.analytics.asking import Filter
from milepost.analytics.checking import checked
from milepost.analytics.names import is_of_customer
from milepost.analytics.traits import trait_of
from milepost.errors import InvalidRequest
from milepost.insights.conditions import STATUSES, Status

MOST_CONDITIONS: Final = 20
Conditions = Annotated[tuple[Filter, ...], msgspec.Meta(min_length=1, max_length=MOST_CONDITIONS)]
#: What a condition may be on beside `trait.NAME` and what `is_of_customer`, and the operators it takes.
OWN_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "tag": ("is", "is_not", "is_set", "is_not_set"),
    "status": ("is", "is_not"),
    "search": ("contains", "not_contains"),
    "weakest_competency": ("is", "is_not", "is_set", "is_not_set"),
}


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """All of `conditions` must hold. `slug`: how addresses and questions name it, the same for good. `created_by`: a
    member's e-mail address; None: it came with a secret key."""

    segment_id: UUID
    slug: str
    name: str
    conditions: tuple[Filter, ...]
    created_at: datetime
    updated_at: datetime
    created_by: str | None


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Where a segment is named. `id`: the cohort's, the report's, the export's by schedule (its name is where it goes),
    or what the plan calls the playbook."""

    kind: Literal["cohort", "export", "playbook", "report"]
    id: str
    name: str


def checked_conditions(conditions: Sequence[Filter], at: str = "conditions") -> tuple[Filter, ...]:
    """The same, with limits as numbers. Raises InvalidRequest, which names the place, for what no segment can ask."""
    if not 1 <= len(conditions) <= MOST_CONDITIONS:
        raise InvalidRequest(f"A segment has 1 to {MOST_CONDITIONS} conditions; this has {len(conditions)}.", field=at)
    return tuple(_checked(one, f"{at}[{place}]") for place, one in enumerate(conditions))


def _checked(condition: Filter, at: str) -> Filter:
    field, op = condition.field, condition.op
    operators = OWN_FIELDS.get(field)
    if operators is not None:
        if op not in operators:
            raise InvalidRequest(f"{field} takes {', '.join(operators)}: use one of these.", field=f"{at}.op")
        # Its texts and how many they are, as of a column.
        checked(msgspec.structs.replace(condition, field="tool_id"), at)
        _check_own(condition, at)
        return condition
    if field in ("segment", "cohort"):
        raise InvalidRequest(
            "A segment is made of conditions alone, not of other segments or cohorts. Give the conditions themselves.",
            field=f"{at}.field",
        )
    trait = trait_of(field)
    if is_of_customer(field) or (trait is not None and trait.of == "customer"):
        return checked(condition, at)
    raise InvalidRequest(
        f"A segment has no condition on {field!r}. There are trait.NAME, insight.NAME, prediction.ID, customer_id"
        f", {', '.join(OWN_FIELDS)}. What customers did needs a cohort.",
        field=f"{at}.field",
    )


def _check_own(condition: Filter, at: str) -> None:
    for place, value in enumerate(condition.values):
        if not isinstance(value, str) or not value.strip():
            raise InvalidRequest(f"{condition.field} is a text. Give one.", field=f"{at}.values[{place}]")
        if condition.field == "status" and (value == "all" or value not in STATUSES):
            raise InvalidRequest(
                f"There is no status {value!r}. There are {', '.join(STATUSES[1:])}.", field=f"{at}.values[{place}]"
            )


def statuses_of(condition: Filter) -> tuple[Status, ...]:
    return tuple(cast(Status, value) for value in condition.values)
