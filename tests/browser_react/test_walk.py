"""A walk through the four tools of the example, as the demo serves it: exactly the events expected, each once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Page, expect

from tests.support.server import WRITE_KEY, Server, wait_for

#: (type, tool, section, impact, competency, what else says which it is)
Row = tuple[str, str | None, str | None, str, str | None, str | None]

_ICP, _COST, _CASE, _LIBRARY = "icp-analysis", "cost-calculator", "business-case", "resource-library"
_COMPETENCY = {
    _ICP: "customer_intelligence",
    _COST: "value_communication",
    _CASE: "sales_execution",
    _LIBRARY: "systematic_optimization",
}


def _visit(tool: str, action: str, section: str | None = None) -> Row:
    return ("tool_usage", tool, section, "low", _COMPETENCY[tool], action)


def _tab(tool: str, section: str) -> Row:
    return ("navigation", tool, section, "low", None, "tab")


def _page(action: str) -> Row:
    return ("navigation", None, None, "low", None, action)


def _generation(tool: str, section: str, phase: str) -> Row:
    impact = {"start": "low", "failure": "medium", "success": "high"}[phase]
    return ("resource_generation", tool, section, impact, _COMPETENCY[tool], phase)


def _export(tool: str, section: str, kind: str) -> Row:
    return ("export_action", tool, section, "high", _COMPETENCY[tool], kind)


def _milestone(tool: str, description: str) -> Row:
    return ("competency_milestone", tool, None, "high", _COMPETENCY[tool], description)


def _content(tool: str, section: str, action: str) -> Row:
    return ("content_interaction", tool, section, "low", _COMPETENCY[tool], action)


def _share(channel: str) -> Row:
    return ("resource_share", _LIBRARY, "sharing", "low", _COMPETENCY[_LIBRARY], channel)


EXPECTED: list[Row] = [
    # ICP analysis: a failure for want of answers, then framework, personas and both exports.
    _page("page_view"),
    _visit(_ICP, "enter"),
    _tab(_ICP, "rating-framework"),
    _content(_ICP, "rating-framework", "click"),
    _generation(_ICP, "rating-framework", "start"),
    _generation(_ICP, "rating-framework", "failure"),
    _tab(_ICP, "product-details"),
    _tab(_ICP, "rating-framework"),
    _content(_ICP, "rating-framework", "click"),
    _generation(_ICP, "rating-framework", "start"),
    _generation(_ICP, "rating-framework", "success"),
    _tab(_ICP, "personas"),
    _generation(_ICP, "personas", "start"),
    _generation(_ICP, "personas", "success"),
    _milestone(_ICP, "Completed first comprehensive ICP analysis"),
    _tab(_ICP, "summary"),
    _export(_ICP, "summary", "pdf"),
    _export(_ICP, "summary", "markdown"),
    # Cost calculator: a figure that is none, then the result, PDF and CSV.
    _page("page_leave"),
    _page("page_view"),
    _visit(_ICP, "exit"),
    _visit(_COST, "enter"),
    _generation(_COST, "results", "start"),
    _generation(_COST, "results", "failure"),
    _generation(_COST, "results", "start"),
    _generation(_COST, "results", "success"),
    _tab(_COST, "results"),
    _milestone(_COST, "Worked out a first cost of delay"),
    _tab(_COST, "report-generation"),
    _export(_COST, "report-generation", "pdf"),
    _export(_COST, "report-generation", "csv"),
    # Business case: too little written, then assembled and exported three ways.
    _page("page_leave"),
    _page("page_view"),
    _visit(_COST, "exit"),
    _visit(_CASE, "enter"),
    _tab(_CASE, "assembly"),
    _generation(_CASE, "assembly", "start"),
    _generation(_CASE, "assembly", "failure"),
    _generation(_CASE, "assembly", "start"),
    _generation(_CASE, "assembly", "success"),
    _tab(_CASE, "review"),
    _milestone(_CASE, "Assembled a first business case"),
    _export(_CASE, "export", "pdf"),
    _export(_CASE, "export", "html"),
    _export(_CASE, "export", "markdown"),
    # Resource library: the fourth tool; search, three articles, two shares.
    _page("page_leave"),
    _page("page_view"),
    _visit(_CASE, "exit"),
    _visit(_LIBRARY, "enter"),
    ("systematic_progression", None, None, "high", _COMPETENCY[_LIBRARY], "all_tools_used"),
    _content(_LIBRARY, "search", "search"),
    *(
        row
        for number in range(3)
        for row in (
            _page("page_leave"),
            _page("page_view"),
            _visit(_LIBRARY, "enter", "reading"),
            _content(_LIBRARY, "reading", "read"),
            *((_share("link"), _share("email")) if number == 0 else ()),
            *((_milestone(_LIBRARY, "Read three resources"),) if number == 2 else ()),
            *((_page("page_leave"), _page("page_view"), _visit(_LIBRARY, "exit", "reading")) if number < 2 else ()),
        )
    ),
    # Away: the tracker ends what is open, in the order it was opened.
    _visit(_LIBRARY, "exit"),
    _page("page_leave"),
    _visit(_LIBRARY, "exit", "reading"),
]


def _export_files(page: Page, *formats: str) -> list[Path]:
    files = []
    for name in formats:
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Export {name}").click()
        files.append(download.value.path())
    return files


def _walk(page: Page, tools: Server) -> dict[str, Path]:
    page.goto(tools.url + "/tools-app/")
    page.get_by_role("tab", name="Rating framework").click()
    page.get_by_role("button", name="Generate rating framework").click()
    expect(page.get_by_role("alert")).to_contain_text("needs 4 answers and has 0")
    page.get_by_role("tab", name="Product details").click()
    page.get_by_role("button", name="Fill in an example").click()
    page.get_by_role("tab", name="Rating framework").click()
    page.get_by_role("button", name="Generate rating framework").click()
    page.get_by_label("Mark for Problem").select_option("5")
    expect(page.get_by_text("Worth a first talk")).to_be_visible()
    page.get_by_role("tab", name="Personas").click()
    page.get_by_role("button", name="Draft personas").click()
    page.get_by_role("tab", name="Summary").click()
    icp, _ = _export_files(page, "PDF", "Markdown")

    page.get_by_role("navigation").get_by_role("link", name="Cost calculator").click()
    page.get_by_label("Months of delay").fill("soon")
    page.get_by_role("button", name="Work out the cost").click()
    expect(page.get_by_role("alert")).to_contain_text("whole numbers from 1 to 36")
    page.get_by_label("Months of delay").fill("2")
    page.get_by_role("button", name="Work out the cost").click()
    # 40,000 + 41,200 of value and twice 6,500.
    expect(page.get_by_text("$94,200 in 2 months")).to_be_visible()
    page.get_by_role("tab", name="Report").click()
    cost, csv = _export_files(page, "PDF", "CSV")

    page.get_by_role("navigation").get_by_role("link", name="Business case").click()
    page.get_by_role("button", name="Go on to writing").click()
    page.get_by_label("Where we are").fill("A third of the visits fail.")
    page.get_by_role("button", name="Put the case together").click()
    expect(page.get_by_role("alert")).to_contain_text("needs 3 written sections and has 1")
    page.get_by_role("button", name="Use the calculator's figures").click()
    page.get_by_label("What we propose").fill("Plan parts with the route.")
    page.get_by_role("button", name="Put the case together").click()
    expect(page.get_by_role("article")).to_contain_text("$94,200")
    _export_files(page, "PDF", "HTML", "Markdown")

    page.get_by_role("navigation").get_by_role("link", name="Resource library").click()
    page.get_by_label("Search the library").fill("price metric")
    expect(page.get_by_text("1 found")).to_be_attached()
    # Who types on is not counted as having asked; what is tracked is on its way or waits in storage.
    kept = 'Object.values(localStorage).some((kept) => kept.includes(\'"action":"search"\'))'
    wait_for(
        lambda: bool(page.evaluate(kept)) or any(_row(event)[-1] == "search" for event in _stored(tools)),
        5,
        "the search to be tracked",
    )
    page.get_by_role("link", name="Price by what it changes").click()
    page.context.grant_permissions(["clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    page.evaluate(
        "addEventListener('click', (event) => event.preventDefault(), { once: true })"
    )  # no mail program here
    page.get_by_role("link", name="Send by e-mail").click()
    for article in ("Give your champion something to forward", "Before the first salesperson"):
        page.get_by_role("main").get_by_role("link", name="Resource library").click()
        page.get_by_label("Search the library").fill("")
        page.get_by_role("link", name=article).press("Enter")
        expect(page.get_by_role("heading", name=article)).to_be_visible()
    return {"icp": icp, "cost": cost, "csv": csv}


def _stored(tools: Server, customer: str = "example-inc") -> list[dict[str, Any]]:
    """All but what is said of recommendations, which come when the server has settled."""
    with psycopg.connect(tools.database_url, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute(
            "select * from behavior_events where customer_id = %s and not event_metadata ? 'recommendation_id' "
            "order by event_id",
            (customer,),
        ).fetchall()


def _row(event: dict[str, Any]) -> Row:
    known = event["event_metadata"]
    words = ("action", "phase", "export_type", "milestone_description", "shared_with", "step")
    which = next((known[word] for word in words if word in known), None)
    names = ("event_type", "tool_id", "tool_section", "business_impact", "competency_area")
    kind, tool, section, impact, competency = (event[name] for name in names)
    return (kind, tool, section, impact, competency, which)


def test_a_walk_through_the_four_tools(page: Page, complaints: list[str], tools: Server) -> None:
    assert _stored(tools) == []
    files = _walk(page, tools)
    panel = page.get_by_role("complementary", name="Your standing")
    expect(panel.get_by_role("region", name="Badges")).to_contain_text("First export")
    expect(panel.get_by_role("region", name="Your progress")).to_contain_text("Too early to say: first seen today")
    page.goto("about:blank")
    wait_for(lambda: len(_stored(tools)) >= len(EXPECTED), 15, f"{len(EXPECTED)} events")
    events = _stored(tools)

    assert [_row(event) for event in events] == EXPECTED
    same = ("customer_id", "current_arr", "target_arr", "growth_stage", "device_type", "browser")
    assert {tuple(event[name] for name in same) for event in events} == {
        ("example-inc", "$2M+", "$10M", "rapid_scaling", "desktop", "Chrome")
    }
    assert len({event["session_id"] for event in events}) == 1
    assert len({event["anonymous_id"] for event in events}) == 1
    _check_details(events)
    _check_files(files)
    assert complaints == []


def test_a_low_impact_click_is_stored_in_about_a_second(page: Page, tools: Server) -> None:
    before = len(_stored(tools))
    page.goto(tools.url + "/tools-app/")
    wait_for(lambda: len(_stored(tools)) == before + 2, 10, "the page view and the entry")
    page.get_by_role("tab", name="Personas").click()
    wait_for(lambda: len(_stored(tools)) == before + 3, 2, "the click")
    assert _row(_stored(tools)[-1]) == _tab(_ICP, "personas")


def test_milestones_are_found_behind_any_number_of_later_events(page: Page, tools: Server) -> None:
    who = {"customer_id": "example-inc"}
    reached = {"event_type": "competency_milestone", "event_metadata": {"milestone_description": "Before all that"}}
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    events = [who | reached, *[who | {"event_type": "navigation", "timestamp": later}] * 600]
    with tools.client(WRITE_KEY) as client:
        client.post("/v1/events", json={"events": events}).raise_for_status()
    page.goto(tools.url + "/tools-app/#/progress")
    expect(page.get_by_role("region", name="Milestones").get_by_text("Before all that")).to_be_visible()


def _check_details(events: list[dict[str, Any]]) -> None:
    """Failures say why, successes what was made, pages how long they were looked at, exits how long they took."""
    failures = [e["event_metadata"] for e in events if e["event_metadata"].get("phase") == "failure"]
    assert [(known["code"], known["success"]) for known in failures] == [
        ("too_few_answers", False),
        ("invalid_inputs", False),
        ("too_few_sections", False),
    ]
    assert "needs 4 answers" in failures[0]["error"]
    assert failures[1]["fields"] == ["months"]
    made = [e["event_metadata"] for e in events if e["event_metadata"].get("phase") == "success"]
    assert [known["resource_type"] for known in made] == [
        "rating_framework",
        "personas",
        "cost_of_delay",
        "business_case",
    ]
    assert made[0]["criteria"] == 6
    assert made[2]["total"] == 94_200
    leaves = [e for e in events if e["event_metadata"].get("action") == "page_leave"]
    assert all(0 < event["time_on_page"] < 60_000 for event in leaves)
    exits = [e for e in events if e["event_metadata"].get("action") == "exit"]
    assert all(0 < event["event_metadata"]["duration_ms"] < 60_000 for event in exits)
    milestone = next(e for e in events if e["event_type"] == "competency_milestone")
    assert milestone["event_metadata"]["professional_credibility"] == 15


def _check_files(files: dict[str, Path]) -> None:
    """The CSV's figures, and PDFs whose cross-reference table finds every object."""
    assert files["csv"].read_text().splitlines() == [
        "Month,Missed value,Workaround,Total so far",
        "1,40000,6500,46500",
        "2,41200,6500,94200",
    ]
    for name, text in (("icp", b"Heating and cooling"), ("cost", b"$94,200")):
        file = files[name].read_bytes()
        assert file.startswith(b"%PDF-1.4")
        assert file.endswith(b"%%EOF\n")
        assert text in file
        table = int(re.findall(rb"startxref\n(\d+)", file)[0])
        assert file[table:].startswith(b"xref\n0 ")
        offsets = [int(offset) for offset in re.findall(rb"(\d{10}) 00000 n ", file[table:])]
        assert all(file[at:].startswith(b"%d 0 obj" % (number + 1)) for number, at in enumerate(offsets))
        for length, stream in re.findall(rb"/Length (\d+) >>\nstream\n(.*?)endstream", file, re.DOTALL):
            assert len(stream) == int(length)
