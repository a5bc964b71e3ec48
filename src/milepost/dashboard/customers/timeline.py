"""A customer's timeline, events, offline actions, notes and tasks in the order they happened, and all that is stored of
an event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Final, Literal

import msgspec

from milepost.dashboard.coach.words import act_in_words
from milepost.dashboard.describe import action_in_words, event_in_words
from milepost.dashboard.format import in_zone, short_date
from milepost.dashboard.views import customer_url
from milepost.insights.timeline import Happening
from milepost.plan import Plan
from milepost.store.database import Row
from milepost.vocabulary import ActionRole, Impact

#: What the team did, in the timeline.
Work = Literal["note", "task", "done", "tag", "act", "owner"]
#: Columns that say nothing to a reader, or that the metadata block has.
_LEFT_OUT: Final = frozenset(
    {
        *("event_metadata", "deleted_at", "expires_on", "anonymized", "is_bot"),
        *("customer_source", "user_source", "sent_user_id"),
    }
)
#: The longest metadata that is laid out; an event may have 32 KB.
_LONGEST: Final = 40_000


class TimelineEntry(msgspec.Struct, frozen=True):
    """An online event, an offline action, or what the team did (`work`). `title` in plain words ('Used ICP analysis'),
    `detail` a short addition, `where` tool and section. `role` is set for actions alone. `user_id` is who did it; of
    the team, an e-mail address. `raw_url` answers the fragment partials/event_detail.html; None where there is nothing
    more to show."""

    entry_id: str
    at: datetime
    title: str
    detail: str = ""
    where: str = ""
    impact: Impact | None = None
    role: ActionRole | None = None
    user_id: str | None = None
    raw_url: str | None = None
    private: bool = False
    work: Work | None = None

    @property
    def offline(self) -> bool:
        return self.role is not None


class TimelineDay(msgspec.Struct, frozen=True):
    """`continued`: the page before this one has shown the day's heading already."""

    day: date
    entries: tuple[TimelineEntry, ...]
    continued: bool = False


class Timeline(msgspec.Struct, frozen=True):
    """partials/timeline.html, also alone: GET /customers/{id}/timeline?before=CURSOR&day=YYYY-MM-DD.
    `more_url` is that address for the next page, None at the end."""

    days: tuple[TimelineDay, ...]
    more_url: str | None = None


def make_timeline(
    entries: Sequence[TimelineEntry], zone: tzinfo, *, more_url: str | None = None, shown: date | None = None
) -> Timeline:
    """Groups entries, newest first, by day in `zone`. `shown` is the last day already on the page.
    The last day is added to `more_url` as `day`, to be handed back as `shown`."""
    groups: dict[date, list[TimelineEntry]] = {}
    for entry in entries:
        groups.setdefault(in_zone(entry.at, zone).date(), []).append(entry)
    days = tuple(TimelineDay(day, tuple(group), day == shown) for day, group in groups.items())
    if more_url and days:
        more_url += f"{'&' if '?' in more_url else '?'}day={days[-1].day.isoformat()}"
    return Timeline(days, more_url)


def shown_day(text: str) -> date | None:
    """The last day already on the page, as the address of the next part says it; None for what is no date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class EventDetail(msgspec.Struct, frozen=True):
    """partials/event_detail.html: every stored field that has a value, and the metadata as indented JSON."""

    fields: tuple[tuple[str, str], ...]
    metadata: str = ""


def timeline_view(
    happenings: Sequence[Happening],
    customer_id: str,
    plan: Plan,
    zone: tzinfo,
    *,
    following: str | None,
    shown: date | None = None,
) -> Timeline:
    """`following` is the cursor of the next page, `shown` the last day already on the page."""
    tools, url = plan.tool_names(), customer_url(customer_id)
    entries = [_entry(happening, url, tools) for happening in happenings]
    more = f"{url}/timeline?before={following}" if following else None
    return make_timeline(entries, zone, more_url=more, shown=shown)


def event_view(event: Row) -> EventDetail:
    """Every stored field that has a value."""
    metadata = event["event_metadata"]
    fields = [
        (name, value.isoformat() if isinstance(value, datetime) else str(value))
        for name, value in event.items()
        if value is not None and name not in _LEFT_OUT
    ]
    fields += [(name, "yes") for name in ("is_bot", "anonymized") if event[name]]
    text = json.dumps(metadata, indent=2, ensure_ascii=False) if metadata else ""
    return EventDetail(tuple(fields), text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def _entry(happening: Happening, url: str, tools: Mapping[str, str]) -> TimelineEntry:
    if happening.kind != "event" and happening.kind != "action":
        return _work(happening, happening.kind)
    if happening.kind == "action":
        words = action_in_words(
            happening.what, happening.description, happening.value, happening.currency, happening.metadata
        )
    else:
        words = event_in_words(
            happening.what,
            happening.tool_id,
            happening.tool_section,
            happening.metadata,
            happening.page_url,
            tools,
            happening.name,
        )
    bot = "From a bot, so it does not count" if happening.is_bot else ""
    return TimelineEntry(
        str(happening.id),
        happening.at,
        words.title,
        ". ".join(filter(None, (words.detail, bot))),
        words.where,
        happening.business_impact,
        happening.role,
        happening.user_id,
        f"{url}/events/{happening.id}" if happening.kind == "event" else None,
        happening.private,
    )


def _work(happening: Happening, kind: Work) -> TimelineEntry:
    """Of a note its text is all there is to say."""
    if kind == "act":
        said = act_in_words(happening.metadata, happening.due)
        detail = ". ".join(filter(None, (said, happening.description)))
        return TimelineEntry(str(happening.id), happening.at, happening.what, detail, user_id=happening.by, work=kind)
    if kind == "owner":
        title = happening.what or "Nobody from here on"
        return TimelineEntry(str(happening.id), happening.at, title, user_id=happening.by, work=kind)
    due = f"Due {short_date(happening.due)}" if happening.due and kind == "task" else ""
    is_note = kind == "note"
    return TimelineEntry(
        str(happening.id),
        happening.at,
        (happening.description or "") if is_note else happening.what,
        due if is_note or kind == "done" else ". ".join(filter(None, (due, happening.description))),
        user_id=happening.by,
        work=kind,
    )
