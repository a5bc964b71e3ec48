"""Offline actions on their way in: plain, or as CloudEvents (single, batch, and with headers)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta

from milepost.ingest.checks import check_stored_text, check_stored_time, metadata_bytes, utc
from milepost.ingest.decode import decode_json
from milepost.ingest.draft import Sender
from milepost.ingest.events import Id, JsonObject, RejectedEvent, Rejection, Word
from milepost.ingest.ids import new_id, own_id
from milepost.vocabulary import MAX_EVENT_BYTES, MAX_ID_LENGTH, MAX_TEXT_LENGTH, MAX_WORD_LENGTH, ActionRole, Impact

_Text = Annotated[str, Meta(max_length=MAX_TEXT_LENGTH)]


class IncomingAction(msgspec.Struct, kw_only=True):
    """One offline action as `POST /v1/actions` takes it."""

    customer_id: Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]
    action_type: Annotated[str, Meta(min_length=1, max_length=MAX_WORD_LENGTH)]
    action_id: Id | None = None
    timestamp: datetime | None = None
    user_id: Id | None = None
    role: ActionRole = "intervention"
    description: _Text | None = None
    competency_area: Word | None = None
    business_impact: Impact = "medium"
    value: Annotated[float, Meta(ge=-1e15, le=1e15)] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    action_metadata: JsonObject | None = None
    metadata: JsonObject | None = None
    source: Word | None = None
    private: bool = False


class ActionRow(msgspec.Struct, kw_only=True):
    """The columns of customer_actions, checked and complete."""

    action_id: str
    customer_id: str
    user_id: str | None
    action_type: str
    role: str
    description: str | None
    competency_area: str | None
    business_impact: str
    value: float | None
    currency: str | None
    action_metadata: msgspec.Raw | None
    source: str | None
    timestamp: datetime
    private: bool


class AcceptedActions(msgspec.Struct):
    """Actions to store with their places in the batch, and refusals to answer with."""

    rows: list[ActionRow]
    places: list[int]
    rejected: list[Rejection]


_decode = msgspec.json.Decoder(IncomingAction).decode
_object = msgspec.json.Decoder(dict[str, object]).decode
#: How the version of a type is written, behind it: ".v2", ".2", ".v1.0".
_VERSION = re.compile(r"(?:\.v?\d+)+\Z")
#: CloudEvents attributes that say what our fields say; the rest of the envelope goes to the metadata.
_ENVELOPE = ("specversion", "id", "source", "type", "subject", "time", "data", "datacontenttype", "data_base64")


def accept_actions(items: list[bytes], sender: Sender) -> AcceptedActions:
    """Checks each action; one that is refused costs no other."""
    accepted = AcceptedActions([], [], [])
    for place, raw in enumerate(items):
        try:
            accepted.rows.append(_accept(raw, sender))
            accepted.places.append(place)
        except RejectedEvent as reason:
            accepted.rejected.append(Rejection(place, None, reason.code, reason.field, reason.message))
    return accepted


def _accept(raw: bytes, sender: Sender) -> ActionRow:
    if len(raw) > MAX_EVENT_BYTES:
        raise RejectedEvent("too_large", f"The action has {len(raw)} bytes; at most {MAX_EVENT_BYTES} are allowed.")
    if b'"specversion"' in raw:
        raw = _from_cloud_event(decode_json(raw, _object))
    action = decode_json(raw, _decode)
    check_stored_text(raw, action)
    stated = action.timestamp
    at = check_stored_time(stated, sender.received_at, sender.skew())
    metadata = action.action_metadata if action.action_metadata is not None else action.metadata
    return ActionRow(
        action_id=own_id(action.action_id, None if stated is None else utc(stated))
        if action.action_id
        else new_id(sender.received_at),
        customer_id=action.customer_id,
        user_id=action.user_id or None,
        action_type=action.action_type,
        role=action.role,
        description=action.description or None,
        competency_area=action.competency_area or None,
        business_impact=action.business_impact,
        value=action.value,
        currency=action.currency,
        action_metadata=metadata_bytes(metadata, "action_metadata") if metadata else None,
        source=action.source or None,
        timestamp=at,
        private=action.private,
    )


def _decoded(encoded: object) -> object:
    """The JSON that an envelope brings as `data_base64`."""
    try:
        return msgspec.json.decode(base64.b64decode(encoded if isinstance(encoded, str) else "", validate=True))
    except (ValueError, RecursionError):
        message = "data_base64 must be base64 of a JSON object with the action's fields."
        raise RejectedEvent("invalid_value", message, "data_base64") from None


def _from_cloud_event(event: Mapping[str, object]) -> bytes:
    """The envelope of CloudEvents 1.0 in our words: subject is the customer, type the action, id with source the id."""
    if event.get("specversion") != "1.0":
        raise RejectedEvent(
            "invalid_value", "specversion must be 1.0, the only CloudEvents version accepted.", "specversion"
        )
    for needed in ("id", "source", "type"):
        if not isinstance(event.get(needed), str) or not event[needed]:
            raise RejectedEvent("missing_field", f"A CloudEvent needs {needed}.", needed)
    data = event.get("data")
    if data is None and (encoded := event.get("data_base64")) is not None:
        data = _decoded(encoded)
    if data is not None and not isinstance(data, dict):
        raise RejectedEvent("invalid_type", "data must be a JSON object with the action's fields.", "data")
    action: dict[str, object] = dict(data or {})
    if event.get("subject"):
        action.setdefault("customer_id", event["subject"])
    if "customer_id" not in action:
        raise RejectedEvent("missing_field", "Name the customer in subject, or in data.customer_id.", "subject")
    # A type such as com.example.crm.workshop means the last word; data.action_type says it outright.
    # A version behind it (com.example.crm.workshop.v2) is none of it.
    words = _VERSION.sub("", str(event["type"])).rpartition(".")[2]
    action.setdefault("action_type", words or event["type"])
    # The two together are what is unique; hashed, as they may be longer than an id may be.
    action["action_id"] = sha256(f"{event['source']}\n{event['id']}".encode("utf-8", "surrogatepass")).hexdigest()
    action.setdefault("source", str(event["source"])[:MAX_WORD_LENGTH])
    if event.get("time"):
        action.setdefault("timestamp", event["time"])
    extra = {key: value for key, value in event.items() if key not in _ENVELOPE}
    if extra and isinstance(metadata := action.get("action_metadata", action.pop("metadata", None) or {}), dict):
        action["action_metadata"] = {**metadata, "cloudevent": extra}
    return msgspec.json.encode(action)
