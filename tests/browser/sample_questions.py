"""The pages of Explore's questions: as the product makes them of an answer, and of what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from milepost.api.answering import Answers
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address, address_of
from milepost.dashboard.questions.annotated import with_annotations
from milepost.dashboard.questions.asked import NAMES, Name, PageQuestion
from milepost.dashboard.questions.behind import read_place
from milepost.dashboard.questions.behind import view as behind_view
from milepost.dashboard.questions.kept import Look, Report
from milepost.dashboard.questions.pages import TEMPLATES, laid_out
from milepost.dashboard.questions.reading import read
from milepost.dashboard.questions.shown import Behind, QuestionPage
from milepost.dashboard.questions.tabs import TITLES
from milepost.dashboard.questions.view import show
from milepost.dashboard.views import Section
from milepost.plan.load import load_plan

from .sample import ABSURD, EVIL, NOW, Scenario
from .sample_annotations import notes
from .sample_answers import answer, people
from .sample_segments import segment

_PLAN: Final = load_plan()
_STEPS: Final = "s.event=tool_usage&s.event=export_action&s.event=resource_share"
_FULL: Final[Mapping[Name, str]] = {
    "trends": "by=tool_id&compare=previous&field=device_type&op=is_not&value=bot",
    "funnels": f"{_STEPS}&by=device_type",
    "retention": "",
    "paths": "anchor.event=tool_usage",
    "lifecycle": "",
    "tools": "compare=previous",
    "sessions": "by=device_type",
}
_EVIL_STEPS: Final = [
    (name, text) for n in range(8) for name, text in (("s.event", f"name:{EVIL}{n}"), ("s.tool", EVIL * 3))
]
_EVIL_FILTERS: Final = [
    (name, text)
    for field, key, value in (
        ("metadata", "k" * 200, "v" * 900), ("customer_id", "", ", ".join(f"c-{n}" for n in range(300))),
        ("segment", "", "gone"), ("trait", EVIL, EVIL),
    )
    for name, text in (("field", field), ("key", key), ("op", "is"), ("value", value))
]  # fmt: skip
_BROKEN_DOWN: Final = [("by", "metadata"), ("by_key", EVIL * 2)]
_ABSURD: Final[Mapping[Name, list[tuple[str, str]]]] = {
    "trends": [
        ("measure", "average"), ("of", "metadata"), ("of_key", EVIL), *_BROKEN_DOWN, ("by2", "page_url"), ("top", "50"),
        ("compare", "year_ago"), ("s.event", f"name:{EVIL}"),
    ],
    "funnels": [*_EVIL_STEPS, *_BROKEN_DOWN, ("top", "50"), ("window", "9999")],
    "retention": [("interval", "day"), ("intervals", "60"), ("days", "60"), ("compare", "previous"), ("unit", "user")],
    "paths": [("depth", "6"), ("top", "20"), ("anchor.event", f"name:{EVIL}"), ("direction", "previous")],
    "lifecycle": [("interval", "day"), ("days", "90"), ("activity.tool", EVIL * 3)],
    "tools": [("compare", "previous")],
    "sessions": [("by", "landing_page"), ("compare", "previous"), *_EVIL_FILTERS],
}  # fmt: skip
_STOPPED: Final = "This took longer than a question may take, so it was stopped. Choose fewer days, or add a filter."


def asked(name: Name, scenario: Scenario) -> PageQuestion:
    query = address_of("", _ABSURD[name]) if scenario == "absurd" else _FULL[name]
    return read(name, Address.of(query.removeprefix("?")), "UTC", NOW)


def names(scenario: Scenario) -> words.Names:
    """What the plan and the team call things."""
    absurd = scenario == "absurd"
    kept = {
        words.SEGMENT: {one.slug: one.name for one in (segment(n, scenario) for n in range(3))},
        "cohort": {str(UUID(int=n)): EVIL * 3 if absurd else f"Exported in week {n}" for n in range(1, 4)},
        "event_name": {"report_sent": EVIL if absurd else "Report sent"},
        "customer_id": dict(ABSURD) if absurd else {},
    }
    none: words.Names = {words.SEGMENT: {}, "cohort": {}, "event_name": {}, "customer_id": {}}
    return {**words.names_of(_PLAN), **(none if scenario == "empty" else kept)}


@cache
def answered(name: Name, scenario: Scenario) -> QuestionPage:
    one = asked(name, scenario)
    found = Answers(
        [answer(question, scenario) for question in one.questions], NOW, EVIL if scenario == "absurd" else ""
    )
    shown = show(one, found, names(scenario), NOW)
    panels = tuple(with_annotations(panel, notes(scenario), found.answers[0].last) for panel in shown.panels)
    traits = words.traits_words("now") if one.uses_traits else ""
    return QuestionPage(
        one, TITLES[one.name], replace(shown, panels=panels), as_of=None if scenario == "empty" else NOW,
        behind=found.trouble, traits=traits,
    )  # fmt: skip


def report(name: Name, scenario: Scenario, *, place: int = 1) -> Report:
    query = asked(name, scenario).query
    return Report(
        report_id=UUID(int=place), name=(EVIL * 5)[:200] if scenario == "absurd" else f"{TITLES[name]} of tools",
        shown=Look(name, query), created_by=None, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def pages(scenario: Scenario) -> Iterator[tuple[str, str, Section, Mapping[str, object]]]:
    """(name, template, section, context) of every question with its answer, one without, and who is behind one."""
    for name in NAMES:
        saved = report(name, scenario) if name == "sessions" and scenario != "empty" else None
        yield name, TEMPLATES[name], name, _laid(answered(name, scenario), scenario, saved)
    one = asked("lifecycle", scenario)
    missing = {
        "full": QuestionPage(one, "Lifecycle", waiting=True),
        "empty": QuestionPage(one, "Lifecycle", trouble=_STOPPED),
        "absurd": QuestionPage(
            asked("funnels", scenario), "Funnels", trouble=f"There is no field {EVIL * 3}.", misasked=True
        ),
    }[scenario]
    yield "question-unanswered", TEMPLATES[missing.asked.name], missing.asked.name, _laid(missing, scenario)
    yield "behind", "questions/behind.html", "trends", {"view": _behind(scenario)}


def _laid(page: QuestionPage, scenario: Scenario, saved: Report | None = None) -> Mapping[str, object]:
    events = [] if scenario == "empty" else [("name:report_sent", EVIL if scenario == "absurd" else "Report sent")]
    return laid_out(page, _PLAN, names(scenario), events, notes(scenario)[:8], saved=saved)


def _behind(scenario: Scenario) -> Behind:
    name: Name = "funnels" if scenario == "absurd" else "trends"
    one = asked(name, scenario)
    if scenario == "empty":
        return Behind("Who is behind it", "", (), 0, one.unit, one.url, trouble=_STOPPED)
    address = Address.of(
        "at.step=3&at.outcome=dropped" if scenario == "absurd" else "at.series=0&at.value=icp-analysis"
    )
    question, place = read_place(one, address)
    assert question is one.questions[0]
    return behind_view(one, place, people(scenario), names(scenario), address)
