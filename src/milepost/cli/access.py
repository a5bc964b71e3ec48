"""`milepost keys`, `milepost token`, `milepost identity-secret`, `milepost sign-in-link`: who may do what."""

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
from milepost.access.paths import may_be_customer
from milepost.access.secrets import identity_secret
from milepost.access.tokens import Tokens
from milepost.cli.database import with_database
from milepost.settings import load_settings
from milepost.vocabulary import MAX_ID_LENGTH

keys = typer.Typer(
    no_args_is_help=True, help="Browser keys (public), server keys (to write) and secret keys (for the whole API)."
)
DataDir = Annotated[Optional[Path], typer.Option(help="Folder of the embedded PostgreSQL, secrets and spools.")]


@keys.command("list")
def list_(data_dir: DataDir = None) -> None:
    """List all keys."""
    table = Table("id", "kind", "name", "key", "created", "last used", "revoked")
    for key in with_database(load_settings().with_flags(data_dir=data_dir), list_keys):
        times = (key.created_at, key.last_used_at, key.revoked_at)
        shown = (at.strftime("%Y-%m-%d %H:%M") if at else "" for at in times)
        table.add_row(str(key.key_id), key.kind, key.name, key.public_key or key.prefix + "…", *shown)
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


def token(
    customer: Annotated[str, typer.Option(help="The customer who may read their own part.")],
    days: Annotated[int, typer.Option(help="Days the token is valid.", min=1, max=3650)] = 30,
    data_dir: DataDir = None,
) -> None:
    """Print a token with which one customer reads their own part (`/v1/me`)."""
    if not may_be_customer(customer):
        raise typer.BadParameter(f"a customer id has 1 to {MAX_ID_LENGTH} characters", param_hint="--customer")
    settings = load_settings().with_flags(data_dir=data_dir)
    typer.echo(Tokens(settings).make(customer, now=datetime.now(UTC), valid=timedelta(days=days)))


def print_identity_secret(data_dir: DataDir = None) -> None:
    """Print the secret with which your server signs who somebody is, for its browser to say so."""
    typer.echo(identity_secret(load_settings().with_flags(data_dir=data_dir)))


def sign_in_link(data_dir: DataDir = None) -> None:
    """Print a one-time link to the dashboard, valid for 24 hours."""
    settings = load_settings().with_flags(data_dir=data_dir)
    typer.echo(with_database(settings, lambda db: make_link(db, settings.url, now=datetime.now(UTC))))
