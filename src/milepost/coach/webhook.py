"""What the webhook sends: a message for each recommendation, signed as Standard Webhooks asks for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from milepost.coach.read import recommendation
from milepost.coach.said import Recommendation

#: Secrets of Standard Webhooks are base64 behind this; any other text is taken as it is.
_PREFIX = "whsec_"


class CustomerRecommendation(Recommendation, kw_only=True):
    """A recommendation with whose it is."""

    customer_id: str


class Message(msgspec.Struct, frozen=True):
    """The body of a request."""

    type: str
    timestamp: datetime
    data: CustomerRecommendation


def message(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A row of the outbox for a stored recommendation: the very bytes that every try sends."""
    fields = msgspec.structs.asdict(recommendation(dict(row), now))
    data = CustomerRecommendation(**fields, customer_id=row["customer_id"])
    return {
        "delivery_id": _new_id(now),
        "recommendation_id": row["recommendation_id"],
        "body": msgspec.json.encode(Message("recommendation.made", now, data)).decode(),
        "now": now,
    }


def headers(delivery_id: UUID, body: str, secret: str, now: datetime) -> dict[str, str]:
    """`webhook-id` is the same on every try, so that a receiver can tell a second one."""
    message_id, at = f"msg_{delivery_id}", str(int(now.timestamp()))
    signed = f"{message_id}.{at}.{body}".encode()
    signature = base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
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


def _new_id(now: datetime) -> UUID:
    """A UUIDv7 of the moment."""
    millis = int(now.timestamp() * 1000)
    return UUID(int=millis << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62))
