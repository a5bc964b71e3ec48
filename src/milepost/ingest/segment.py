"""The Segment dialect: its six calls in our words.

`track`, `page` and `screen` keep their names (docs/segment.md), the latter two are navigation; `identify`,
`group` and `alias` tie identities and are kept as navigation events without points, so that retries of them are
recognised like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from milepost.ingest.checks import stored_address, utc
from milepost.ingest.decode import decode_json
from milepost.ingest.draft import Draft, PipelineStep, Sender
from milepost.ingest.events import Held, IncomingEvent, RejectedEvent, Tie, Traits
from milepost.ingest.steps import COMMON_STEPS, check_size
from milepost.traits.values import Kind, read
from milepost.vocabulary import (
    ACTOR_TYPES,
    DEVICE_TYPES,
    IMPACTS,
    MAX_ID_LENGTH,
    MAX_URL_LENGTH,
    MAX_WORD_LENGTH,
)

_T = TypeVar("_T", bound=str)

#: Segment's calls, and the single letters that analytics.js posts them to.
CALLS = {"track": "track", "identify": "identify", "page": "page", "screen": "screen", "group": "group"}
CALLS |= {"alias": "alias", "t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias"}

_message = msgspec.json.Decoder(dict[str, object]).decode


def translate(draft: Draft, sender: Sender) -> None:
    """One Segment message into an event, its ties and its traits."""
    message = decode_json(draft.raw, _message)
    call = message.get("type")
    if not isinstance(call, str) or call not in CALLS:
        known = "track, identify, page, screen, group, alias"
        raise RejectedEvent("invalid_value", f"type is {str(call)[:50]!r}; it takes one of {known}.", "type")
    context = {**(sender.context or {}), **_object(message, "context")}
    properties = _object(message, "properties")
    traits = _object(message, "traits") or (_mapping(context.get("traits")) if call in ("identify", "group") else {})
    page = _mapping(context.get("page"))
    user, anonymous = _id(message, "userId"), _id(message, "anonymousId")
    customer = _id(message, "groupId") or _id(context, "groupId") or _id(properties, "customer_id")

    stated, original = _stated_time(message, "timestamp"), _stated_time(message, "originalTimestamp")
    # With both, `timestamp` is right as it is: a replay's was corrected, Rudder's was set by hand.
    draft.original = original if stated is not None else None
    draft.sent_at = _time(message.get("sentAt"))
    # The sender knows its own address only where addresses are kept at all.
    draft.ip_address = stored_address(context.get("ip")) if sender.ip_address else None
    draft.user_agent = _text(context.get("userAgent"))
    draft.event = IncomingEvent(
        event_id=_id(message, "messageId"),
        event_type=None if CALLS[call] == "track" else "navigation",
        event_name=_name(call, message),
        actor_type=_one_of(ACTOR_TYPES, properties.get("actor_type")),
        timestamp=stated or original,
        customer_id=customer,
        user_id=user,
        anonymous_id=anonymous,
        session_id=_id(properties, "session_id") or _id(context, "sessionId"),
        tool_id=_word(properties, "tool_id"),
        tool_section=_word(properties, "tool_section"),
        business_impact=_one_of(IMPACTS, properties.get("business_impact")),
        competency_area=_word(properties, "competency_area"),
        current_arr=_word(properties, "current_arr") or _word(traits, "current_arr"),
        target_arr=_word(properties, "target_arr") or _word(traits, "target_arr"),
        growth_stage=_one_of(sender.plan.stage_names(), properties.get("growth_stage") or traits.get("growth_stage")),
        event_metadata=_metadata(call, message, properties, traits, context),
        page_url=_cut(properties.get("url") or page.get("url")),
        referrer=_cut(properties.get("referrer") or page.get("referrer")),
        device_type=_one_of(DEVICE_TYPES, _mapping(context.get("device")).get("type")),
        identity_signature=_word(context, "identity_signature"),
    )
    draft.ties = _ties(call, message, user, anonymous, customer)
    draft.traits, draft.held = _traits(call, user, customer, traits)


SEGMENT_STEPS: tuple[PipelineStep, ...] = (check_size, translate, *COMMON_STEPS)


def parse_time(text: str) -> datetime | None:
    """An ISO 8601 time, or None."""
    try:
        return utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _stated_time(message: Mapping[str, object], field: str) -> datetime | None:
    """A time by the sender's clock; one in any other form is refused, not replaced by now."""
    stated = message.get(field)
    if stated is None or stated == "":
        return None
    takes = "it takes a time such as 2026-01-31T10:00:00Z"
    if not isinstance(stated, str):
        raise RejectedEvent("invalid_type", f"{field} must be a string; {takes}.", field)
    try:
        return datetime.fromisoformat(stated)
    except ValueError:
        raise RejectedEvent("invalid_value", f"{field} is {stated[:50]!r}; {takes}.", field) from None


