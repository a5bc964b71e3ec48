"""The track methods: what `Tracker` and `AsyncTracker` share.

They run in the host's thread: they take the id, the time and the session, queue the event and return.
Nothing is encoded, written or sent here, and nothing raises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Unpack

from milepost.client.capture import EVENT, IDENTITY, Context, EventContext, set_kind, snapshot, to_ns
from milepost.client.pipeline import HIGH, Pipeline
from milepost.client.report import Stats
from milepost.client.routing import route, split_payload
from milepost.client.uuid7 import uuid7
from milepost.client.visit import ToolVisit
from milepost.vocabulary import EVENT_TYPES, EventType

_CONTEXT_WORDS = frozenset(EventContext.__optional_keys__) | {"tool_id", "tool_section"}


class Capturing:
    """Each method returns the event's id, also when the event could not be taken ("" never)."""

    def __init__(
        self, pipeline: Pipeline, defaults: Mapping[str, object], clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._pipeline = pipeline
        self._defaults: dict[str, object] = {name: value for name, value in defaults.items() if value is not None}
        self._clock = clock

    # -- events ---------------------------------------------------------------------------------

    def track(
        self,
        name: str | None = None,
        properties: Mapping[str, object] | None = None,
        *,
        event_type: EventType | None = None,
        tool_id: str | None = None,
        tool_section: str | None = None,
        **context: Unpack[EventContext],
    ) -> str:
        """Any event, by a name of your own (up to 200 characters, such as "Invoice Sent") or by one of the ten event
        types; `properties` go to its metadata as they are. What a name means is said on the server, also later;
        `event_type` says it here.
        """
        if event_type is None and name in EVENT_TYPES:
            return self.capture(name, context, properties, tool_id=tool_id, tool_section=tool_section)
        named: EventContext = context if name is None else {"event_name": name, **context}
        return self.capture(event_type, named, properties, tool_id=tool_id, tool_section=tool_section)

    def track_tool_usage(self, tool_id: str, tool_section: str | None = None, **context: Unpack[EventContext]) -> str:
        """Someone used a tool."""
        return self.capture("tool_usage", context, tool_id=tool_id, tool_section=tool_section)

    def track_export(self, tool_id: str | None, export_type: str, **context: Unpack[EventContext]) -> str:
        """Someone exported something: `export_type` is `pdf`, `csv`, `email`, ..."""
        return self.capture("export_action", context, {"export_type": export_type}, tool_id=tool_id)

    def track_milestone(
        self,
        competency_area: str,
        milestone_description: str,
        *,
        professional_credibility: float | None = None,
        tool_id: str | None = None,
        **context: Unpack[Context],
    ) -> str:
        """A competency was reached; `professional_credibility` is what it adds to the customer's standing."""
        extra: dict[str, object] = {"milestone_description": milestone_description}
        if professional_credibility is not None:
            extra["professional_credibility"] = professional_credibility
        return self.capture(
            "competency_milestone", {"competency_area": competency_area, **context}, extra, tool_id=tool_id
        )

    def track_resource_generation(
        self,
        resource_type: str,
        *,
        success: bool = True,
        resource_id: str | None = None,
        error: object = None,
        tool_id: str | None = None,
        tool_section: str | None = None,
        **context: Unpack[EventContext],
    ) -> str:
        """Something was generated, or failed to be (impact medium then, and `error` says why)."""
        extra: dict[str, object] = {"resource_type": resource_type, "success": success}
        if resource_id is not None:
            extra["resource_id"] = resource_id
        if error is not None:
            extra["error"] = error if isinstance(error, str) else repr(error)
        return self.capture(
            "resource_generation", context, extra, tool_id=tool_id, tool_section=tool_section, success=success
        )

    def track_resource_share(
        self,
        resource_type: str,
        *,
        resource_id: str | None = None,
        shared_with: str | None = None,
        tool_id: str | None = None,
        **context: Unpack[EventContext],
    ) -> str:
        """Something was shared; `shared_with` is a role or a channel (a person's address says more than needed)."""
        extra: dict[str, object] = {"resource_type": resource_type}
        if resource_id is not None:
            extra["resource_id"] = resource_id
        if shared_with is not None:
            extra["shared_with"] = shared_with
        return self.capture("resource_share", context, extra, tool_id=tool_id)

    def track_click(
        self,
        button_id: str,
        button_label: str | None = None,
        *,
        tool_id: str | None = None,
        tool_section: str | None = None,
        **context: Unpack[EventContext],
    ) -> str:
        """A click (`content_interaction`)."""
        extra: dict[str, object] = {"action": "click", "button_id": button_id}
        if button_label is not None:
            extra["button_label"] = button_label
        return self.capture("content_interaction", context, extra, tool_id=tool_id, tool_section=tool_section)

    def track_form_submit(
        self,
        form_id: str,
        form_name: str | None = None,
        *,
        success: bool = True,
        tool_id: str | None = None,
        tool_section: str | None = None,
        **context: Unpack[EventContext],
    ) -> str:
        """A form was submitted (`professional_action`)."""
        extra: dict[str, object] = {"action": "form_submit", "form_id": form_id, "success": success}
        if form_name is not None:
            extra["form_name"] = form_name
        return self.capture("professional_action", context, extra, tool_id=tool_id, tool_section=tool_section)

    def track_navigation(
        self,
        page_url: str | None = None,
        /,
        *,
        tool_id: str | None = None,
        tool_section: str | None = None,
        **context: Unpack[EventContext],
    ) -> str:
        """A page or a part of a tool was opened."""
        return self.capture("navigation", {"page_url": page_url, **context}, tool_id=tool_id, tool_section=tool_section)

    def track_behavior(self, action_type: str, payload: Mapping[str, object] | None = None) -> str:
        """An event type's name, or an everyday word (`export`, `click`, `page_view`,
        `generate`, ...), goes to its event type; anything else is a `professional_action` whose metadata
        names the action. Payload keys may be camelCase or snake_case; those that are no field of an
        event become metadata. ARR and growth stage come from the scaling context.
        """
        try:
            event_type, known = route(action_type)
            fields, metadata = split_payload(payload or {})
            if not known or action_type != event_type:
                metadata.setdefault("action_type", action_type)
            success = metadata.get("success", True) is not False
            return self.capture(event_type, fields, metadata, success=success)
        except Exception as error:  # noqa: BLE001 -- a payload may be of any make
            return self._not_taken(error, uuid7(self._clock()))

    def tool(self, tool_id: str, section: str | None = None, **context: Unpack[EventContext]) -> ToolVisit:
        """`with tracker.tool("cost-calculator", section="pricing"):` tracks entry and exit, the exit with
        its `duration_ms`. `async with` does the same."""
        return ToolVisit(self.capture, tool_id, section, context)

    def capture(
        self,
        event_type: str | None,
        context: Mapping[str, object],
        extra: Mapping[str, object] | None = None,
        *,
        tool_id: str | None = None,
        tool_section: str | None = None,
        success: bool = True,
    ) -> str:
        """What all of the above come to: `context` are fields of an event, `extra` goes to its metadata.

        For callers whose fields are not known before they run; words that are no fields are reported. Without a type
        the event has an `event_name`.
        """
        now = self._clock()
        event_id = ""
        try:
            fields: dict[str, object] = {**self._defaults, **context}
            if (when := fields.pop("timestamp", None)) is not None:
                now = to_ns(when)
            event_id = uuid7(now)
            if tool_id is not None:
                fields["tool_id"] = tool_id
            if tool_section is not None:
                fields["tool_section"] = tool_section
            given = fields.pop("metadata", None)
            if given is not None or extra is not None:
                fields["event_metadata"] = snapshot({**(extra or {}), **(given or {})})  # type: ignore[dict-item]
            if fields.get("session_id") is None:
                who = (fields.get("customer_id"), fields.get("user_id") or fields.get("anonymous_id"))
                fields["session_id"], duration = self._pipeline.sessions.touch(who, now)
                if fields.get("session_duration") is None:
                    fields["session_duration"] = duration
            self._pipeline.put((now, event_id, EVENT, fields), set_kind(fields, event_type, success=success))
            if not context.keys() <= _CONTEXT_WORDS:
                self._unknown(context, event_id)
        except Exception as error:  # noqa: BLE001 -- whatever the host passed, it goes on undisturbed
            return self._not_taken(error, event_id or uuid7(now))
        return event_id

    # -- who ------------------------------------------------------------------------------------

    def identify(
        self,
        user_id: str | None = None,
        traits: Mapping[str, object] | None = None,
        *,
        anonymous_id: str | None = None,
    ) -> str:
        """Who the user is; ties an anonymous id to the user. Defaults are the tracker's."""
        fields: dict[str, object] = {"userId": user_id or self._defaults.get("user_id")}
        fields["anonymousId"] = anonymous_id or self._defaults.get("anonymous_id")
        return self._identity("identify", fields, traits or {})

    def group(
        self,
        customer_id: str | None = None,
        traits: Mapping[str, object] | None = None,
        *,
        user_id: str | None = None,
        anonymous_id: str | None = None,
    ) -> str:
        """Ties a user to a customer; `traits` describe the customer. Defaults are the tracker's."""
        fields: dict[str, object] = {"groupId": customer_id or self._defaults.get("customer_id")}
        fields["userId"] = user_id or self._defaults.get("user_id")
        fields["anonymousId"] = anonymous_id or self._defaults.get("anonymous_id")
        return self._identity("group", fields, traits or {})

    def alias(self, previous_id: str, user_id: str | None = None) -> str:
        """Says that two ids are the same user."""
        fields: dict[str, object] = {"previousId": previous_id, "userId": user_id or self._defaults.get("user_id")}
        return self._identity("alias", fields, None)

    def _identity(self, call: str, fields: dict[str, object], traits: Mapping[str, object] | None) -> str:
        now = self._clock()
        message_id = uuid7(now)
        try:
            if traits is not None:
                fields["traits"] = snapshot(dict(traits))
            # Kept as long as a high-impact event: without it, what the person did finds no customer.
            self._pipeline.put((now, message_id, IDENTITY, {"type": call, **fields}), HIGH)
        except Exception as error:  # noqa: BLE001 -- as above
            return self._not_taken(error, message_id)
        return message_id

    def set_scaling_context(
        self,
        *,
        current_arr: str | None = None,
        target_arr: str | None = None,
        growth_stage: str | None = None,
    ) -> None:
        """ARR and growth stage of the events from now on; what is not given stays as it is."""
        given = {"current_arr": current_arr, "target_arr": target_arr, "growth_stage": growth_stage}
        # Replaced as a whole: another thread may be reading it.
        self._defaults = {**self._defaults, **{name: value for name, value in given.items() if value is not None}}

    # -- state ----------------------------------------------------------------------------------

    def stats(self) -> Stats:
        """This process's counters; see `Stats`."""
        return self._pipeline.stats()

    def _not_taken(self, error: Exception, event_id: str) -> str:
        self._pipeline.refuse(event_id, f"The event was not accepted: {error!r}")
        return event_id

    def _unknown(self, context: Mapping[str, object], event_id: str) -> None:
        names = ", ".join(sorted(map(str, context.keys() - _CONTEXT_WORDS)))
        message = f"The event was accepted without its unknown fields: {names}. Put them into metadata."
        self._pipeline.reporter.error("invalid", message, event_id=event_id)
