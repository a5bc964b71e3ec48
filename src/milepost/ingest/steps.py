"""The steps an event passes on its way in. Each does one thing, and raises RejectedEvent to refuse."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from milepost.ingest.agents import read_agent
from milepost.ingest.checks import check_stored_text, check_stored_time, metadata_bytes, utc
from milepost.ingest.decode import decode_json, event_of
from milepost.ingest.draft import Draft, PipelineStep, Sender
from milepost.ingest.events import IncomingEvent, RejectedEvent
from milepost.ingest.identity import check_identity
from milepost.ingest.ids import new_id, own_id
from milepost.ingest.names import read_name
from milepost.vocabulary import MAX_EVENT_BYTES

#: An event whose metadata and addresses are shorter than this is no larger than an event may be.
_SURELY_SMALL = MAX_EVENT_BYTES // 2
#: Bytes of one character in JSON, such as \u001f.
_LONGEST_ESCAPE = 6


_decode = msgspec.json.Decoder(IncomingEvent).decode
_encode = msgspec.json.Encoder().encode


def check_size(draft: Draft, sender: Sender) -> None:  # noqa: ARG001 -- every step has the same shape
    """An event of more than 32 KB is refused."""
    _check_bytes(len(draft.raw))


def decode_event(draft: Draft, sender: Sender) -> None:  # noqa: ARG001
    """JSON into a typed event."""
    draft.event = decode_json(draft.raw, _decode)


def convert_fields(draft: Draft, sender: Sender) -> None:  # noqa: ARG001
    """Fields into a typed event. Texts have no NUL: who reads a file can say better where one is."""
    draft.event = event_of(draft.fields)


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


def check_growth_stage(draft: Draft, sender: Sender) -> None:
    """The growth stage is one of the plan's."""
    if (stage := draft.event.growth_stage) and stage not in (known := sender.plan.stage_names()):
        raise RejectedEvent("invalid_value", f"growth_stage is {stage[:50]!r}. {stages_taken(known)}", "growth_stage")


def check_metadata(draft: Draft, sender: Sender) -> None:  # noqa: ARG001
    """Metadata is an object of bounded depth; a failed generation says so in its `success`."""
    metadata = draft.event.event_metadata if draft.event.event_metadata is not None else draft.event.metadata
    if not metadata:
        return
    draft.success = metadata.get("success") is not False
    if draft.user_agent is None and isinstance(agent := metadata.get("user_agent"), str):
        draft.user_agent = agent
    draft.metadata = metadata_bytes(metadata, "event_metadata")


def correct_time(draft: Draft, sender: Sender) -> None:
    """The time it happened by our clock; neither before 2000 nor more than 24 hours ahead."""
    skew = sender.skew(draft.sent_at) if draft.original is None else timedelta(0)
    draft.at = check_stored_time(draft.event.timestamp, sender.received_at, skew)


def set_id(draft: Draft, sender: Sender) -> None:
    """The id never changes with the corrected time, so that a retry is recognised. A file's row has its own already."""
    if draft.event_id:
        return
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
            event.event_type or "", event.tool_id, event.tool_section, success=draft.success
        )


def check_field_size(draft: Draft, sender: Sender) -> None:  # noqa: ARG001
    """An event whose fields are more than 32 KB as JSON is refused."""
    # Only these can be long, and only few are: most need not be written as JSON to know that they are small.
    event = draft.event
    addresses = len(event.page_url or "") + len(event.referrer or "")
    if len(memoryview(draft.metadata)) + _LONGEST_ESCAPE * addresses > _SURELY_SMALL:
        _check_bytes(len(_encode({key: value for key, value in draft.fields.items() if value is not None})))


#: What every event passes, whichever dialect it came in.
COMMON_STEPS: tuple[PipelineStep, ...] = (
    check_text,
    check_identity,
    check_owner,
    read_name,
    check_growth_stage,
    check_metadata,
    correct_time,
    set_id,
    read_device,
    set_impact,
)
EVENT_STEPS: tuple[PipelineStep, ...] = (check_size, decode_event, *COMMON_STEPS)
#: Events whose fields somebody else has read: rows of an imported file.
FIELD_STEPS: tuple[PipelineStep, ...] = (convert_fields, *COMMON_STEPS, check_field_size)


def stages_taken(stages: Iterable[str]) -> str:
    """What to send as an event's growth stage."""
    if known := ", ".join(stages):
        return f"Use one of the plan's: {known}."
    return "The plan has none: leave it out, or add [[growth_stages]] to the plan."


def _check_bytes(size: int) -> None:
    if size > MAX_EVENT_BYTES:
        raise RejectedEvent("too_large", f"The event has {size} bytes; at most {MAX_EVENT_BYTES} are allowed.")
