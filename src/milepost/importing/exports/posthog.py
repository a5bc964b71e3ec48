"""PostHog's events, from a batch export or its API: `{"uuid": ..., "event": ..., "distinct_id": ..., "timestamp": ...,
"properties": {...}}`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from milepost.importing.exports.common import CUSTOMERS, Export, event_of, id_of, metadata_of, traits_of
from milepost.importing.exports.mixpanel import merged
from milepost.ingest.checks import utc
from milepost.ingest.decode import decode_json
from milepost.ingest.draft import Draft
from milepost.ingest.events import RejectedEvent, Tie, Traits
from milepost.vocabulary import EventType

#: What its own events are here.
_TYPES: Final[Mapping[str, EventType]] = {
    "$pageview": "navigation",
    "$pageleave": "navigation",
    "$screen": "navigation",
    "$autocapture": "content_interaction",
    "$rageclick": "content_interaction",
    "$dead_click": "content_interaction",
    "$copy_autocapture": "content_interaction",
}
_CALLS: Final = {
    "$identify": "identify", "$set": "identify", "$groupidentify": "group", "$create_alias": "alias",
    "$merge_dangerously": "alias",
}  # fmt: skip
_LEFT_OUT: Final = frozenset(
    {"$feature_flag_called", "$web_vitals", "$snapshot", "$performance_event", "$$heatmap", "$opt_in"}
)
_WORDS: Final = {
    "$geoip_country_code": "country", "$geoip_city_name": "city", "$os": "os", "$lib": "library", "$el_text": "text",
    "$event_type": "action",
}  # fmt: skip
_WITHOUT: Final = frozenset({"token", "distinct_id", "alias"})
#: Kinds of group that are customers, where `--customer-property` names none: a group may as well be a project.
_GROUPS: Final = ("customer", "company", "organization", "account", "workspace", "tenant", "team")


class _Line(msgspec.Struct):
    event: str
    distinct_id: str | int
    timestamp: str
    uuid: str | None = None
    id: str | None = None
    properties: dict[str, object] | str | None = None


_decode = msgspec.json.Decoder(_Line).decode
_decode_text = msgspec.json.Decoder(dict[str, object]).decode


class PosthogReader:
    """Reads one export; it holds which traits that are set once were set."""

    def __init__(self, export: Export) -> None:
        self._chosen = export.customer_property
        self._once: set[int] = set()
        self.customers: Counter[str] = Counter()

    def read(self, raw: bytes) -> Draft | None:
        """See LineReader."""
        line = decode_json(raw, _decode)
        if line.event in _LEFT_OUT:
            return None
        properties = line.properties or {}
        if isinstance(properties, str):  # as from Parquet and tables
            properties = decode_json(properties.encode("utf-8", "surrogatepass"), _decode_text)
        call, kind = _CALLS.get(line.event), _TYPES.get(line.event)
        if line.event == "$autocapture" and properties.get("$event_type") == "submit":
            kind = "professional_action"
        name = properties.get("$screen_name") if line.event == "$screen" else line.event
        own = {"call": call} if call else {"event": line.event} if kind else {}
        event = event_of(
            properties,
            "navigation" if call else kind,
            str(name) if name and not call and (kind is None or line.event == "$screen") else None,
            metadata_of(properties, _WORDS, _WITHOUT, own),
        )
        event.timestamp = _time(line.timestamp)
        # Its uuid is the event; without one, the whole line. It is hashed when it is stored.
        event.event_id = line.uuid or line.id or "posthog " + raw.decode("utf-8", "replace").strip()
        event.user_id, event.anonymous_id = _who(line, properties)
        customer = event.customer_id = self._customer(properties)
        if line.event == "$pageleave" and isinstance(spent := properties.get("$prev_pageview_duration"), (int, float)):
            event.time_on_page = max(0, min(int(spent * 1000), 10**12))
        return Draft(
            raw=raw,
            event=event,
            user_agent=agent if isinstance(agent := properties.get("$raw_user_agent"), str) else None,
            ties=_ties(line.event, properties, event.user_id, event.anonymous_id, customer),
            traits=self._traits(line.event, properties, event.user_id, customer),
        )

    def _customer(self, properties: Mapping[str, object]) -> str | None:
        groups = _mapping(properties.get("$groups"))
        if (of := properties.get("$group_type")) is not None:
            groups = {str(of): properties.get("$group_key"), **groups}
        names = _GROUPS if self._chosen is None else (self._chosen,)
        found = [(name, groups[name], f"$groups.{name}") for name in names if name in groups]
        found += [(name, properties.get(name), name) for name in (CUSTOMERS if self._chosen is None else names)]
        for name, value, field in found:
            if (customer := id_of(value, f"properties.{field}")) is not None:
                self.customers[name] += 1
                return customer
        self.customers[""] += 1
        return None

    def _traits(
        self, name: str, properties: Mapping[str, object], user: str | None, customer: str | None
    ) -> list[Traits]:
        if name == "$groupidentify":
            named = customer if customer == id_of(properties.get("$group_key"), "properties.$group_key") else None
            return traits_of("customer", named, _mapping(properties.get("$group_set")))
        told = _mapping(properties.get("$set"))
        for key, value in _mapping(properties.get("$set_once")).items():
            if user is not None and (once := hash((user, key))) not in self._once:
                self._once.add(once)
                told = {key: value, **told}
        return traits_of("person", user, told)


def _who(line: _Line, properties: Mapping[str, object]) -> tuple[str | None, str | None]:
    """The user and the anonymous id: PostHog has both in one field."""
    distinct = id_of(line.distinct_id, "distinct_id")
    device_id = id_of(properties.get("$device_id"), "properties.$device_id")
    if (
        line.event == "$groupidentify"
        and distinct == f"${properties.get('$group_type')}_{properties.get('$group_key')}"
    ):
        return None, device_id  # nobody did it: a server told of the group
    if line.event == "$identify":
        return distinct, device_id
    if properties.get("$is_identified") is False or properties.get("$process_person_profile") is False:
        return None, distinct
    return (None, distinct) if distinct == device_id else (distinct, device_id)


def _ties(
    name: str, properties: Mapping[str, object], user: str | None, anonymous: str | None, customer: str | None
) -> list[Tie]:
    if name == "$identify":
        return merged(id_of(properties.get("$anon_distinct_id"), "properties.$anon_distinct_id"), user)
    if name in ("$create_alias", "$merge_dangerously"):
        return merged(id_of(properties.get("alias"), "properties.alias"), user or anonymous)
    if name == "$groupidentify" and customer is not None:
        return [Tie("group", of, who, customer) for of, who in (("user", user), ("anonymous", anonymous)) if who]
    return []


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _time(text: str) -> datetime:
    try:
        return utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        message = f"timestamp is {text[:50]!r}; it takes a time such as 2026-01-31T10:00:00Z."
        raise RejectedEvent("invalid_value", message, "timestamp") from None
