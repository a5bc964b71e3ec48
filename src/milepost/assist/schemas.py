"""What a tool takes, as JSON schema: the parameters and the body of its request, from the API's OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from milepost.assist.catalogue import Listed, Reader, listed

Schema = dict[str, Any]
#: Where the address of a question's request has its name.
QUESTION: Final = "question"
_QUERY: Final = "/v1/query/"


class Tool(msgspec.Struct, frozen=True):
    """A tool whose `takes` is known: a JSON schema of an object. `body`: its arguments are sent as one."""

    listed: Listed
    description: str
    takes: Schema

    @property
    def body(self) -> bool:
        return self.listed.method == "POST"


Tools = Mapping[Reader, Mapping[str, Tool]]


def tools_for(document: Schema) -> Tools:
    """The tools of either reader by name, of an OpenAPI document. Raises KeyError for a request it does not have."""
    found: dict[Reader, dict[str, Tool]] = {"team": {}, "customer": {}}
    for one in listed():
        found[one.reader][one.name] = _who(one, document) if QUESTION in one.placed else _tool(one, document)
    return found


def questions(document: Schema) -> list[str]:
    """The names of all questions there are."""
    paths = (path.removeprefix(_QUERY) for path in document["paths"] if path.startswith(_QUERY))
    return sorted(name for name in paths if "/" not in name)


def _tool(one: Listed, document: Schema) -> Tool:
    operation = document["paths"][one.path][one.method.lower()]
    if one.method == "POST":
        takes = _plain(_body(operation))
        takes["properties"].pop(QUESTION, None)
    else:
        takes = {"type": "object", "properties": {p["name"]: _parameter(p) for p in operation.get("parameters", [])}}
        takes["required"] = [p["name"] for p in operation.get("parameters", []) if p["in"] == "path"]
        if one.limit is not None:
            takes["properties"]["limit"]["default"] = one.limit
        if "filters" in takes["properties"]:
            takes["properties"]["filters"] = _filters(document)
    said = takes.pop("description", None)
    return _made(one, " ".join(filter(None, (one.description, said))), takes)


def _who(one: Listed, document: Schema) -> Tool:
    """One tool for every question: each has a place of its own, of which the description says what it takes."""
    names = questions(document)
    places = {
        name: _plain(_body(document["paths"][f"{_QUERY}{name}/who"]["post"]))["properties"]["place"] for name in names
    }
    lines = [
        f"- {name}: {place['description']} {msgspec.json.encode(place['properties']).decode()}"
        for name, place in places.items()
    ]
    takes = {
        "type": "object",
        "properties": {
            QUESTION: {"type": "string", "enum": names},
            "asked": {"type": "object", "description": "What the question was asked with."},
            "place": {"type": "object", "description": "Which figure: see above, by question."},
        },
        "required": [QUESTION, "asked", "place"],
    }
    return _made(one, one.description.replace("{places}", "\n".join(lines)), takes)


def _made(one: Listed, description: str, takes: Schema) -> Tool:
    # Misspelt, an argument would be as if it were not there.
    takes = {**takes, "required": [r for r in takes.get("required", []) if r != QUESTION or QUESTION in one.placed]}
    takes["additionalProperties"] = False
    if one.example:
        takes["examples"] = [one.example]
    return Tool(one, description, takes)


def _body(operation: Schema) -> Schema:
    schema: Schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return schema


def _parameter(parameter: Schema) -> Schema:
    described = {"description": parameter["description"]} if parameter.get("description") else {}
    plain: Schema = _plain(parameter["schema"])
    return {**plain, **described}


def _filters(document: Schema) -> Schema:
    """Conditions are an array here, as in questions, and not a text of JSON: `calls.py` makes one of them."""
    plain: Schema = _plain(_body(document["paths"][f"{_QUERY}tools"]["post"])["properties"]["filters"])
    fields = "trait.NAME or insight.NAME, such as insight.scaling_score"
    return {**plain, "description": f"Conditions on customers; all must hold. `field` is {fields}."}


def _plain(schema: Any) -> Any:
    """Without null as a choice, as what is not given is left out; without the line breaks of our source."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    if isinstance(said := plain.get("description"), str):
        plain["description"] = " ".join(said.split())
    for choice in ("anyOf", "oneOf"):
        if isinstance(options := plain.get(choice), list):
            left = [one for one in options if one != {"type": "null"}]
            plain[choice] = left
            if len(left) == 1:
                del plain[choice]
                plain = {**left[0], **plain}
    if isinstance(kinds := plain.get("type"), list) and "null" in kinds:
        plain["type"] = next(kind for kind in kinds if kind != "null")
    if isinstance(values := plain.get("enum"), list):
        plain["enum"] = [value for value in values if value is not None]
        if "type" not in plain and all(isinstance(value, str) for value in plain["enum"]):
            plain["type"] = "string"
    return plain
