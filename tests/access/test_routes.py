"""Every route of the server, and who may call it: written out here, compared with the application, proved over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final, Literal

import httpx
import pytest
from litestar import Litestar, Router, get
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from milepost.access.callers import ACCESS, Caller, DeclaredCallers
from milepost.api.schemas import SECURITY
from milepost.app import create_app
from milepost.settings import Settings
from tests.support.dashboard import form_token, member, visitor
from tests.support.postgres import Cluster
from tests.support.server import SECRET_KEY, WRITE_KEY, Server, customer_token, running

# The application is built in this process; parameters are still declared the way that Litestar 3 will drop.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.base_exceptions.LitestarDeprecationWarning")

#: The whole server. A new route belongs here, under whoever may call it.
_ROUTES: Final = {
    Caller.ANYBODY: """
        GET /health
        GET /metrics
        GET /milepost.js
        GET /openapi.json
        GET /openapi.json/openapi.json
        GET /openapi.json/{path}
        GET /ready
        GET /shared/{token}
        GET /unsubscribe/{token}
        POST /unsubscribe/{token}
        GET /sign-in
        POST /sign-in
        POST /sign-out
        GET /static/{file_path}
        HEAD /static/{file_path}
        GET /tools-app
        GET /tools-app/config.json
        GET /tools-app/{file_path}
        HEAD /tools-app/{file_path}
        GET /sourceConfig
        GET /v1/projects/{write_key}/settings
        GET /welcome/{token}
        POST /welcome/{token}
    """,
    Caller.WRITE_KEY: """
        POST /beacon/v1/batch
        POST /v1/a
        POST /v1/alias
        POST /v1/b
        POST /v1/batch
        POST /v1/events
        POST /v1/g
        POST /v1/group
        POST /v1/i
        POST /v1/identify
        POST /v1/import
        POST /v1/p
        POST /v1/page
        POST /v1/s
        POST /v1/screen
        POST /v1/t
        POST /v1/track
    """,
    Caller.SECRET_KEY: """
        POST /v1/actions
        POST /v1/customers/{customer_id}/erase
        POST /v1/people/{user_id}/erase
        GET /v1/identity/following
        POST /v1/identity/changes/{change_id}/undo
    """,
    Caller.SERVER: """
        PUT /v1/customers/{customer_id}
        POST /v1/customers/batch
        PUT /v1/people/{user_id}
        POST /v1/people/batch
    """,
    Caller.CUSTOMER: """
        GET /v1/me
        GET /v1/me/actions
        GET /v1/me/events
        GET /v1/me/game
        PUT /v1/me/game/profile
        GET /v1/me/insights
        GET /v1/me/insights/history
        GET /v1/me/leaderboard
        GET /v1/me/ledger
        GET /v1/me/practice
        GET /v1/me/recommendations
        POST /v1/me/recommendations/{recommendation_id}
        GET /v1/me/sessions
    """,
    Caller.READER: """
        POST /mcp
    """,
    Caller.TEAM: """
        GET /v1/alerts
        POST /v1/alerts
        DELETE /v1/alerts/{alert_id}
        GET /v1/alerts/{alert_id}
        PATCH /v1/alerts/{alert_id}
        GET /v1/annotations
        POST /v1/annotations
        DELETE /v1/annotations/{annotation_id}
        PATCH /v1/annotations/{annotation_id}
        GET /v1/coach/playbooks
        GET /v1/coach/playbooks/{playbook}/replay
        GET /v1/coach/queue
        GET /v1/cohorts
        POST /v1/cohorts
        DELETE /v1/cohorts/{cohort_id}
        GET /v1/cohorts/{cohort_id}
        PUT /v1/cohorts/{cohort_id}
        GET /v1/cohorts/{cohort_id}/customers
        GET /v1/customers
        POST /v1/customers/bulk
        POST /v1/customers/import
        GET /v1/customers/{customer_id}
        GET /v1/customers/{customer_id}/actions
        GET /v1/customers/{customer_id}/events
        GET /v1/customers/{customer_id}/game
        PUT /v1/customers/{customer_id}/game/profile
        GET /v1/customers/{customer_id}/insights
        GET /v1/customers/{customer_id}/insights/history
        GET /v1/customers/{customer_id}/ledger
        GET /v1/customers/{customer_id}/notes
        POST /v1/customers/{customer_id}/notes
        GET /v1/customers/{customer_id}/people
        GET /v1/customers/{customer_id}/practice
        GET /v1/customers/{customer_id}/recommendations
        POST /v1/customers/{customer_id}/recommendations/{recommendation_id}
        POST /v1/customers/{customer_id}/recommendations/{recommendation_id}/acts
        GET /v1/customers/{customer_id}/sessions
        GET /v1/customers/{customer_id}/traits/history
        GET /v1/customers/{customer_id}/tags
        DELETE /v1/customers/{customer_id}/tags/{tag}
        PUT /v1/customers/{customer_id}/tags/{tag}
        GET /v1/customers/{customer_id}/tasks
        POST /v1/customers/{customer_id}/tasks
        GET /v1/destinations
        GET /v1/export
        GET /v1/export/{name}
        GET /v1/export-schedules
        POST /v1/export-schedules
        DELETE /v1/export-schedules/{schedule_id}
        GET /v1/export-schedules/{schedule_id}/runs
        POST /v1/export-schedules/{schedule_id}/runs
        POST /v1/sql
        GET /v1/insights/validation
        GET /v1/predictions
        GET /v1/segments
        POST /v1/segments
        DELETE /v1/segments/{segment}
        GET /v1/segments/{segment}
        PATCH /v1/segments/{segment}
        GET /v1/leaderboard
        GET /v1/live
        DELETE /v1/notes/{note_id}
        PATCH /v1/notes/{note_id}
        GET /v1/people/{user_id}
        GET /v1/plan
        GET /v1/plan/text
        POST /v1/query/funnel
        POST /v1/query/funnel/who
        POST /v1/query/lifecycle
        POST /v1/query/lifecycle/who
        POST /v1/query/paths
        POST /v1/query/paths/who
        POST /v1/query/retention
        POST /v1/query/retention/who
        POST /v1/query/sessions
        POST /v1/query/sessions/who
        POST /v1/query/stickiness
        POST /v1/query/stickiness/who
        POST /v1/query/tools
        POST /v1/query/tools/who
        GET /v1/event-names
        PUT /v1/event-names
        GET /v1/traits
        PUT /v1/traits
        POST /v1/query/trends
        POST /v1/query/trends/who
        GET /v1/tags
        POST /v1/tags/batch
        GET /v1/tasks
        POST /v1/tasks/batch
        DELETE /v1/tasks/{task_id}
        PATCH /v1/tasks/{task_id}
        GET /v1/tokens/revocations
        POST /v1/tokens/revocations
    """,
    Caller.MEMBER: """
        GET /
        GET /alerts
        POST /alerts
        POST /alerts/{alert_id}/{act}
        GET /annotations
        POST /annotations
        POST /annotations/{annotation_id}
        GET /coaching
        GET /actions
        GET /actions/playbooks
        POST /actions/bulk
        POST /actions/{recommendation_id}
        GET /cohorts
        POST /cohorts
        GET /cohorts/new
        GET /cohorts/{cohort_id}
        POST /cohorts/{cohort_id}/delete
        GET /sql
        POST /sql
        GET /sql/file
        POST /sql/saved
        POST /sql/saved/{query_id}/delete
        GET /customers
        GET /customers.csv
        POST /customers/bulk
        POST /customers/columns
        POST /customers/people
        GET /customers/import
        POST /customers/import/preview
        POST /customers/import/run
        GET /customers/{segment}
        GET /customers/{segment}/actions
        POST /customers/{segment}/actions
        GET /customers/{segment}/actions/{action_id}
        POST /customers/{segment}/actions/{action_id}
        POST /customers/{segment}/actions/{action_id}/delete
        POST /customers/{segment}/actions/{action_id}/restore
        GET /customers/{segment}/brief
        GET /customers/{segment}/events/{event_id}
        POST /customers/{segment}/leaderboard
        GET /customers/{segment}/people
        POST /customers/{segment}/notes
        POST /customers/{segment}/notes/{note_id}
        POST /customers/{segment}/tags
        POST /customers/{segment}/tasks
        POST /customers/{segment}/traits
        GET /event-names
        POST /event-names
        POST /customers/{segment}/tasks/{task_id}
        GET /customers/{segment}/timeline
        GET /dashboards
        POST /dashboards
        GET /dashboards/{dashboard_id}
        POST /dashboards/{dashboard_id}
        GET /dashboards/{dashboard_id}/pdf
        GET /dashboards/{dashboard_id}/share
        POST /dashboards/{dashboard_id}/share
        POST /dashboards/{dashboard_id}/share/{link_id}/revoke
        GET /dashboards/{dashboard_id}/week
        POST /dashboards/{dashboard_id}/week
        GET /dashboards/{dashboard_id}/week/pdf
        GET /dev/parts
        POST /dev/parts
        GET /first-event
        GET /funnels
        GET /funnels/who
        GET /game
        GET /keys
        POST /keys
        POST /keys/{key_id}/revoke
        GET /lifecycle
        GET /lifecycle/who
        GET /live
        GET /overview/charts
        GET /paths
        GET /paths/who
        GET /people/{segment}
        GET /people/{segment}/timeline
        POST /people/{segment}/traits
        GET /practice
        GET /predictions
        GET /questions/picks
        GET /questions/values
        GET /search
        GET /segments
        POST /segments
        GET /segments/new
        POST /segments/{segment}
        POST /reports
        POST /reports/{report_id}
        GET /reports/{report_id}/card
        GET /retention
        GET /retention/who
        GET /score
        POST /score/cancel
        GET /score/progress
        POST /score/run
        GET /settings
        GET /settings/about
        GET /settings/appearance
        GET /settings/data
        GET /settings/export
        GET /settings/export/file
        POST /settings/export/schedules
        POST /settings/export/schedules/{schedule_id}/run
        POST /settings/export/schedules/{schedule_id}/delete
        GET /settings/game
        GET /settings/messages
        POST /settings/messages
        GET /settings/messages/{destination_id}
        POST /settings/messages/{destination_id}
        POST /settings/messages/{destination_id}/{act}
        POST /settings/password
        GET /settings/plan
        POST /settings/plan
        GET /settings/plan/changes
        POST /settings/plan/use
        POST /settings/profile
        GET /settings/scoring
        POST /settings/scoring
        POST /settings/sessions
        GET /settings/team
        POST /settings/team/invitations
        POST /settings/team/invitations/{link_id}/revoke
        GET /settings/team/{member_id}/remove
        POST /settings/team/{member_id}/remove
        GET /settings/tools
        GET /settings/week
        POST /settings/week
        GET /settings/week/pdf
        POST /settings/tools
        GET /sessions
        GET /sessions/who
        GET /tasks
        POST /tasks/{task_id}
        GET /tools
        GET /tools/who
        GET /trends
        GET /trends/who
    """,
}

Kind = Literal["nobody", "write key", "secret key", "customer token", "member"]
_KINDS: Final[tuple[Kind, ...]] = ("nobody", "write key", "secret key", "customer token", "member")
#: What each kind of caller is told on the routes for another; None: it is let in.
_ANSWERS: Final[dict[Caller, dict[Kind, int | None]]] = {
    Caller.ANYBODY: dict.fromkeys(_KINDS),
    Caller.WRITE_KEY: {
        "nobody": 401, "write key": None, "secret key": None, "customer token": 401, "member": 401,
    },
    Caller.SECRET_KEY: {
        "nobody": 401, "write key": 403, "secret key": None, "customer token": 401, "member": 401,
    },
    Caller.SERVER: {
        "nobody": 401, "write key": 403, "secret key": None, "customer token": 401, "member": 401,
    },
    Caller.CUSTOMER: {
        "nobody": 401, "write key": 403, "secret key": 403, "customer token": None, "member": 401,
    },
    Caller.READER: {
        "nobody": 401, "write key": 403, "secret key": None, "customer token": None, "member": 401,
    },
    Caller.TEAM: {
        "nobody": 401, "write key": 403, "secret key": None, "customer token": 401, "member": None,
    },
    # To the sign-in page.
    Caller.MEMBER: {
        "nobody": 303, "write key": 303, "secret key": 303, "customer token": 303, "member": None,
    },
}  # fmt: skip
#: No route takes this: whoever is let in is told so, and nothing is changed.
_BROKEN: Final = b"{"


def _table() -> Iterator[tuple[str, str, Caller]]:
    for caller, routes in _ROUTES.items():
        for line in routes.split("\n"):
            if line.strip():
                method, path = line.split()
                yield method, path, caller


def _served() -> Iterator[tuple[str, HTTPRoute, HTTPRouteHandler]]:
    app = create_app(
        Settings(database_url="postgresql://nowhere", token_secret="x" * 32, tools_app=True, development=True)
    )
    for route in app.routes:
        assert isinstance(route, HTTPRoute), route.path
        for method, (handler, _) in route.route_handler_map.items():
            if method != "OPTIONS":
                yield str(method), route, handler


def test_every_route_is_in_the_table_and_declares_what_stands_there() -> None:
    served = sorted((method, route.path_format, handler.opt[ACCESS].value) for method, route, handler in _served())
    assert served == sorted((method, path, caller.value) for method, path, caller in _table())


def test_the_openapi_document_says_the_same() -> None:
    for method, route, handler in _served():
        if handler.resolve_include_in_schema():
            assert handler.resolve_security() == SECURITY[handler.opt[ACCESS]], (method, route.path_format)


@pytest.mark.parametrize("opt", [{}, {ACCESS: None}, {ACCESS: "member"}, {"acces": Caller.MEMBER}])
def test_a_route_that_does_not_say_who_may_call_it_cannot_be(opt: dict[str, object]) -> None:
    @get("/undeclared", opt=opt)
    async def undeclared() -> str:
        return "anybody reads this"

    with pytest.raises(ImproperlyConfiguredException, match=r"undeclared.*does not say who may call it"):
        Litestar([undeclared], plugins=[DeclaredCallers(SECURITY)], openapi_config=None)
    router = Router("/", route_handlers=[undeclared], opt={ACCESS: Caller.MEMBER})
    if ACCESS not in opt:
        Litestar([router], plugins=[DeclaredCallers(SECURITY)], openapi_config=None)


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With the example application, so that it serves all there is."""
    environ = {"MILEPOST_TOOLS_APP": "1", "MILEPOST_DEVELOPMENT": "1", "MILEPOST_REQUESTS_PER_SECOND": "0"}
    with (
        cluster.database() as dsn,
        running(Server(tmp_path_factory.mktemp("routes"), database_url=dsn, environ=environ)) as running_server,
    ):
        yield running_server


