"""The steps an event passes on its way in. Each does one thing, and raises RejectedEvent to refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from milepost.ingest.agents import read_agent
from milepost.ingest.events import IncomingEvent, RejectedEvent, Tie, Traits
from milepost.ingest.ids import new_id, own_id
from milepost.plan import Plan
from milepost.vocabulary import (
    EARLIEST_YEAR,
    MAX_AHEAD_SECONDS,
    MAX_EVENT_BYTES,
    MAX_METADATA_DEPTH,
    RejectCode,
)

_AHEAD = timedelta(seconds=MAX_AHEAD_SECONDS)
#: Below this, sent_at against received_at tells the network's delay rather than a wrong clock.
_SMALLEST_SKEW = timedelta(seconds=1)
_LONGEST_MESSAGE = 200
_EMPTY = msgspec.Raw(b"{}")


@dataclass(frozen=True, slots=True)
class Sender:
    """What is known of a request beside its events."""

    plan: Plan
    received_at: datetime
    sent_at: datetime | None = None
    user_agent: str | None = None
    ip_address: str | None = None
    #: `context` of a whole Segment batch, which each message's own context overrides.
    context: dict[str, object] | None = None

    def skew(self, sent_at: datetime | None = None) -> timedelta:
        """How far the sender's clock is behind ours, as Segment defines it: received_at - sent_at."""
        stated = sent_at or self.sent_at
        if stated is None:
            return timedelta(0)
        skew = self.received_at - stated
        return skew if abs(skew) >= _SMALLEST_SKEW else timedelta(0)


class Draft(msgspec.Struct):
    """An event between two steps."""

    raw: bytes
    event: IncomingEvent = msgspec.field(default_factory=lambda: IncomingEvent(event_type="navigation"))
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


_T = TypeVar("_T")
Step = Callable[[Draft, Sender], None]

_decode = msgspec.json.Decoder(IncomingEvent).decode
_encode = msgspec.json.Encoder().encode


def check_size(draft: Draft, sender: Sender) -> None:  # noqa: ARG001 -- every step has the same shape
    """An event of more than 32 KB is refused."""
    if len(draft.raw) > MAX_EVENT_BYTES:
        raise RejectedEvent("too_large", f"The event has {len(draft.raw)} bytes; at most {MAX_EVENT_BYTES} are taken.")


def decode_event(draft: Draft, sender: Sender) -> None:  # noqa: ARG001
    """JSON into a typed event."""
    draft.event = decode_json(draft.raw, _decode)


def check_text(draft: Draft, sender: Sender) -> None:  # noqa: ARG001
    """PostgreSQL cannot store the character NUL, so an event with one is refused rather than changed."""
    check_stored_text(draft.raw, draft.event)


def check_owner(draft: Draft, sender: Sender) -> None:  # noqa: ARG001
    """Somebody must have done it: a customer, a user or an anonymous id."""
    event = draft.event
    if not (event.customer_id or event.user_id or event.anonymous_id):
        raise RejectedEvent(
            "missing_field", "Give customer_id, or user_id or anonymous_id to find the customer by.", "customer_id"
        )


def check_metadata(draft: Draft, sender: Sender) -> None:  # noqa: ARG001
    """Metadata is an object of bounded depth; a failed generation says so in its `success`."""
    metadata = draft.event.event_metadata if draft.event.event_metadata is not None else draft.event.metadata
    if not metadata:
        return
    draft.success = metadata.get("success") is not False
    if draft.user_agent is None and isinstance(agent := metadata.get("user_agent"), str):
        draft.user_agent = agent
    draft.metadata = metadata_bytes(draft.raw, metadata, "event_metadata")


def correct_time(draft: Draft, sender: Sender) -> None:
    """The time it happened by our clock; neither before 2000 nor more than 24 hours ahead."""
    skew = sender.skew(draft.sent_at) if draft.original is None else timedelta(0)
    draft.at = check_stored_time(draft.event.timestamp, sender, skew)


def set_id(draft: Draft, sender: Sender) -> None:
    """The id never changes with the corrected time, so that a retry is recognised."""
    given = draft.event.event_id
    if not given:
        draft.event_id = new_id(sender.received_at)
        return
    stated = draft.original or draft.event.timestamp
    try:
        draft.event_id = own_id(given, None if stated is None else utc(stated))
    except OverflowError:
        draft.event_id = own_id(given, None)


def read_device(draft: Draft, sender: Sender) -> None:
    """Device and browser where the sender names none, and whether it is a bot."""
    user_agent = draft.user_agent or sender.user_agent
    if not user_agent:
        return
    agent = read_agent(user_agent)
    draft.is_bot = agent.is_bot
    draft.event.device_type = draft.event.device_type or agent.device_type
    draft.event.browser = draft.event.browser or agent.browser


def set_impact(draft: Draft, sender: Sender) -> None:
    """The default impact, where the sender gives none."""
    event = draft.event
    if event.business_impact is None:
        event.business_impact = sender.plan.impact_of(
            event.event_type, event.tool_id, event.tool_section, success=draft.success
        )


