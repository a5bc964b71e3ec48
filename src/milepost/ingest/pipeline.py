"""From the bytes of a batch to rows that can be stored: the named steps, and a reason for each refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from milepost.ingest import metrics
from milepost.ingest.draft import Draft, PipelineStep, Sender
from milepost.ingest.events import EventRow, IdentityCall, Notice, RejectedEvent, Rejection
from milepost.ingest.steps import EVENT_STEPS


class Accepted(msgspec.Struct):
    """A batch after the pipeline: rows to store, and refusals to answer with."""

    rows: list[EventRow]
    #: The place of each row in the batch.
    places: list[int]
    rejected: list[Rejection]
    identity_calls: list[IdentityCall]
    #: What of the rows was held back.
    notices: list[Notice]


def accept(items: Sequence[bytes], sender: Sender, steps: Sequence[PipelineStep] = EVENT_STEPS) -> Accepted:
    """Passes every event through the steps; one that is refused costs no other."""
    return accept_drafts(map(Draft, items), sender, steps)


def accept_drafts(drafts: Iterable[Draft], sender: Sender, steps: Sequence[PipelineStep]) -> Accepted:
    """The one way an event becomes a row, however it came and whoever brought it."""
    result = Accepted([], [], [], [], [])
    refusals: Counter[tuple[int, str]] = Counter()
    for index, draft in enumerate(drafts):
        position = 0
        try:
            for position, step in enumerate(steps):  # noqa: B007 -- read when a step refuses
                step(draft, sender)
        except RejectedEvent as reason:
            refusals[position, reason.code] += 1
            result.rejected.append(
                Rejection(index, draft.event_id or draft.event.event_id, reason.code, reason.field, reason.message)
            )
        else:
            result.rows.append(_row(draft, sender))
            result.places.append(index)
            if draft.ties or draft.traits:
                at = min(draft.at, sender.received_at)
                result.identity_calls.append(IdentityCall(draft.event_id, at, tuple(draft.ties), tuple(draft.traits)))
            result.notices += [
                Notice(index, draft.event_id, held.code, held.field, held.message) for held in draft.held
            ]
    _count(len(result.rows) + len(result.rejected), result.rows, refusals, steps)
    return result


def _row(draft: Draft, sender: Sender) -> EventRow:
    event = draft.event
    return EventRow(
        event_id=draft.event_id,
        customer_id=event.customer_id or None,
        user_id=event.user_id or None,
        anonymous_id=event.anonymous_id or None,
        session_id=event.session_id or None,
        event_type=event.event_type or "content_interaction",
        event_name=event.event_name,
        actor_type=event.actor_type,
        filled=draft.filled,
        rule=draft.rule,
        tool_id=event.tool_id or None,
        tool_section=event.tool_section or None,
        business_impact=event.business_impact or "low",
        competency_area=event.competency_area or None,
        current_arr=event.current_arr or None,
        target_arr=event.target_arr or None,
        growth_stage=event.growth_stage or None,
        event_metadata=draft.metadata,
        session_duration=event.session_duration,
        time_on_page=event.time_on_page,
        page_url=event.page_url or None,
        referrer=event.referrer or None,
        device_type=event.device_type,
        browser=event.browser or None,
        ip_address=draft.ip_address or sender.ip_address,
        timestamp=draft.at,
        retention_days=event.retention_days or sender.plan.retention.days,
        is_bot=draft.is_bot,
        claimed=bool(draft.claimed and event.customer_id and (event.user_id or event.anonymous_id)),
    )


def _count(
    entered: int, rows: Sequence[EventRow], refusals: Counter[tuple[int, str]], steps: Sequence[PipelineStep]
) -> None:
    """Counts once a batch, not once an event: counters are shared between threads and cost a lock each."""
    for position, step in enumerate(steps):
        metrics.STEP_EVENTS.labels(step.__name__).inc(entered)
        for (refused_at, code), number in refusals.items():
            if refused_at == position:
                metrics.STEP_REJECTIONS.labels(step.__name__, code).inc(number)
                entered -= number
    if bots := sum(row.is_bot for row in rows):
        metrics.BOTS.inc(bots)
