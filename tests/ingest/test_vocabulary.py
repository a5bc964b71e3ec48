"""One vocabulary: the database's checks and the OpenAPI document say what vocabulary.py says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from milepost.vocabulary import (
    ACTION_ROLES,
    DEVICE_TYPES,
    EVENT_TYPES,
    IMPACTS,
    MAX_BATCH_EVENTS,
    MAX_ID_LENGTH,
    MAX_WORD_LENGTH,
    REJECT_CODES,
)
from tests.support.server import Server


@pytest.mark.parametrize(
    ("constraint", "words"),
    [
        ("event_type_check", EVENT_TYPES),
        ("business_impact_check", IMPACTS),
        ("device_type_check", DEVICE_TYPES),
        ("customer_actions_business_impact_check", IMPACTS),
        ("customer_actions_role_check", ACTION_ROLES),
    ],
)
def test_the_databases_checks(shared_server: Server, constraint: str, words: Sequence[str]) -> None:
    with psycopg.connect(shared_server.database_url) as connection:
        rows = connection.execute(
            "select pg_get_constraintdef(oid) from pg_constraint"
            " where conname = %s and connamespace in ('public'::regnamespace, 'milepost'::regnamespace)",
            [constraint],
        ).fetchall()
    assert len(rows) == 1
    assert set(re.findall(r"'(\w+)'", rows[0][0])) == set(words)


def test_the_databases_length(shared_server: Server) -> None:
    """One limit for ids and words, whoever says it: the plan, the forms, the API and the database."""
    with psycopg.connect(shared_server.database_url) as connection:
        (said,) = connection.execute(
            "select pg_get_constraintdef(oid) from pg_constraint"
            " where conname = 'label_check' and connamespace = 'milepost'::regnamespace"
        ).fetchone() or ("",)
    assert re.findall(r"\d+", said) == ["1", str(MAX_ID_LENGTH)]
    assert MAX_ID_LENGTH == MAX_WORD_LENGTH


@pytest.fixture(scope="module")
def document(shared_server: Server) -> dict[str, Any]:
    with shared_server.client() as client:
        body: dict[str, Any] = client.get("/openapi.json").raise_for_status().json()
    return body


def _enum(document: dict[str, Any], schema: dict[str, Any]) -> set[Any]:
    """The words of a property, wherever `anyOf` and references put them; without null."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found = set(schema.get("enum", ()))
    for option in [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        found |= _enum(document, option)
    return found - {None}


def test_the_openapi_documents_enums(document: dict[str, Any]) -> None:
    body = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["events"]["maxItems"] == MAX_BATCH_EVENTS
    event = body["properties"]["events"]["items"]["properties"]
    for name, words in (
        ("event_type", EVENT_TYPES),
        ("business_impact", IMPACTS),
        ("device_type", DEVICE_TYPES),
    ):
        assert _enum(document, event[name]) == set(words), name
    assert {option.get("maxLength") for option in event["customer_id"]["anyOf"]} == {MAX_ID_LENGTH, None}
    receipt = document["components"]["schemas"]
    rejection = next(s for name, s in receipt.items() if name == "Rejection" or name.endswith("_Rejection"))
    assert _enum(document, rejection["properties"]["code"]) == set(REJECT_CODES)


def test_every_operation_documents_its_errors(document: dict[str, Any]) -> None:
    taking = {"400", "401", "403", "413", "429", "503"}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if not path.startswith("/v1/"):
                continue
            responses = operation["responses"]
            wanted = taking if method == "post" and "identity" not in path else {"400", "401", "403", "503"}
            assert wanted <= responses.keys(), path
            for status in (status for status in responses if status >= "400"):
                schema = responses[status]["content"]["application/json"]["schema"]
                assert schema["$ref"].endswith("ErrorBody"), (path, status)
            assert operation["security"], path


def test_every_security_scheme_is_declared(document: dict[str, Any]) -> None:
    declared = document["components"].get("securitySchemes", {}).keys()
    used = {
        name
        for operations in document["paths"].values()
        for operation in operations.values()
        for requirement in operation.get("security", ())
        for name in requirement
    }
    assert used
    assert used <= declared
