"""What a filter may say: problems name the place in the request, and what can stand there."""

from __future__ import annotations

import math
from typing import Final, get_args
from uuid import UUID

import msgspec

from milepost.analytics.asking import Column, Filter
from milepost.analytics.names import COMPETENCY, INSIGHTS
from milepost.analytics.traits import trait_of
from milepost.errors import InvalidRequest
from milepost.store.predicted import target_of
from milepost.traits.values import figure_of

_COLUMNS: Final = frozenset(get_args(Column))
_NUMERIC: Final = ("above", "at_least", "below", "at_most")
#: Before the segment's slug, where one breaks down by being in it.
SEGMENT: Final = "segment."
_WITHOUT_VALUE: Final = ("is_set", "is_not_set")


def check_field(field: str, at: str, *, customers: bool = True) -> None:
    """Raises InvalidRequest for a field that is not there. `customers`: insights and cohorts may stand here too."""
    _check_text(field, at)
    if field in _COLUMNS or (field.startswith("metadata.") and field != "metadata."):
        return
    if trait_of(field) is not None:
        return
    if not customers and field.startswith(SEGMENT) and field != SEGMENT:
        return  # whether there is one is asked of who knows them
    if customers and (field in ("cohort", "segment") or field.removeprefix("insight.") in INSIGHTS):
        return
    if customers and field.startswith(f"insight.{COMPETENCY}"):
        return  # the plan says which there are: names.py asks it
    if customers and target_of(field) is not None:
        return  # and so with these
    if customers and field.startswith("insight."):
        raise InvalidRequest(
            f"There is no insight {field.removeprefix('insight.')!r}. There are competency.ID, {', '.join(INSIGHTS)}.",
            field=at,
        )
    more = ", insight.NAME, prediction.ID, cohort, segment" if customers else ", segment.SLUG"
    raise InvalidRequest(
        f"There is no field {field!r} here. There are metadata.KEY, trait.NAME, person.NAME{more}, "
        f"and {', '.join(get_args(Column))}.",
        field=at,
    )


def checked(condition: Filter, at: str) -> Filter:
    """The same condition, with limits as numbers. Raises InvalidRequest for a field or values it cannot have."""
    check_field(condition.field, f"{at}.field")
    field, values = condition.field, condition.values
    for place, value in enumerate(values):
        if isinstance(value, str):
            _check_text(value, f"{at}.values[{place}]")
        elif not math.isfinite(value):
            raise InvalidRequest("That is not a number an event can have.", field=f"{at}.values[{place}]")
    if condition.op in _WITHOUT_VALUE:
        if values:
            raise InvalidRequest(f"{condition.op} takes no values. Leave them out.", field=f"{at}.values")
    elif not values:
        raise InvalidRequest(f"{condition.op} needs a value: give at least one.", field=f"{at}.values")
    if field == "cohort":
        _check_cohorts(condition, at)
    if field == "segment" and condition.op not in ("is", "is_not"):
        raise InvalidRequest("A segment is asked for with is or is_not: use one of these.", field=f"{at}.op")
    if condition.op in _NUMERIC:
        if trait_of(field) is not None and len(values) == 1 and isinstance(values[0], str):
            # A trait may be a date, which is compared as a number too.
            values = tuple(figure for figure in (figure_of(values[0]),) if figure is not None) or values
        return msgspec.structs.replace(condition, values=(_limit(values, at),))
    return condition


def _limit(values: tuple[str | float, ...], at: str) -> float:
    try:
        limit = float(values[0])
    except ValueError:
        limit = math.nan
    if len(values) > 1 or not math.isfinite(limit):
        raise InvalidRequest("This operator compares with one number: give exactly one.", field=f"{at}.values")
    return limit


def _check_cohorts(condition: Filter, at: str) -> None:
    if condition.op not in ("is", "is_not"):
        raise InvalidRequest("A cohort is asked for with is or is_not: use one of these.", field=f"{at}.op")
    for place, value in enumerate(condition.values):
        try:
            UUID(str(value))
        except ValueError as error:
            raise InvalidRequest(
                "Give a cohort by its id, as GET /v1/cohorts lists it.", field=f"{at}.values[{place}]"
            ) from error


def _check_text(text: str, at: str) -> None:
    try:
        text.encode()
        possible = "\x00" not in text
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise InvalidRequest(
            "Nothing can match that: it contains a character that no stored text has. Remove it.", field=at
        )
