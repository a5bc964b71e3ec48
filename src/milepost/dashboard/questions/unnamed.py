"""Which questions would name somebody, or show what a sender may have written about somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from milepost.dashboard.questions.asked import PageQuestion

_IDS: Final = ("customer_id", "user_id", "session_id")
#: Their values are whatever a sender put there: a name, an address, an id in a path.
_FREE: Final = ("page_url", "referrer", "landing_page")


def names_somebody(asked: PageQuestion) -> bool:
    """Whether the answer, or the words of its question, may name a customer or a person."""
    return any(_names(place, field) for one in asked.questions for place, field in _fields(msgspec.to_builtins(one)))


def is_of_somebody(field: str) -> bool:
    """Whether its values are customers or people, or what is known of a person."""
    return field in _IDS or field.startswith("person.")


def _names(place: str, field: str) -> bool:
    if place == "of":
        return False  # counted, or measured
    if is_of_somebody(field):
        return True
    # Its values are shown; a filter shows only what whoever made it wrote there.
    return place in ("breakdown", "label") and (field in _FREE or field.startswith(("trait.", "metadata.")))


def _fields(said: object) -> Iterator[tuple[str, str]]:
    """Each field that a question names, with the place where it does."""
    if isinstance(said, dict):
        for place, value in said.items():
            if place in ("field", "of", "label", "breakdown"):
                for one in value if isinstance(value, list | tuple) else (value,):
                    if isinstance(one, str):
                        yield place, one
            yield from _fields(value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from _fields(value)
