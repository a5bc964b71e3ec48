"""From JSON, or from values read elsewhere, to typed fields; what is wrong becomes a RejectedEvent with its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from milepost.ingest.events import IncomingEvent, RejectedEvent
from milepost.vocabulary import (
    ACTION_ROLES,
    ACTOR_TYPES,
    DEVICE_TYPES,
    EVENT_TYPES,
    IMPACTS,
    MAX_METADATA_DEPTH,
    RejectCode,
)

#: The fields that take one of a few words, whatever the plan.
FIXED_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "event_type": EVENT_TYPES,
    "actor_type": ACTOR_TYPES,
    "business_impact": IMPACTS,
    "device_type": DEVICE_TYPES,
    "role": ACTION_ROLES,
}
_LONGEST_MESSAGE = 200
_T = TypeVar("_T")


def decode_json(raw: bytes, decode: Callable[[bytes], _T]) -> _T:
    """Decodes one event; whatever is wrong with it becomes a RejectedEvent that names the field."""
    try:
        return decode(raw)
    except msgspec.ValidationError as error:
        raise _rejection(str(error)) from None
    except RecursionError:
        raise RejectedEvent("too_deep", f"The event is nested more than {MAX_METADATA_DEPTH} levels deep.") from None
    except UnicodeDecodeError:
        raise RejectedEvent("invalid_unicode", "The event is not valid UTF-8.") from None
    except ValueError as error:  # msgspec.DecodeError is one; so is an integer of thousands of digits
        code: RejectCode = "invalid_unicode" if b"\\ud" in raw.lower() else "invalid_json"
        raise RejectedEvent(code, f"The event is not valid JSON: {error}.") from None


def event_of(fields: Mapping[str, object]) -> IncomingEvent:
    """The event of these fields, checked as JSON is. Raises RejectedEvent."""
    try:
        return msgspec.convert(fields, IncomingEvent)
    except msgspec.ValidationError as error:
        raise _rejection(str(error)) from None
    except RecursionError:
        raise RejectedEvent("too_deep", f"The event is nested more than {MAX_METADATA_DEPTH} levels deep.") from None


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
        if words := FIXED_WORDS.get(field or ""):
            message += f". Use one of {', '.join(words)}"
    elif "length <=" in message:
        code = "too_long"
    elif message.startswith("Expected `"):
        code = "invalid_value" if any(sign in message for sign in ("<=", ">=", "<", ">")) else "invalid_type"
    else:
        code = "invalid_value"
    return RejectedEvent(code, f"{message}.", field)
