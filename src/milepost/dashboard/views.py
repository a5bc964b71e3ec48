"""What every page's templates take, as frozen structs: the routes build these, the templates only lay them out.
What a single page takes stands beside its routes.

Everywhere: datetimes are aware; `None` means "not enough data" (shown as a dash) unless a field says
otherwise; texts are as the customer sent them, the templates escape them; sequences are tuples.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final, Literal
from urllib.parse import quote

import msgspec

Section = Literal[
    "overview", "live", "customers", "tasks", "trends", "funnels", "retention", "paths", "lifecycle", "tools",
    "sessions", "cohorts", "dashboards", "actions", "practice", "game", "score", "events",
    "annotations", "keys", "profile", "team", "plan-tools", "scoring", "plan", "game-rules", "appearance",
    "data", "about", "parts",
]  # fmt: skip
#: The sections that are tabs of Explore.
EXPLORE: Final[tuple[Section, ...]] = (
    "trends", "funnels", "retention", "paths", "lifecycle", "tools", "sessions", "cohorts",
)  # fmt: skip
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


class Shell(msgspec.Struct, frozen=True):
    """What the frame around every signed-in page needs. `section` is None on error pages."""

    section: Section | None
    email: str
    now: datetime
    zone: tzinfo
    """The reader's zone, from the cookie `tz` that locale.js sets (an IANA name); UTC before that."""
    alarm: str | None = None
    """What whoever looks after the server must know at once: above every page."""
    names: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the members are called who have a name, by their address."""

    def called(self, email: str | None) -> str:
        """Who a text of ours names by their address: a member's name, else the text itself."""
        return self.names.get(email or "", email or "")


class Figure(msgspec.Struct, frozen=True):
    """A headline number: `value` and, for its change, `previous` from the period just before."""

    label: str
    value: float | None
    previous: float | None = None
    digits: int = 0
    hint: str = ""
