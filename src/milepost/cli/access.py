"""`milepost keys`, `milepost tokens`, `milepost identity-secret`, `milepost sign-in-link`: who may do what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Optional
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from milepost.access.keys import KeyKind, create_key, list_keys, revoke_key
from milepost.access.members import make_link
from milepost.access.paths import may_be_id
from milepost.access.revocations import list_revocations, revoke_customer, revoke_token
from milepost.access.secrets import identity_secret
from milepost.access.tokens import Tokens, id_of
from milepost.cli.database import need_database, with_database
from milepost.settings import Settings, load_settings
from milepost.vocabulary import MAX_ID_LENGTH

keys = typer.Typer(
    no_args_is_help=True, help="Browser keys (public), server keys (to write) and secret keys (for the whole API)."
)
tokens = typer.Typer(no_args_is_help=True, help="Customers' tokens, with which they read their own part (/v1/me).")
DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


@keys.command("list")
def list_(data_dir: DataDir = None) -> None:
    """List all keys."""
    table = Table("id", "kind", "name", "key", "created", "last used", "revoked")
    for key in with_database(load_settings().with_flags(data_dir=data_dir), list_keys):
        times = (key.created_at, key.last_used_at, key.revoked_at)
        shown = (at.strftime("%Y-%m-%d %H:%M") if at else "" for at in times)
        kind = f"{key.kind}, signed ids only" if key.signed_only else key.kind
        table.add_row(str(key.key_id), kind, key.name, key.public_key or key.prefix + "…", *shown)
    Console().print(table)


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    kind: Annotated[KeyKind, typer.Option(help="What it may do.")] = "browser",
    signed_only: Annotated[bool, typer.Option(help="A browser key that takes ids with a signature alone.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a key and print it. All but browser keys are shown only this once."""
    if signed_only and kind != "browser":
        raise typer.BadParameter(
            "only a browser key takes it: the others may say who is who", param_hint="--signed-only"
        )
    settings = load_settings().with_flags(data_dir=data_dir)
    typer.echo(
        with_database(
            settings, lambda database: create_key(database, kind, name, by="command line", signed_only=signed_only)
        )
    )


@keys.command()
def revoke(key_id: UUID, data_dir: DataDir = None) -> None:
    """Revoke a key by its id. A running server notices within two seconds."""
    settings = load_settings().with_flags(data_dir=data_dir)
    if not with_database(settings, lambda database: revoke_key(database, key_id)):
        typer.echo("There is no such key, or it has already been revoked.", err=True)
        raise typer.Exit(1)


@tokens.command("create")
def create_token(
    customer: Annotated[str, typer.Option(help="The customer who may read their own part.")],
    days: Annotated[int, typer.Option(help="Days the token is valid.", min=1, max=3650)] = 30,
    data_dir: DataDir = None,
) -> None:
    """Print a token with which one customer reads their own part (`/v1/me`), and its id on standard error."""
    if not may_be_id(customer):
        raise typer.BadParameter(f"a customer id has 1 to {MAX_ID_LENGTH} characters", param_hint="--customer")
    settings = load_settings().with_flags(data_dir=data_dir)
    _need_secret(settings, settings.token_secret)
    made = Tokens(settings).make(customer, now=datetime.now(UTC), valid=timedelta(days=days))
    typer.echo(f"id {id_of(made)}", err=True)
    typer.echo(made)


@tokens.command("revoke")
def revoke_tokens(
    token: Annotated[Optional[str], typer.Argument(help="The token's id (jti), or the token itself.")] = None,
    customer: Annotated[Optional[str], typer.Option(help="Revoke all of this customer's instead.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Revoke one token, or all that a customer has by now. A running server notices within two seconds."""
    if (token is None) == (customer is None):
        raise typer.BadParameter("give either a token or --customer")
    settings = load_settings().with_flags(data_dir=data_dir)
    if customer is not None:
        with_database(settings, lambda database: revoke_customer(database, customer, by="command line"))
        typer.echo(f"Every token of {customer} that was issued until now is revoked.")
        return
    token_id = _token_id(str(token))
    with_database(settings, lambda database: revoke_token(database, token_id, by="command line"))
    typer.echo(f"The token {token_id} is revoked.")


@tokens.command("list")
def list_tokens(
    limit: Annotated[int, typer.Option(help="The most to show.", min=1)] = 100, data_dir: DataDir = None
) -> None:
    """List what was revoked, the newest first. Tokens that count are kept nowhere."""
    table = Table("revoked", "token", "all of the customer", "by")
    settings = load_settings().with_flags(data_dir=data_dir)
    for one in with_database(settings, lambda database: list_revocations(database, limit=limit)).items:
        when = one.revoked_at.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(when, one.token_id or "", one.customer_id or "", one.revoked_by or "")
    Console().print(table)


def _need_secret(settings: Settings, given: str) -> None:
    """A secret of the data folder counts only where it is a server's: raises Problem where it is nobody's."""
    if not given:
        need_database(settings)


def _token_id(text: str) -> str:
    """The id that `text` is, or that is in the token that it is."""
    if not text.startswith("eyJ") or text.count(".") != 2:
        return text
    try:
        token_id = id_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if token_id is None:
        raise typer.BadParameter("this token has no id (jti): revoke all of its customer's with --customer")
    return token_id


def print_identity_secret(data_dir: DataDir = None) -> None:
    """Print the secret with which your server signs who somebody is, for its browser to say so."""
    settings = load_settings().with_flags(data_dir=data_dir)
    _need_secret(settings, settings.identity_secret or settings.token_secret)
    typer.echo(identity_secret(settings))


def sign_in_link(data_dir: DataDir = None) -> None:
    """Print a one-time link to the dashboard, valid for 24 hours."""
    settings = load_settings().with_flags(data_dir=data_dir)
    typer.echo(with_database(settings, lambda db: make_link(db, settings.url, now=datetime.now(UTC))))