#: What every event passes, whichever dialect it came in.
COMMON_STEPS: tuple[Step, ...] = (
    check_text,
    check_owner,
    check_metadata,
    correct_time,
    set_id,
    read_device,
    set_impact,
)
EVENT_STEPS: tuple[Step, ...] = (check_size, decode_event, *COMMON_STEPS)


def check_stored_text(raw: bytes, decoded: object) -> None:
    """Refuses the character NUL, wherever in the event it stands."""
    # Only worth a closer look where the escape is there at all; "\\\\u0000" is harmless text.
    if b"\\u0000" in raw and b"\\u0000" in _encode(decoded).replace(b"\\\\", b""):
        raise RejectedEvent("invalid_unicode", "A text contains the character NUL (\\u0000). Remove it.")


def metadata_bytes(raw: bytes, metadata: dict[str, object], field: str) -> msgspec.Raw:
    """Metadata as JSON that PostgreSQL takes: of bounded depth, without numbers it has no room for."""
    # Counting brackets is quick and never too low, so most events need no closer look.
    if raw.count(b"{") + raw.count(b"[") > MAX_METADATA_DEPTH and _depth(metadata) > MAX_METADATA_DEPTH:
        raise RejectedEvent("too_deep", f"{field} is nested more than {MAX_METADATA_DEPTH} deep.", field)
    try:
        return msgspec.Raw(_encode(metadata))
    except (ValueError, TypeError, RecursionError) as error:
        raise RejectedEvent("invalid_value", f"{field} cannot be stored: {error}.", field) from error


def check_stored_time(stated: datetime | None, sender: Sender, skew: timedelta) -> datetime:
    """The time it happened by our clock; refuses what is before 2000 or more than 24 hours ahead."""
    if stated is None:
        return sender.received_at
    try:
        at = utc(stated) + skew
    except OverflowError:
        raise RejectedEvent("invalid_value", "The timestamp is outside of what a calendar has.", "timestamp") from None
    if at.year < EARLIEST_YEAR:
        raise RejectedEvent("time_too_old", f"{at.isoformat()} is before {EARLIEST_YEAR}. Check the unit.", "timestamp")
    if at > sender.received_at + _AHEAD:
        message = f"{at.isoformat()} is more than 24 hours ahead. Check the clock, or send sent_at."
        raise RejectedEvent("time_too_far_ahead", message, "timestamp")
    return at


def decode_json(raw: bytes, decode: Callable[[bytes], _T]) -> _T:
    """Decodes one event; whatever is wrong with it becomes a RejectedEvent that names the field."""
    try:
        return decode(raw)
    except msgspec.ValidationError as error:
        raise _rejection(str(error)) from None
    except RecursionError:
        raise RejectedEvent("too_deep", f"The event is nested more than {MAX_METADATA_DEPTH} deep.") from None
    except UnicodeDecodeError:
        raise RejectedEvent("invalid_unicode", "The event is not valid UTF-8.") from None
    except ValueError as error:  # msgspec.DecodeError is one; so is an integer of thousands of digits
        code: RejectCode = "invalid_unicode" if b"\\ud" in raw.lower() else "invalid_json"
        raise RejectedEvent(code, f"The event is not valid JSON: {error}.") from None


def _rejection(text: str) -> RejectedEvent:
    """msgspec's message, such as "Expected `str`, got `int` - at `$.customer_id`", in our words."""
    message, _, where = text.rpartition(" - at ") if " - at " in text else (text, "", "")
    # msgspec quotes what was sent, however long.
    message = message if len(message) <= _LONGEST_MESSAGE else message[:_LONGEST_MESSAGE] + "..."
    field = where.rpartition("$")[2].strip("`.") or None
    if message.startswith("Object missing required field"):
        field = ".".join(part for part in (field, message.rpartition("field `")[2].rstrip("`")) if part)
        return RejectedEvent("missing_field", f"{field} is missing.", field)
    if message.startswith("Invalid enum value"):
        code: RejectCode = "unknown_event_type" if field == "event_type" else "invalid_value"
    elif "length <=" in message:
        code = "too_long"
    elif message.startswith("Expected `"):
        code = "invalid_value" if any(sign in message for sign in ("<=", ">=", "<", ">")) else "invalid_type"
    else:
        code = "invalid_value"
    return RejectedEvent(code, f"{message}.", field)


def utc(at: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is taken as UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _depth(value: object) -> int:
    """How deep lists and objects are nested, found without recursion."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        here, level = waiting.pop()
        deepest = max(deepest, level)
        if isinstance(here, dict):
            waiting += [(inner, level + 1) for inner in here.values() if isinstance(inner, (dict, list))]
        elif isinstance(here, list):
            waiting += [(inner, level + 1) for inner in here if isinstance(inner, (dict, list))]
    return deepest
