"""Messages as e-mail, by the SMTP server of MILEPOST_SMTP_URL."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from milepost.messages.letter import html_of, text_of
from milepost.messages.wording import Said

#: Seconds for each word with the server.
_PATIENCE: Final = 15.0
_PORTS: Final = {"smtp": 587, "smtps": 465}


class MailServer(NamedTuple):
    """Who takes our mail. `security`: "tls" from the start, "starttls" (required), or "none" on one's own machine."""

    host: str
    port: int
    user: str
    password: str
    security: str
    sender: str


class Paper(NamedTuple):
    """A PDF that goes with a letter, and the name of its file."""

    name: str
    pdf: bytes


class NoMailServer(Exception):
    """There is no SMTP server to send by: MILEPOST_SMTP_URL and MILEPOST_MAIL_FROM are not set."""


def mail_server(url: str, sender: str) -> MailServer | None:
    """As the settings say, `smtps://USER:PASSWORD@HOST:465`, `smtp://HOST:587` (STARTTLS), `smtp://HOST:25?tls=none`;
    None where they say nothing. Raises ValueError that says what is wrong."""
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("it takes smtps://USER:PASSWORD@HOST:465, smtp://HOST:587, or smtp://HOST:25?tls=none")
    if parts.query not in ("", "tls=none"):
        raise ValueError(f"?{parts.query} is not known; only ?tls=none is")
    if "@" not in parseaddr(sender)[1]:
        raise ValueError("MILEPOST_MAIL_FROM names nobody to send as; give one as Milepost <milepost@example.com>")
    security = "tls" if parts.scheme == "smtps" else "none" if parts.query else "starttls"
    return MailServer(
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        security,
        sender,
    )


def letter(
    said: Said,
    url: str,
    *,
    server: MailServer,
    to: str,
    message_id: str,
    now: datetime,
    unsubscribe: str = "",
    papers: Sequence[Paper] = (),
) -> EmailMessage:
    """Text and HTML of the same. `message_id`: the same on every try, so that a mailbox can tell a second one;
    `unsubscribe`: the address that ends mails of this kind, where there is one."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(said.title.split())[:200]
    mail["From"] = server.sender
    mail["To"] = to
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message_id}@{parseaddr(server.sender)[1].rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(text_of(said, url, unsubscribe))
    mail.add_alternative(html_of(said, url, unsubscribe), subtype="html")
    for paper in papers:
        mail.add_attachment(paper.pdf, maintype="application", subtype="pdf", filename=paper.name)
    return mail


def post(server: MailServer, mail: EmailMessage) -> None:
    """Hands one letter over. Raises smtplib.SMTPException, OSError."""
    secure = ssl.create_default_context()
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_PATIENCE, context=secure)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=_PATIENCE)
    with connection:
        if server.security == "starttls":
            connection.starttls(context=secure)
        if server.user:
            connection.login(server.user, server.password)
        connection.send_message(mail)
