"""What an event is called, and which of its columns that name fills in, as its sender left them out."""

from __future__ import annotations

from typing import Final

from milepost.ingest.draft import Draft, Sender
from milepost.ingest.events import RejectedEvent

#: The bits of behavior_events.filled.
_TYPE, _TOOL, _COMPETENCY, _IMPACT = 1, 2, 4, 8
_UNNAMED: Final = "content_interaction"


def read_name(draft: Draft, sender: Sender) -> None:
    """An event has a type, or a name that says what it is; what a name means is looked up as the event is stored."""
    event = draft.event
    name = event.event_name = (event.event_name or "").strip() or None
    if name is None:
        if event.event_type is None:
            message = "event_type is missing. Give it, or what the event is called as event_name."
            raise RejectedEvent("missing_field", message, "event_type")
        return
    draft.filled = (
        (_TYPE if event.event_type is None else 0)
        | (0 if event.tool_id else _TOOL)
        | (0 if event.competency_area else _COMPETENCY)
        | (0 if event.business_impact else _IMPACT)
    )
    if draft.filled:
        draft.rule = sender.plan.name_means(name)
    if event.event_type is None:
        # The usual, where the name means nothing; milepost.filled_in has the last word.
        event.event_type = (draft.rule and draft.rule.type) or ("tool_usage" if event.tool_id else _UNNAMED)
