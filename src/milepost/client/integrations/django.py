"""Django middleware, for sync and async views. In the settings:

MIDDLEWARE = [..., "milepost.client.integrations.django.MilepostMiddleware"]
MILEPOST_IDENTIFY = "shop.tracking.identify"  # (request) -> {"customer_id": ..., ...} or None
MILEPOST_TRACKER = "shop.tracking.tracker"    # default: Tracker() from MILEPOST_HOST and _WRITE_KEY
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings  # type: ignore[import-untyped]
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed  # type: ignore[import-untyped]
from django.utils.module_loading import import_string  # type: ignore[import-untyped]

from milepost.client.integrations.request import Timer, Who, failed, track_request
from milepost.client.tracker import BaseTracker, Tracker

# Django has no types of its own: a request and an answer are what it says they are.
Request = Any
Response = Any
Identify = Callable[[Request], Who]


class MilepostMiddleware:
    """Tracks each request that `MILEPOST_IDENTIFY` knows. Without that setting it takes itself out.

    The function is called when the view has answered, so `request.user` is there (put this after the
    authentication middleware). What it raises is reported and goes no further.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Request], Response | Awaitable[Response]]) -> None:
        self._get_response = get_response
        identify = getattr(settings, "MILEPOST_IDENTIFY", None)
        if identify is None:
            raise MiddlewareNotUsed("MILEPOST_IDENTIFY is not set")
        self._identify: Identify = import_string(identify) if isinstance(identify, str) else identify
        tracker = getattr(settings, "MILEPOST_TRACKER", None) or Tracker()
        self._tracker: BaseTracker = import_string(tracker) if isinstance(tracker, str) else tracker
        if not isinstance(self._tracker, BaseTracker):
            raise ImproperlyConfigured(f"MILEPOST_TRACKER is {tracker!r}; it takes a Tracker, or the path of one")
        self._async = iscoroutinefunction(get_response)
        if self._async:
            markcoroutinefunction(self)

    def __call__(self, request: Request) -> Response | Awaitable[Response]:
        if self._async:
            return self._acall(request)
        timer = Timer()
        response = None
        try:
            response = self._get_response(request)
            return response
        finally:
            self._track(request, response, timer.ms())

    async def _acall(self, request: Request) -> Response:
        timer = Timer()
        response = None
        try:
            answer = self._get_response(request)
            response = await answer if inspect.isawaitable(answer) else answer
            return response
        finally:
            # In a thread: to know the user, `identify` may ask the database.
            await sync_to_async(self._track)(request, response, timer.ms())

    def _track(self, request: Request, response: Response, duration_ms: int) -> None:
        try:
            who = self._identify(request)
            if who is None:
                return
            track_request(
                self._tracker,
                who,
                method=request.method,
                url=request.build_absolute_uri(request.path),
                status=response.status_code if response is not None else 500,
                duration_ms=duration_ms,
                referrer=request.headers.get("Referer"),
                user_agent=request.headers.get("User-Agent"),
            )
        except Exception as error:  # noqa: BLE001 -- the request must not suffer
            failed(self._tracker, error)
