"""Practice and results on the customer's page: the weeks, the offline actions with what followed, the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

import msgspec
from markupsafe import Markup

from milepost.access.callers import who_asks
from milepost.access.services import AnyRequest, services
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard import views as v
from milepost.dashboard.describe import action_in_words, competency_names
from milepost.dashboard.offline.actions import form_choices
from milepost.dashboard.offline.authors import NOBODY, Authors, read_authors
from milepost.dashboard.offline.form import BY_HAND, ActionForm, blank
from milepost.dashboard.offline.weeks import WeeksChart, weeks_chart
from milepost.dashboard.page_context import zone_of
from milepost.insights.customer import Action, read_actions
from milepost.insights.practice import SPAN_DAYS, CompetencyPractice, Intervention, Practice, Quarter, read_practice
from milepost.plan import Plan
from milepost.store.database import DictConnection
from milepost.vocabulary import ActionRole, Impact
from milepost.work.annotations import Annotation, annotations_between

#: The quarters in plain words.
QUARTERS: Final[Mapping[Quarter, str]] = {
    "both": "Practises and wins",
    "practice": "Practises, results to come",
    "results": "Wins without practice",
    "neither": "Neither yet",
}
#: Actions that stand on the page at once, and those behind "earlier ones".
_FIRST: Final = 5
_MOST: Final = 50
_DONE: Final = ("recorded", "changed", "deleted", "restored")


class ActionRow(msgspec.Struct, frozen=True):
    """An offline action in the list. `effect` is what followed an intervention; `edit` where it may be changed;
    `author` who recorded it by hand."""

    action_id: str
    at: datetime
    title: str
    detail: str
    role: ActionRole
    impact: Impact
    competency: str | None
    effect: Markup
    edit: str
    author: str
    private: bool


class CompetencyRow(msgspec.Struct, frozen=True):
    name: str
    practice: float
    results: float
    outcomes: int


class OfflinePanel(msgspec.Struct, frozen=True):
    """offline/panel.html. `done`: what was just done to which action; `chart` is None with nothing to draw."""

    sentence: Markup
    competencies: tuple[CompetencyRow, ...]
    chart: WeeksChart | None
    competency_names: tuple[tuple[str, str], ...]
    first: tuple[ActionRow, ...]
    more: tuple[ActionRow, ...]
    total: int
    any_effect: bool
    form: ActionForm
    choices: Mapping[str, object]
    url: str
    done: tuple[str, str] | None


async def offline_panel(request: AnyRequest, connection: DictConnection, customer_id: str) -> OfflinePanel:
    """Reads and lays out everything the section shows."""
    served, now, zone = services(request), services(request).now(), zone_of(request)
    practice = await read_practice(connection, customer_id, now=now)
    actions = await read_actions(connection, customer_id, limit=_MOST)
    authors = await read_authors(connection, [action.action_id for action in actions.items])
    total = len(actions.items) if actions.next is None else _MOST + 1
    form = blank(now, zone)
    weeks = practice.weeks
    notes = await annotations_between(connection, weeks[0].first, weeks[-1].last) if weeks else []
    return panel_view(
        practice,
        actions.items,
        served.plan,
        total=total,
        form=form,
        choices=form_choices(served, form.typed),
        done=_done(request),
        authors={action: one.named(who_asks(request).names) for action, one in authors.items()},
        notes=notes,
    )


def panel_view(
    practice: Practice,
    actions: list[Action],
    plan: Plan,
    *,
    total: int,
    form: ActionForm,
    choices: Mapping[str, object],
    done: tuple[str, str] | None = None,
    authors: Mapping[UUID, Authors] = MappingProxyType({}),
    notes: Sequence[Annotation] = (),
) -> OfflinePanel:
    """`actions`: the newest, newest first."""
    names = competency_names(plan)
    effects = {one.action_id: one for one in practice.interventions}
    url = v.customer_url(practice.customer_id)
    rows = [
        _row(action, effects.get(action.action_id), names, url, authors.get(action.action_id, NOBODY))
        for action in actions
    ]
    anything = any(week.points for week in practice.weeks) or bool(practice.actions)
    return OfflinePanel(
        sentence=_sentence(practice, bool(actions)),
        competencies=tuple(
            CompetencyRow(names.get(one.competency, one.competency), one.practice, one.results, one.outcomes)
            for one in practice.competencies
            if _shown(one)
        ),
        chart=weeks_chart(practice.weeks, practice.actions, names, notes) if anything else None,
        competency_names=tuple(names.items()),
        first=tuple(rows[:_FIRST]),
        more=tuple(rows[_FIRST:]),
        total=total,
        any_effect=any(row.effect for row in rows),
        form=form,
        choices=choices,
        url=url,
        done=done,
    )


def effect_words(found: Intervention) -> Markup:
    """Before against after, or why there is nothing to say."""
    if found.after is None:
        return Markup("Too soon to say: {} of {} days have passed.").format(found.days_after, SPAN_DAYS)
    after, before = found.after, found.before
    if before is None:
        return Markup(
            "{} points a week and {} active {} after it; not here all {} days before, so nothing to compare."
        ).format(
            markup.number(after.points_a_week, digits=1),
            markup.number(after.active_days),
            fmt.plural(after.active_days, "day"),
            SPAN_DAYS,
        )
    return Markup("{} → {} points a week{}, {} → {} active days").format(
        markup.number(before.points_a_week, digits=1),
        markup.number(after.points_a_week, digits=1),
        _direction(after.points_a_week, before.points_a_week),
        markup.number(before.active_days),
        markup.number(after.active_days),
    )


def _direction(after: float, before: float) -> Markup:
    """More or fewer, by word and colour."""
    if after == before:
        return Markup("")
    kind, word = ("better", "more") if after > before else ("worse", "fewer")
    return Markup(' <span class="{}">({})</span>').format(kind, word)


def _shown(one: CompetencyPractice) -> bool:
    return bool(one.points or one.outcomes)


def _sentence(practice: Practice, any_action: bool) -> Markup:
    if not any_action:
        return Markup("Practice {} of 100. No offline actions yet, so nothing is known of results.").format(
            markup.number(practice.practice)
        )
    return Markup("{}: practice {}, results {} of 100.").format(
        QUARTERS[practice.quarter], markup.number(practice.practice), markup.number(practice.results)
    )


def _row(
    action: Action, effect: Intervention | None, names: Mapping[str, str], url: str, authors: Authors
) -> ActionRow:
    said = action_in_words(
        action.action_type, action.description, action.value, action.currency, action.action_metadata
    )
    area = action.competency_area
    return ActionRow(
        action_id=str(action.action_id),
        at=action.timestamp,
        title=said.title,
        detail=said.detail,
        role=action.role,
        impact=action.business_impact,
        competency=(names.get(area) or fmt.words(area)) if area else None,
        effect=effect_words(effect) if effect else Markup(""),
        edit=f"{url}/actions/{action.action_id}" if action.source == BY_HAND else "",
        author=authors.in_words,
        private=action.private,
    )


def _done(request: AnyRequest) -> tuple[str, str] | None:
    """What the address says was just done; an id that is none says nothing."""
    for word in _DONE:
        try:
            return word, str(UUID(request.query_params.get(word, "")))
        except ValueError:
            continue
    return None
