"""Identity signatures: how a product's server vouches for who somebody is, so that a browser can say so.

Standard library only: the SDK has it too.
"""

from __future__ import annotations

import hashlib
import hmac


def identity_signature(
    secret: str, *, customer_id: str | None = None, user_id: str | None = None, previous_id: str | None = None
) -> str:
    """HMAC-SHA256, in hexadecimal, of the customer's and the user's id with the character NUL between them, in UTF-8;
    an id that is not given counts as empty. `secret`: the server's MILEPOST_IDENTITY_SECRET.

    With `previous_id`, after one more NUL, it vouches for an `alias`: that both are one user.
    """
    ids = [customer_id or "", user_id or "", *([previous_id] if previous_id else [])]
    return hmac.new(secret.encode(), "\0".join(ids).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def is_signature(
    given: str,
    secret: str,
    *,
    customer_id: str | None = None,
    user_id: str | None = None,
    previous_id: str | None = None,
) -> bool:
    """Whether it vouches for these ids."""
    expected = identity_signature(secret, customer_id=customer_id, user_id=user_id, previous_id=previous_id)
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))
