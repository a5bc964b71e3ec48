"""Segments on the pages: a filter of the list saved, chosen, changed, renamed, deleted; and traits now or then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.analytics.asking import Filter
from milepost.analytics.trends import Trends
from milepost.dashboard.customers.state import ListState
from milepost.dashboard.questions import words
from milepost.dashboard.questions.address import Address, FilterRow
from milepost.dashboard.questions.asked import NAMES, Name
from milepost.dashboard.questions.reading import read
from milepost.dashboard.segments.form import form_of, in_words, read_form
from tests.support.dashboard import form_token, member, send_form, visitor
from tests.support.server import SERVER_KEY, Server, customer_token

_NOW = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def dana(shared_server: Server) -> Iterator[httpx.Client]:
    with shared_server.client(SERVER_KEY) as client:
        for place, tier in enumerate(("gold", "gold", "tin")):
            client.put(f"/v1/customers/page-seg{place}", json={"traits": {"pagetier": tier}})
    with shared_server.client() as team:
        team.put("/v1/customers/page-seg0/tags/pagevip")
    with member(shared_server, "127.0.0.68") as client:
        yield client
        for one in client.get("/v1/segments").json():
            client.delete(f"/v1/segments/{one['slug']}?anyway=true", headers={"Content-Type": "application/json"})


def _read(name: Name, query: str) -> Any:
    return read(name, Address.of(query), "UTC", _NOW)


def test_a_filter_of_the_list_becomes_a_segment(dana: httpx.Client) -> None:
    page = dana.get("/customers?q=page-seg&tag=PageVip").text
    saveable = re.search(r'name="conditions" value="([^"]*)"', page)
    assert saveable is not None
    conditions = unescape(saveable[1])
    assert msgspec.json.decode(conditions, type=list[Filter]) == [
        Filter(field="search", op="contains", values=("page-seg",)),
        Filter(field="tag", values=("PageVip",)),
    ]
    made = send_form(dana, "/customers?q=page-seg", "/segments", name="Page <b>VIP</b>", conditions=conditions)
    assert (made.status_code, made.headers["location"]) == (303, "/customers?segment=page-b-vip-b")
    listed = dana.get("/customers?segment=page-b-vip-b").text
    assert "in the segment “<bdi>Page &lt;b&gt;VIP&lt;/b&gt;</bdi>”" in listed
    assert 'href="/customers/page-seg0"' in listed
    assert 'href="/customers/page-seg1"' not in listed
    assert "Save this filter" not in listed, "there is nothing new in it"
    more = dana.get("/customers?segment=page-b-vip-b&show=quiet").text
    both = re.search(r'name="conditions" value="([^"]*)"', more)
    assert both is not None
    assert len(msgspec.json.decode(unescape(both[1]), type=list[Filter])) == 3, "those of the segment are taken over"
    assert 'href="/customers/page-seg1"' in dana.get("/customers?segment=gone&q=page-seg").text
    again = send_form(dana, "/segments", "/segments", name="page <b>vip</b>", conditions=conditions)
    assert again.status_code == 400
    assert "There is a segment called" in again.text
    assert 'value="page &lt;b&gt;vip&lt;/b&gt;"' in again.text, "what was typed is kept"


def test_it_is_built_changed_renamed_and_deleted(shared_server: Server, dana: httpx.Client) -> None:
    page = dana.get("/segments/new?field=trait&key=pagetier&op=&value=gold").text
    assert "2 customers" in re.sub(r"<[^>]+>", "", page)
    conditions = '[{"field": "trait.pagetier", "values": ["gold"]}]'
    made = send_form(dana, "/segments/new", "/segments", name="Gold", conditions=conditions)
    assert made.headers["location"] == "/customers?segment=gold"
    assert 'value="pagetier"' in dana.get("/segments/new?of=gold").text
    other = conditions.replace("gold", "tin")
    changed = send_form(dana, "/segments", "/segments/gold", conditions=other)
    assert changed.headers["location"] == "/customers?segment=gold"
    assert 'href="/customers/page-seg2"' in dana.get("/customers?segment=gold").text
    renamed = send_form(dana, "/segments", "/segments/gold", name="Tin")
    assert renamed.headers["location"] == "/segments#s-gold"
    assert send_form(dana, "/segments", "/segments/gold", name=" ").status_code == 400
    are = {"kind": "are", "filter": {"field": "segment", "values": ["gold"]}}
    headers = {"Content-Type": "application/json"}
    cohort = dana.post("/v1/cohorts", json={"name": "Of tin", "definition": {"conditions": [are]}}, headers=headers)
    saved = send_form(
        dana,
        "/segments",
        "/reports",
        question="trends",
        address="field=segment&value=gold&by=segment.gold",
        name="Tins",
    )
    assert saved.status_code == 303
    # Counting keeps nobody waiting: what takes its time is asked for by the page.
    with psycopg.connect(shared_server.database_url) as counting:
        counting.execute("lock table milepost.traits in access exclusive mode")
        early = dana.get("/segments").text
        assert 'title="Being counted"' in early
        assert 'hx-get="/segments?wait=1"' in early
    listed = dana.get("/segments?wait=1").text
    assert "Being counted" not in listed
    assert "the cohort" in listed
    assert "Of tin" in listed
    assert "Tins" in listed
    refused = send_form(dana, "/segments", "/segments/gold", do="delete")
    assert refused.status_code == 400
    assert "is used by" in refused.text
    assert send_form(dana, "/segments", "/segments/gold", do="delete", anyway="yes").status_code == 303
    assert dana.delete(f"/v1/cohorts/{cohort.json()['cohort_id']}", headers=headers).status_code == 204
    assert send_form(dana, "/segments", "/segments/gold", name="x").status_code == 400, "somebody has deleted it"
    assert send_form(dana, "/segments", "/segments", name="x", conditions="[").status_code == 400
    for token in ("", "wrong"):
        assert dana.post("/segments", data={"_csrf_token": token, "name": "x"}).status_code == 403
    assert form_token(dana, "/segments/new")


def test_they_are_for_members(shared_server: Server) -> None:
    with visitor(shared_server) as nobody, shared_server.client(customer_token("page-seg0")) as theirs:
        for path in ("/segments", "/segments/new?of=x", "/customers?segment=x"):
            assert nobody.get(path).headers["location"].startswith("/sign-in")
            assert theirs.get(path).status_code == 303


def test_what_the_list_is_filtered_by() -> None:
    assert ListState().conditions("dana@example.com") == ()
    of = (Filter(field="trait.a", values=("b",)),)
    assert ListState().conditions("dana@example.com", of) == of
    state = ListState(
        query="a",
        tag="b",
        show="quiet",
        owner="me",
        filters=(FilterRow("insight.total_events", op="above", value="3"),),
    )
    assert [(one.field, one.values) for one in state.conditions("dana@example.com", of)] == [
        ("trait.a", ("b",)),
        ("search", ("a",)),
        ("tag", ("b",)),
        ("status", ("quiet",)),
        ("trait.owner", ("dana@example.com",)),
        ("insight.total_events", ("3",)),
    ]
    assert [one.op for one in ListState(owner="nobody").conditions("")] == ["is_not_set"]


@given(
    st.lists(
        st.sampled_from(
            [
                Filter(field="trait.a b", values=('x, "y"', "z")),
                Filter(field="trait.renewal_date", op="below", values=("2027-01-01",)),
                Filter(field="tag", op="is_not_set"),
                Filter(field="status", values=("at_risk",)),
                Filter(field="search", op="not_contains", values=("&=",)),
                Filter(field="insight.current_scaling_score", op="at_least", values=(50.0,)),
                Filter(field="insight.competency.sales", op="is_set"),
            ]
        ),
        min_size=1,
        max_size=5,
    )
)
def test_conditions_come_back_from_the_address(conditions: list[Filter]) -> None:
    form = form_of(conditions, "some")
    assert list(form.conditions) == conditions
    again = read_form(Address.of(form.url.partition("?")[2]))
    assert again == form
    assert in_words(conditions, {})


@pytest.mark.parametrize(
    "query", ["", "do=add-filter", "field=nonsense&op=above", "field=tag&op=above&do=remove-filter:9"]
)
def test_a_form_stands_whatever_its_address_says(query: str) -> None:
    form = read_form(Address.of(query))
    assert read_form(Address.of(form.url.partition("?")[2])).rows == form.rows


def test_questions_by_segment_keep_their_address() -> None:
    asked = _read("trends", "field=segment&op=contains&value=gold&by=segment.gold&by2=segment.tin")
    question = asked.questions[0]
    assert isinstance(question, Trends)
    assert question.filters == (Filter(field="segment", values=("gold",)),)
    assert question.by == ("segment.gold", "segment.tin")
    assert _read("trends", asked.url.partition("?")[2]).questions == asked.questions
    assert _read("funnels", "by=segment.gold").questions[0].breakdown == "segment.gold"
    names = {words.SEGMENT: {"gold": "Gold & old"}}
    assert words.value_words("segment.gold", "in", names) == "In “Gold & old”"
    assert words.value_words("segment.gold", "out", {}) == "Not in “Gold”"
    assert words.filter_words(question.filters[0], names) == "In “Gold & old”"


# -- Traits, now or then --------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_which_traits_count_is_asked_where_one_is_used(name: Name) -> None:
    plain = _read(name, "traits=then")
    assert not plain.uses_traits
    assert "traits" not in plain.url
    assert all(question.traits == "now" for question in plain.questions)
    used = _read(name, "field=trait&key=plan&value=pro&traits=then")
    assert used.uses_traits
    assert "traits=then" in used.url
    assert all(question.traits == "then" for question in used.questions)
    assert "traits" not in _read(name, "field=person&key=role&value=x&traits=now").url
    again = _read(name, used.url.partition("?")[2])
    assert again.questions == used.questions
    assert used.questions == _read(name, f"{used.query}&traits=nonsense&traits=then").questions


@pytest.mark.parametrize(
    ("name", "query"),
    [("trends", "by=trait&by_key=plan"), ("trends", "by=tool_id&by2=person&by2_key=role"),
     ("trends", "s.field=trait&s.key=plan&s.value=pro"), ("trends", "measure=distinct&of=trait&of_key=plan"),
     ("funnels", "by=trait&by_key=plan"), ("paths", "by=person&by_key=role"),
     ("retention", "start.field=trait&start.key=plan&start.value=x")],
)  # fmt: skip
def test_wherever_it_is_used(name: Name, query: str) -> None:
    assert _read(name, query).uses_traits
    assert _read(name, f"{query}&traits=then").questions[0].traits == "then"
