"""What people write: bounded, and nothing in it that no stored text has."""

from __future__ import annotations

import unicodedata
from typing import Final

from milepost.errors import InvalidRequest
from milepost.vocabulary import MAX_NAME_LENGTH, MAX_TEXT_LENGTH

MAX_TITLE: Final = MAX_NAME_LENGTH
MAX_TEXT: Final = MAX_TEXT_LENGTH
MAX_TAG: Final = 60


def written(text: str, field: str, most: int) -> str:
    """`text` without the space around it. Raises InvalidRequest where nothing or too much is left, or it holds
    characters that no text has."""
    plain = text.replace("\r\n", "\n").strip()
    if not plain:
        raise InvalidRequest(f"{field} is empty. Send 1 to {most:,} characters.", field=field)
    if len(plain) > most:
        raise InvalidRequest(
            f"{field} has {len(plain):,} characters; it takes {most:,} at most. Shorten it.", field=field
        )
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in plain):
        raise InvalidRequest(f"{field} holds a control character. Remove it.", field=field)
    return plain


def written_or_none(text: str | None, field: str, most: int) -> str | None:
    """As `written`; nothing at all is None."""
    return written(text, field, most) if text and text.strip() else None


def as_tag(text: str, field: str = "tag") -> str:
    """A tag as it is written: in one line, single spaces. Raises InvalidRequest."""
    return written(" ".join(unicodedata.normalize("NFC", text).split()), field, MAX_TAG)


def tag_key(tag: str) -> str:
    """What two tags are the same by."""
    return tag.lower()
