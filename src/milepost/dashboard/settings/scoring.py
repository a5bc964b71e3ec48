"""The page of the scores' numbers: points, weights, and who moves before they are saved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec
from litestar import Router, get, post
from litestar.response import Redirect, Template
from msgspec.structs import asdict

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.dashboard import format as fmt
from milepost.dashboard.page_context import go, page
from milepost.dashboard.settings.saving import PlanState, plan_state, save_change, without_place
from milepost.dashboard.texts import form_texts
from milepost.errors import Conflict, PlanError
from milepost.insights.history import read_plan_status
from milepost.insights.preview import MOVES, Preview, preview
from milepost.plan.edit import Weights, with_weights
from milepost.plan.model import Plan
from milepost.supervisor import in_thread
from milepost.vocabulary import EVENT_TYPES, IMPACTS

_PATH: Final = "/settings/scoring"
_BASE: Final = "points.base."
_IMPACT: Final = "points.weight."
_PARTS: Final = "scoring.components."
#: The parts of the score, as people call them, and what each says of a customer.
PARTS: Final = {
    "competencies": ("Competencies", "The mean of all competencies"),
    "breadth": ("Breadth", "How many of the plan’s tools were used in 30 days"),
    "consistency": ("Consistency", "Active weeks, newer ones more"),
    "lately": ("Lately", "Active days, those of the last two weeks above all"),
    "recency": ("Recency", "How long ago the last event was"),
    "habit": ("Habit", "Active days, those of the last half year above all"),
    "outcomes": ("Outcomes", "Deals, renewals and other results"),
}


class Number(msgspec.Struct, frozen=True):
    """A field: `value` as it is typed, `share` of its kind where that is what counts."""

    name: str
    label: str
    value: str
    hint: str = ""
    share: float | None = None
    problem: str = ""


class ScoringPage(msgspec.Struct, frozen=True):
    """settings/scoring.html. `preview`: of the numbers shown, which are not saved yet; `points`: whether points are
    among what changed, which no preview can tell. `seen`: what was previewed. `moving`: whose scores are not yet by the
    plan in force."""

    state: PlanState
    base: tuple[Number, ...]
    impact: tuple[Number, ...]
    parts: tuple[Number, ...]
    preview: Preview | None = None
    points: bool = False
    changes: tuple[str, ...] = ()
    seen: str = ""
    moving: int = 0
    problem: str = ""
    done: bool = False
    moves: int = MOVES

    @property
    def most(self) -> Number | None:
        """The part that counts most, where that is one."""
        ranked = sorted((one for one in self.parts if one.share), key=lambda one: -(one.share or 0))
        return ranked[0] if ranked and (len(ranked) == 1 or ranked[0].share != ranked[1].share) else None

    @property
    def wrong(self) -> bool:
        return any(one.problem for one in (*self.base, *self.impact, *self.parts))


@get(_PATH)
async def show(request: AnyRequest) -> Template:
    """The numbers in force."""
    plan = services(request).plan
    return await _page(request, as_typed(Weights.of(plan)), done=request.query_params.get("done") == "saved")


@post(_PATH)
async def change(request: AnyRequest) -> Template | Redirect:
    """Shows who moves by these numbers; saves them, where that was seen for exactly these."""
    fields = await form_texts(request)
    typed = {name: text.strip()[:30] for name, text in fields.items() if name.startswith((_BASE, _IMPACT, _PARTS))}
    onto = fields.get("onto", "")
    served = services(request)
    try:
        weights = read_weights(typed)
        new = weights.beside(served.plan)
        await in_thread(with_weights, served.plans.in_force.text, weights)
        said = changes(served.plan, new)
        if (
            fields.get("do") == "save"
            and fields.get("seen") == _key(typed)
            and onto.isascii()
            and onto.isdigit()
            and len(onto) < 10
        ):
            edit = partial(with_weights, weights=weights)
            await save_change(request, edit, "; ".join(said) or "Nothing changed.", onto=int(onto))
            return go(f"{_PATH}?done=saved")
    except PlanError as wrong:
        return await _page(request, typed, wrong=wrong, status_code=400)
    except Conflict as refused:
        return await _page(request, typed, problem=refused.message, status_code=refused.status)
    if not new:
        return await _page(request, typed, problem="These are the numbers in force: nothing would change.")
    async with served.database.transaction() as connection:
        found = await preview(connection, weights.parts)
    return await _page(request, typed, found=found, new=new, said=said)


def read_weights(typed: Mapping[str, str]) -> Weights:
    """The numbers of the form. Raises PlanError, whose field says which one cannot be read."""
    return Weights(
        {kind: _whole(typed, _BASE + kind) for kind in EVENT_TYPES},
        {impact: _whole(typed, _IMPACT + impact) for impact in IMPACTS},
        {part: _weight(typed, _PARTS + part) for part in PARTS},
    )


def _whole(typed: Mapping[str, str], name: str) -> int:
    text = typed.get(name, "")
    if not (text.isascii() and text.isdigit()):
        raise PlanError("Give it a whole number of points, 0 to 1000.", field=name)
    return int(text)


def _weight(typed: Mapping[str, str], name: str) -> float:
    try:
        value = float(typed.get(name, "").replace(",", "."))
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1_000_000:  # which NaN is not
        raise PlanError("Give it a number, 0 or more: only the proportions count.", field=name)
    return value


def changes(plan: Plan, new: Weights) -> list[str]:
    """What changes, a line each: 'Used a tool: 3 points, not 2'."""
    points, parts = plan.points, asdict(plan.scoring.components)
    return [
        *(f"{fmt.event_words(k)}: {v} {fmt.plural(v, 'point')}, not {points.base[k]}" for k, v in new.base.items()),
        *(f"{k.capitalize()} impact: times {v}, not {points.weight[k]}" for k, v in new.impact.items()),
        *(f"{PARTS[k][0]}: weight {v:g}, not {parts[k]:g}" for k, v in new.parts.items()),
    ]


def as_typed(weights: Weights) -> dict[str, str]:
    """Numbers as the form has them, by the names of its fields."""
    return {
        **{_BASE + kind: str(value) for kind, value in weights.base.items()},
        **{_IMPACT + impact: str(value) for impact, value in weights.impact.items()},
        **{_PARTS + part: f"{value:g}" for part, value in weights.parts.items()},
    }


def _key(typed: Mapping[str, str]) -> str:
    return " ".join(f"{name}={typed[name]}" for name in sorted(typed))


async def _page(
    request: AnyRequest,
    typed: Mapping[str, str],
    *,
    found: Preview | None = None,
    new: Weights | None = None,
    said: list[str] | None = None,
    wrong: PlanError | None = None,
    problem: str = "",
    done: bool = False,
    status_code: int = 200,
) -> Template:
    async with services(request).database.transaction() as connection:
        status = await read_plan_status(connection)
    view = scoring_page(
        plan_state(request),
        typed,
        found=found,
        points=bool(new and (new.base or new.impact)),
        said=tuple(said or ()),
        wrong=wrong,
        problem=problem,
        moving=max(status.customers - status.rescored, status.unsettled),
        done=done,
    )
    return page(request, "settings/scoring.html", section="scoring", status_code=status_code, view=view)


def scoring_page(
    state: PlanState,
    typed: Mapping[str, str],
    *,
    found: Preview | None = None,
    points: bool = False,
    said: tuple[str, ...] = (),
    wrong: PlanError | None = None,
    problem: str = "",
    moving: int = 0,
    done: bool = False,
) -> ScoringPage:
    """`wrong`: what is told beside the field it is of, or above the form where it is of none."""

    def number(name: str, label: str, hint: str = "", share: float | None = None) -> Number:
        told = without_place(wrong.message) if wrong is not None and wrong.field == name else ""
        return Number(name, label, typed.get(name, ""), hint, share, told)

    shares = _shares(typed)
    base = tuple(number(_BASE + kind, fmt.event_words(kind)) for kind in EVENT_TYPES)
    impact = tuple(number(_IMPACT + word, f"{word.capitalize()} impact") for word in IMPACTS)
    parts = tuple(number(_PARTS + key, *words, shares.get(key)) for key, words in PARTS.items())
    if wrong is not None and not any(one.problem for one in (*base, *impact, *parts)):
        problem = without_place(wrong.message)
    seen = _key(typed) if found is not None else ""
    return ScoringPage(state, base, impact, parts, found, points, said, seen, moving, problem, done)


def _shares(typed: Mapping[str, str]) -> dict[str, float]:
    """What each part counts for, where every part has a number."""
    try:
        weights = {part: _weight(typed, _PARTS + part) for part in PARTS}
    except PlanError:
        return {}
    whole = sum(weights.values())
    return {part: weight / whole for part, weight in weights.items()} if whole else {}


router = Router("/", route_handlers=[show, change], opt={ACCESS: Caller.MEMBER}, include_in_schema=False)
