"""Must hold: whatever schemathesis makes of the OpenAPI document, no 5xx, and every answer is as documented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from milepost.access.tokens import Tokens
from milepost.settings import Settings
from tests.support.examples import examples, repeatable
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, running, wait_for

_SETTINGS = settings(
    max_examples=examples(4),
    derandomize=repeatable(),
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
TOKEN_SECRET = "a secret that is only for tests, of 32 bytes or more"
_CUSTOMER = "openapi-customer"


@pytest.fixture(scope="module")
def shared_server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One with a column store, as questions are asked too."""
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("server"), database_url=dsn, columns=True)) as server,
        server.client() as client,
    ):
        wait_for(
            lambda: client.post("/v1/query/trends", json={}).status_code == 200, 60, "the column store to be ready"
        )
        yield server


@pytest.fixture(scope="module")
def document(shared_server: Server) -> dict[str, Any]:
    with shared_server.client(WRITE_KEY) as client:
        event = {"event_type": "navigation", "customer_id": _CUSTOMER, "session_id": "s"}
        client.post("/v1/events", json={"events": [event] * 3}).raise_for_status()
        body: dict[str, Any] = client.get("/openapi.json").raise_for_status().json()
    return body


@pytest.mark.hypothesis
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_operation(shared_server: Server, document: dict[str, Any], mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=shared_server.url)
    session, called, failed = requests.Session(), Counter[str](), dict[str, str]()
    for result in schema.exclude(path="/v1/live").get_all_operations():  # /v1/live never ends
        operation = result.ok()  # type: ignore[union-attr]

        @given(case=operation.as_strategy(generation_mode=mode))
        @_SETTINGS
        def call(case: Case[Any]) -> None:
            called[case.operation.label] += 1
            key = _token() if case.operation.path.startswith("/v1/me") else SECRET_KEY
            response = case.call(session=session, headers={"Authorization": f"Bearer {key}"})
            case.validate_response(response, checks=_CHECKS)

        try:
            call()
        except Unsatisfiable:  # nothing about it can be wrong: it takes no parameters
            assert mode is GenerationMode.NEGATIVE
        except (AssertionError, BaseExceptionGroup) as error:
            failed[operation.label] = _told(error)
    session.close()
    assert failed == {}, "\n\n".join(failed.values())
    assert sum(called.values()) > 200, called


def _told(error: BaseException) -> str:
    """The failed checks with the request that shows them."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else [error]
    return "\n".join(str(one) for one in inner)[:1500]


def _token() -> str:
    tokens = Tokens(Settings(token_secret=TOKEN_SECRET))
    return tokens.make(_CUSTOMER, now=datetime.now(UTC), valid=timedelta(hours=1))
