"""Cursors of lists in order of time: opaque to a client, and checked before PostgreSQL sees what is in them."""

from __future__ import annotations

import base64
from datetime import datetime
from uuid import UUID

import msgspec

from milepost.errors import InvalidRequest


def encode_place(at: datetime, row_id: str) -> str:
    """The cursor of what comes behind a row."""
    return base64.urlsafe_b64encode(msgspec.json.encode([at, row_id])).decode().rstrip("=")


def decode_place(cursor: str, *, is_uuid: bool) -> tuple[datetime, str]:
    """The row a cursor stands behind. Raises InvalidRequest for a cursor that is not ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at, row_id = msgspec.json.decode(text, type=tuple[datetime, str])
        if is_uuid:
            row_id = str(UUID(row_id))
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor") from error
    if "\x00" in row_id or at.tzinfo is None:
        raise InvalidRequest("cursor was not made by this server. Start without one.", field="cursor")
    return at, row_id
