"""A real SMTP server that keeps what it is given."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """`refuses`: how many of the next letters it does not take."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, EmailMessage]] = []
        self.refuses = 0
        self.port = 0

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 -- its name for it
        """As aiosmtpd calls it."""
        if self.refuses:
            self.refuses -= 1
            return "451 Try again later"
        mail = message_from_bytes(cast(bytes, envelope.content), policy=policy.default)
        self.letters.append((envelope.rcpt_tos[0], mail))
        return "250 OK"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    found = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found.port = free.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=found.port)
    controller.start()
    try:
        yield found
    finally:
        controller.stop()
