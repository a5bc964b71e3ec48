"""A captured record and its wire form: what the host's thread keeps, what the spooler makes of it."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypedDict

from milepost.vocabulary import (
    MAX_METADATA_DEPTH,
    ActorType,
    DeviceType,
    Impact,
    default_impact,
)

#: What kind of request carries a record: `POST /v1/events` or `POST /v1/batch`.
Kind = Literal[0, 1]
EVENT: Final = 0
IDENTITY: Final = 1

#: (nanoseconds since 1970, event or message id, kind, fields). A tuple: it is made in the host's time.
Record = tuple[int, str, Kind, dict[str, object]]

RANK: Final[dict[object, int]] = {"low": 0, "medium": 1, "high": 2}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: Fields of an event beside its id, type and time, as `POST /v1/events` takes them.
EVENT_FIELDS: Final = frozenset(
    {
        "customer_id", "user_id", "anonymous_id", "session_id", "tool_id", "tool_section", "business_impact",
        "competency_area", "current_arr", "target_arr", "growth_stage", "session_duration", "time_on_page",
        "page_url", "referrer", "device_type", "browser", "retention_days", "identity_signature",
        "event_name", "actor_type",
    }
)  # fmt: skip


class Context(TypedDict, total=False):
    """What every track method takes beside its own arguments. What is not given comes from the tracker."""

    customer_id: str | None
    user_id: str | None
    anonymous_id: str | None
    event_name: str | None  # what your product calls it
    actor_type: ActorType | None  # person (default), service, or an agent that acts for a person
    session_id: str | None  # default: the session the SDK keeps for this customer and user
    business_impact: Impact | None  # default: by the event type
    metadata: Mapping[str, object] | None
    current_arr: str | None
    target_arr: str | None
    growth_stage: str | None
    session_duration: int | None  # milliseconds; default: since the SDK's session started
    time_on_page: int | None  # milliseconds
    page_url: str | None
    referrer: str | None
    device_type: DeviceType | None
    browser: str | None
    retention_days: int | None
    identity_signature: str | None  # milepost.identity_signature of the two ids, for a browser key
    timestamp: datetime | str | None  # when it happened, if that was not now


class EventContext(Context, total=False):
    """`Context` for the methods that do not name the competency themselves."""

    competency_area: str | None


def set_kind(fields: dict[str, object], event_type: str | None, *, success: bool) -> int:
    """Puts in the type and, where no name of the event may have another, the usual impact; answers the rank (0-2) by
    which events are given up. Raises ValueError where there is neither type nor name."""
    name, impact = fields.get("event_name"), fields.get("business_impact")
    usual: object = "medium" if event_type is None else default_impact(event_type, success=success)
    if event_type is None:
        if name is None or name == "":
            raise ValueError('it has no name. Give one, such as "Invoice Sent", or an event_type')
    else:
        fields["event_type"] = event_type
        if name is None and impact is None:
            fields["business_impact"] = usual
    return RANK.get(impact or usual, 0)


def snapshot(value: object, depth: int = 0) -> object:
    """A copy of dicts and lists as they are now: the host may change them before they are encoded."""
    kind = type(value)
    if kind is dict and depth <= MAX_METADATA_DEPTH:
        return {key: snapshot(item, depth + 1) for key, item in value.items()}  # type: ignore[attr-defined]
    if kind is list and depth <= MAX_METADATA_DEPTH:
        return [snapshot(item, depth + 1) for item in value]  # type: ignore[attr-defined]
    return value


def to_ns(when: object) -> int:
    """Nanoseconds since 1970 of a datetime (naive: UTC) or an ISO 8601 text. Raises ValueError."""
    moment = when
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if not isinstance(moment, datetime):
        raise ValueError(f"timestamp is {when!r}; it takes a datetime or an ISO 8601 string")  # noqa: TRY004
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def iso(at_ns: int) -> str:
    """`2026-01-31T09:30:00.123456Z` of nanoseconds since 1970."""
    moment = _EPOCH + timedelta(microseconds=at_ns // 1000)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def encode(record: Record) -> bytes:
    """The record as the JSON object that is sent. Raises ValueError when no JSON can be made of it."""
    at_ns, record_id, kind, fields = record
    wire: dict[str, object]
    if kind == EVENT:
        wire = {"event_id": record_id, "timestamp": iso(at_ns)}
    else:
        wire = {"messageId": record_id, "timestamp": iso(at_ns)}
    wire.update((name, value) for name, value in fields.items() if value is not None)
    return dump(wire)


def dump(wire: object) -> bytes:
    """Compact JSON in UTF-8 of nearly anything: what JSON does not know is turned into text."""
    try:
        text = _JSON.encode(wire)
    except (TypeError, ValueError):
        # NaN, or keys that are not text: rare, so only now is the whole thing walked.
        text = _JSON.encode(_clean(wire, 0))
    return text.encode("utf-8", "replace")  # a lone surrogate has no UTF-8 form


def _plain(value: object) -> object:
    """Called by json for a value it does not know."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)


def _clean(value: object, depth: int) -> object:
    if depth > 10 * MAX_METADATA_DEPTH:
        raise ValueError("the metadata is nested too deeply, or contains itself")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item, depth + 1) for item in value]
    return _clean(_plain(value), depth + 1)