@pytest.fixture(scope="module")
def callers(server: Server) -> Iterator[dict[Kind, httpx.Client]]:
    """One of each kind. All have a form's token, so that it is who they are that keeps them out."""
    with ExitStack() as stack:
        clients: dict[Kind, httpx.Client] = {
            kind: stack.enter_context(visitor(server)) for kind in _KINDS if kind != "member"
        }
        clients["member"] = stack.enter_context(member(server, "127.0.3.1"))
        tokens = {"write key": WRITE_KEY, "secret key": SECRET_KEY, "customer token": customer_token("routes-inc")}
        for kind, client in clients.items():
            client.headers["x-csrftoken"] = form_token(client, "/keys" if kind == "member" else "/sign-in")
            if kind in tokens:
                client.headers["Authorization"] = f"Bearer {tokens[kind]}"
        yield clients


def _ask(client: httpx.Client, method: str, path: str, body: bytes) -> tuple[int, str, str]:
    """Status, where it leads, and an error's code. Of a stream the start is enough."""
    address = path.replace("{file_path}", "js/app.js").replace("{segment}", "routes-inc")
    address = re.sub(r"\{customer_id\}", "routes-inc", address)
    address = re.sub(r"\{\w+\}", "0190a0b0-0000-7000-8000-000000000000", address)
    content = None if method in ("GET", "HEAD") else body
    with client.stream(method, address, content=content, headers={"Content-Type": "application/json"}) as answer:
        if answer.status_code in (401, 403) and path.startswith(("/v1/", "/beacon/", "/mcp")):
            code = str(httpx.Response(200, content=answer.read()).json()["code"])
        else:
            code = ""
        return answer.status_code, answer.headers.get("location", ""), code


