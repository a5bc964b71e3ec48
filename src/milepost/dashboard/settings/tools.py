"""The page of the tools: what the plan has, what events name besides, and the forms that change it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlencode

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template
from msgspec.structs import replace

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.analytics.seen import SeenTool, seen_tools
from milepost.dashboard import format as fmt
from milepost.dashboard.page_context import go, page
from milepost.dashboard.questions.view import trouble
from milepost.dashboard.settings.saving import PlanState, plan_state, save_change, without_place
from milepost.dashboard.texts import form_texts, storable
from milepost.errors import Conflict, InvalidRequest, PlanError, Problem
from milepost.plan import Plan
from milepost.plan.edit import with_tool, without_tool
from milepost.plan.ids import id_faults
from milepost.vocabulary import MAX_NAME_LENGTH

#: As far back as is looked for tools that events name.
SEEN_DAYS: Final = 90
#: Seconds that the page waits for them: nothing follows once it stands.
_PATIENCE: Final = 1.2
_PATH: Final = "/settings/tools"
_DONE: Final = {"saved": "Saved: every page calls it so now.", "added": "Added.", "removed": "Removed."}


class ToolRow(msgspec.Struct, frozen=True):
    """A tool, of the plan or of events. `odd`: its id is none that a plan can have. `sections`: (name, whether it is a
    key section), those of the plan and those that events name. `events` and `customers`: of the last SEEN_DAYS days;
    None where that is not known."""

    id: str
    name: str
    competency: str = ""
    sections: tuple[tuple[str, bool], ...] = ()
    events: int | None = None
    customers: int | None = None
    odd: bool = False
    open: bool = False
    problem: str = ""


class ToolsPage(msgspec.Struct, frozen=True):
    """settings/tools.html. `new`: what was typed into the form for one that no event names, where it was refused.
    `unseen`: why nothing is known of what events name."""

    state: PlanState
    tools: tuple[ToolRow, ...]
    others: tuple[ToolRow, ...]
    competencies: tuple[tuple[str, str], ...]
    new: ToolRow = msgspec.field(default_factory=lambda: ToolRow("", ""))
    done: str = ""
    unseen: str = ""
    days: int = SEEN_DAYS
    max_name: int = MAX_NAME_LENGTH


@get(_PATH)
async def show(request: AnyRequest) -> Template:
    """Every tool; `?tool=` opens the form of one."""
    asked = request.query_params
    done = _DONE.get(asked.get("done", ""), "")
    return await _tools(request, opened=storable(asked.get("tool", "")), done=done)


@post(_PATH)
async def change(request: AnyRequest) -> Template | Redirect:
    """Changes a tool's name and competency, adds one, or removes one: as `do` says."""
    fields = {name: text.strip() for name, text in (await form_texts(request)).items()}
    do, tool = fields.get("do", "save"), fields.get("tool", "")
    name, competency = fields.get("name", "")[:MAX_NAME_LENGTH], fields.get("competency") or None
    planned = {one.id: one for one in services(request).plan.tools}
    try:
        if do == "remove":
            await save_change(request, partial(without_tool, tool_id=tool), f"Removed the tool {tool}.")
            return go(f"{_PATH}?done=removed")
        _check(tool, planned, new=do == "add")
        said = f"Added the tool {tool}." if do == "add" else _said(planned[tool].name, name, tool)
        await save_change(request, partial(with_tool, tool_id=tool, name=name, competency=competency), said)
    except (PlanError, Conflict, InvalidRequest) as refused:
        typed = ToolRow(tool, name, competency or "", open=True, problem=without_place(refused.message))
        return await _tools(request, opened=tool, typed=typed, status_code=refused.status)
    if do == "add":
        return go(f"{_PATH}?{urlencode({'done': 'added', 'tool': tool})}")
    return go(f"{_PATH}?done=saved")


def _check(tool: str, planned: Collection[str], *, new: bool) -> None:
    """Raises InvalidRequest for a tool that is not to be changed, or added."""
    if new and tool in planned:
        raise InvalidRequest(f"The plan has a tool {tool!r} already.", field="tool")
    if not new and tool not in planned:
        raise InvalidRequest("The plan has no such tool any more. Somebody may have removed it.", field="tool")


def usual_name(tool_id: str) -> str:
    """What a tool may be called whose id is all that is known: 'cost-calculator' -> 'Cost calculator'."""
    return fmt.words(tool_id)


def _said(before: str, name: str, tool: str) -> str:
    if before != name:
        return f"Renamed the tool {tool}: {before or tool} is {name or tool} now."
    return f"Changed what using the tool {tool} builds."


async def _tools(
    request: AnyRequest, *, opened: str = "", typed: ToolRow | None = None, done: str = "", status_code: int = 200
) -> Template:
    served = services(request)
    seen: list[SeenTool] = []
    unseen = "Events are being counted: load this page again in a moment."
    since = served.now().astimezone(UTC).date() - timedelta(days=SEEN_DAYS - 1)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                seen, unseen = await seen_tools(served.columns, since=since), ""
    except Problem as problem:
        unseen = trouble(problem, served)
    view = tools_page(served.plan, plan_state(request), seen, opened=opened, unseen=unseen, typed=typed)
    shown = replace(view, done=done)
    return page(request, "settings/tools.html", section="plan-tools", status_code=status_code, view=shown)


def tools_page(
    plan: Plan,
    state: PlanState,
    seen: list[SeenTool],
    *,
    opened: str = "",
    unseen: str = "",
    typed: ToolRow | None = None,
) -> ToolsPage:
    """`typed`: what was refused, which stands in its row with the reason."""
    known = {one.tool_id: one for one in seen}
    rows = []
    for tool in plan.tools:
        found = known.pop(tool.id, None)
        named = [*tool.sections, *(word for word in (found.sections if found else ()) if word not in tool.sections)]
        row = ToolRow(
            tool.id,
            tool.name,
            tool.competency or "",
            tuple((word, word in tool.key_sections) for word in named),
            None if unseen else found.events if found else 0,
            None if unseen else found.customers if found else 0,
            open=tool.id == opened,
        )
        rows.append(_with(row, typed))
    others = [
        _with(
            ToolRow(
                one.tool_id,
                usual_name(one.tool_id),
                "",
                tuple((word, False) for word in one.sections),
                one.events,
                one.customers,
                odd=any(id_faults("tools", [one.tool_id])),
            ),
            typed,
        )
        for one in known.values()
    ]
    placed = typed is None or any(row.id == typed.id for row in (*rows, *others))
    new = ToolRow("", "") if typed is None or placed else typed
    return ToolsPage(state, tuple(rows), tuple(others), tuple(plan.competency_names().items()), new, unseen=unseen)


def _with(row: ToolRow, typed: ToolRow | None) -> ToolRow:
    if typed is None or typed.id != row.id:
        return row
    return replace(row, name=typed.name, competency=typed.competency, problem=typed.problem, open=True)


router = Router("/", route_handlers=[show, change], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
