"""The way in: `POST /v1/events`, `POST /v1/actions`, and the Segment dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

import msgspec
from litestar import Router, post
from litestar.enums import MediaType
from litestar.response import Response

from milepost.access.auth import BEACON
from milepost.access.callers import Caller
from milepost.access.keys import KeyInfo
from milepost.access.services import AnyRequest, Services, services
from milepost.api.bodies import read_batch, read_body, sender_key, split
from milepost.api.schemas import actions_body, answers, events_body, json_body
from milepost.errors import InvalidJson, NotFound
from milepost.ingest import metrics
from milepost.ingest.actions import IncomingAction, accept_actions
from milepost.ingest.body import Batch
from milepost.ingest.draft import PipelineStep, PublicKey, Sender
from milepost.ingest.events import IncomingEvent, JsonObject, Receipt
from milepost.ingest.lanes import Work
from milepost.ingest.pipeline import accept
from milepost.ingest.segment import CALLS, SEGMENT_STEPS, parse_time
from milepost.ingest.steps import EVENT_STEPS
from milepost.ingest.store_actions import store_actions
from milepost.vocabulary import MAX_BATCH_BYTES

_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
#: From here on a batch is checked beside the event loop.
_MANY, _LARGE = 200, 256 * 1024
_context = msgspec.json.Decoder(dict[str, object]).decode


class SegmentReceipt(Receipt):
    """What Segment's SDKs look for (`success`), with the receipt of what became of each message."""

    success: bool = True


@post(
    "/events",
    status_code=200,
    summary="Store events",
    operation_class=events_body(IncomingEvent, "events"),
    responses=answers(Receipt),
    access=Caller.WRITE_KEY,
)
async def post_events(request: AnyRequest) -> Response[bytes]:
    """Stores a batch of events; 200 means committed. One bad event never costs the good ones."""
    return _json(await _take(request, await read_batch(request, "events"), EVENT_STEPS))


@post(
    "/actions",
    status_code=200,
    summary="Store offline actions",
    operation_class=actions_body(IncomingAction),
    responses=answers(Receipt),
    access=Caller.SECRET_KEY,
)
async def post_actions(request: AnyRequest) -> Response[bytes]:
    """Stores one offline action, `{"actions": [...]}`, or CloudEvents (single, batch, or binary mode)."""
    served = services(request)
    items = await _actions(request, await read_body(request))
    accepted = accept_actions(items, _sender(request, served, None, None))
    if accepted.rejected:
        metrics.EVENTS.labels("rejected").inc(len(accepted.rejected))
    return _json(await store_actions(served.database, accepted))


@post(
    ["/track", "/identify", "/page", "/screen", "/group", "/alias", "/t", "/i", "/p", "/s", "/g", "/a"],
    status_code=200,
    summary="One Segment call",
    operation_class=json_body(JsonObject),
    responses=answers(SegmentReceipt),
    access=Caller.WRITE_KEY,
)
async def post_segment_call(request: AnyRequest) -> Response[bytes]:
    """One call of the Segment dialect; the path says which, the body is Segment's message."""
    body = await read_body(request)
    call = CALLS.get(request.url.path.rstrip("/").rpartition("/")[2])
    if call is None:
        raise NotFound
    item, write_key = _with_type(body, call)
    return _segment_answer(await _take(request, Batch([item], write_key=write_key), SEGMENT_STEPS))


@post(
    ["/batch", "/import", "/b"],
    status_code=200,
    summary="A batch of Segment calls",
    operation_class=events_body(JsonObject, "batch"),
    responses=answers(SegmentReceipt),
    access=Caller.WRITE_KEY,
)
async def post_segment_batch(request: AnyRequest) -> Response[bytes]:
    """A batch of the Segment dialect: each message names its `type`."""
    return _segment_answer(await _take(request, await read_batch(request, "batch"), SEGMENT_STEPS))


@post(
    f"{BEACON}v1/batch",
    status_code=200,
    summary="A batch of Rudder's, from a page that goes away",
    operation_class=events_body(JsonObject, "batch"),
    responses=answers(SegmentReceipt),
    access=Caller.WRITE_KEY,
)
async def post_beacon(request: AnyRequest) -> Response[bytes]:
    """As `/v1/batch`, with the key in the address (`writeKey`): a beacon takes no headers."""
    return _segment_answer(await _take(request, await read_batch(request, "batch"), SEGMENT_STEPS))


