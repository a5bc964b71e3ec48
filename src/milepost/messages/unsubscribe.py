"""Links that end a mail, as each mail of a member's own has one (RFC 8058: one click is enough)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Final
from uuid import UUID

from milepost.messages.signing import Derive

_PURPOSE: Final = "unsubscribe"
_DIGEST: Final = 16
PATH: Final = "/unsubscribe"


def token_of(derive: Derive, destination_id: UUID) -> str:
    """What the link ends with: nobody else can make one."""
    return base64.urlsafe_b64encode(destination_id.bytes + _mac(derive, destination_id)).decode().rstrip("=")


def read_token(derive: Derive, token: str) -> UUID | None:
    """The destination it is for; None: it was not made here."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + _DIGEST:
        return None
    destination_id = UUID(bytes=raw[:16])
    return destination_id if hmac.compare_digest(raw[16:], _mac(derive, destination_id)) else None


def _mac(derive: Derive, destination_id: UUID) -> bytes:
    return hmac.new(derive(_PURPOSE), destination_id.bytes, hashlib.sha256).digest()[:_DIGEST]
