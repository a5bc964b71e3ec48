"""Must hold: a tool takes what the API's document says, none of the API's ways to read is forgotten, nothing writes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from milepost.app import create_app
from milepost.assist.calls import request_of
from milepost.assist.catalogue import listed
from milepost.assist.schemas import Tools, questions, tools_for
from milepost.errors import InvalidRequest
from milepost.settings import Settings

# The application is built in this process; parameters are still declared the way that Litestar 3 will drop.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")

#: Ways to read that are no tool, and why.
_LEFT_OUT: Final = {
    "/v1/live": "never ends",
    "/v1/tokens/revocations": "whose tokens were taken back is for who looks after the server",
    "/v1/identity/following": "how far the server is with its own work",
    "/v1/cohorts/{cohort_id}": "is in the list of all",
    "/v1/segments/{segment}": "is in the list of all",
    "/v1/destinations": "is for who makes alerts",
    "/v1/export": "whole data sets are for warehouses",
    "/v1/export/{name}": "whole data sets are for warehouses",
    "/v1/export-schedules": "is for who looks after the server",
    "/v1/export-schedules/{schedule_id}/runs": "is for who looks after the server",
}
_GLOSSARY: Final = Path(__file__).parents[2] / "src/milepost/assist/glossary.md"
_ARCHITECTURE: Final = Path(__file__).parents[2] / "docs/architecture.md"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app(Settings(database_url="postgresql://nowhere"))
    return msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()), type=dict[str, Any])


@pytest.fixture(scope="module")
def tools(document: dict[str, Any]) -> Tools:
    return tools_for(document)


def test_every_way_to_read_is_a_tool(document: dict[str, Any]) -> None:
    reading = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            callers = {name for one in operation.get("security", ()) for name in one}
            asks = method == "get" or path.startswith(("/v1/query/", "/v1/sql"))
            if asks and callers & {"secretKey", "customerToken"} and path not in _LEFT_OUT:
                path = re.sub(r"^/v1/query/\w+/who$", "/v1/query/{question}/who", path)
                reading.add(f"{method.upper()} {path}")
    assert {one.asks for one in listed()} == reading
    assert set(_LEFT_OUT) <= set(document["paths"])


def test_names_and_words(tools: Tools) -> None:
    names = [one.name for one in listed()]
    assert len(set(names)) == len(names)
    for reader, theirs in tools.items():
        for name, tool in theirs.items():
            assert re.fullmatch(r"[a-z_]{3,40}", name)
            assert len(tool.description) > 30, name
            assert "  " not in tool.description, name
            # A description that sends a model to another tool sends it to one that it has.
            for other in re.findall(r"\b(?:find|ask|who|customer|open|cohort|my)_[a-z_]+\b", tool.description):
                assert other in theirs or other == "customer_id", (reader, name, other)


def test_arguments_are_those_of_the_api(document: dict[str, Any], tools: Tools) -> None:
    for tool in [*tools["team"].values(), *tools["customer"].values()]:
        if tool.listed.name == "who_is_behind":
            continue
        operation = document["paths"][tool.listed.path][tool.listed.method.lower()]
        if tool.body:
            body = operation["requestBody"]["content"]["application/json"]["schema"]
            wanted, required = set(body["properties"]) - {"question"}, set(body["required"]) - {"question"}
        else:
            wanted = {one["name"] for one in operation.get("parameters", [])}
            required = {one["name"] for one in operation.get("parameters", []) if one["required"]}
        assert set(tool.takes["properties"]) == wanted, tool.listed.name
        assert set(tool.takes["required"]) == required, tool.listed.name
        assert tool.takes["additionalProperties"] is False


def test_every_question_has_its_place(document: dict[str, Any], tools: Tools) -> None:
    who = tools["team"]["who_is_behind"]
    assert who.takes["properties"]["question"]["enum"] == questions(document)
    for name in questions(document):
        assert f"ask_{name}" in tools["team"]
        place = document["paths"][f"/v1/query/{name}/who"]["post"]["requestBody"]["content"]["application/json"][
            "schema"
        ]
        line = next(one for one in who.description.splitlines() if one.startswith(f"- {name}:"))
        assert all(f'"{part}":' in line for part in place["properties"]["place"]["properties"])


def test_schemas_are_schemas_and_examples_keep_to_them(tools: Tools) -> None:
    from jsonschema import Draft202012Validator  # comes with the SDK

    for theirs in tools.values():
        for tool in theirs.values():
            Draft202012Validator.check_schema(tool.takes)
            for example in tool.takes.get("examples", ()):
                Draft202012Validator(tool.takes).validate(example)
                request_of(tool, example)
            assert "null" not in msgspec.json.encode(tool.takes).decode().replace('"default":null', "")


def test_no_id_leads_elsewhere(tools: Tools) -> None:
    customer = tools["team"]["customer"]
    for wanted, path in {
        "a/b": "/v1/customers/a%2Fb",
        "..": "/v1/customers/%2E%2E",
        "../me": "/v1/customers/..%2Fme",
        "?x#y%": "/v1/customers/%3Fx%23y%25",
        "café": "/v1/customers/caf%C3%A9",
    }.items():
        assert request_of(customer, {"customer_id": wanted})[:2] == ("GET", path)
    for wrong in ("", None, 7, "\ud800"):
        with pytest.raises(InvalidRequest):
            request_of(customer, {"customer_id": wrong})
    with pytest.raises(InvalidRequest, match="takes no argument 'customer'"):
        request_of(customer, {"customer": "acme"})


def test_a_word_means_the_same_everywhere() -> None:
    ours, theirs = (_words(path.read_text("utf-8")) for path in (_GLOSSARY, _ARCHITECTURE))
    assert len(ours) > 20
    assert {word: said for word, said in ours.items() if word in theirs and theirs[word] != said} == {}


def _words(text: str) -> dict[str, str]:
    table = text[text.index("| word | meaning |") :].splitlines()[2:]
    rows = (line.strip("| ").split(" | ", 1) for line in table if line.startswith("| "))
    return {row[0]: row[1] for row in rows}
