"""Must hold: the page that an answer names asks exactly what was asked, or none is named."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import pytest

from milepost.analytics.asking import Question
from milepost.analytics.trends import Trends
from milepost.app import create_app
from milepost.assist.catalogue import listed
from milepost.assist.pages import page_of
from milepost.assist.schemas import Tools, tools_for
from milepost.dashboard.questions.address import Address
from milepost.dashboard.questions.asked import NAMES, Name, names_trait
from milepost.dashboard.questions.reading import read
from milepost.settings import Settings
from tests.analytics.palettes import of_hard
from tests.analytics.requests import QUESTIONS
from tests.support.examples import examples

# The application is built in this process; parameters are still declared the way that Litestar 3 will drop.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")

_BASE: Final = "https://milepost.example"
_NOW: Final = datetime(2018, 11, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def tools() -> Tools:
    document = create_app(Settings(database_url="postgresql://nowhere")).openapi_schema.to_schema()
    return tools_for(msgspec.json.decode(msgspec.json.encode(document), type=dict[str, Any]))


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_asks_the_same(tools: Tools, name: str) -> None:
    pick, palette = random.Random(7), of_hard()
    tool, shown = tools["team"][f"ask_{name}"], 0
    for _ in range(examples(400)):
        question = QUESTIONS[name](pick, palette)
        body = {key: value for key, value in msgspec.to_builtins(question).items() if key != "question"}
        address = page_of(tool.listed, body, _BASE)
        if address is None:
            continue
        shown += 1
        page = urlsplit(address)
        assert f"{page.scheme}://{page.netloc}" == _BASE
        asked = read(_page(page.path), Address.of(page.query), "Europe/Berlin", _NOW).questions
        assert _settled(question) in [_settled(one) for one in asked], address
    assert shown > examples(400) // 10


def _page(path: str) -> Name:
    return next(name for name in NAMES if f"/{name}" == path)


def _settled(question: Question) -> Question:
    """Of what can be said in two ways, one: "then" of no trait is "now"."""
    if question.traits == "then" and not names_trait(msgspec.to_builtins(question)):
        question = msgspec.structs.replace(question, traits="now")
    if not isinstance(question, Trends):
        return question
    by = question.by
    return msgspec.structs.replace(
        question,
        compare=question.compared_with or False,
        breakdown=by[0] if len(by) == 1 else by or None,
        formula_name=question.formula_name if question.formula else "",
    )


def test_other_pages_are_those_of_whom_it_is_about(tools: Tools) -> None:
    team = tools["team"]
    assert page_of(team["customer"].listed, {"customer_id": "a/b ü"}, _BASE) == f"{_BASE}/customers/a%2Fb%20%C3%BC"
    assert page_of(team["person"].listed, {"user_id": "u-1"}, _BASE) == f"{_BASE}/people/u-1"
    assert page_of(team["who_is_behind"].listed, {}, _BASE) is None
    assert page_of(tools["customer"]["my_standing"].listed, {}, _BASE) is None


def test_the_page_of_a_customer_or_a_statement() -> None:
    """A customer whose id is the name of a page has one of their own all the same."""
    found = {one.name: one for one in listed()}
    assert page_of(found["customer"], {"customer_id": "bulk"}, _BASE) == f"{_BASE}/customers/%62ulk"
    assert page_of(found["customer_people"], {"customer_id": "a/b"}, _BASE) == f"{_BASE}/customers/a%2Fb/people"
    address = page_of(found["run_sql"], {"sql": "select 1 + 1", "rows": 5}, _BASE)
    assert address == f"{_BASE}/sql?sql=select+1+%2B+1&chart=none"
