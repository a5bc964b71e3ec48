"""The server's own secrets: made once, kept in the data folder, or given by MILEPOST_TOKEN_SECRET."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress

from milepost.settings import Settings

_FILE = "token.secret"


def root_secret(settings: Settings) -> bytes:
    """The secret everything else is derived from. Several servers on one database share it through the setting."""
    if settings.token_secret:
        return settings.token_secret.encode()
    path = settings.data_dir / _FILE
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_name(f"{_FILE}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        # A link fails where the file is there by now: of two processes that start at once, one wins and both read it.
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_bytes()


def identity_secret(settings: Settings) -> str:
    """What a product's server makes identity signatures with: MILEPOST_IDENTITY_SECRET, else one of our own."""
    return settings.identity_secret or derived(settings, "identity signatures").hex()


def derived(settings: Settings, purpose: str) -> bytes:
    """32 bytes for one purpose, so that no two uses share a key."""
    return hashlib.blake2b(
        purpose.encode(), key=hashlib.sha256(root_secret(settings)).digest(), digest_size=32
    ).digest()
