"""Builds the application: the only place where the parts are wired."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final

import psycopg
from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.plugins.prometheus import PrometheusConfig
from litestar.template import TemplateConfig

from milepost import __version__
from milepost.access.attempts import Attempts
from milepost.access.auth import bearer
from milepost.access.callers import ACCESS, Caller, DeclaredCallers, NotSignedIn, admit
from milepost.access.forms import FormGuard
from milepost.access.keys import KeyInfo, KeyRing
from milepost.access.members import has_members, make_link
from milepost.access.origins import with_origins
from milepost.access.paths import API, whole_segments
from milepost.access.revocations import Revocations
from milepost.access.secrets import derived, identity_secret
from milepost.access.services import AnyRequest, Services, services
from milepost.access.sessions import SessionConfig, SessionCookie, cookie_name
from milepost.access.tokens import Tokens
from milepost.alerts.watching import Watching
from milepost.api.answering import Answers, store
from milepost.api.bodies import JsonRequest
from milepost.api.heads import with_heads
from milepost.api.routes import ROUTES as API_ROUTES
from milepost.api.schemas import SECURITY, SECURITY_SCHEMES
from milepost.api.underway import Underway
from milepost.assist import http as assistants
from milepost.columns.client import Columns
from milepost.columns.watch import Watch
from milepost.dashboard.describe import event_in_words
from milepost.dashboard.digests.composing import digest_or_later
from milepost.dashboard.digests.printing import Printer
from milepost.dashboard.environment import pages_environment
from milepost.dashboard.game import pages as game_pages
from milepost.dashboard.overview import pages as overview_pages
from milepost.dashboard.page_context import ErrorPages, to_sign_in
from milepost.dashboard.questions.overview_charts import ChartAnswers
from milepost.dashboard.questions.shared_answers import SharedAnswers
from milepost.dashboard.routes import routes as page_routes
from milepost.digests.weekly import Digests
from milepost.errors import Problem, SettingsError
from milepost.export.serving import Exports
from milepost.identity.follower import Follower
from milepost.ingest.events import EventRow
from milepost.ingest.receiving import Receiving
from milepost.ingest.write import Writer
from milepost.insights.aside import Aside
from milepost.jobs import Jobs
from milepost.live import LiveFeed, LiveRow
from milepost.messages.mail import mail_server
from milepost.messages.sending import Sender, Sending
from milepost.plan_keeper import PlanKeeper
from milepost.reporting.running import Analyst
from milepost.settings import Settings, load_settings
from milepost.settling import PlaybookSegments, Settler
from milepost.store.database import Database
from milepost.store.room import Room
from milepost.store.setup import set_up
from milepost.supervisor import Backoff, Supervisor, Task, in_a_line, in_thread

_log = logging.getLogger(__name__)

#: Mostly the database is there in a second or two; one that recovers from a power cut takes minutes.
_START_PAUSES: Final = Backoff(first=0.1, most=1.0, factor=1.5)

#: What anybody may cache, or asks for without a browser, or with a link alone: no cookie goes with it.
_WITHOUT_COOKIES = ["^/(static|tools-app|shared|unsubscribe)/", "^/(health|ready|metrics|openapi.json|milepost.js)$"]
#: What is not compressed: everything but files. (Litestar warns of a pattern that matches "/" and all else, so
#: that of Home is matched at its end.)
_NOT_FILES = [r"^/(?!(static|tools-app)/|milepost\.js$).+", r"(?<=^/)$"]
#: Paths that take no notice of cookies: a customer's browser must not act as a member of the team.
_WITHOUT_SESSION = [
    *_WITHOUT_COOKIES,
    "^/v1/(events|actions|batch|import|track|identify|page|screen|group|alias|[tipgsab])$",
    "^/v1/me",
    "^/v1/projects/",
    "^/mcp$",
    "^/(beacon/|sourceConfig)",
]

#: Few, as each route has them by method and status: 250 KB of text in all.
_HTTP_SECONDS: Final[list[str | float]] = [0.005, 0.025, 0.1, 0.5, 2.5, 10.0]
#: The longest text of a form, percent-encoded, and the rest.
_MOST_FORM_BYTES: Final = 64 * 1024


def create_app(settings: Settings | None = None) -> Litestar:
    """The application. It starts at once and answers 503 until its database is there and ready."""
    settings = settings or load_settings()
    printer = Printer()
    served = build_services(settings, printer)
    https = settings.url.startswith("https:")
    session = SessionConfig(
        secret=derived(settings, "sessions"),
        key=cookie_name("milepost", https=https),
        max_age=30 * 24 * 3600,
        samesite="lax",
        secure=https,
        exclude=_WITHOUT_SESSION,
    )
    http_metrics = PrometheusConfig(
        app_name="milepost", prefix="milepost_http", group_path=True, exclude=["^/metrics$"], buckets=_HTTP_SECONDS
    )
    forms = FormGuard(
        derived(settings, "csrf"), https=https, exclude=(*(f"^{path}" for path in API), *_WITHOUT_COOKIES)
    )
    environment = pages_environment(settings.notice)
    errors = ErrorPages(environment, SessionCookie(session), forms, served.now)
    limits = [_rate_limit(settings.requests_per_second).middleware] if settings.requests_per_second else []
    app = Litestar(
        route_handlers=[*API_ROUTES, assistants.router, *page_routes(settings)],
        lifespan=[lambda _: _lifespan(served)],
        guards=[admit],
        request_class=JsonRequest,
        plugins=[DeclaredCallers(SECURITY)],
        exception_handlers={
            NotSignedIn: to_sign_in,
            Problem: errors.on_problem,
            HTTPException: errors.on_http_exception,
            Exception: errors.on_unexpected,
        },
        middleware=[*limits, http_metrics.middleware, session.middleware, forms],
        openapi_config=OpenAPIConfig(
            title="Milepost",
            version=__version__,
            openapi_router=Router(
                "/openapi.json", route_handlers=[], include_in_schema=False, opt={ACCESS: Caller.ANYBODY}
            ),
            use_handler_docstrings=True,
            components=SECURITY_SCHEMES,
            render_plugins=[JsonRenderPlugin(path="/")],
        ),
        # Files alone: pages are small, and live events must not wait in a compressor.
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=6, exclude=_NOT_FILES),
        # The process that runs us has set logging up, for parent and workers alike.
        logging_config=None,
        # Whoever asks: a form is read before it is known who sent it. Ingest has a limit of its own.
        request_max_body_size=_MOST_FORM_BYTES,
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment)),
        state=State(
            {
                "services": served,
                "pages": environment,
                "figures": overview_pages.Figures(served),
                "home_charts": ChartAnswers(served),
                "game": game_pages.remembered_totals(served),
                "shared": SharedAnswers(served),
                "underway": Underway[Answers](),
                "printer": printer,
                "assistants": assistants.Assistants(),
            }
        ),
    )
    app.asgi_handler = with_origins(with_heads(whole_segments(app.asgi_handler)), settings.origins)
    return app


def build_services(settings: Settings, printer: Printer) -> Services:
    """The parts a request works with, not yet started."""
    dsn = settings.database_url
    if not dsn:
        raise SettingsError(
            "No database: start the server with `milepost serve`, which brings its own, or set MILEPOST_DATABASE_URL.",
            field="MILEPOST_DATABASE_URL",
        )
    room = Room.of_database()
    database = Database(dsn, size=settings.pool_size, query_seconds=settings.query_seconds, room=room)
    plans = PlanKeeper(database, settings.plan_file)

    def in_words(event: LiveRow) -> str:
        return event_in_words(
            event.event_type,
            event.tool_id,
            event.tool_section,
            event.event_metadata,
            event.page_url,
            plans.plan.tool_names(),
            event.event_name,
        ).sentence

    live = LiveFeed(database, in_words)

    def stored(rows: list[EventRow]) -> None:
        live.publish((row.event_id for row in rows), len(rows))

    preset = {
        settings.write_key: KeyInfo("browser", "MILEPOST_WRITE_KEY", signed_only=settings.signed_ids),
        settings.server_key: KeyInfo("server", "MILEPOST_SERVER_KEY"),
        settings.secret_key: KeyInfo("secret", "MILEPOST_SECRET_KEY"),
    }
    columns = Columns(settings.data_dir)
    return Services(
        settings=settings,
        plans=plans,
        database=database,
        columns=columns,
        columns_watch=Watch(columns),
        receiving=Receiving(settings.max_pending_mb << 20),
        writer=Writer(
            dsn, writers=settings.writers, most_bytes=settings.max_pending_mb << 20, stored=stored, room=room
        ),
        keys=KeyRing(database, preset),
        tokens=Tokens(settings),
        revocations=Revocations(database),
        attempts=Attempts(),
        live=live,
        exports=Exports(dsn),
        analyst=Analyst(settings.sql_url, settings.data_dir),
        supervisor=Supervisor(),
        aside=Aside(),
        now=lambda: datetime.now(UTC),
        identity_secret=identity_secret(settings),
        sender=_sender(settings, printer),
    )


def _sender(settings: Settings, printer: Printer) -> Sender:
    try:
        mail = mail_server(settings.smtp_url, settings.mail_from)
    except ValueError as error:
        raise SettingsError(f"MILEPOST_SMTP_URL: {error}.", field="MILEPOST_SMTP_URL") from None
    return Sender(
        preset_url=settings.webhook_url,
        preset_secret=settings.webhook_secret,
        derive=partial(derived, settings),
        url=settings.url,
        networks=settings.reachable,
        mail_server=mail,
        paper=partial(printer.of_message, url=settings.url),
    )


@asynccontextmanager
async def _lifespan(served: Services) -> AsyncIterator[None]:
    served.supervisor.close_with("database", served.database.close)
    served.supervisor.start("start-up", partial(_start, served), backoff=_START_PAUSES, once=True)
    try:
        yield
    finally:
        await served.supervisor.close()


async def _start(served: Services, _: Task) -> None:
    """Makes the database ready, and only then lets events in. Raises what keeps it from that, to be tried again."""
    settings, dsn = served.settings, served.database.dsn
    try:
        served.plans.in_force = await in_thread(set_up, dsn, None, settings)
        await served.database.open()
    except Exception as error:
        served.not_ready = _why_not(error)
        raise
    served.plans.start(served.supervisor)
    served.live.start(served.supervisor)
    if settings.columns:
        served.columns_watch.start(served.supervisor)
    Jobs(dsn, cleanup_minutes=settings.cleanup_minutes, now=served.now).start(served.supervisor)
    Follower(dsn).start(served.supervisor)
    playbook_segments = PlaybookSegments(served.database, lambda: served.plan, now=served.now)
    playbook_segments.start(served.supervisor)
    Settler(dsn, now=served.now, aside=served.aside, segments=playbook_segments).start(served.supervisor)
    Watching(store(served)).start(served.supervisor)
    Digests(served.database, partial(digest_or_later, served), now=served.now).start(served.supervisor)
    if settings.messages:
        Sending(dsn, served.sender, now=served.now).start(served.supervisor)
    # Last, so that it is the first to end: what was accepted is finished before anything else goes.
    await served.writer.start(served.supervisor)
    served.not_ready = None
    _log.info("ready: database and schema are there")
    if settings.greet:
        served.supervisor.start("greeting", partial(_greet, served), once=True)


def _why_not(error: Exception) -> str:
    match error:
        case Problem():
            return error.message
        case psycopg.OperationalError():
            return f"The database cannot be reached yet: {in_a_line(error)}"
        case psycopg.Error():
            return f"The database could not be prepared: {in_a_line(error)}"
        case _:
            return "The server could not start and is trying again; its log says why."


async def _greet(served: Services, _: Task) -> None:
    """Shows whoever started the server the way in, until somebody has gone it."""
    if not await has_members(served.database):
        link = await make_link(served.database, served.settings.url, now=served.now())
        sys.stdout.write(f"\n  Milepost is ready. Sign in once with this link:\n\n    {link}\n\n")
        sys.stdout.flush()


def _rate_limit(per_second: int) -> RateLimitConfig:
    return RateLimitConfig(
        rate_limit=("second", per_second), exclude=[f"^(?!{'|'.join(API)})"], identifier_for_request=_caller
    )


def _caller(request: AnyRequest) -> str:
    """A key that is known, else the address: who invents keys has one limit for them all."""
    key = bearer(request)
    if key is not None and services(request).keys.knows(key):
        return key
    return request.client.host if request.client else "unknown"
