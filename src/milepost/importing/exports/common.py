"""What the readers of exports share: ids, words and times as other tools write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

import msgspec

from milepost.ingest.draft import Draft, Sender
from milepost.ingest.events import IncomingEvent, RejectedEvent, Traits
from milepost.traits.values import Kind, read
from milepost.vocabulary import (
    ACTOR_TYPES,
    IMPACTS,
    MAX_EVENT_BYTES,
    MAX_ID_LENGTH,
    MAX_URL_LENGTH,
    MAX_WORD_LENGTH,
    DeviceType,
    EventType,
)

Tool = Literal["mixpanel", "posthog"]

#: Properties that name the customer, where `--customer-property` does not say which does.
CUSTOMERS: Final = (
    "customer_id", "company_id", "organization_id", "org_id", "account_id", "workspace_id", "team_id", "tenant_id",
)  # fmt: skip
_DEVICES: Final[Mapping[str, DeviceType]] = {
    "desktop": "desktop", "mobile": "mobile", "tablet": "tablet", "ios": "mobile", "android": "mobile",
    "ipad": "tablet", "iphone": "mobile", "windows": "desktop", "mac os x": "desktop", "macos": "desktop",
    "linux": "desktop", "chrome os": "desktop",
}  # fmt: skip
_MOST_SECONDS = 1e11  # as seconds it is the year 5138, as milliseconds 1973


class Export(msgspec.Struct, frozen=True):
    """An export. `customer_property`: the group or property that names the customer. `zone`: of Mixpanel's times."""

    source: Tool
    customer_property: str | None = None
    zone: str = "UTC"


class LineReader(Protocol):
    """Turns lines of an export into drafts, in their order; `customers` counts by what their customers were named."""

    customers: Counter[str]

    def read(self, raw: bytes) -> Draft | None:
        """The event of a line, or None where it is no interaction. Raises RejectedEvent."""


def id_of(value: object, field: str) -> str | None:
    """An id as text, of a list its first one; None where there is none. Raises RejectedEvent."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    if len(text := str(value).strip()) > MAX_ID_LENGTH:
        raise RejectedEvent("too_long", f"{field} has {len(text)} characters; at most {MAX_ID_LENGTH} fit.", field)
    return text or None


def word(value: object) -> str | None:
    """A short text, cut to what fits."""
    return value[:MAX_WORD_LENGTH] if isinstance(value, str) and value else None


def address(value: object) -> str | None:
    """A page's address, cut to what fits; `$direct` is how both tools say that there is none."""
    return value[:MAX_URL_LENGTH] if isinstance(value, str) and value not in ("", "$direct") else None


def device(*values: object) -> DeviceType | None:
    """What the first of these that is known says: a kind of device, or a system."""
    found = (_DEVICES.get(value.lower()) for value in values if isinstance(value, str))
    return next((kind for kind in found if kind is not None), None)


def from_epoch(value: object, zone: str, field: str) -> datetime:
    """The time of seconds or milliseconds since 1970, counted by the clock of `zone`. Raises RejectedEvent."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RejectedEvent("invalid_type", f"{field} is {value!r:.60}; it takes seconds since 1970.", field)
    try:
        at = datetime.fromtimestamp(value if abs(value) < _MOST_SECONDS else value / 1000, UTC)
        return at if zone == "UTC" else at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise RejectedEvent("invalid_value", f"{field} is {value}; it is outside of the calendar.", field) from None


def traits_of(kind: Kind, whose: str | None, told: Mapping[str, object]) -> list[Traits]:
    """Traits as they can be kept, without the tool's own (`$initial_referrer`)."""
    own = {name: value for name, value in told.items() if not name.startswith("$")}
    kept = tuple(read(own)[0]) if own and whose is not None else ()
    return [Traits(kind, whose, kept)] if kept and whose is not None else []


def event_of(
    properties: Mapping[str, object], event_type: EventType | None, name: str | None, metadata: dict[str, object]
) -> IncomingEvent:
    """The event of a line, but for who did it and when. A name that says nothing is none."""
    return IncomingEvent(
        event_type=event_type,
        event_name=word(name),
        actor_type=next((known for known in ACTOR_TYPES if known == properties.get("actor_type")), None),
        business_impact=next((known for known in IMPACTS if known == properties.get("business_impact")), None),
        session_id=id_of(properties.get("$session_id") or properties.get("session_id"), "$session_id"),
        tool_id=word(properties.get("tool_id")),
        tool_section=word(properties.get("tool_section")),
        competency_area=word(properties.get("competency_area")),
        page_url=address(properties.get("$current_url") or properties.get("current_url")),
        referrer=address(properties.get("$referrer")),
        device_type=device(properties.get("$device_type"), properties.get("$device"), properties.get("$os")),
        browser=word(properties.get("$browser")),
        event_metadata=metadata,
    )


def metadata_of(
    properties: Mapping[str, object], words: Mapping[str, str], without: frozenset[str], own: Mapping[str, object]
) -> dict[str, object]:
    """The properties that people sent, those of the tool's own that `words` gives a name, and what is said here."""
    said: dict[str, object] = {ours: properties[theirs] for theirs, ours in words.items() if theirs in properties}
    said.update(
        (name, value) for name, value in properties.items() if not name.startswith(("$", "mp_")) and name not in without
    )
    return said | dict(own)


def check_metadata_size(draft: Draft, sender: Sender) -> None:  # noqa: ARG001 -- a step of ingest
    """An event of more than 32 KB is refused; what of an export is not kept does not count."""
    if (size := len(memoryview(draft.metadata))) > MAX_EVENT_BYTES:
        raise RejectedEvent("too_large", f"The properties have {size} bytes; at most {MAX_EVENT_BYTES} are kept.")
