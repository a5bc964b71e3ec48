"""Writes sdk/browser/src/wire.gen.ts: the types of what the SDKs send and read, from the server's OpenAPI document.

Run it after changing what the server takes or answers: `make types`. A test compares the file with what this writes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from milepost.app import create_app
from milepost.settings import Settings

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "sdk/browser/src/wire.gen.ts"
HEAD = "// Written by scripts/write_wire_types.py from the OpenAPI document: do not edit; `make types` does.\n\n"
_REFERENCE = "#/components/schemas/"


def wire_types() -> str:
    """The file's text. Raises CalledProcessError, with the converter's words on standard error."""
    # Nothing connects before the application starts, and it is not started.
    app = create_app(Settings(database_url="postgresql://nowhere"))
    document = msgspec.json.encode(_for_the_sdks(app.openapi_schema.to_schema()))
    converter = ["node", str(ROOT / "sdk/wire/types.mjs")]
    made = subprocess.run(converter, input=document, stdout=subprocess.PIPE, check=True).stdout.decode()
    return HEAD + "\n".join(line.rstrip() for line in made.splitlines()) + "\n"


def _for_the_sdks(document: dict[str, Any]) -> dict[str, Any]:
    """Of the document, what is sent to and answered by `POST /v1/events`, and what a customer's token reads."""
    known, paths = document["components"]["schemas"], document["paths"]
    taking = paths["/v1/events"]["post"]
    event = taking["requestBody"]["content"]["application/json"]["schema"]["properties"]["events"]["items"]
    own = [path for path in sorted(paths) if f"{path}/".startswith("/v1/me/")]
    asked = [taking, *(operation for path in own for operation in paths[path].values())]
    names = [name for operation in asked for name in _references(_answers(operation))]
    wanted: dict[str, Any] = {event["title"]: event}
    while names:
        name = names.pop()
        if name not in wanted:
            wanted[name] = known[name]
            names += _references(known[name])
    plain = {name: _plain_name(name, schema) for name, schema in wanted.items()}
    schemas = {plain[name]: _renamed(schema, plain) for name, schema in wanted.items()}
    return {"openapi": document["openapi"], "info": document["info"], "paths": {}, "components": {"schemas": schemas}}


def _answers(operation: dict[str, Any]) -> list[Any]:
    """What is answered where nothing is wrong."""
    return [response for status, response in operation["responses"].items() if status.startswith("2")]


def _plain_name(name: str, schema: dict[str, Any]) -> str:
    """`Page[Event]` -> `EventPage`: the document names a generic type after its parameter's module."""
    kind, bracket, of = schema.get("title", name).partition("[")
    return of.rstrip("]") + kind if bracket else name


def _references(schema: object) -> list[str]:
    """The names of the schemas that are referred to anywhere in it."""
    if isinstance(schema, list):
        return [found for part in schema for found in _references(part)]
    if not isinstance(schema, dict):
        return []
    here = [schema["$ref"].removeprefix(_REFERENCE)] if isinstance(schema.get("$ref"), str) else []
    return here + _references(list(schema.values()))


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, list):
        return [_renamed(part, names) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _REFERENCE + names[value.removeprefix(_REFERENCE)] if key == "$ref" else _renamed(value, names)
        for key, value in schema.items()
    }


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    text = wire_types()
    target.write_text(text, encoding="utf-8")
    print(f"wrote {target} ({len(text.splitlines())} lines)")


if __name__ == "__main__":
    main()
