"""Every setting, with its default and its help, read once from the environment into a frozen object."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar

from milepost.errors import SettingsError

_PREFIX = "MILEPOST_"
#: As long as the digest that is made with it.
_SHORTEST_SECRET = 32
_ORIGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?")
#: Browsers leave them out of an origin.
_USUAL_PORTS = {"https": "443", "http": "80"}
Network = IPv4Network | IPv6Network
_T = TypeVar("_T")


def _setting(default: _T, help_text: str) -> _T:
    value: _T = field(default=default, metadata={"help": help_text})
    return value


@dataclass(frozen=True, slots=True)
class Settings:
    """One server's settings. Each field is read from `MILEPOST_<NAME>`; flags of the CLI win over it."""

    host: str = _setting("127.0.0.1", "Address to listen on")
    port: int = _setting(8321, "Port to listen on")
    public_url: str = _setting("", "Address people reach this server at; default http://HOST:PORT")
    trusted_proxies: str = _setting(
        "", "Addresses or networks of proxies in front, separated by commas; only their X-Forwarded-For counts"
    )
    connections_per_address: int = _setting(512, "Most connections one address (a /64 of IPv6) may have open")
    data_dir: Path = _setting(Path("milepost-data"), "Folder of the embedded PostgreSQL, secrets and spools")
    database_url: str = _setting("", "A PostgreSQL 15-18 to use instead of the embedded one")
    plan_file: Path | None = _setting(
        None, "The tracking plan's file; default ./milepost.toml if there is one, else the plan is kept by the server"
    )
    write_key: str = _setting("", "A browser key (public) that is valid from the start, for automation")
    signed_ids: bool = _setting(False, "Take ids with an identity signature alone from MILEPOST_WRITE_KEY")
    server_key: str = _setting("", "A server key that is valid from the start, for automation")
    secret_key: str = _setting("", "A secret API key that is valid from the start, for automation")
    token_secret: str = _setting("", "HS256 secret of customer tokens; default: made once, kept in DATA_DIR")
    identity_secret: str = _setting(
        "", "Secret of identity signatures; default: made once (`milepost identity-secret`)"
    )
    token_jwks_url: str = _setting("", "JWKS address whose keys sign customer tokens, in addition to the HS256 secret")
    token_issuer: str = _setting("", "Issuer (iss) that tokens signed with a key of the JWKS must name")
    token_audience: str = _setting("", "Audience (aud) that tokens signed with a key of the JWKS must name")
    allowed_origins: str = _setting(
        "",
        "Sites whose pages may read /v1/me with a customer's token and use the rest of /v1 with a key, separated by"
        " commas, as https://app.example.com; * for all. Events may be sent from anywhere",
    )
    admin_customer_id: str = _setting("", "Customer whose insights row exists from the start")
    store_ip: bool = _setting(False, "Keep the sender's IP address with each event")
    pool_size: int = _setting(8, "Connections to PostgreSQL for reading")
    writers: int = _setting(2, "Connections that commit events side by side")
    max_pending_mb: int = _setting(64, "Events waiting for their commit, in MB; beyond it clients get 503")
    requests_per_second: int = _setting(0, "Most ingest requests a second per key; 0 means no limit")
    sql_url: str = _setting(
        "", "A role of PostgreSQL that runs the team's own SQL (docs/sql.md); the embedded one has a role for it"
    )
    query_seconds: int = _setting(10, "Most seconds one read or question may take")
    columns: bool = _setting(True, "Keep a column store, which answers questions over all events")
    columns_url: str = _setting("", "A ClickHouse to mirror events into; default: chDB in DATA_DIR/columns")
    columns_memory_mb: int = _setting(1024, "Most memory one question may take in the column store, in MB")
    webhook_url: str = _setting("", "A webhook that is told everything; more are set up under Settings, Messages")
    webhook_secret: str = _setting("", "Secret its messages are signed with, as whsec_... or any text")
    private_networks: str = _setting(
        "", "Private networks that messages may be sent to, separated by commas, as 10.0.0.0/8; none by default"
    )
    smtp_url: str = _setting(
        "", "Mail server: smtps://USER:PASSWORD@HOST:465, smtp://HOST:587 (STARTTLS), or smtp://HOST:25?tls=none"
    )
    mail_from: str = _setting("", "Sender of e-mail, as Milepost <milepost@example.com>")
    messages: bool = _setting(True, "Send messages; a copy of a database that is only looked at sends none")
    cleanup_minutes: int = _setting(60, "Minutes between two runs of the retention cleanup")
    notice: str = _setting("", "A line at the top of every page, such as what the data of this server is")
    greet: bool = _setting(True, "Print a one-time sign-in link while there is no member")
    tools_app: bool = _setting(False, "Serve the example application at /tools-app/, as the demo does")
    development: bool = _setting(False, "Show members /dev/parts, the parts that pages are made of, in every state")
    log_level: str = _setting("info", "debug, info, warning or error")
    log_format: str = _setting("json", "json, or text for people")

    @property
    def embedded(self) -> bool:
        return not self.database_url

    @property
    def url(self) -> str:
        """Where people and SDKs find this server, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 -- compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def proxies(self) -> list[Network]:
        """The networks of `trusted_proxies`. Raises ValueError for what is none."""
        return _networks(self.trusted_proxies)

    @property
    def reachable(self) -> list[Network]:
        """The networks of `private_networks`. Raises ValueError for what is none."""
        return _networks(self.private_networks)

    @property
    def origins(self) -> frozenset[str]:
        """`allowed_origins` as browsers write them. Raises ValueError for what is none."""
        return frozenset(_origin(part.strip()) for part in self.allowed_origins.split(",") if part.strip())

    def with_flags(self, **flags: object) -> Settings:
        """A copy in which every flag that is not None replaces the environment's value."""
        given = {name: value for name, value in flags.items() if value is not None}
        return replace(self, **given)  # type: ignore[arg-type]


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads `MILEPOST_*`. Raises SettingsError that names the variable and what it takes."""
    source = os.environ if environ is None else environ
    values: dict[str, object] = {}
    for spec in fields(Settings):
        raw = source.get(_PREFIX + spec.name.upper())
        if raw is not None and raw != "":
            values[spec.name] = _parse(spec.name, raw, str(spec.type))
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def to_environ(settings: Settings) -> dict[str, str]:
    """The inverse of `load_settings`: how the parent process hands its settings to its workers."""
    environ: dict[str, str] = {}
    for spec in fields(Settings):
        value = getattr(settings, spec.name)
        text = ("1" if value else "0") if isinstance(value, bool) else "" if value is None else str(value)
        environ[_PREFIX + spec.name.upper()] = text
    return environ


def _parse(name: str, raw: str, kind: str) -> object:
    variable = _PREFIX + name.upper()
    if kind == "int":
        try:
            return int(raw)
        except ValueError:
            raise SettingsError(f"{variable} is {raw!r}; it takes a whole number.", field=variable) from None
    if kind == "bool":
        if raw.lower() in ("1", "true", "yes", "on"):
            return True
        if raw.lower() in ("0", "false", "no", "off"):
            return False
        raise SettingsError(f"{variable} is {raw!r}; it takes true or false.", field=variable)
    return Path(raw) if kind.startswith("Path") else raw


def _networks(text: str) -> list[Network]:
    return [ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()]


def _origin(text: str) -> str:
    if text == "*":
        return text
    found = _ORIGIN.fullmatch(text.lower())
    if found is None:
        raise ValueError(f"{text!r} is no origin")
    scheme, host, port = found["scheme"], found["host"], found["port"]
    return f"{scheme}://{host}" if port in (None, _USUAL_PORTS.get(scheme)) else f"{scheme}://{host}:{port}"


def _check(settings: Settings) -> None:
    if not 0 < settings.port < 65536:
        raise SettingsError(f"MILEPOST_PORT is {settings.port}; it takes 1 to 65535.", field="MILEPOST_PORT")
    try:
        _ = settings.proxies
    except ValueError as error:
        message = f"MILEPOST_TRUSTED_PROXIES: {error}. It takes addresses or networks, such as 10.0.0.0/8, ::1."
        raise SettingsError(message, field="MILEPOST_TRUSTED_PROXIES") from None
    try:
        _ = settings.reachable
    except ValueError as error:
        message = f"MILEPOST_PRIVATE_NETWORKS: {error}. It takes addresses or networks, such as 10.0.0.0/8, fd00::/8."
        raise SettingsError(message, field="MILEPOST_PRIVATE_NETWORKS") from None
    try:
        _ = settings.origins
    except ValueError as error:
        message = (
            f"MILEPOST_ALLOWED_ORIGINS: {error}. It takes sites without a path, such as https://app.example.com, or *"
        )
        raise SettingsError(f"{message} (letters beyond a-z as punycode).", field="MILEPOST_ALLOWED_ORIGINS") from None
    for name in (
        "connections_per_address",
        "pool_size",
        "writers",
        "max_pending_mb",
        "query_seconds",
        "cleanup_minutes",
        "columns_memory_mb",
    ):
        if getattr(settings, name) < 1:
            variable = _PREFIX + name.upper()
            raise SettingsError(f"{variable} is {getattr(settings, name)}; it takes 1 or more.", field=variable)
    for name in ("token_secret", "identity_secret"):
        secret = getattr(settings, name)
        if secret and len(secret.encode()) < _SHORTEST_SECRET:
            variable = _PREFIX + name.upper()
            message = f"{variable} is shorter than {_SHORTEST_SECRET} bytes, so it could be guessed."
            raise SettingsError(f"{message} Make one with: openssl rand -hex 32", field=variable)
    for name in ("token_issuer", "token_audience"):
        if settings.token_jwks_url and not getattr(settings, name):
            variable = _PREFIX + name.upper()
            message = f"{variable} is missing: a JWKS signs tokens for others too. Set what those for Milepost name."
            raise SettingsError(message, field=variable)
    if settings.webhook_url and not re.match(r"https?://[^/\s]+\S*\Z", settings.webhook_url):
        raise SettingsError(
            "MILEPOST_WEBHOOK_URL is not an address; give one that starts with https:// or http://.",
            field="MILEPOST_WEBHOOK_URL",
        )
    if settings.webhook_url and not settings.webhook_secret:
        raise SettingsError(
            "MILEPOST_WEBHOOK_SECRET is missing: without it nobody can tell our messages from others'. Set it too.",
            field="MILEPOST_WEBHOOK_SECRET",
        )
    if settings.log_format not in ("json", "text"):
        raise SettingsError(
            f"MILEPOST_LOG_FORMAT is {settings.log_format!r}; it takes json or text.", field="MILEPOST_LOG_FORMAT"
        )
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise SettingsError(
            f"MILEPOST_LOG_LEVEL is {settings.log_level!r}; it takes debug, info, warning or error.",
            field="MILEPOST_LOG_LEVEL",
        )
