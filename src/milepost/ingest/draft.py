"""An event between two steps of its way in, and what is known of its sender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from milepost.ingest.events import Held, IncomingEvent, Tie, Traits
from milepost.plan import Plan
from milepost.plan.names import NameMeans

#: A clock that is ahead cannot be a delay; of less than this nobody can tell.
_AHEAD = timedelta(seconds=1)
#: One that is behind looks like a delay, and is one up to here: slow lines, retries and queues (docs/decisions/0005).
_BEHIND = timedelta(minutes=2)
_NO_SKEW = timedelta(0)
_EMPTY = msgspec.Raw(b"{}")


class PublicKey(msgspec.Struct, frozen=True):
    """What holds for a browser key: `secret` is what identity signatures are made with; with `signed_only`, ids
    without one do not count."""

    secret: str
    signed_only: bool = False


class Sender(msgspec.Struct, frozen=True):
    """What is known of a request beside its events."""

    plan: Plan
    received_at: datetime
    sent_at: datetime | None = None
    user_agent: str | None = None
    ip_address: str | None = None
    #: `context` of a whole Segment batch, which each message's own context overrides.
    context: dict[str, object] | None = None
    #: The rules for what is sent with a public key; None for those who may say who is who.
    public_key: PublicKey | None = None

    def skew(self, sent_at: datetime | None = None) -> timedelta:
        """How far the sender's clock is behind ours, as Segment defines it: received_at - sent_at."""
        stated = sent_at or self.sent_at
        if stated is None:
            return _NO_SKEW
        skew = self.received_at - stated
        return skew if skew <= -_AHEAD or skew > _BEHIND else _NO_SKEW


class Draft(msgspec.Struct, gc=False):
    """An event between two steps. It came as `raw` JSON, or as `fields` that somebody else has read from a file."""

    raw: bytes = b""
    fields: Mapping[str, object] = {}
    event: IncomingEvent = msgspec.field(default_factory=lambda: IncomingEvent(event_type="navigation"))
    #: What its name fills in (names.py).
    filled: int = 0
    rule: NameMeans | None = None
    event_id: str = ""
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    metadata: msgspec.Raw = _EMPTY
    success: bool = True
    is_bot: bool = False
    user_agent: str | None = None
    ip_address: str | None = None
    sent_at: datetime | None = None
    #: The time its id is made of, where that is not its timestamp: then somebody has corrected the clock before.
    original: datetime | None = None
    ties: list[Tie] = []
    traits: list[Traits] = []
    #: Whether its customer is only claimed: a public key names it, and no signature vouches for it.
    claimed: bool = False
    held: list[Held] = []


PipelineStep = Callable[[Draft, Sender], None]
