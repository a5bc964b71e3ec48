"""How a validation may be asked for, and the least there must be to say something: for who runs none, too."""

from __future__ import annotations

from typing import Final

from milepost.errors import InvalidRequest

EVERY_DAYS: Final = 28
#: More customers say little more: of 10,000 a figure is known to about 0.01.
MOST_CUSTOMERS: Final = 10_000
#: A slice of fewer customers is left out; all together take at least so many customer-slices.
LEAST_IN_SLICE: Final = 20
LEAST_IN_ALL: Final = 50


def check(*, every: int, after: int | None, most: int) -> None:
    """Raises InvalidRequest for what cannot be."""
    for field, value, top in (("every", every, 3650), ("after", after, 3650), ("customers", most, 10_000_000)):
        if value is not None and not 1 <= value <= top:
            raise InvalidRequest(f"{field} must be a whole number from 1 to {top:,}, not {value:,}.", field=field)
