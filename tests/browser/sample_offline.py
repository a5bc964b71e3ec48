"""Practice and results of a customer for the preview: full, empty, absurd."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from milepost.dashboard.describe import competency_names
from milepost.dashboard.offline.form import BY_HAND, SUGGESTIONS, blank
from milepost.dashboard.offline.panel import OfflinePanel, panel_view
from milepost.insights.customer import Action
from milepost.insights.practice import (
    ActionMark,
    CompetencyPractice,
    Intervention,
    Practice,
    PracticeWeek,
    Span,
    quarter_of,
)
from milepost.plan import load_plan

from .sample import ABSURD_IDS, EVIL, NOW, Scenario
from .sample_annotations import notes

_PLAN = load_plan()
_TODAY = NOW.date()
_KINDS = ("Workshop", "deal_won", "Call", "proposal", "Renewal", "Training", "call")


def panel(scenario: Scenario) -> OfflinePanel:
    """The section of the customer's page."""
    absurd = scenario == "absurd"
    customer = ABSURD_IDS[1] if absurd else "cust-30217"
    actions = [] if scenario == "empty" else [_action(k, customer, absurd=absurd) for k in range(40 if absurd else 7)]
    practice = Practice(
        customer_id=customer,
        as_of=NOW,
        practice=0 if scenario == "empty" else 62.4,
        results=0 if scenario == "empty" else 48.1,
        quarter=quarter_of(62.4, 48.1),
        practises_from=50,
        wins_from=30,
        competencies=[
            CompetencyPractice(
                competency=one.id,
                practice=84 - 17 * k,
                results=20.5 * k,
                points=0 if scenario == "empty" else 400 - 90 * k,
                faded_points=80,
                outcomes=k,
                faded_outcomes=1.5 * k,
                last_outcome=None,
            )
            for k, one in enumerate(_PLAN.competencies)
        ],
        weeks=[_week(k, scenario) for k in range(26)],
        actions=[
            ActionMark(
                action_id=a.action_id,
                action_type=a.action_type,
                role=a.role,
                competency_area=None,
                timestamp=a.timestamp,
                private=a.private,
            )
            for a in actions
            if a.timestamp > NOW - timedelta(days=180)
        ],
        interventions=[_effect(a) for a in actions if a.role == "intervention"],
    )
    form = blank(NOW, NOW.tzinfo)  # type: ignore[arg-type]  # it has one
    choices = {"competencies": competency_names(_PLAN), "suggestions": SUGGESTIONS}
    done = ("recorded", str(actions[0].action_id)) if scenario == "full" else None
    return panel_view(
        practice, actions, _PLAN, total=len(actions), form=form, choices=choices, done=done, notes=notes(scenario)
    )


def _action(k: int, customer: str, *, absurd: bool) -> Action:
    return Action(
        action_id=UUID(int=k + 1),
        customer_id=customer,
        user_id=None,
        action_type=EVIL * 3 if absurd else _KINDS[k],
        role="outcome" if k % 3 == 1 else "intervention",
        description=EVIL * 40 if absurd else "90 minutes, 6 people. Next: a draft by Friday." if k % 2 else None,
        competency_area=EVIL if absurd else _PLAN.competencies[k % 4].id,
        business_impact=("high", "medium", "low")[k % 3],
        value=1e15 if absurd else 48_000.5 if k % 3 == 1 else None,
        currency="EUR" if k % 3 == 1 else None,
        action_metadata={},
        source=BY_HAND if k % 2 == 0 else "crm",
        timestamp=NOW - timedelta(days=11 * k + 4),
        received_at=NOW,
        private=k % 4 == 2,
    )


def _week(k: int, scenario: Scenario) -> PracticeWeek:
    last = _TODAY - timedelta(days=7 * (25 - k))
    by = {one.id: (k * (place + 3) * 7) % 40 for place, one in enumerate(_PLAN.competencies)}
    if scenario != "full":
        by = dict.fromkeys(by, 10**12 * (scenario == "absurd") * (k == 20))
    rest = 12 if scenario == "full" else 0
    return PracticeWeek(first=last - timedelta(days=6), last=last, points=sum(by.values()) + rest, competencies=by)


def _effect(action: Action) -> Intervention:
    day = action.timestamp.date()
    passed = (_TODAY - day).days - 1
    before = Span(first=day - timedelta(days=28), last=day - timedelta(days=1), points_a_week=21.25, active_days=9)
    after = Span(first=day + timedelta(days=1), last=day + timedelta(days=28), points_a_week=33.5, active_days=14)
    return Intervention(
        action_id=action.action_id,
        action_type=action.action_type,
        competency_area=action.competency_area,
        timestamp=action.timestamp,
        before=before if (_TODAY - day).days < 60 else None,
        after=after if passed >= 28 else None,
        days_after=min(28, passed),
        private=action.private,
    )
