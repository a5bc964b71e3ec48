"""Request bodies: decompressing within limits, and taking a batch apart so that one bad event costs no other."""

from __future__ import annotations

import re
import zlib

import msgspec

from milepost.errors import InvalidEncoding, InvalidJson, TooLarge
from milepost.vocabulary import MAX_BATCH_BYTES, MAX_BATCH_EVENTS

_GZIP_MAGIC = b"\x1f\x8b"
#: A string (to its end, or to the body's where it has none) or a mark. Possessive, so that no input makes it go
#: back: whatever is sent, a body is read once.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[{}\[\],:]', re.DOTALL)
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


def decompress(body: bytes) -> bytes:
    """The body in plain bytes. Headers are not trusted: gzip is told by its first two bytes.

    Raises TooLarge past 5 MB of output, however small the input; InvalidEncoding for damaged gzip.
    """
    if not body.startswith(_GZIP_MAGIC):
        if len(body) > MAX_BATCH_BYTES:
            raise TooLarge
        return body
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, MAX_BATCH_BYTES + 1)
    except zlib.error as error:
        raise InvalidEncoding(f"The body looks like gzip but cannot be decompressed ({error}).") from error
    if len(plain) > MAX_BATCH_BYTES:
        raise TooLarge
    if not inflater.eof:
        raise InvalidEncoding("The gzip body ends too early. Send it whole.")
    if inflater.unused_data.strip(b"\x00"):
        # Reading on would let thousands of tiny members cost more than they are worth; no SDK sends them.
        raise InvalidEncoding("Something follows the gzip data. Send a single gzip member.")
    return plain


def beginning(body: bytes, most: int) -> bytes:
    """As much of the body in plain bytes as `most`, whatever follows. Raises InvalidEncoding."""
    if not body.startswith(_GZIP_MAGIC):
        return body[:most]
    try:
        return zlib.decompressobj(wbits=31).decompress(body, most)
    except zlib.error as error:
        raise InvalidEncoding(f"The body looks like gzip but cannot be decompressed ({error}).") from error


class _Envelope(msgspec.Struct):
    events: list[msgspec.Raw] | None = None
    batch: list[msgspec.Raw] | None = None
    actions: list[msgspec.Raw] | None = None
    customers: list[msgspec.Raw] | None = None
    people: list[msgspec.Raw] | None = None
    sent_at: msgspec.Raw | None = None
    sentAt: msgspec.Raw | None = None  # noqa: N815 -- Segment's name
    write_key: msgspec.Raw | None = None
    writeKey: msgspec.Raw | None = None  # noqa: N815 -- Segment's name
    context: msgspec.Raw | None = None


_NULL = msgspec.Raw(b"null")
_envelope = msgspec.json.Decoder(_Envelope)
_string = msgspec.json.Decoder(str)
#: The fields of a batch that are not the batch itself.
_NAMES = {b"sentAt": "sent_at", b"writeKey": "write_key"}
_KNOWN = tuple(name.encode() for name in _Envelope.__struct_fields__)


class Batch(msgspec.Struct):
    """A batch taken apart: each event's own bytes, not yet looked into."""

    items: list[bytes]
    sent_at: str | None = None
    write_key: str | None = None
    context: bytes | None = None


def take_apart(body: bytes, key: str) -> Batch:
    """Splits `{key: [...], sent_at: ...}` into its events without looking into them.

    Raises InvalidJson where there is no such array, TooLarge past 2,500 events.
    """
    batch = take_apart_json(body, key)
    return take_apart_broken(body, key) if batch is None else batch


def take_apart_json(body: bytes, key: str) -> Batch | None:
    """The same of a body that is JSON, in no time; None of one that is not."""
    try:
        envelope = _envelope.decode(body.removeprefix(_BOM))
        items: list[msgspec.Raw] | None = getattr(envelope, key)
        fields: dict[str, msgspec.Raw | None] = {
            "sent_at": envelope.sentAt if envelope.sent_at in (None, _NULL) else envelope.sent_at,
            "write_key": envelope.writeKey if envelope.write_key in (None, _NULL) else envelope.write_key,
            "context": envelope.context,
        }
        return _batch(key, None if items is None else [bytes(item) for item in items], fields)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def take_apart_broken(body: bytes, key: str) -> Batch:
    """The same of any body: one event may be so broken that the whole is no JSON; the others are still worth having.
    A second for 5 MB of the worst."""
    return _batch(key, *_split_leniently(body.removeprefix(_BOM), key.encode()))


def _batch(key: str, items: list[bytes] | None, fields: dict[str, msgspec.Raw | None]) -> Batch:
    if items is None:
        raise InvalidJson(f'The body must be a JSON object with an array "{key}".', field=key)
    if len(items) > MAX_BATCH_EVENTS:
        raise TooLarge(f"{len(items)} events in one batch. Send at most {MAX_BATCH_EVENTS}.", field=key)
    context = fields.get("context")
    return Batch(
        items, _text(fields.get("sent_at")), _text(fields.get("write_key")), None if context is None else bytes(context)
    )


def _text(raw: msgspec.Raw | None) -> str | None:
    if raw is None:
        return None
    try:
        return _string.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _split_leniently(body: bytes, key: bytes) -> tuple[list[bytes] | None, dict[str, msgspec.Raw | None]]:
    """Finds the array's elements by brackets and quotes alone, whatever is inside of them.

    Raises InvalidJson where brackets and quotes leave any doubt about what belongs to which event, TooLarge as soon as
    there are too many.
    """
    items: list[bytes] | None = None
    fields: dict[str, msgspec.Raw | None] = {}
    depth = start = end = 0
    name = word = b""
    in_array = False
    for token in _TOKEN.finditer(body):
        mark = token[0]
        if mark.startswith(b'"'):
            word = mark
        elif mark == b":":
            if depth == 1:
                name, start = word[1:-1], token.end()
        elif mark in (b"{", b"["):
            if depth == 0 and mark == b"[":
                return None, {}
            depth += 1
            if depth == 2 and mark == b"[" and name == key:
                if items is not None:
                    raise InvalidJson(f'"{key.decode()}" appears twice. Send one array.', field=key.decode())
                items, in_array, start = [], True, token.end()
        else:
            if in_array and depth == 2 and items is not None:
                if mark == b"}":  # of what, nobody can say
                    break
                piece = body[start : token.start()].strip(_SPACE)
                if piece or mark == b",":
                    items.append(piece)
                    if len(items) > MAX_BATCH_EVENTS:
                        raise TooLarge(f"More than {MAX_BATCH_EVENTS} events in one batch.", field=key.decode())
                start, in_array = token.end(), mark == b","
            elif depth == 1 and name in _KNOWN and name != key:
                value = body[start : token.start()].strip(_SPACE)
                fields[_NAMES.get(name, name.decode())] = msgspec.Raw(value)
            depth -= mark != b","
            if depth == 0 and mark != b",":
                end = token.end()
                break
    if in_array or depth != 0:
        raise InvalidJson("The body is cut off, or its brackets do not match. Send a whole JSON object.")
    if items is not None and body[end:].strip(_SPACE):
        raise InvalidJson("Something follows the JSON object. Send one object in a request.")
    return items, fields
