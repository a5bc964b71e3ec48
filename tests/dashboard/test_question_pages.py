"""The questions' pages over HTTP, and their parts: addresses, steps, cards, cohorts, what is said without answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import get_args
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.analytics.asking import EventKind, Filter, Period
from milepost.analytics.cohorts import Did
from milepost.analytics.funnel import Funnel
from milepost.analytics.paths import Link, Node, PathsAnswer
from milepost.analytics.period import Window
from milepost.analytics.trends import Series, Trends
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address, KindRow, event_field, join_values, kind_pairs, split_values
from milepost.dashboard.questions.arranging import arranged
from milepost.dashboard.questions.asked import NAMES, Name, before_that
from milepost.dashboard.questions.beginning import common_way, planned_steps
from milepost.dashboard.questions.cohort_form import in_words, read_form
from milepost.dashboard.questions.kept import Card
from milepost.dashboard.questions.picks import Of
from milepost.dashboard.questions.proposed import proposed_name
from milepost.dashboard.questions.reading import read
from milepost.dashboard.questions.tabs import tabs
from milepost.dashboard.questions.words import names_of
from milepost.dashboard.static_files import CONTENT_SECURITY_POLICY
from milepost.plan import load_plan
from milepost.plan.names import EventRule
from tests.support.dashboard import member, send_form
from tests.support.server import WRITE_KEY, Server

_NOW = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def signed_in(shared_server: Server) -> Iterator[httpx.Client]:
    """A member of a server without a column store, which has one event."""
    with shared_server.client(WRITE_KEY) as client:
        event = {"customer_id": "acme", "event_type": "tool_usage", "tool_id": "icp-analysis"}
        assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
    with member(shared_server) as client:
        yield client


def test_a_proposed_name_names_nobody() -> None:
    """It would stay when who is filtered by is erased."""
    steps = "s.event=navigation&s.event=export_action&s.field=user_id&s.field=&s.value=erin%40example.com&s.value="
    filters = "field=customer_id&field=trait.plan&field=person.name&value=Acme+Inc&value=pro&value=Erin"
    asked = read("funnels", Address.of(f"{steps}&{filters}"), "UTC", _NOW)
    assert [one.field for one in asked.questions[0].filters] == ["customer_id", "trait.plan", "person.name"]
    assert proposed_name(asked, names_of(load_plan())) == "Opened a page → Exported, Plan is pro"


def _read(name: Name, query: str, zone: str = "UTC") -> str:
    return read(name, Address.of(query), zone, _NOW).url


# -- Addresses ------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "query",
    [
        "",
        "days=7&unit=user&interval=week",
        "days=custom&first=2026-11-20&last=2026-11-02&tz=Asia/Kathmandu",
        "field=tool_id&op=is_not&value=a%2C+%22b%2C+c%22&field=metadata&key=plan&op=is_set&value=",
        "s.event=tool_usage&s.tool=x&s.event=&s.tool=&s.event=export_action&s.tool=y",
        "by=metadata&by_key=plan&view=table",
        "measure=sum&of=metadata&of_key=a&by=tool_id&by2=metadata&by2_key=b&compare=month_ago&formula_name=lost",
        "measure=average&of=metadata&s.event=&s.measure=max&s.of=time_on_page&s.of_key=&s.event=&s.measure=sum&s.of=tool_id"
        "&formula=A+/+B&formula_name=Per+one&by2=tool_id",
        "compare=previous&measure=distinct&of=insight.total_events&formula=" + "A+" * 300,
        "start.event=navigation&back.event=export_action&anchor.tool=x&activity.event=tool_usage",
        "days=x&first=&last=9999-99-99&tz=../../etc/passwd&unit=%00&interval=year&top=99999&depth=-1&do=up:x",
        "field=&op=&value=" * 60,
        "s.event=" + "&s.event=" * 300,
        "days=36600&tz=%FF",
    ],
)
def test_an_address_says_the_same_when_it_is_written_again(name: Name, query: str) -> None:
    once = read(name, Address.of(query), "Europe/Berlin", _NOW)
    again = read(name, Address.of(once.url.partition("?")[2]), "America/New_York", _NOW)
    assert again.questions == once.questions
    assert again.url == once.url


def test_a_page_that_names_no_zone_takes_the_readers() -> None:
    assert "tz=Europe%2FBerlin" in _read("trends", "", "Europe/Berlin")
    assert "tz=UTC" in _read("trends", "tz=UTC", "Europe/Berlin")


def test_an_address_becomes_the_question_it_says() -> None:
    query = (
        "days=90&unit=user&measure=units&interval=month&by=device_type&compare=1&field=business_impact&value=high"
        "&s.event=tool_usage&s.tool=icp-analysis&s.field=metadata&s.key=plan&s.op=is_not&s.value=free"
    )
    question = read("trends", Address.of(query), "UTC", _NOW).questions[0]
    assert isinstance(question, Trends)
    assert question.series == (
        Series(
            event_type="tool_usage",
            tool_id="icp-analysis",
            filters=(Filter(field="metadata.plan", op="is_not", values=("free",)),),
        ),
    )
    assert question.filters == (Filter(field="business_impact", values=("high",)),)
    assert (question.unit, question.measure, question.interval) == ("user", "units", "month")
    assert (question.breakdown, question.compare, question.period.days) == ("device_type", "previous", 90)


def test_an_address_says_a_formula_and_what_it_is_of() -> None:
    query = (
        "measure=sum&of=metadata&of_key=amount&by=tool_id&by2=metadata&by2_key=plan&compare=year_ago&formula=A+%2F+B"
        "&formula_name=Each&s.event=export_action&s.measure=&s.of=&s.of_key=&s.event=&s.measure=distinct&s.of=user_id&s.of_key="
    )
    question = read("trends", Address.of(query), "UTC", _NOW).questions[0]
    assert isinstance(question, Trends)
    assert (question.measure, question.of) == ("sum", "metadata.amount")
    assert question.series == (Series(event_type="export_action"), Series(measure="distinct", of="user_id"))
    assert (question.formula, question.formula_name) == ("A / B", "Each")
    assert (question.breakdown, question.compare) == (("tool_id", "metadata.plan"), "year_ago")


@pytest.mark.parametrize("rest", ["", "&of=", "&of=metadata", "&of=tool_id", "&of=cohort"])
def test_a_measure_of_no_field_yet_counts_events(rest: str) -> None:
    asked = read("trends", Address.of(f"measure=sum{rest}"), "UTC", _NOW)
    question = asked.questions[0]
    assert isinstance(question, Trends)
    assert (question.measure, question.of) == ("events", None)
    assert asked.parts["measure"] == "sum", "the form keeps what is being chosen"
    assert "measure=sum" in asked.url


def test_what_is_not_finished_does_not_count() -> None:
    query = "field=tool_id&op=is&value=&field=metadata&op=is&value=x&field=time_on_page&op=above&value=much"
    asked = read("trends", Address.of(query), "UTC", _NOW)
    assert asked.questions[0].filters == ()
    assert len(asked.filters) == 3, "the form keeps what is being typed"


def test_steps_are_added_moved_and_taken_out() -> None:
    start = "s.event=tool_usage&s.event=export_action&s.event=resource_share"

    def steps(command: str, query: str = start) -> list[str | None]:
        question = read("funnels", Address.of(f"{query}&do={command}"), "UTC", _NOW).questions[0]
        assert isinstance(question, Funnel)
        return [step.event_type for step in question.steps]

    assert steps("up:2") == ["tool_usage", "resource_share", "export_action"]
    assert steps("down:0") == ["export_action", "tool_usage", "resource_share"]
    assert steps("remove:1") == ["tool_usage", "resource_share"]
    assert steps("remove:0", "s.event=tool_usage&s.event=export_action") == ["tool_usage", "export_action"]
    assert steps("add") == ["tool_usage", "export_action", "resource_share", None]
    assert len(steps("add", start + "&s.event=navigation" * 9)) == 8
    for odd in ("up:0", "down:2", "up:99", "up:x", "up:", "sideways:1", "add-filter"):
        assert steps(odd) == ["tool_usage", "export_action", "resource_share"]


def test_the_period_before_is_as_long_and_ends_the_day_before() -> None:
    period = read("funnels", Address.of("days=7"), "UTC", _NOW).period
    before = before_that(Window.of(period, _NOW), period)
    assert (before.first, before.last) == (date(2026, 11, 13), date(2026, 11, 19))


def test_this_month_so_far_is_compared_with_the_same_days_of_the_month_before() -> None:
    asked = read("funnels", Address.of("days=this_month"), "UTC", _NOW)
    assert (asked.first, asked.last) == (date(2026, 11, 1), date(2026, 11, 26))
    assert [question.period for question in asked.questions] == [
        Period(range="this_month"),
        Period(first=date(2026, 10, 1), last=date(2026, 10, 26)),
    ]
    assert ("days", "this_month") in asked.pairs, "an address that is kept is of the month it is opened in"


def test_a_funnel_begins_with_the_plans_own_names() -> None:
    plan = msgspec.structs.replace(load_plan(), events=())
    assert planned_steps(plan) == (), "then it is ours"
    rules = (EventRule("Invoice *"), EventRule("Signed, up"), EventRule("Paid"), EventRule("Left"))
    named = Address(kind_pairs(planned_steps(msgspec.structs.replace(plan, events=rules)), "s."))
    question = read("funnels", named, "UTC", _NOW).questions[0]
    assert isinstance(question, Funnel)
    assert [step.event_name for step in question.steps] == ["Signed, up", "Paid"]


def test_days_are_chosen_with_what_they_are_compared_with() -> None:
    month = read("trends", Address.of("days=this_month:previous"), "UTC", _NOW)
    assert month.url.startswith("/trends?days=this_month&tz=UTC&compare=1&")
    shipped = read("tools", Address.of("days=since-2026-11-20:previous&compare="), "UTC", _NOW)
    assert (shipped.first, shipped.last, shipped.compare) == (date(2026, 11, 20), date(2026, 11, 26), "previous")
    assert [one.period.first for one in shipped.questions] == [date(2026, 11, 20), date(2026, 11, 13)]
    # Kept, it goes on to be up to today.
    later = read("tools", Address.of(shipped.query), "UTC", _NOW + timedelta(days=3))
    assert (later.first, later.last, later.compare) == (date(2026, 11, 20), date(2026, 11, 29), "previous")
    ahead = read("tools", Address.of("days=since-2026-12-03"), "UTC", _NOW)
    assert (ahead.first, ahead.last) == (date(2026, 11, 26), date(2026, 12, 3)), "what is planned has its days too"
    for odd in ("since-x:previous", "since-2026-99-99", "this_month:never", "since-1999-01-01"):
        assert read("trends", Address.of(f"days={odd}"), "UTC", _NOW).compare in (None, "previous")
    # A funnel is compared unless one says that it is not.
    assert len(read("funnels", Address.of("compare="), "UTC", _NOW).questions) == 1
    assert "compare=&" in read("funnels", Address.of("compare="), "UTC", _NOW).url


def test_what_is_asked_goes_along_to_the_other_tabs() -> None:
    query = "days=last_month&tz=UTC&compare=1&field=trait&key=plan&value=pro&by=device_type"
    query += "&s.event=name:Paid&s.event=tool:x"
    asked = read("trends", Address.of(query), "UTC", _NOW)
    found = {tab.title: tab.href for tab in tabs(asked)}
    assert found["Trends"] == asked.url
    assert found["Cohorts"] == "/cohorts"
    funnel = read("funnels", Address.of(found["Funnels"].partition("?")[2]), "Europe/Berlin", _NOW)
    question = funnel.questions[0]
    assert isinstance(question, Funnel)
    assert [(step.event_name, step.tool_id) for step in question.steps] == [("Paid", None), (None, "x")]
    assert (funnel.period, funnel.filters, funnel.compare) == (asked.period, asked.filters, "previous")
    assert question.breakdown == "device_type"
    retention = read("retention", Address.of(found["Retention"].partition("?")[2]), "Europe/Berlin", _NOW)
    assert retention.questions[0].period == asked.period
    assert retention.parts["start"] == KindRow(event="name:Paid")
    assert "s.event" not in found["Tools"]


def test_a_filter_is_added_by_what_it_is_of() -> None:
    added = read("trends", Address.of("add=segment.gold"), "UTC", _NOW)
    assert added.questions[0].filters == (Filter(field="segment", values=("gold",)),)
    trait = read("trends", Address.of("field=tool_id&value=x&add=trait.plan"), "UTC", _NOW)
    assert (trait.filters[1].field, trait.filters[1].key, trait.focus) == ("trait", "plan", "filter-1-value")
    assert read("trends", Address.of("add=nonsense"), "UTC", _NOW).filters == ()


def test_a_funnel_begins_with_the_way_most_went() -> None:
    """Always on where most went, past what was there before, to no end."""
    there = ((0, ""), (1, "Signed in"), (1, "Paid"), (2, "Opened"), (2, ""), (3, "Signed in"), (3, "Paid"))
    nodes = [
        Node(step=step, label=label, kind="label" if label or not step else "end", count=10) for step, label in there
    ]
    ways = [(0, 1, 9), (0, 2, 1), (1, 3, 6), (1, 4, 8), (3, 5, 5), (3, 6, 1)]
    answer = PathsAnswer(
        unit="customer", first=date(2026, 11, 1), last=date(2026, 11, 30), timezone="UTC", direction="next",
        per="unit", runs=10, nodes=nodes, links=[Link(source=a, target=b, count=n) for a, b, n in ways],
    )  # fmt: skip
    assert common_way(answer) == ["Signed in", "Opened", "Paid"]
    assert common_way(msgspec.structs.replace(answer, nodes=[], links=[])) == []


@pytest.mark.parametrize("chosen", ["days=90", "days=last_quarter", "days=custom&first=2026-02-03&last=2026-03-04"])
def test_who_chooses_dates_begins_with_the_days_shown(chosen: str) -> None:
    """The form sends its dates whatever was chosen before."""
    before = read("trends", Address.of(chosen), "UTC", _NOW)
    after = read("trends", Address.of(f"days=custom&first={before.first}&last={before.last}"), "UTC", _NOW)
    assert (after.first, after.last, after.period.range) == (before.first, before.last, None)


def test_an_event_is_called_by_its_own_name() -> None:
    named = Filter(field="event_name", values=("Change written", "Change merged"))
    of = Filter(field="tool_id", values=("nova",))
    assert words.kind_words(EventKind(filters=(named,)), {}) == "Change written or Change merged"
    assert (
        words.kind_words(EventKind(tool_id="nova", filters=(named,)), {}) == "Change written or Change merged in nova"
    )
    assert words.kind_words(EventKind(filters=(of, named)), {}).endswith(", Tool is nova")
    assert words.kind_words(EventKind(event_type="navigation", filters=(named,)), {}).startswith("Opened a page, ")
    assert words.kind_words(EventKind(event_name="Paid", tool_id="nova"), {}) == "Paid in nova"


@given(st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), max_size=5))
def test_values_are_parted_as_they_were_joined(values: list[str]) -> None:
    if all(not value.startswith('"') for value in values):
        assert split_values(join_values(values)) == values


# -- Dashboards and cohorts -----------------------------------------------------------------------
def test_cards_are_arranged() -> None:
    a, b, c = cards = tuple(Card(UUID(int=n)) for n in (1, 2, 3))

    def order(command: str) -> tuple[Card, ...]:
        return arranged(cards, command)

    assert order(f"earlier:{b.report_id}") == (b, a, c)
    assert order(f"later:{b.report_id}") == (a, c, b)
    assert order(f"remove:{b.report_id}") == (a, c)
    assert order(f"wider:{b.report_id}")[1] == Card(b.report_id, 6)
    assert order(f"narrower:{b.report_id}")[1] == Card(b.report_id, 2)
    assert arranged(order(f"wider:{b.report_id}"), f"wider:{b.report_id}") == order(f"wider:{b.report_id}")
    assert order(f"order:{c.report_id},{a.report_id}") == (c, a, b), "a card nobody named stays, at the end"
    assert order(f"add:{b.report_id}") == cards
    for odd in (f"earlier:{a.report_id}", f"later:{c.report_id}", "order:", "wider:x", f"remove:{uuid4()}", ""):
        assert order(odd) == cards


def test_a_cohort_is_read_and_said_in_words() -> None:
    query = (
        "match=any&did.event=export_action&did.tool=&did.compare=at_least&did.times=3&did.days=14"
        "&known.field=insight.current_scaling_score&known.op=at_least&known.value=50"
    )
    form = read_form(Address.of(query))
    definition = form.definition
    assert definition is not None
    assert definition.conditions[0] == Did(event=EventKind(event_type="export_action"), at_least=3, days=14)
    assert in_words(definition, {}) == "Exported at least 3 times in the last 14 days or Health is at least 50"
    assert read_form(Address.of(form.url.partition("?")[2])) == form


# -- Over HTTP ------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/cohorts", "/dashboards", "/cohorts/new?do=remove-did:0", *(f"/{n}" for n in NAMES)])
def test_every_page_is_locked_down(signed_in: httpx.Client, path: str) -> None:
    answer = signed_in.get(path)
    if answer.status_code == 303:
        answer = signed_in.get(answer.headers["location"].partition("#")[0])
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=\"", answer.text)
    visitor = httpx.get(str(signed_in.base_url.join(path)))
    assert visitor.status_code == 303
    assert visitor.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("name", NAMES)
def test_without_a_column_store_the_page_says_so_in_place(signed_in: httpx.Client, name: str) -> None:
    page = signed_in.get(f"/{name}")
    assert page.status_code == 503
    assert "turned its column store off" in page.text
    assert '<form class="question"' in page.text, "the question can still be changed"
    part = signed_in.get(f"/{name}", headers={"HX-Request": "true"})
    assert part.status_code == 200, "htmx shows no other"
    assert part.headers["hx-push-url"].startswith(f"/{name}?days=")


def test_what_is_out_of_order_can_be_tried_again(signed_in: httpx.Client) -> None:
    assert ">Try again<" in signed_in.get("/trends?tz=UTC").text


def test_the_overview_stands_without_a_column_store(signed_in: httpx.Client) -> None:
    assert 'hx-get="/overview/charts"' in signed_in.get("/").text
    part = signed_in.get("/overview/charts")
    assert part.status_code == 200
    assert "turned its column store off" in part.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trends/who", 503),
        ("/trends/who?at.bucket=x", 400),
        ("/funnels/who", 400),
        ("/funnels/who?at.step=1&at.nothing=2", 400),
        ("/retention/who?at.start=yesterday", 400),
        ("/questions/values?field=nothing", 200),
        ("/questions/values?field=tool_id", 200),
        *((f"/questions/picks?of={of}&q=a&field=tool_id", 200) for of in get_args(Of)),
        ("/questions/picks?of=value&field=customer_id&q=acme", 200),
        ("/questions/picks?of=nothing&q=%25%00", 200),
        ("/cohorts/00000000-0000-7000-8000-000000000000", 404),
        ("/dashboards/00000000-0000-7000-8000-000000000000", 404),
        ("/reports/00000000-0000-7000-8000-000000000000/card", 404),
        ("/dashboards/x", 404),
    ],
)
def test_odd_addresses(signed_in: httpx.Client, path: str, status: int) -> None:
    answer = signed_in.get(path)
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text


def test_a_button_without_scripts_leads_to_an_address(signed_in: httpx.Client) -> None:
    answer = signed_in.get("/funnels?days=7&s.event=tool_usage&s.event=export_action&do=add")
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert where.endswith("#step-2-event")
    assert "do=" not in where
    assert where.count("s.event=") == 3


def test_what_is_saved_says_so_where_it_was_asked(signed_in: httpx.Client) -> None:
    told = {"question": "funnels", "address": "days=7&s.event=tool_usage&s.event=export_action"}
    saved = send_form(signed_in, "/dashboards", "/reports", name="Used → Exported", **told)
    where = saved.headers["location"]
    assert where.startswith("/funnels?days=7&")
    page = unescape(signed_in.get(where).text)
    assert "Saved for the team as “<bdi>Used → Exported</bdi>”" in page
    report = re.search(r'action="(/reports/[0-9a-f-]+)"', page)
    assert report is not None
    renamed = send_form(signed_in, where, report[1], name="Ours", back=where)
    assert renamed.headers["location"] == where
    assert "<bdi>Ours</bdi>" in signed_in.get(where).text
    elsewhere = send_form(signed_in, where, report[1], do="place", dashboard="x")
    assert elsewhere.status_code == 400
    gone = send_form(signed_in, where, report[1], do="delete", back="//evil.example/")
    assert gone.headers["location"] == "/"
    assert "Saved for the team" not in signed_in.get(where).text


def test_reports_and_dashboards_are_kept(signed_in: httpx.Client) -> None:
    name = '"Acme" & <b>Söhne</b> 🚀'
    saved = send_form(
        signed_in, "/dashboards", "/reports", name=f"  {name} ", question="funnels",
        address="days=7&s.event=tool_usage&s.event=export_action&nonsense=1", dashboard="new",
    )  # fmt: skip
    assert saved.status_code == 303
    dashboard, _, card = saved.headers["location"].partition("#card-")
    page = signed_in.get(dashboard)
    assert page.status_code == 200, "a card without an answer does not take the page away"
    assert name in unescape(page.text)
    assert "<b>Söhne" not in page.text
    listed = unescape(signed_in.get("/dashboards").text)
    link = re.search(r'href="(/funnels\?[^"]*)"', listed)
    assert link is not None
    assert "nonsense" not in link[1]
    renamed = send_form(signed_in, dashboard, dashboard, do="rename", name="Ours")
    assert renamed.status_code == 303
    send_form(signed_in, dashboard, dashboard, do=f"wider:{card}")
    assert "card whole" in signed_in.get(dashboard).text
    send_form(signed_in, "/dashboards", f"/reports/{card}", do="delete", name="")
    assert "Nothing on it yet" in signed_in.get(dashboard).text
    send_form(signed_in, dashboard, dashboard, do="delete")
    assert signed_in.get(dashboard).status_code == 404


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("/reports", {"name": " ", "question": "trends"}),
        ("/reports", {"name": "x" * 201, "question": "trends"}),
        ("/reports", {"name": "a", "question": "everything"}),
        ("/dashboards", {"name": ""}),
        ("/cohorts", {"name": "a", "definition": "{}"}),
        ("/cohorts", {"name": "a", "definition": "no"}),
    ],
)
def test_forms_that_cannot_be_are_refused(signed_in: httpx.Client, action: str, fields: dict[str, str]) -> None:
    answer = send_form(signed_in, "/dashboards", action, **fields)
    assert answer.status_code == 400, answer.text
    assert signed_in.post(action, data=fields).status_code == 403, "not without the token"


def test_fields_with_names_of_their_own() -> None:
    """What the form says of a trait and of the metadata comes back as it was."""
    for name in ("metadata.amount", "trait.plan", "person.role.x", "event_name", "actor_type"):
        row = event_field(name)
        assert row.name == name
        assert event_field(row.field, row.key).name == name
    assert event_field("trait").name == ""
    assert event_field("insight.total_events").name == ""
    assert words.field_words("trait.renewal_date") == "Renewal date"
