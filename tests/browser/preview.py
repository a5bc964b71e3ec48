"""Every page with full, empty and absurd data, as a static site: `python -m tests.browser.preview` from
the root of the repository serves it for looking at; the tests in this folder load it in Chromium."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from milepost.dashboard import views as v
from milepost.dashboard.account import views as a
from milepost.dashboard.customers.timeline import Timeline, TimelineDay
from milepost.dashboard.dev.view import Parts
from milepost.dashboard.environment import pages_environment
from milepost.dashboard.questions import words
from milepost.dashboard.segments.form import FIELDS, STATUSES, operators
from milepost.dashboard.segments.form import in_words as segment_words
from milepost.dashboard.static_files import CONTENT_SECURITY_POLICY, STATIC_DIR

from . import (
    sample,
    sample_alerts,
    sample_brief,
    sample_coach,
    sample_customers,
    sample_game,
    sample_imports,
    sample_kept,
    sample_messages,
    sample_offline,
    sample_people,
    sample_predictions,
    sample_questions,
    sample_search,
    sample_segments,
    sample_settings,
    sample_shared,
    sample_sql,
    sample_stream,
    sample_traits,
    sample_work,
)
from . import (
    sample_annotations as marked,
)
from .sample import EVIL, SCENARIOS, Scenario

_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
_CSRF: Final = '<input type="hidden" name="_csrf_token" value="preview">'


def _views(scenario: Scenario) -> Iterator[tuple[str, str, v.Section | None, object]]:
    """(name, template, section, view) of every page; section None: nobody is signed in. A dict is the whole context."""
    full = scenario == "full"
    text = EVIL * 3 if scenario == "absurd" else ""
    yield (
        "overview",
        "overview.html",
        "overview",
        sample_work.due(marked.on_overview(sample.overview(scenario), scenario), scenario),
    )
    yield (
        "getting-started",
        "getting_started.html",
        "overview",
        a.GettingStarted(
            "http://127.0.0.1:8321",
            "mpw_8Qm2vT5nYbX0cLwR7sKd" if full else None,
            "http://127.0.0.1:8321/static/milepost.js" if full else text or None,
        ),
    )
    yield "customers", "customers.html", "customers", sample_customers.customers(scenario)
    yield "customers-opened", "customers.html", "customers", sample_customers.opened(scenario)
    if full:
        yield "customers-with-traits", "customers.html", "customers", sample_customers.with_traits()
        yield "parts", "dev/parts.html", "parts", Parts()
    yield "import", "imports/page.html", "customers", sample_imports.preview(scenario)
    yield "segments", "segments/segments.html", "customers", None
    yield "segment-new", "segments/form.html", "customers", None
    yield "customer", "customer.html", "customers", marked.on_customer(sample.customer(scenario), scenario)
    yield "annotations", "annotations.html", "annotations", marked.page(scenario)
    yield "people", "people/people.html", "customers", None
    yield "person", "people/person.html", "customers", sample_people.person(scenario)
    yield "tasks", "work/tasks.html", "tasks", sample_work.tasks(scenario)
    yield "actions", "coach/actions.html", "actions", sample_coach.inbox(scenario)
    yield "actions-snoozed", "coach/actions.html", "actions", sample_coach.inbox(scenario, "snoozed")
    yield "actions-closed", "coach/actions.html", "actions", sample_coach.inbox(scenario, "closed")
    yield "playbooks", "coach/playbooks.html", "actions", sample_coach.playbooks(scenario)
    yield "alerts", "alerts/alerts.html", "actions", sample_alerts.page(scenario)
    yield from sample_questions.pages(scenario)
    yield from sample_kept.pages(scenario)
    yield from sample_sql.pages(scenario)
    yield "game", "game/game.html", "game", sample_game.page(scenario)
    yield "predictions", "predictions.html", "predictions", sample_predictions.page(scenario)
    yield "predictions-score", "predictions.html", "predictions", sample_predictions.score(scenario)
    if full:
        yield "predictions-too-little", "predictions.html", "predictions", sample_predictions.too_little()
    yield "live", "live.html", "live", sample_stream.live(scenario)
    yield "keys", "keys.html", "keys", sample_stream.keys(scenario)
    yield from sample_settings.settings(scenario)
    yield from sample_messages.pages(scenario)
    yield "share", "questions/share.html", "dashboards", sample_shared.sharing(scenario)
    yield "shared", "questions/shared.html", None, sample_shared.shared(scenario)
    yield "shared-gone", "questions/shared_gone.html", None, None
    yield "unsubscribe", "digests/unsubscribe.html", None, sample_messages.unsubscribe(scenario)
    yield "sign-in", "sign_in.html", None, a.SignIn(text, text, "You are signed out." if full else "")
    yield "welcome", "welcome.html", None, a.Welcome("/welcome/token", text, text)
    invited = "kim@example.com" if full else sample_settings.LONGEST
    yield "invited", "welcome.html", None, a.Welcome("/welcome/token", error=text, invited=invited, name=text)
    yield "link-expired", "link_expired.html", None, a.LinkExpired()
    problem = a.ErrorPage(
        503,
        "The database cannot be reached right now",
        text or "Nothing is lost: what was accepted is stored, and senders keep the rest. Try again in a moment.",
        retry=True,
    )
    yield "unavailable", "error.html", None, problem
    yield (
        "not-found",
        "error.html",
        "overview",
        a.ErrorPage(
            404, "There is nothing at this address", text or "The page may have moved, or the customer was erased."
        ),
    )
    yield (
        "forbidden",
        "error.html",
        "overview",
        a.ErrorPage(403, "This is not yours to see", text or "Ask whoever runs this server for access."),
    )


def _segment_form(scenario: Scenario) -> dict[str, object]:
    """What the form of a segment takes."""
    form = sample_segments.form(scenario)
    absurd = scenario == "absurd"
    return {
        "form": form,
        "segment": sample_segments.segment(0, scenario) if absurd else None,
        "customers": None if scenario == "empty" else 10**12 if absurd else 41,
        "trouble": EVIL if absurd else "",
        "wrong": EVIL if absurd else "",
        "conditions": "" if scenario == "empty" else "[]",
        "said": segment_words(form.conditions, {}),
        "fields": FIELDS,
        "statuses": STATUSES,
        "competencies": {},
        "operators": operators,
        "words": words,
    }


def render_all() -> dict[str, str]:
    """Path -> HTML, e.g. '/full/customers'."""
    environment = pages_environment()
    pages: dict[str, str] = {}
    for scenario in SCENARIOS:
        for name, template, section, view in _views(scenario):
            shell = sample.shell(section, sample_settings.names(scenario)) if section else None
            if shell is not None and scenario == "absurd":
                shell = msgspec.structs.replace(shell, alarm=sample.ALARM)
            if isinstance(view, dict):
                pages[f"/{scenario}/{name}"] = environment.get_template(template).render(
                    shell=shell, csrf_input=_CSRF, **view
                )
                continue
            pages[f"/{scenario}/{name}"] = environment.get_template(template).render(
                shell=shell,
                view=view,
                csrf_input=_CSRF,
                most=20 * 1024 * 1024,
                offline=sample_offline.panel(scenario),
                coach=sample_coach.next_steps(scenario),
                game=sample_game.panel(scenario),
                work=sample_work.panel(scenario),
                traits=(sample_traits.of_person if name == "person" else sample_traits.panel)(scenario),
                people=sample_people.panel(scenario, whole=name == "people"),
                outlook=sample.outlook(scenario),
                expected=sample.expected(scenario),
                quiet_days=28,
                name=EVIL if scenario == "absurd" else "Acme, Inc.",
                rows=sample_segments.rows(scenario),
                **_segment_form(scenario),
            )
        pages[f"/{scenario}/detail"] = environment.get_template("partials/event_detail.html").render(
            view=sample.detail(scenario)
        )
    pages["/brief"] = environment.get_template("customers/_brief.html").render(
        brief=sample_brief.brief("full"), back="/customers", shell=sample.shell("customers")
    )
    more = sample.customer("full").timeline
    again = Timeline(tuple(TimelineDay(d.day, d.entries, i == 0) for i, d in enumerate(more.days[-1:])))
    pages["/timeline"] = environment.get_template("partials/timeline.html").render(
        timeline=again, shell=sample.shell("customers")
    )
    return pages


def page_paths() -> list[str]:
    """The paths of whole pages, without the fragments."""
    return [f"/{scenario}/{name}" for scenario in SCENARIOS for name, *_ in _views(scenario)]


class _Handler(BaseHTTPRequestHandler):
    pages: dict[str, str]
    stopping: threading.Event

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/v1/live":
            self._live()
        elif path == "/search":
            text = parse_qs(urlsplit(self.path).query).get("q", [""])[0]
            self._answer(200, msgspec.json.encode(sample_search.answer(text)), "application/json")
        elif path == "/first-event":
            self._answer(204, b"", "text/html")
        elif path.startswith("/static/"):
            file = STATIC_DIR / path.removeprefix("/static/")
            if file.is_file() and STATIC_DIR in file.resolve().parents:
                self._answer(200, file.read_bytes(), _TYPES.get(file.suffix, "application/octet-stream"))
            else:
                self._answer(404, b"", "text/plain")
        elif path == "/lifecycle" and "HX-Request" in self.headers:
            self._answer(204, b"", "text/html")  # a question that is not answered yet
        elif path == "/overview/charts":
            self._answer(200, b'<div class="overview-charts"></div>', "text/html")
        elif html := self._page(path):
            self._answer(200, html.encode(), "text/html; charset=utf-8")
        else:
            index = "".join(f'<li><a href="{page}">{page}</a>' for page in self.pages)
            self._answer(200 if path == "/" else 404, f"<ul>{index}</ul>".encode(), "text/html; charset=utf-8")

    def _page(self, path: str) -> str | None:
        """The page itself, or for an address of the real site the full page that stands there."""
        if path.endswith("/timeline"):
            return self.pages["/timeline"]
        if path.startswith("/people/"):
            return self.pages["/full/person"]
        if path.endswith("/brief"):
            return self.pages["/brief"]
        if path.startswith("/customers/"):
            return self.pages["/full/detail" if "/events/" in path else "/full/customer"]
        return self.pages.get(path) or self.pages.get(f"/full{path}")

    def _live(self) -> None:
        """One message, then silence until the browser goes away or the preview ends."""
        event = msgspec.to_builtins(sample_stream.live_event(0)) | {
            "customer_name": EVIL,
            "customer_id": "new",
            "summary": EVIL,
        }
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        body = {"events": [event], "per_minute": [0] * 59 + [7]}
        try:
            self.wfile.write(f"event: events\ndata: {json.dumps(body)}\n\n".encode())
            self.wfile.flush()
            while not self.stopping.wait(0.2):
                self.wfile.write(b": still here\n\n")
                self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            return

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        return


@contextmanager
def preview(port: int = 0) -> Iterator[str]:
    """Serves the pages; yields the address."""
    pages = render_all()
    stopping = threading.Event()
    handler = type("Handler", (_Handler,), {"pages": pages, "stopping": stopping})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8399)
    with preview(parser.parse_args().port) as address:
        print(f"Every page is listed at {address}. Ctrl-C ends it.")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
