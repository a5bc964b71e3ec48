"""Requests that another site's page may have sent: there a member's cookie does not count."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from milepost.access.services import AnyRequest, services
from milepost.errors import Forbidden

_OWN: Final = ("same-origin", "none")


def refuse_other_sites(request: AnyRequest) -> None:
    """Raises Forbidden for a request with a cookie that may be another site's doing: it names another origin, or its
    body is one that a form could send."""
    origin, where = request.headers.get("origin"), request.headers.get("sec-fetch-site", "none")
    own = (request.headers.get("host", ""), urlsplit(services(request).settings.url).netloc)
    if where not in _OWN or (origin is not None and urlsplit(origin).netloc not in own):
        raise Forbidden("Another site sent this with your cookie. A program uses a secret key (mps_...) instead.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Of PUT, DELETE and JSON a browser asks the server first whether the other site may.
    if request.method == "POST" and kind != "application/json":
        raise Forbidden("With a cookie, the API takes JSON alone: send Content-Type: application/json.")
