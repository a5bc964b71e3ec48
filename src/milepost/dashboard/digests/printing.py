"""PDFs of digests, made in turn: for whoever asks on a page, and to go with a dashboard's weekly mail."""

from __future__ import annotations

import asyncio
import re
from typing import Final

import msgspec

from milepost.digests.digest import Digest
from milepost.messages.mail import Paper
from milepost.messages.wording import Body
from milepost.supervisor import in_thread

#: What the name of a file may not have.
_NOT_IN_NAMES: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_LONGEST_NAME: Final = 120


class Printer:
    """Makes one PDF at a time, in a thread: two would make each other slower, and the server's answers as well."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def pdf(self, digest: Digest, url: str) -> bytes:
        """`url`: where people find this server."""
        async with self._turn:
            return await in_thread(_pdf, digest, url)

    async def of_message(self, body: str, *, url: str) -> Paper | None:
        """What goes with a message by e-mail: the PDF of a dashboard's week, else nothing."""
        told = msgspec.json.decode(body, type=Body)
        if told.type != "digest.weekly" or not str(told.data.get("path", "")).startswith("/dashboards/"):
            return None
        digest = msgspec.convert(told.data, Digest)
        return Paper(f"{file_name(digest)}.pdf", await self.pdf(digest, url))


def file_name(digest: Digest) -> str:
    """Its title, without what no system takes in a name."""
    return " ".join(_NOT_IN_NAMES.sub(" ", digest.title).split())[:_LONGEST_NAME]


def _pdf(digest: Digest, url: str) -> bytes:
    # Here, and not above: what draws takes half a second to load, and most servers are never asked for a PDF.
    from milepost.dashboard.digests.paper import pdf_of

    return pdf_of(digest, url)
