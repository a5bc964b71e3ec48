"""What every page's templates take, as frozen structs: the routes build these, the templates only lay them out.
What a single page takes stands beside its routes.

Everywhere: datetimes are aware; `None` means "not enough data" (shown as a dash) unless a field says
otherwise; texts are as the customer sent them, the templates escape them; sequences are tuples.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Final, Literal

import msgspec

from milepost.links import customer_url as customer_url
from milepost.links import person_url as person_url

Section = Literal[
    "overview", "live", "customers", "tasks", "trends", "funnels", "retention", "paths", "lifecycle", "tools",
    "sessions", "cohorts", "sql", "dashboards", "actions", "practice", "game", "score", "predictions", "events",
    "annotations", "keys", "profile", "team", "plan-tools", "scoring", "plan", "game-rules", "appearance",
    "data", "export", "messages", "about", "parts",
]  # fmt: skip
#: The sections that are tabs of Explore.
EXPLORE: Final[tuple[Section, ...]] = (
    "trends", "funnels", "retention", "paths", "lifecycle", "tools", "sessions", "cohorts", "sql",
)  # fmt: skip


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
