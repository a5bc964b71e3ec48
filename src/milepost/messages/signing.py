"""Signatures of webhooks, as Standard Webhooks asks for: https://www.standardwebhooks.com."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

#: Secrets of Standard Webhooks are base64 behind this; any other text is taken as it is.
_PREFIX: Final = "whsec_"

#: 32 bytes for one purpose, of the server's own secret.
Derive = Callable[[str], bytes]


def secret_of(derive: Derive, destination_id: UUID, turn: int) -> str:
    """The secret of one destination, as its owner puts it into the receiver."""
    return _PREFIX + base64.b64encode(derive(f"webhook {destination_id} {turn}")).decode()


def headers(message_id: UUID, body: str, secret: str, now: datetime) -> dict[str, str]:
    """`webhook-id` is the same on every try, so that a receiver can tell a second one."""
    name, at = f"msg_{message_id}", str(int(now.timestamp()))
    signed = f"{name}.{at}.{body}".encode()
    signature = base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{signature}",
        "content-type": "application/json",
        "user-agent": "Milepost",
    }


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            pass
    return secret.encode()
