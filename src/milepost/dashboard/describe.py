"""Events and offline actions in plain words, for people who read a stream of them. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from milepost.dashboard import format as fmt
from milepost.plan import Plan

#: Where senders put what an event was about, the most telling first.
_TELLING = (
    "milestone_description",
    "description",
    "event",
    "export_type",
    "resource_type",
    "resource",
    "button_label",
    "form_name",
    "title",
    "action",
)
_LONGEST = 300
#: What the SDKs say of visits, to tools and to pages; the title says it, so it is no detail.
_VISITS = {
    ("tool_usage", "enter"): "Opened",
    ("tool_usage", "exit"): "Left",
    ("navigation", "page_view"): "Opened a page",
    ("navigation", "page_leave"): "Left a page",
}


class Words(NamedTuple):
    """'Exported', 'ICP Analysis, Summary', 'pdf'; `where` and `detail` may be empty, `joint` stands before `where`."""

    title: str
    where: str
    detail: str
    joint: str = ", "

    @property
    def sentence(self) -> str:
        """All of it in a line: 'Exported in ICP Analysis, Summary: pdf'."""
        text = f"{self.title}{self.joint}{self.where}" if self.where else self.title
        return f"{text}: {self.detail}" if self.detail else text


def event_in_words(
    event_type: str,
    tool_id: str | None,
    section: str | None,
    metadata: Mapping[str, object],
    page_url: str | None,
    tools: Mapping[str, str],
    name: str | None = None,
) -> Words:
    """`tools` are the names of the plan's tools by id; `name` is what the event's sender calls it."""
    tool = tool_name(tool_id, tools) if tool_id else ""
    place = fmt.words(section) if section else ""
    visit = _VISITS.get((event_type, str(metadata.get("action"))))
    if visit:
        metadata = {key: value for key, value in metadata.items() if key != "action"}
    if name:
        detail = telling({key: value for key, value in metadata.items() if value != name})
        return Words(fmt.visible_name(name), ", ".join(filter(None, (tool, place))), detail, " in " if tool else ", ")
    detail = telling(metadata)
    if event_type == "tool_usage" and tool:
        return Words(f"{visit or 'Used'} {tool}", place, detail)
    where = ", ".join(filter(None, (tool, place)))
    if event_type == "navigation" and not where and page_url:
        where = _path(page_url)
    return Words(visit or fmt.event_words(event_type), where, detail, " in " if tool else ", ")


def action_in_words(
    action_type: str, description: str | None, value: float | None, currency: str | None, metadata: Mapping[str, object]
) -> Words:
    """An offline action; what it was worth stands before what it was."""
    worth = "" if value is None else " ".join(filter(None, (fmt.decimal(value, 2), currency)))
    return Words(fmt.words(action_type), "", ". ".join(filter(None, (worth, description or telling(metadata)))))


def tool_name(tool_id: str, tools: Mapping[str, str]) -> str:
    """A tool as people read it: what the plan calls it, else its id in words."""
    return tools.get(tool_id) or fmt.words(tool_id)


def telling(metadata: Mapping[str, object]) -> str:
    """What the sender's metadata says of the event, if it says it where one usually does."""
    for key in _TELLING:
        value = metadata.get(key)
        if isinstance(value, str) and value.strip():
            return value[:_LONGEST]
    score = metadata.get("score")
    if isinstance(score, int | float) and not isinstance(score, bool) and abs(score) < 1e6:
        return f"Score {fmt.decimal(float(score))}"
    return ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path[:_LONGEST] or "/"
    except ValueError:  # such as 'http://[', which is no address
        return url[:_LONGEST]


def competency_names(plan: Plan) -> dict[str, str]:
    """Competency ids with the names people read."""
    return {c.id: c.name or fmt.words(c.id) for c in plan.competencies}


def stage_names(plan: Plan) -> dict[str, str]:
    """Growth stage ids with the names people read."""
    return {s.id: s.name or fmt.words(s.id) for s in plan.growth_stages}


def stage_name(plan: Plan, stage: str) -> str:
    """A growth stage as people read it. One that only an earlier plan had is shown by its id."""
    return stage_names(plan).get(stage) or fmt.visible_name(fmt.words(stage))