beacon_router = Router("/", route_handlers=[post_beacon], request_max_body_size=MAX_BATCH_BYTES + 1, tags=["ingest"])
router = Router(
    "/v1",
    route_handlers=[post_events, post_actions, post_segment_call, post_segment_batch],
    # One byte more than a batch may have, so that it is we who say what is too large.
    request_max_body_size=MAX_BATCH_BYTES + 1,
    tags=["ingest"],
)


async def _take(request: AnyRequest, batch: Batch, steps: Sequence[PipelineStep]) -> Receipt:
    """Checks the batch's own key, passes its events through the steps, and answers when they are stored."""
    served, items = services(request), batch.items
    key = await sender_key(request, batch.write_key)
    sender, size = _sender(request, served, batch, key), sum(map(len, items))
    if len(items) < _MANY and size < _LARGE:
        accepted = accept(items, sender, steps)
    else:
        accepted = await asyncio.to_thread(accept, items, sender, steps)
    if accepted.rejected:
        metrics.EVENTS.labels("rejected").inc(len(accepted.rejected))
    if not accepted.rows:
        return Receipt(0, 0, accepted.rejected, accepted.notices)
    receipt = await served.writer.write(Work(accepted.rows, accepted.places, accepted.identity_calls, size))
    receipt.rejected = sorted(receipt.rejected + accepted.rejected, key=lambda rejection: rejection.index)
    receipt.notices = sorted(accepted.notices + receipt.notices, key=lambda notice: notice.index)
    if receipt.notices:
        metrics.NOTICES.inc(len(receipt.notices))
    return receipt


def _sender(request: AnyRequest, served: Services, batch: Batch | None, key: KeyInfo | None) -> Sender:
    sent_at = None if batch is None or batch.sent_at is None else parse_time(batch.sent_at)
    return Sender(
        plan=served.plan,
        received_at=served.now(),
        sent_at=sent_at,
        # A server's own HTTP library says nothing about the customer's device; a page's browser does.
        user_agent=request.headers.get("user-agent") if request.headers.get("origin") else None,
        ip_address=_address(request) if served.settings.store_ip else None,
        context=None if batch is None else _batch_context(batch.context),
        public_key=PublicKey(served.identity_secret, key.signed_only) if key and key.kind == "browser" else None,
    )


def _batch_context(context: bytes | None) -> dict[str, object] | None:
    if context is None:
        return None
    try:
        return _context(context)
    except (ValueError, RecursionError):
        return None


def _address(request: AnyRequest) -> str | None:
    return request.client.host if request.client else None


def _with_type(body: bytes, call: str) -> tuple[bytes, str | None]:
    """The message with its `type` set from the path, and the write key that analytics.js puts inside."""
    try:
        message = _object(body)
    except (ValueError, RecursionError):
        # Left as it is: the pipeline says what is wrong with it, in the receipt's own words.
        raise InvalidJson from None
    write_key = message.get("writeKey")
    message["type"] = msgspec.Raw(b'"%s"' % call.encode())
    try:
        key = None if write_key is None else msgspec.json.decode(write_key, type=str)
    except ValueError:
        key = None
    return msgspec.json.encode(message), key


async def _actions(request: AnyRequest, body: bytes) -> list[bytes]:
    stripped = body.lstrip()
    if request.headers.get("ce-id"):
        return [_from_headers(body, request.headers)]
    if stripped.startswith(b"["):
        return (await split(request, b'{"actions":' + body + b"}", "actions")).items
    if b'"actions"' in body and _is_batch(body):
        return (await split(request, body, "actions")).items
    if not stripped.startswith(b"{"):
        raise InvalidJson('Send one action as a JSON object, or {"actions": [...]}.')
    return [body]


def _is_batch(body: bytes) -> bool:
    """Whether `actions` stands at the top; an action's metadata may have such a key too."""
    try:
        return "actions" in _object(body)
    except (ValueError, RecursionError):
        return True


def _from_headers(body: bytes, headers: Mapping[str, str]) -> bytes:
    """CloudEvents' binary mode: the envelope in `ce-` headers (percent-encoded UTF-8), the data in the body."""
    envelope: dict[str, object] = {
        name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")
    }
    try:
        envelope["data"] = msgspec.json.decode(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise InvalidJson(
            f"The body of a CloudEvent in binary mode is its data as JSON: {error}.", field="data"
        ) from None
    return msgspec.json.encode(envelope)


def _segment_answer(receipt: Receipt) -> Response[bytes]:
    return _json(SegmentReceipt(receipt.accepted, receipt.duplicates, receipt.rejected, receipt.notices))


def _json(receipt: Receipt) -> Response[bytes]:
    return Response(msgspec.json.encode(receipt), media_type=MediaType.JSON)
