"""How far an export has read: a snapshot of one database, as a text that its holder does not look into.

As the column store's (docs/decisions/0007): what `pg_visible_in_snapshot` says is visible now and was not before is in
the next increment, so that no late commit is passed over.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import Final

import msgspec
from psycopg import Connection

from milepost.columns.follow import Change, Moment, changes, is_behind, missed
from milepost.errors import Conflict, InvalidRequest

#: The last part is a sum of the rest: half a watermark would pass over changes without a word.
_FORM: Final = re.compile(r"(?P<all>1 (?P<epoch>[0-9a-f-]{36}) (?P<snapshot>\d{1,20}:\d{1,20}:[\d,]*)) (?P<sum>\d+)")


class WatermarkTooOld(Conflict):
    """What changed after this watermark is no longer known. Export everything once, and go on from its watermark."""

    code = "watermark_too_old"


class Watermark(msgspec.Struct, frozen=True):
    """`epoch`: which database; `snapshot`: as PostgreSQL writes one."""

    epoch: str
    snapshot: str

    @classmethod
    def at(cls, moment: Moment) -> Watermark:
        return cls(moment.epoch, moment.snapshot)

    @classmethod
    def read(cls, text: str) -> Watermark:
        """Raises InvalidRequest for what was no watermark."""
        try:
            found = _FORM.fullmatch(base64.urlsafe_b64decode(text.encode() + b"==").decode())
        except (binascii.Error, UnicodeError, ValueError):
            found = None
        if found is None or zlib.crc32(found["all"].encode()) != int(found["sum"]):
            raise InvalidRequest("That is no watermark. Give one as an export answered with.", field="since")
        return cls(found["epoch"], found["snapshot"])

    def __str__(self) -> str:
        text = f"1 {self.epoch} {self.snapshot}"
        whole = f"{text} {zlib.crc32(text.encode())}"
        return base64.urlsafe_b64encode(whole.encode()).decode().rstrip("=")


def changed_since(connection: Connection, since: Watermark, now: Moment) -> list[Change]:
    """What this transaction sees of changes and `since` did not. Raises WatermarkTooOld where that cannot be told."""
    if since.epoch != now.epoch:
        raise WatermarkTooOld(
            "This watermark is another database's. Export everything once, and go on from its watermark.", field="since"
        )
    if is_behind(connection, since.snapshot):
        raise WatermarkTooOld(
            "This database was restored from before this watermark. Export everything once, and go on from there.",
            field="since",
        )
    if missed(connection, since.snapshot, now.cleaned_xid):
        raise WatermarkTooOld(field="since")
    found = changes(connection, since.snapshot, now.snapshot)
    if any(change.kind == "emptied" for change in found):
        raise WatermarkTooOld(
            "All events were deleted at once after this watermark. Export everything once, and go on from there.",
            field="since",
        )
    return found
