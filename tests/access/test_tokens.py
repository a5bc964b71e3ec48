"""Customers' tokens: made here, or signed by the product's own keys (JWKS)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from milepost.access.tokens import Tokens
from milepost.errors import SettingsError, Unauthorised
from milepost.settings import Settings, load_settings

SECRET = "a secret that is only for tests, of 32 bytes or more"
NOW = datetime.now(UTC)
SOON = NOW + timedelta(hours=1)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(Settings(token_secret=SECRET))


async def test_a_token_names_its_customer(tokens: Tokens) -> None:
    made = tokens.make("acme · ünï", now=NOW, valid=timedelta(hours=1))
    assert (await tokens.read(made)).customer_id == "acme · ünï"


@pytest.mark.parametrize(
    "claims",
    [
        {"customer_id": "acme"},
        {"customer_id": "acme", "exp": NOW - timedelta(minutes=5)},
        {"exp": SOON},
        {"customer_id": "", "exp": SOON},
        {"customer_id": 7, "exp": SOON},
        {"customer_id": "a\x00b", "exp": SOON},
        {"customer_id": "x" * 201, "exp": SOON},
        {"customer_id": "\ud800", "exp": SOON},
        {"app_metadata": {"customer_id": 7}, "exp": SOON},
        {"app_metadata": "acme", "exp": SOON},
        {"user_metadata": {"customer_id": "acme"}, "exp": SOON},
        {"customer_id": "acme", "exp": SOON, "nbf": SOON},
    ],
)
async def test_a_token_without_a_customer_or_past_its_time_is_refused(
    tokens: Tokens, claims: dict[str, object]
) -> None:
    with pytest.raises(Unauthorised):
        await tokens.read(jwt.encode(claims, SECRET, algorithm="HS256"))


async def test_the_customer_may_stand_where_supabase_puts_it(tokens: Tokens) -> None:
    claims = {"app_metadata": {"customer_id": "acme"}, "exp": SOON}
    assert (await tokens.read(jwt.encode(claims, SECRET, algorithm="HS256"))).customer_id == "acme"
    both = jwt.encode(claims | {"customer_id": "b"}, SECRET, algorithm="HS256")
    assert (await tokens.read(both)).customer_id == "b"


@pytest.mark.parametrize("text", ["", "a.b.c", "not a token", "e30.e30.", "x" * 10_000])
async def test_what_is_no_token_is_refused(tokens: Tokens, text: str) -> None:
    with pytest.raises(Unauthorised):
        await tokens.read(text)


async def test_another_secret_or_no_signature_is_refused(tokens: Tokens) -> None:
    claims = {"customer_id": "acme", "exp": SOON}
    for forged in (
        jwt.encode(claims, "another secret, which is as long as the first", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
    ):
        with pytest.raises(Unauthorised):
            await tokens.read(forged)


@pytest.fixture
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def jwks_url(signing_key: rsa.RSAPrivateKey) -> Iterator[str]:
    """The product's own key server."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(signing_key.public_key()))
    body = json.dumps({"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
        server.shutdown()
        thread.join()


async def test_a_jwks_is_asked_for_other_signatures(signing_key: rsa.RSAPrivateKey, jwks_url: str) -> None:
    issuer = "https://id.example"
    tokens = Tokens(
        Settings(token_secret=SECRET, token_jwks_url=jwks_url, token_issuer=issuer, token_audience="milepost")
    )
    claims = {"customer_id": "acme", "exp": SOON, "iss": issuer, "aud": ["milepost", "other"]}
    made = jwt.encode(claims, signing_key, algorithm="RS256", headers={"kid": "one"})
    assert (await tokens.read(made)).customer_id == "acme"
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for forged in (
        jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": "one"}),
        jwt.encode(claims, signing_key, algorithm="RS256", headers={"kid": "two"}),
        # Signed by the right key, for somebody else.
        *(
            jwt.encode(other, signing_key, algorithm="RS256", headers={"kid": "one"})
            for other in (
                claims | {"iss": "https://other.example"},
                claims | {"aud": "other"},
                {name: value for name, value in claims.items() if name != "iss"},
                {name: value for name, value in claims.items() if name != "aud"},
            )
        ),
    ):
        with pytest.raises(Unauthorised):
            await tokens.read(forged)
    # Our own tokens stay good beside it.
    assert (await tokens.read(tokens.make("b", now=NOW, valid=timedelta(hours=1)))).customer_id == "b"


@pytest.mark.parametrize(
    ("environ", "field"),
    [
        ({"MILEPOST_TOKEN_SECRET": "too short to be a secret"}, "MILEPOST_TOKEN_SECRET"),
        ({"MILEPOST_TOKEN_JWKS_URL": "https://id.example/jwks"}, "MILEPOST_TOKEN_ISSUER"),
        (
            {"MILEPOST_TOKEN_JWKS_URL": "https://id.example/jwks", "MILEPOST_TOKEN_ISSUER": "https://id.example"},
            "MILEPOST_TOKEN_AUDIENCE",
        ),
    ],
)
def test_settings_that_would_let_others_in_are_refused(environ: dict[str, str], field: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ)
    assert refused.value.field == field


async def test_without_a_setting_the_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    made = Tokens(settings).make("acme", now=NOW, valid=timedelta(hours=1))
    assert (await Tokens(settings).read(made)).customer_id == "acme"
    assert (tmp_path / "data" / "token.secret").stat().st_mode & 0o077 == 0
    with pytest.raises(Unauthorised):
        await Tokens(Settings(data_dir=tmp_path / "other")).read(made)
