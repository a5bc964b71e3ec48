"""Request bodies for the OpenAPI document, where a handler reads the bytes itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema

from milepost.vocabulary import MAX_BATCH_EVENTS


def json_body(kind: Any) -> type[Operation]:
    """An operation whose JSON body is one `kind`."""
    return _operation(_inline(kind))


def events_body(kind: Any, key: str) -> type[Operation]:
    """An operation whose JSON body is `{key: [kind, ...], sent_at}`."""
    sent = "sent_at" if key == "events" else "sentAt"
    batch = {
        "type": "object",
        "required": [key],
        "properties": {
            key: {"type": "array", "items": _inline(kind), "maxItems": MAX_BATCH_EVENTS},
            sent: {"type": "string", "format": "date-time", "description": "The sender's clock when it sent this."},
        },
    }
    return _operation(batch)


def _inline(kind: Any) -> dict[str, Any]:
    schema, components = msgspec.json.schema_components([kind], ref_template="#/{name}")
    found = schema[0]
    reference = found.get("$ref")
    inlined: dict[str, Any] = components[reference.rpartition("/")[2]] if reference else found
    return inlined


def _operation(body: dict[str, Any]) -> type[Operation]:
    @dataclass
    class WithBody(Operation):
        def __post_init__(self) -> None:
            schema = _schema(body)
            self.request_body = RequestBody(
                content={"application/json": OpenAPIMediaType(schema=schema)}, required=True
            )

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
        "maxItems": "max_items",
        "minLength": "min_length",
        "maxLength": "max_length",
        "minimum": "minimum",
        "maximum": "maximum",
        "pattern": "pattern",
    }
    values: dict[str, Any] = {names[key]: value for key, value in plain.items() if key in names}
    if "properties" in plain:
        values["properties"] = {key: _schema(value) for key, value in plain["properties"].items()}
    if "items" in plain:
        values["items"] = _schema(plain["items"])
    if "anyOf" in plain:
        values["any_of"] = [_schema(option) for option in plain["anyOf"]]
    return Schema(**values)
