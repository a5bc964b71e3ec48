"""A customer's token: what the product hands its customer's browser, so that it reads this customer and nobody else."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import msgspec

from milepost.access.paths import may_be_id
from milepost.access.secrets import derived, root_secret
from milepost.errors import Unauthorised
from milepost.settings import Settings

_ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "PS256", "EdDSA"]
_LEEWAY = timedelta(seconds=30)


class CustomerToken(msgspec.Struct, frozen=True):
    """A customer's own token: it can read this customer and nothing else. `token_id` is its `jti`, `issued_at` its
    `iat` (seconds since 1970), None where it has none."""

    customer_id: str
    token_id: str | None = None
    issued_at: float | None = None


class Tokens:
    """Makes and reads customers' tokens: JWT, HS256 with the server's secret, or any key of a JWKS."""

    def __init__(self, settings: Settings) -> None:
        self._secret = root_secret(settings) if settings.token_secret else derived(settings, "customer tokens")
        self._issuer, self._audience = settings.token_issuer, settings.token_audience
        self._jwks = jwt.PyJWKClient(settings.token_jwks_url, timeout=5) if settings.token_jwks_url else None

    def make(self, customer_id: str, *, now: datetime, valid: timedelta) -> str:
        """A token that reads this customer until `now + valid`, or until it is revoked by its id (`id_of`)."""
        claims = {
            "customer_id": customer_id,
            "jti": str(uuid4()),
            # To the millisecond, so that one that is made right after all were revoked counts.
            "iat": round(now.timestamp(), 3),
            "exp": now + valid,
            "aud": "milepost",
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    async def read(self, token: str) -> CustomerToken:
        """Raises Unauthorised for a token that is not ours, was changed, is too old or names no customer."""
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
            if algorithm == "HS256":
                claims = self._decode(token, self._secret, ["HS256"])
            elif self._jwks is not None and algorithm in _ALGORITHMS:
                # Fetching the keys may wait for another server, so it must not hold up the event loop.
                key = await asyncio.to_thread(self._jwks.get_signing_key_from_jwt, token)
                # What else its keys have signed, for other services or tenants, is no token of ours.
                claims = self._decode(token, key.key, [algorithm], issuer=self._issuer, audience=self._audience)
            else:
                raise Unauthorised("The token is signed with an algorithm this server does not accept.")
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthorised(f"The token is not valid ({error}). Ask for a new one.") from error
        metadata = claims.get("app_metadata")
        customer = claims.get("customer_id") or (metadata.get("customer_id") if isinstance(metadata, dict) else None)
        if not isinstance(customer, str) or not may_be_id(customer):
            raise Unauthorised("The token names no customer. It needs the claim customer_id, or one in app_metadata.")
        token_id, issued_at = claims.get("jti"), claims.get("iat")
        return CustomerToken(
            customer,
            token_id if isinstance(token_id, str) else None,
            float(issued_at) if isinstance(issued_at, int | float) else None,
        )

    def _decode(
        self, token: str, key: Any, algorithms: list[str], *, issuer: str | None = None, audience: str | None = None
    ) -> dict[str, Any]:
        """With an issuer or an audience, the token must name it."""
        named = [claim for claim, value in (("iss", issuer), ("aud", audience)) if value]
        options: Any = {"require": ["exp", *named], "verify_aud": audience is not None}
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=algorithms, leeway=_LEEWAY, options=options, issuer=issuer, audience=audience
        )
        return claims


def id_of(token: str) -> str | None:
    """The id (`jti`) of a token, whoever signed it; None where it has none. Raises ValueError for what is no token."""
    try:
        token_id = jwt.decode(token, options={"verify_signature": False}).get("jti")
    except jwt.PyJWTError as error:
        raise ValueError(f"This is no token ({error}).") from error
    return token_id if isinstance(token_id, str) else None
