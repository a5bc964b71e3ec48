"""The page of the plan's whole text, its history, and the difference between two of its versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff
from typing import Final, Literal

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.coach.power import plan_in_words
from milepost.dashboard.page_context import go, page
from milepost.dashboard.settings.saving import PlanState, plan_state, save_change
from milepost.dashboard.texts import form_texts
from milepost.errors import Conflict, PlanError
from milepost.plan import Plan, parse_plan, read_otherwise
from milepost.store.saved_plans import DEFAULT, SavedPlan, list_saved, saved_text
from milepost.supervisor import in_thread

_PATH: Final = "/settings/plan"
#: The longest text of a plan that the page takes, percent-encoded in its form.
_MOST_BYTES: Final = 512 * 1024
_MOST_SAVED: Final = 200
_MOST_LINES: Final = 2000
_LINE: Final = re.compile(r"the plan, line (\d+):")


class DiffLine(msgspec.Struct, frozen=True):
    """A line of a difference: `kind` is "+" where it came, "-" where it went, "@" for a gap."""

    kind: Literal["+", "-", " ", "@"]
    text: str


class PlanPage(msgspec.Struct, frozen=True):
    """settings/plan.html. `line`: the faulty one, as typed. `checked`: what a check found, with what saving would
    change; `saved`: the one in force, among `history`, which is the newest first."""

    state: PlanState
    text: str
    name: str
    saved: int
    history: tuple[SavedPlan, ...]
    change: str = ""
    problem: str = ""
    line: str = ""
    checked: str = ""
    difference: tuple[DiffLine, ...] = ()
    done: bool = False
    default: int = DEFAULT
    #: What the text says for an older version of the scores, and how that is read.
    otherwise: tuple[str, ...] = ()


class ChangesPage(msgspec.Struct, frozen=True):
    """settings/plan_changes.html: what is different between two versions; `versions` as (number, words)."""

    before: int
    after: int
    lines: tuple[DiffLine, ...]
    history: tuple[SavedPlan, ...]
    default: int = DEFAULT


@get(_PATH)
async def show(request: AnyRequest) -> Template:
    """The text in force, and its history."""
    return await _plan(request, done=request.query_params.get("done") == "saved")


@post(_PATH, request_max_body_size=_MOST_BYTES)
async def change(request: AnyRequest) -> Template | Redirect:
    """Checks the text, and saves it where `do` says so."""
    fields = await form_texts(request)
    text = fields.get("text", "").replace("\r\n", "\n")
    said, onto = " ".join(fields.get("change", "").split()), _number(fields.get("onto", ""))
    in_force = services(request).plans.in_force
    try:
        if fields.get("do") != "save":
            plan = await in_thread(parse_plan, text, "the plan")
            lines = tuple(difference(in_force.text, text))
            return await _plan(request, text=text, change=said, checked=_checked(plan), lines=lines)
        if text == in_force.text:
            return await _plan(request, text=text, change=said, checked="This is the plan in force: nothing changed.")
        await save_change(request, lambda _: text, said or "Changed the text.", onto=onto)
    except (PlanError, Conflict) as refused:
        return await _plan(request, text=text, change=said, problem=refused.message, status_code=refused.status)
    return go(f"{_PATH}?done=saved")


@post(f"{_PATH}/use")
async def use(request: AnyRequest) -> Template | Redirect:
    """Puts a plan that was in force into force again, as a new one."""
    number = _number((await form_texts(request)).get("number", ""))
    async with services(request).database.transaction() as connection:
        text = await saved_text(connection, number)
    said = "The plan that comes with Milepost again." if number == DEFAULT else f"Plan {number} again."
    try:
        await save_change(request, lambda _: text, said)
    except (PlanError, Conflict) as refused:
        return await _plan(request, problem=refused.message, status_code=refused.status)
    return go(f"{_PATH}?done=saved")


@get(f"{_PATH}/changes")
async def compare(request: AnyRequest) -> Template:
    """What is different between `?before=` and `?after=`, 0 being the plan that comes with Milepost."""
    before, after = (_number(request.query_params.get(name, "0")) for name in ("before", "after"))
    async with services(request).database.transaction() as connection:
        texts = [await saved_text(connection, number) for number in (before, after)]
        history = await list_saved(connection, limit=_MOST_SAVED)
    view = ChangesPage(before, after, tuple(difference(*texts)), tuple(history))
    return page(request, "settings/plan_changes.html", section="plan", view=view)


def difference(before: str, after: str) -> Iterator[DiffLine]:
    """The lines that differ, with three around each."""
    kinds: dict[str, Literal["+", "-", " ", "@"]] = {"+": "+", "-": "-", "@": "@"}
    found = unified_diff(before.splitlines(), after.splitlines(), lineterm="")
    for number, line in enumerate(found):
        if number - 2 >= _MOST_LINES:
            yield DiffLine("@", "and more")
            return
        if number >= 2:  # the two before name files
            kind = kinds.get(line[0], " ")
            yield DiffLine(kind, "" if kind == "@" else line[1:])


def _number(text: str) -> int:
    """The number of a saved plan; -1, which none has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _checked(plan: Plan) -> str:
    return (
        f"No mistakes: {len(plan.tools)} tools, {len(plan.competencies)} competencies, {len(plan.playbooks)} playbooks."
        " Nothing is saved yet." + "".join(f" Lift of {line}" for line in plan_in_words(plan))
    )


def faulty_line(text: str, problem: str) -> str:
    """The line that a fault names, as it was typed."""
    found = _LINE.match(problem)
    lines = text.splitlines()
    return lines[int(found[1]) - 1].strip() if found and int(found[1]) <= len(lines) else ""


async def _plan(
    request: AnyRequest,
    *,
    text: str | None = None,
    change: str = "",
    problem: str = "",
    checked: str = "",
    lines: tuple[DiffLine, ...] = (),
    done: bool = False,
    status_code: int = 200,
) -> Template:
    found = services(request).plans.in_force
    async with services(request).database.transaction() as connection:
        history = await list_saved(connection, limit=_MOST_SAVED)
    shown = found.text if text is None else text
    view = PlanPage(
        plan_state(request),
        shown,
        found.plan.name,
        found.saved,
        tuple(history),
        change=change[:200],
        problem=problem,
        line=faulty_line(shown, problem),
        checked=checked,
        difference=lines,
        done=done,
        otherwise=tuple(f"{one[0].upper()}{one[1:]}" for one in read_otherwise(found.text)),
    )
    return page(request, "settings/plan.html", section="plan", status_code=status_code, view=view)


router = Router("/", route_handlers=[show, change, use, compare], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
