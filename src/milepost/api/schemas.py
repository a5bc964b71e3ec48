"""What the OpenAPI document says beyond the handlers' signatures: bodies they read themselves, errors, keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Components, OpenAPIMediaType, Operation, RequestBody, Schema, SecurityScheme

from milepost.access.callers import Caller
from milepost.api.problems import ErrorBody
from milepost.vocabulary import MAX_BATCH_EVENTS

#: The ways to show who is asking, for `OpenAPIConfig(components=...)`.
SECURITY_SCHEMES = Components(
    security_schemes={
        "writeKey": SecurityScheme(type="http", scheme="bearer", description="A public write key (mpw_...)."),
        "writeKeyBasic": SecurityScheme(
            type="http", scheme="basic", description="A write key as the user name, without a password."
        ),
        "serverKey": SecurityScheme(type="http", scheme="bearer", description="A server key (mpsv_...)."),
        "secretKey": SecurityScheme(type="http", scheme="bearer", description="A secret key (mps_...)."),
        "customerToken": SecurityScheme(
            type="http", scheme="bearer", bearer_format="JWT", description="A customer's own token."
        ),
        "member": SecurityScheme(
            type="apiKey",
            name="milepost",
            security_scheme_in="cookie",
            description="A member's session; with https the cookie is `__Host-milepost`.",
        ),
    }
)
#: How the document says who may call a route; of routes for anybody, and of pages, it says nothing.
SECURITY: Mapping[Caller, list[dict[str, list[str]]]] = {
    Caller.ANYBODY: [],
    Caller.WRITE_KEY: [{"writeKey": []}, {"writeKeyBasic": []}],
    Caller.SECRET_KEY: [{"secretKey": []}],
    Caller.SERVER: [{"serverKey": []}, {"secretKey": []}],
    Caller.CUSTOMER: [{"customerToken": []}],
    Caller.READER: [{"secretKey": []}, {"customerToken": []}],
    Caller.MEMBER: [{"member": []}],
    Caller.TEAM: [{"secretKey": []}, {"member": []}],
}

_ERRORS = {
    400: "The body, a parameter or a cursor cannot be read; `field` says which.",
    401: "No valid key came with the request.",
    403: "The key may not do that.",
    404: "There is nothing at this address.",
    409: "Something else has this name, or names this; nothing was changed.",
    413: "More than 2,500 events, or more than 5 MB, before or after decompression.",
    422: "The question took longer than the server allows.",
    429: "Too many requests; wait as Retry-After says.",
    503: "Nothing was acknowledged; send it again after Retry-After.",
}
_TAKING = (400, 401, 403, 413, 429, 503)


def errors(*statuses: int) -> dict[int, ResponseSpec]:
    """The errors a handler may answer, all of one form."""
    return {
        status: ResponseSpec(ErrorBody, generate_examples=False, description=_ERRORS[status]) for status in statuses
    }


def answers(kind: Any) -> dict[int, ResponseSpec]:
    """The responses of a handler that takes events and answers with `kind`."""
    done = ResponseSpec(kind, generate_examples=False, description="What became of each event, after the commit.")
    return {200: done, **errors(*_TAKING)}


def json_body(kind: Any) -> type[Operation]:
    """An operation whose JSON body is one `kind`."""
    return _operation(lambda: _inline(kind))


def events_body(kind: Any, key: str) -> type[Operation]:
    """An operation whose JSON body is `{key: [kind, ...]}`, of events with `sent_at`."""

    def body() -> dict[str, Any]:
        properties: dict[str, Any] = {key: {"type": "array", "items": _inline(kind), "maxItems": MAX_BATCH_EVENTS}}
        if sent := {"events": "sent_at", "batch": "sentAt"}.get(key):
            clock = "The sender's clock when it sent this."
            properties[sent] = {"type": "string", "format": "date-time", "description": clock}
        return {"type": "object", "required": [key], "properties": properties}

    return _operation(body)


def actions_body(kind: Any) -> type[Operation]:
    """An operation whose JSON body is one action, or `{"actions": [action, ...]}`."""

    def body() -> dict[str, Any]:
        one = _inline(kind)
        many = {
            "type": "object",
            "required": ["actions"],
            "properties": {"actions": {"type": "array", "items": one, "maxItems": MAX_BATCH_EVENTS}},
        }
        return {"anyOf": [one, many]}

    return _operation(body)


def file_body(media_type: str) -> type[Operation]:
    """An operation whose body is a file."""
    return _operation(lambda: {"type": "string", "minLength": 1}, media_type)


def _inline(kind: Any) -> dict[str, Any]:
    schema, components = msgspec.json.schema_components([kind], ref_template="#/{name}")
    found = schema[0]
    if isinstance(reference := found.get("$ref"), str):
        found = components[reference.rpartition("/")[2]]
    inlined: dict[str, Any] = _without_references(found, components)
    return inlined


def _without_references(schema: Any, components: dict[str, Any]) -> Any:
    """The same with what it refers to in its place; none of our types holds itself."""
    if isinstance(schema, list):
        return [_without_references(item, components) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(reference := schema.get("$ref"), str):
        found = _without_references(components[reference.rpartition("/")[2]], components)
        # Generators name a class by its title; of two in one body they make the same class twice, and stop.
        return {key: value for key, value in found.items() if key != "title"}
    return {key: _without_references(value, components) for key, value in schema.items() if key != "discriminator"}


def _operation(body: Callable[[], dict[str, Any]], media_type: str = "application/json") -> type[Operation]:
    """`body` is called when the document is made: no server waits for it to start."""

    class WithBody(Operation):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            content = {media_type: OpenAPIMediaType(schema=_schema(body()))}
            self.request_body = RequestBody(content=content, required=True)

    return WithBody


def _schema(plain: dict[str, Any]) -> Schema:
    """A JSON schema as Litestar's own type, whose document is built from attributes."""
    names = {
        "type": "type",
        "enum": "enum",
        "format": "format",
        "required": "required",
        "description": "description",
        "title": "title",
        "default": "default",
        "const": "const",
        "minItems": "min_items",
        "maxItems": "max_items",
        "minLength": "min_length",
        "maxLength": "max_length",
        "minimum": "minimum",
        "maximum": "maximum",
        "exclusiveMinimum": "exclusive_minimum",
        "exclusiveMaximum": "exclusive_maximum",
        "additionalProperties": "additional_properties",
        "pattern": "pattern",
    }
    values: dict[str, Any] = {names[key]: value for key, value in plain.items() if key in names}
    if plain.get("type") == "object" and not {"properties", "additionalProperties"} & plain.keys():
        # Said outright: openapi-typescript takes an object of which nothing is known for one that has nothing.
        values["additional_properties"] = True
    if "properties" in plain:
        values["properties"] = {key: _schema(value) for key, value in plain["properties"].items()}
    if "items" in plain:
        values["items"] = _schema(plain["items"])
    if "anyOf" in plain:
        values["any_of"] = [_schema(option) for option in plain["anyOf"]]
    return Schema(**values)
