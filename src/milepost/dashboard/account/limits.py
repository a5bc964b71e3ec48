"""How often one address may try a password or a link."""

from __future__ import annotations

from litestar.middleware.rate_limit import RateLimitConfig

#: Guessing passwords or links from one address comes to an end soon.
ATTEMPTS = RateLimitConfig(("minute", 10), store="sign_in_attempts").middleware
