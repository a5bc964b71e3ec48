"""An event on its way in: as it is sent, as it is stored, and the answer its sender gets."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from milepost.plan.names import NameMeans
from milepost.traits.values import Kind, Told
from milepost.vocabulary import (
    MAX_ID_LENGTH,
    MAX_RETENTION_DAYS,
    MAX_URL_LENGTH,
    MAX_WORD_LENGTH,
    ActorType,
    DeviceType,
    EventType,
    Impact,
    NoticeCode,
    RejectCode,
)

#: JSON as somebody sent it: JSON schemas know `Any` for that, not `object`.
JsonObject = dict[str, Any]
Id = Annotated[str, Meta(max_length=MAX_ID_LENGTH)]
Word = Annotated[str, Meta(max_length=MAX_WORD_LENGTH)]
Url = Annotated[str, Meta(max_length=MAX_URL_LENGTH)]
Milliseconds = Annotated[int, Meta(ge=0, le=10**12)]


class IncomingEvent(msgspec.Struct, kw_only=True, gc=False):
    """One event as `POST /v1/events` takes it. Empty strings mean "not given"; unknown fields are ignored. What it is
    called (`event_name`) is enough: its type is then what the name means."""

    event_type: EventType | None = None
    event_name: Word | None = None
    actor_type: ActorType | None = None
    event_id: Id | None = None
    timestamp: datetime | None = None
    customer_id: Id | None = None
    user_id: Id | None = None
    anonymous_id: Id | None = None
    session_id: Id | None = None
    tool_id: Word | None = None
    tool_section: Word | None = None
    business_impact: Impact | None = None
    competency_area: Word | None = None
    current_arr: Word | None = None
    target_arr: Word | None = None
    growth_stage: Word | None = None
    event_metadata: JsonObject | None = None
    metadata: JsonObject | None = None
    session_duration: Milliseconds | None = None
    time_on_page: Milliseconds | None = None
    page_url: Url | None = None
    referrer: Url | None = None
    device_type: DeviceType | None = None
    browser: Word | None = None
    retention_days: Annotated[int, Meta(ge=1, le=MAX_RETENTION_DAYS)] | None = None
    #: What the product's server says for these ids (milepost/signature.py); it is not stored.
    identity_signature: Word | None = None


class EventRow(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One event as `milepost.store_events` takes it: the columns of behavior_events, checked and complete."""

    event_id: str
    event_type: str
    business_impact: str
    timestamp: datetime
    retention_days: int
    customer_id: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    session_id: str | None = None
    tool_id: str | None = None
    tool_section: str | None = None
    competency_area: str | None = None
    current_arr: str | None = None
    target_arr: str | None = None
    growth_stage: str | None = None
    event_metadata: msgspec.Raw | None = None
    session_duration: int | None = None
    time_on_page: int | None = None
    page_url: str | None = None
    referrer: str | None = None
    device_type: str | None = None
    browser: str | None = None
    ip_address: str | None = None
    is_bot: bool = False
    event_name: str | None = None
    actor_type: str | None = None
    #: Which columns its name fills in (names.py), and what the plan's rule says of the name, if one does.
    filled: int = 0
    rule: NameMeans | None = None
    #: A public key named its customer: whether that counts is found out before it is stored (claims.py).
    claimed: bool = False


class Tie(msgspec.Struct, frozen=True):
    """One identify, group or alias: `from_id` (of that kind) is tied to `to_id`. `claimed`: by a public key, so only
    where it is tied to nobody yet."""

    call: str
    kind: str
    from_id: str
    to_id: str
    claimed: bool = False


class Traits(msgspec.Struct, frozen=True):
    """What a call told of a customer or a person. `claimed`: by a public key."""

    kind: Kind
    id: str
    told: tuple[Told, ...]
    claimed: bool = False


class IdentityCall(msgspec.Struct, frozen=True):
    """What an identify, group or alias said of who is who. It counts once, with its event: a late retry must not undo
    what came after."""

    event_id: str
    #: When it happened by our clock, and not after it was received.
    at: datetime
    ties: tuple[Tie, ...]
    traits: tuple[Traits, ...]


class Rejection(msgspec.Struct):
    """Why one event of a batch was refused: `index` is its place in the batch, from 0."""

    index: int
    event_id: str | None
    code: RejectCode
    field: str | None
    message: str


class Held(msgspec.Struct, frozen=True):
    """What a rule held back of one event that was stored: the field, and why."""

    code: NoticeCode
    field: str
    message: str


class Notice(msgspec.Struct):
    """What was held back of an event that was stored: `index` is its place in the batch, from 0."""

    index: int
    event_id: str
    code: NoticeCode
    field: str
    message: str


class Receipt(msgspec.Struct):
    """What became of a batch, after its commit: accepted + duplicates + rejected is what was sent. `notices`: what of
    the accepted ones did not count, such as a public key's word on whose a user is."""

    accepted: int
    duplicates: int
    rejected: list[Rejection]
    notices: list[Notice] = []


class RejectedEvent(Exception):
    """One event cannot be stored; its neighbours can."""

    def __init__(self, code: RejectCode, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code: RejectCode = code
        self.message = message
        self.field = field
