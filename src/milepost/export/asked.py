"""What somebody asks to be exported, and whether that can be."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, get_args

import msgspec

from milepost.analytics.asking import Filter
from milepost.errors import InvalidRequest
from milepost.export.data_sets import DataSet, data_set
from milepost.export.filters import is_of_customers

Format = Literal["parquet", "csv", "ndjson", "arrow"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
#: Conditions in one export, as in a question.
MOST_FILTERS: Final = 20


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """All of `filters` must hold; `first` and `last` are UTC days, both included. `since`: a watermark, for what
    changed after it alone."""

    data_set: str
    format: Format = "parquet"
    filters: Annotated[tuple[Filter, ...], msgspec.Meta(max_length=MOST_FILTERS)] = ()
    first: date | None = None
    last: date | None = None
    since: str | None = None

    @property
    def of(self) -> DataSet:
        return data_set(self.data_set)


class Chosen(msgspec.Struct, frozen=True):
    """An export that can be made: `asked` is sound, and `customers` are the numbers of whose rows it takes; None:
    everybody's."""

    asked: Asked
    customers: list[int] | None


def conditions(filters: tuple[Filter, ...], segment: str | None, cohort: str | None) -> tuple[Filter, ...]:
    """All that must hold: `filters`, and to be in a segment (slug or id) and in a cohort (id) where one is named."""
    named = (("segment", segment), ("cohort", cohort))
    return (*filters, *(Filter(field=field, values=(value,)) for field, value in named if value is not None))


def check_asked(asked: Asked) -> DataSet:
    """The data set. Raises InvalidRequest for what cannot be exported."""
    of = data_set(asked.data_set)
    if asked.format not in FORMATS:
        raise InvalidRequest(f"There is no format {asked.format!r}. There are {', '.join(FORMATS)}.", field="format")
    if len(asked.filters) > MOST_FILTERS:
        raise InvalidRequest(f"An export takes {MOST_FILTERS} conditions. Give fewer.", field="filters")
    for place, one in enumerate(asked.filters):
        if of.name != "events" and not is_of_customers(one) and one.field != "customer_id":
            raise InvalidRequest(
                f"{of.name} are filtered by their customers: customer_id, trait.NAME, insight.NAME, tag, segment or"
                f" cohort, not by {one.field!r}.",
                field=f"filters[{place}].field",
            )
    if (asked.first or asked.last) and of.time is None:
        raise InvalidRequest(f"{of.name} are as they are now: they have no period. Leave it out.", field="first")
    if asked.first and asked.last and asked.first > asked.last:
        raise InvalidRequest("The first day is after the last one. Swap them.", field="first")
    if asked.since is not None and not of.follows:
        raise InvalidRequest(
            f"{of.name} are exported whole each time; `since` goes with events alone. Leave it out.", field="since"
        )
    if asked.since is not None and any(map(is_of_customers, asked.filters)):
        raise InvalidRequest(
            "What is known of customers changes without their events, so an increment cannot follow it. Filter"
            " increments by the events' own fields or customer_id, or leave `since` out, which exports everything.",
            field="filters",
        )
    return of
