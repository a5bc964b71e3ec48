"""`track_behavior(action_type, payload)`: which of the ten event types an action is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from milepost.client.capture import EVENT_FIELDS
from milepost.vocabulary import EVENT_TYPES, EventType

_BY_NAME: Final[dict[str, EventType]] = {name: name for name in EVENT_TYPES}

#: Everyday words for the event types.
WORDS: Final[dict[str, EventType]] = {
    "tool_enter": "tool_usage",
    "tool_exit": "tool_usage",
    "use_tool": "tool_usage",
    "export": "export_action",
    "download": "export_action",
    "milestone": "competency_milestone",
    "level_up": "competency_milestone",
    "achievement": "competency_milestone",
    "arr_update": "scaling_metric",
    "metric": "scaling_metric",
    "form": "professional_action",
    "form_submit": "professional_action",
    "submit": "professional_action",
    "navigate": "navigation",
    "page": "navigation",
    "page_view": "navigation",
    "pageview": "navigation",
    "tab_change": "navigation",
    "button_click": "content_interaction",
    "click": "content_interaction",
    "expand": "content_interaction",
    "read": "content_interaction",
    "scroll": "content_interaction",
    "generate": "resource_generation",
    "generation": "resource_generation",
    "share": "resource_share",
    "progress": "systematic_progression",
    "progression": "systematic_progression",
}

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAP = re.compile(r"[\s\-.]+")


def snake(word: str) -> str:
    """`toolId`, `tool-id`, `Tool ID` -> `tool_id`; `currentARR` -> `current_arr`."""
    return _GAP.sub("_", _HUMP.sub("_", word.strip())).lower()


def route(action_type: str) -> tuple[EventType, bool]:
    """The event type of an action, and whether the word was known."""
    word = snake(action_type)
    found = _BY_NAME.get(word) or WORDS.get(word)
    return (found, True) if found else ("professional_action", False)


def split_payload(payload: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """A payload with camelCase or snake_case keys as (event fields, metadata).

    `metadata` and `eventMetadata` are merged into the metadata; keys that are no field of an event
    go there too, under their snake_case name. `timestamp` counts as a field.
    """
    fields: dict[str, object] = {}
    metadata: dict[str, object] = {}
    for key, value in payload.items():
        name = snake(key)
        if name in EVENT_FIELDS or name == "timestamp":
            fields[name] = value
        elif name in ("metadata", "event_metadata"):
            if isinstance(value, Mapping):
                metadata.update(value)
            elif value is not None:
                metadata["metadata"] = value
        else:
            metadata[name] = value
    return fields, metadata