def _refusal(status: int) -> tuple[int, str]:
    return status, {401: "unauthorised", 403: "forbidden", 303: "/sign-in"}[status]


@pytest.mark.parametrize("kind", _KINDS)
def test_each_route_refuses_everybody_else(callers: dict[Kind, httpx.Client], kind: Kind) -> None:
    body = b'{"events": [], "batch": []}'
    wrong = {}
    for method, path, caller in _table():
        expected = _ANSWERS[caller][kind]
        if expected is None:
            continue
        status, location, code = _ask(callers[kind], method, path, body)
        told = (status, code or location.partition("?")[0])
        if told != _refusal(expected):
            wrong[method, path] = told
    assert wrong == {}


@pytest.mark.parametrize("kind", _KINDS)
def test_each_route_lets_in_whom_it_is_for(callers: dict[Kind, httpx.Client], kind: Kind) -> None:
    refused = {}
    for method, path, caller in _table():
        # Pages' forms would be filled in, and signing in is tried in test_sign_in.py.
        changes = method == "POST" and caller in (Caller.MEMBER, Caller.ANYBODY)
        if _ANSWERS[caller][kind] is not None or changes:
            continue
        status, location, _ = _ask(callers[kind], method, path, _BROKEN)
        # 503 is a question's page: this server has no column store.
        if status in (401, 403, 500) or location.startswith("/sign-in"):
            refused[method, path] = status, location
    assert refused == {}


