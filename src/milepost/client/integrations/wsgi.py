"""WSGI middleware (Flask, Bottle, Pyramid, Django's WSGI):

app.wsgi_app = MilepostMiddleware(app.wsgi_app, tracker, identify=lambda environ: {...})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from milepost.client.integrations.request import Timer, Who, failed, track_request
from milepost.client.tracker import BaseTracker

if TYPE_CHECKING:
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

Identify = Callable[[dict[str, object]], Who]


class MilepostMiddleware:
    """Tracks each request that `identify(environ)` knows, after its answer was sent.

    What `identify` raises is reported and goes no further.
    """

    def __init__(self, app: WSGIApplication, tracker: BaseTracker, identify: Identify) -> None:
        self._app = app
        self._tracker = tracker
        self._identify = identify

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        timer = Timer()
        status = [500]  # what the server answers when the app raises before it has

        def watch(
            line: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None, /
        ) -> Callable[[bytes], object]:
            status[0] = int(line.split(" ", 1)[0])
            return start_response(line, headers, exc_info) if exc_info else start_response(line, headers)

        def done() -> None:
            self._track(environ, status[0], timer.ms())

        try:
            body = self._app(environ, watch)
        except BaseException:
            done()
            raise
        return _Body(body, done)

    def _track(self, environ: WSGIEnvironment, status: int, duration_ms: int) -> None:
        try:
            who = self._identify(environ)
            if who is None:
                return
            host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME', '')}:{environ.get('SERVER_PORT', '')}"
            path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
            track_request(
                self._tracker,
                who,
                method=environ["REQUEST_METHOD"],
                url=f"{environ.get('wsgi.url_scheme', 'http')}://{host}{path}",
                status=status,
                duration_ms=duration_ms,
                referrer=environ.get("HTTP_REFERER"),
                user_agent=environ.get("HTTP_USER_AGENT"),
            )
        except Exception as error:  # noqa: BLE001 -- the request must not suffer
            failed(self._tracker, error)


class _Body:
    """The app's answer; the server closes it when all of it was sent."""

    def __init__(self, body: Iterable[bytes], done: Callable[[], None]) -> None:
        self._body = body
        self._done = done

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            close: Callable[[], object] | None = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._done()
