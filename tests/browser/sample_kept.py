"""What is kept of Explore: cohorts, saved reports and dashboards, with full, empty and absurd data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from milepost.analytics.cohorts import Cohort, CohortCustomer, CohortCustomers
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address, address_of
from milepost.dashboard.questions.asked import NAMES
from milepost.dashboard.questions.cohort_form import CohortForm, in_words, read_form
from milepost.dashboard.questions.dashboard_pages import ShownCard, laid_out
from milepost.dashboard.questions.frame import Frame, read_frame
from milepost.dashboard.questions.kept import WIDTHS, Card, Dashboard
from milepost.dashboard.questions.shown import QuestionPage
from milepost.dashboard.questions.tabs import TITLES, tabs
from milepost.dashboard.views import Section
from milepost.plan.load import load_plan

from .sample import ABSURD, EVIL, NOW, Scenario
from .sample import NAMES as CUSTOMERS
from .sample_questions import answered, asked, names, report
from .sample_segments import segment

_KEPT: Final = "days=7&compare=&segment=pro"
_DID: Final = [
    ("did.event", "export_action"), ("did.tool", "business-case"), ("did.compare", "at_least"), ("did.times", "3"),
    ("did.days", "30"), ("known.field", "insight.current_scaling_score"), ("known.op", "at_least"),
    ("known.value", "50"),
]  # fmt: skip
_EVIL_DID: Final = [
    pair for n in range(10) for pair in (
        ("did.event", f"name:{EVIL}{n}"), ("did.tool", EVIL * 3), ("did.compare", "at_most"), ("did.times", "1000000"),
        ("did.days", "3660"), ("known.field", "customer_id"), ("known.op", "is"), ("known.value", EVIL * 9),
    )
]  # fmt: skip

Laid = tuple[str, str, Section, Mapping[str, object]]


def pages(scenario: Scenario) -> Iterator[Laid]:
    """(name, template, section, context)."""
    yield from _cohorts(scenario)
    yield from _dashboards(scenario)


def _form(scenario: Scenario) -> CohortForm:
    pairs = {"full": _DID, "empty": [], "absurd": _EVIL_DID}[scenario]
    return read_form(Address.of(address_of("", pairs).removeprefix("?")))


def _cohorts(scenario: Scenario) -> Iterator[Laid]:
    form, known = _form(scenario), names(scenario)
    definition = form.definition
    assert definition
    said = in_words(definition, known)
    called = [(EVIL * 5)[:200], "x" * 200] if scenario == "absurd" else ["Heavy exporters", "Quiet since spring"]
    made = [
        Cohort(
            cohort_id=UUID(int=n), name=name, definition=definition, created_at=NOW.isoformat(),
            updated_at=NOW.isoformat(), created_by=None,
        )
        for n, name in enumerate(called * (20 if scenario == "absurd" else 1))
    ]  # fmt: skip
    kept = [] if scenario == "empty" else [(one, said) for one in made]
    yield "cohorts", "questions/cohorts.html", "cohorts", {"tabs": tabs(), "cohorts": kept}
    context = {"found": _members(scenario), "trouble": "", "said": said}
    yield "cohort", "questions/cohort.html", "cohorts", {**context, "cohort": made[0]}
    yield "cohort-new", "questions/cohort_new.html", "cohorts", {
        **context, "form": form, "definition": msgspec.json.encode(definition).decode(), "words": words, "cohorts": (),
        "events": [("name:report_sent", EVIL if scenario == "absurd" else "Report sent")], "names": known,
        "segments": () if scenario == "empty" else _segments(scenario), "suggestions": words.suggestions(load_plan()),
    }  # fmt: skip


def _members(scenario: Scenario) -> CohortCustomers:
    absurd = scenario == "absurd"
    who = {"full": tuple(enumerate(CUSTOMERS)), "empty": (), "absurd": ABSURD}[scenario]
    items = [
        CohortCustomer(
            customer_id=str(id_), name=name, total_events=10**12 if absurd else 400, last_event_at=NOW.isoformat()
        )
        for id_, name in who
    ]
    return CohortCustomers(total=10**9 if absurd else len(items), items=items)


def _segments(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    return tuple((one.slug, one.name) for one in (segment(n, scenario) for n in range(3)))


def _dashboard(scenario: Scenario, place: int = 0) -> Dashboard:
    absurd = scenario == "absurd"
    cards = tuple(Card(UUID(int=n + 1), WIDTHS[n % 3]) for n in range(len(NAMES)))
    return Dashboard(
        dashboard_id=UUID(int=100 + place), name=(EVIL * 5)[:200] if absurd else "For the board",
        cards=() if scenario == "empty" else cards, frame="", created_by=None, created_at=NOW,
        updated_at=NOW - timedelta(days=400 if absurd else 1),
    )  # fmt: skip


def _dashboards(scenario: Scenario) -> Iterator[Laid]:
    empty, absurd = scenario == "empty", scenario == "absurd"
    reports = [] if empty else [report(name, scenario, place=n + 1) for n, name in enumerate(NAMES)]
    kept = [] if empty else [_dashboard(scenario, n) for n in range(40 if absurd else 2)]
    yield "dashboards", "questions/dashboards.html", "dashboards", {
        "dashboards": kept, "reports": reports, "titles": TITLES,
    }  # fmt: skip
    one = _dashboard(scenario)
    cards = tuple(
        ShownCard(card, of, answered(of.question, scenario)) for card, of in zip(one.cards, reports, strict=True)
    )
    if absurd:
        nothing = QuestionPage(asked("tools", scenario), "Tools", trouble=EVIL * 3)
        none = ShownCard(Card(UUID(int=50), 2), report("tools", scenario, place=50), nothing)
        empty_one = answered("tools", "empty")
        cards = (none, ShownCard(Card(UUID(int=51), 2), report("tools", scenario, place=51), empty_one), *cards)
    frame = read_frame(_KEPT, "", "UTC", NOW) if absurd else Frame()
    yield "dashboard", "questions/dashboard.html", "dashboards", laid_out(
        one, cards, reports, frame, () if empty else _segments(scenario), "UTC", NOW, mailed=absurd, mail=not absurd,
        arranging=absurd,
    )  # fmt: skip