@pytest.mark.parametrize(
    ("key", "status"), [(WRITE_KEY, 200), (SECRET_KEY, 200), ("mpw_wrong", 401), (customer_token("routes-inc"), 401)]
)
def test_a_write_key_may_come_in_the_body(callers: dict[Kind, httpx.Client], key: str, status: int) -> None:
    body = b'{"events": [], "batch": [], "writeKey": "%s"}' % key.encode()
    for method, path, caller in _table():
        if caller is Caller.WRITE_KEY:
            assert _ask(callers["nobody"], method, path, body)[0] == status, path


def test_the_key_in_the_header_counts_whatever_the_body_says(callers: dict[Kind, httpx.Client]) -> None:
    body = b'{"events": [], "batch": [], "writeKey": "%s"}' % WRITE_KEY.encode()
    for method, path, caller in _table():
        if caller is Caller.WRITE_KEY:
            assert _ask(callers["customer token"], method, path, body)[0] == 401, path


def test_who_may_not_ask_learns_nothing_of_what_is_wrong_with_the_question(server: Server) -> None:
    with httpx.Client(base_url=server.url) as nobody:
        for path in ("/v1/customers?limit=0", "/v1/me/events?limit=0", "/v1/plan?x", "/v1/coach/queue?state=x"):
            assert nobody.get(path).status_code == 401, path
        for path in ("/v1/query/trends", "/v1/cohorts", "/v1/actions"):
            assert nobody.post(path, content=_BROKEN).status_code == 401, path


def test_options_says_which_methods_there_are_to_anybody(server: Server) -> None:
    with httpx.Client(base_url=server.url) as nobody:
        for path in ("/v1/me", "/v1/customers", "/keys"):
            answer = nobody.options(path)
            assert answer.status_code == 204, path
            assert "GET" in answer.headers["allow"], path
