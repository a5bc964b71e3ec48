"""Mixpanel's raw event export: `{"event": ..., "properties": {"time": ..., "distinct_id": ..., "$insert_id": ...}}`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from milepost.importing.exports.common import (
    CUSTOMERS,
    Export,
    event_of,
    from_epoch,
    id_of,
    metadata_of,
)
from milepost.ingest.decode import decode_json
from milepost.ingest.draft import Draft
from milepost.ingest.events import RejectedEvent, Tie
from milepost.vocabulary import EventType

#: What its own events are here.
_TYPES: Final[Mapping[str, EventType]] = {
    "$mp_web_page_view": "navigation",
    "$mp_page_leave": "navigation",
    "$mp_click": "content_interaction",
    "$mp_dead_click": "content_interaction",
    "$mp_rage_click": "content_interaction",
    "$mp_input_change": "content_interaction",
    "$mp_scroll": "content_interaction",
    "$mp_submit": "professional_action",
}
_CALLS: Final = {"$identify": "identify", "$create_alias": "alias", "$merge": "alias"}
_LEFT_OUT: Final = frozenset({"$mp_session_record", "$experiment_started"})
_WORDS: Final = {"mp_country_code": "country", "$city": "city", "$region": "region", "$os": "os", "mp_lib": "library"}
_WITHOUT: Final = frozenset({"time", "distinct_id", "token", "alias"})


class _Line(msgspec.Struct):
    event: str
    properties: dict[str, object]


_decode = msgspec.json.Decoder(_Line).decode


class MixpanelReader:
    """Reads one export; it holds which devices are known to be whose."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._names = CUSTOMERS if export.customer_property is None else (export.customer_property,)
        self._devices: set[int] = set()
        self.customers: Counter[str] = Counter()

    def read(self, raw: bytes) -> Draft | None:
        """See LineReader."""
        line = decode_json(raw, _decode)
        properties, name = line.properties, line.event
        if name in _LEFT_OUT:
            return None
        device_id = id_of(properties.get("$device_id"), "properties.$device_id")
        distinct = id_of(properties.get("distinct_id"), "properties.distinct_id")
        user = id_of(properties.get("$user_id") or properties.get("$identified_id"), "properties.$user_id")
        if distinct is not None and distinct.startswith("$device:"):
            device_id = device_id or distinct.removeprefix("$device:")
        elif user is None and distinct != device_id:
            user = distinct
        call, kind = _CALLS.get(name), _TYPES.get(name)
        own = {"call": call} if call else {"event": name} if kind else {}
        event = event_of(
            properties,
            "navigation" if call else kind,
            None if call or kind else name,
            metadata_of(properties, _WORDS, _WITHOUT, own),
        )
        event.timestamp = from_epoch(properties.get("time"), self._export.zone, "properties.time")
        event.event_id = self._id(raw, line, distinct)
        event.user_id, event.anonymous_id = user, device_id
        event.customer_id = self._customer(properties)
        return Draft(raw=raw, event=event, ties=self._ties(name, properties, user, device_id))

    def _id(self, raw: bytes, line: _Line, distinct: str | None) -> str:
        """What Mixpanel itself knows an event again by; without it, the whole line. It is hashed when it is stored."""
        properties = line.properties
        if (insert_id := properties.get("$insert_id")) is None:
            return "mixpanel " + raw.decode("utf-8", "replace").strip()
        before = properties.get("$distinct_id_before_identity") or distinct
        return f"mixpanel {insert_id} {properties.get('time')} {before} {line.event}"

    def _customer(self, properties: Mapping[str, object]) -> str | None:
        for name in self._names:
            if (customer := id_of(properties.get(name), f"properties.{name}")) is not None:
                self.customers[name] += 1
                return customer
        self.customers[""] += 1
        return None

    def _ties(self, name: str, properties: Mapping[str, object], user: str | None, device_id: str | None) -> list[Tie]:
        def given(key: str) -> str | None:
            return id_of(properties.get(key), f"properties.{key}")

        if name == "$identify":
            return merged(given("$anon_id"), given("$identified_id") or user)
        if name == "$create_alias":
            return merged(given("alias"), user or device_id)
        if name == "$merge":
            both = properties.get("$distinct_ids")
            if not isinstance(both, list) or len(both) != 2:
                raise RejectedEvent("missing_field", "A $merge needs two $distinct_ids.", "properties.$distinct_ids")
            return merged(id_of(both[1], "$distinct_ids"), id_of(both[0], "$distinct_ids"))
        # A device is the first user's who was seen on it.
        if user is None or device_id is None or (known := hash(device_id)) in self._devices:
            return []
        self._devices.add(known)
        return [Tie("identify", "anonymous", device_id, user)]


def merged(previous: str | None, user: str | None) -> list[Tie]:
    """Two ids are one user's: what was done by the previous one, whether as nobody known or as a user, follows."""
    if previous is None or user is None or previous == user:
        return []
    return [Tie("alias", "anonymous", previous, user), Tie("alias", "user", previous, user)]
