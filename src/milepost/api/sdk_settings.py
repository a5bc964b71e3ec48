"""What the browser SDKs of others fetch before they send: where to, and that there is nobody else to send to."""

from __future__ import annotations

from urllib.parse import urlsplit

from litestar import Router, get
from litestar.response import Response

from milepost.access.callers import ACCESS, Caller
from milepost.access.services import AnyRequest, services
from milepost.errors import NotFound
from milepost.ingest.events import JsonObject

_FRESH = {"Cache-Control": "public, max-age=300"}


@get("/v1/projects/{write_key:str}/settings", summary="What analytics.js fetches first")
async def segment_settings(request: AnyRequest, write_key: str) -> Response[JsonObject]:
    """Segment's settings of a browser key: everything goes to this server."""
    if not await _is_browser_key(request, write_key):
        raise NotFound("There is no such browser key.")
    address = urlsplit(services(request).settings.public_url or str(request.base_url))
    destination = {
        "apiKey": write_key,
        "apiHost": f"{address.netloc}{address.path.rstrip('/')}/v1",
        "protocol": address.scheme,
        "type": "server",
        "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
    }
    settings: JsonObject = {
        "integrations": {"Segment.io": destination},
        "plan": {},
        "edgeFunction": {},
        "metrics": {"sampleRate": 0},
        "remotePlugins": [],
    }
    return Response(settings, headers=_FRESH)


@get("/sourceConfig", summary="What rudder-sdk-js fetches first")
async def rudder_settings(request: AnyRequest) -> Response[JsonObject]:
    """Rudder's source of a browser key (`writeKey`): it is on, and has no other destinations."""
    write_key = request.query_params.get("writeKey", "")
    if not await _is_browser_key(request, write_key):
        raise NotFound("There is no such browser key.")
    off = {"enabled": False}
    source: JsonObject = {
        "id": "milepost",
        "name": "Milepost",
        "writeKey": write_key,
        "enabled": True,
        "workspaceId": "milepost",
        "config": {"statsCollection": {"errors": off, "metrics": off}},
        "destinations": [],
        "connections": [],
    }
    return Response({"source": source}, headers=_FRESH)


async def _is_browser_key(request: AnyRequest, key: str) -> bool:
    info = await services(request).keys.find(key) if key else None
    return info is not None and info.kind == "browser"


# Not in the document: docs/segment.md says what they are for, and their form is Segment's and Rudder's.
router = Router(
    "/", route_handlers=[segment_settings, rudder_settings], opt={ACCESS: Caller.ANYBODY}, include_in_schema=False
)