def _time(value: object) -> datetime | None:
    return parse_time(value) if isinstance(value, str) else None


def _name(call: str, message: Mapping[str, object]) -> str | None:
    """What a track call, a page or a screen is called. Raises RejectedEvent for a track call without a name."""
    kind = CALLS[call]
    if kind in ("page", "screen"):
        return _word(message, "name")
    if kind != "track":
        return None
    if (name := _word(message, "event")) is None or not name.strip():
        raise RejectedEvent("missing_field", "A track call needs its name in event.", "event")
    return name


def _metadata(
    call: str,
    message: Mapping[str, object],
    properties: Mapping[str, object],
    traits: Mapping[str, object],
    context: Mapping[str, object],
) -> dict[str, object]:
    """Everything the sender said that has no column, under the names it used. What the call says of itself goes before
    properties of that name, which are kept under `properties`."""
    kind = CALLS[call]
    if kind == "track":
        own: dict[str, object] = {"event": message.get("event")}
    else:
        own = {key: message[key] for key in ("name", "category", "previousId") if message.get(key) is not None}
        own["call"] = kind
        if traits:
            own["traits"] = dict(traits)
    said = {**_circumstances(context), **properties, **own}
    if shadowed := {key: value for key, value in properties.items() if said[key] != value}:
        said.setdefault("properties", shadowed)
    return said


def _circumstances(context: Mapping[str, object]) -> dict[str, object]:
    """What the context says of campaign, language and app, in words of one level, so that questions can filter by them:
    `utm_source`, `utm_campaign`, `locale`, `app_version`."""
    said: dict[str, object] = {}
    for key, value in _mapping(context.get("campaign")).items():
        said["utm_campaign" if key == "name" else f"utm_{key}"] = value
    for key, value in _mapping(context.get("app")).items():
        said[f"app_{key}"] = value
    if isinstance(locale := context.get("locale"), str):
        said["locale"] = locale
    return said


def _ties(
    call: str, message: Mapping[str, object], user: str | None, anonymous: str | None, customer: str | None
) -> list[Tie]:
    kind = CALLS[call]
    if kind == "identify" and user and anonymous:
        return [Tie("identify", "anonymous", anonymous, user)]
    if kind == "group":
        if customer is None:
            raise RejectedEvent("missing_field", "A group call needs groupId.", "groupId")
        return [
            Tie("group", of, member, customer) for of, member in (("user", user), ("anonymous", anonymous)) if member
        ]
    if kind == "alias":
        previous = _id(message, "previousId") or anonymous
        if user is None or previous is None:
            raise RejectedEvent("missing_field", "An alias call needs userId and previousId.", "previousId")
        # The previous id may have been an anonymous one or a user's: both follow.
        return [Tie("alias", "anonymous", previous, user), Tie("alias", "user", previous, user)]
    return []


def _traits(
    call: str, user: str | None, customer: str | None, traits: Mapping[str, object]
) -> tuple[list[Traits], list[Held]]:
    owner: dict[str, tuple[Kind, str | None]] = {"identify": ("person", user), "group": ("customer", customer)}
    kind, whose = owner.get(CALLS[call], ("person", None))
    if not traits or whose is None:
        return [], []
    told, faults = read(traits)
    held = [Held("trait_not_kept", f"traits.{fault.name}", fault.message) for fault in faults]
    return [Traits(kind, whose, tuple(told))] if told else [], held


def _object(message: Mapping[str, object], key: str) -> dict[str, object]:
    value = message.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RejectedEvent("invalid_type", f"{key} must be an object.", key)
    return value


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _id(message: Mapping[str, object], key: str) -> str | None:
    """An id as text; numbers are taken too, as several SDKs send them."""
    value = message.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise RejectedEvent("invalid_type", f"{key} must be a string.", key)
    if isinstance(value, int) and abs(value) >= 10**30:
        raise RejectedEvent("too_long", f"{key} is a number with too many digits. Send it as a string.", key)
    if len(text := str(value)) > MAX_ID_LENGTH:
        raise RejectedEvent("too_long", f"{key} has {len(text)} characters; at most {MAX_ID_LENGTH} are allowed.", key)
    return text


def _word(values: Mapping[str, object], key: str) -> str | None:
    value = values.get(key)
    return value[:MAX_WORD_LENGTH] if isinstance(value, str) and value else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _cut(value: object) -> str | None:
    """A URL, cut to what fits: a foreign page's address is no reason to refuse its event."""
    return value[:MAX_URL_LENGTH] if isinstance(value, str) and value else None


def _one_of(words: Iterable[_T], value: object) -> _T | None:
    return next((word for word in words if word == value), None)
