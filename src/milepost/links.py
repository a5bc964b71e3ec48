"""The addresses of pages that messages and assistants link to, too."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

#: Ids that are pages of their own where customers have theirs.
_TAKEN: Final = ("bulk", "columns", "import")


def customer_url(customer_id: str) -> str:
    """The page of a customer, whose id may hold any character but NUL."""
    if customer_id in _TAKEN:
        # Routed as it is written: a letter that is encoded makes it another address.
        return f"/customers/%{ord(customer_id[0]):02X}{customer_id[1:]}"
    return f"/customers/{quote(customer_id, safe='')}"


def person_url(user_id: str) -> str:
    """The page of a person, whose id may hold any character but NUL."""
    return f"/people/{quote(user_id, safe='')}"
