"""The bytes of a file as text: which encoding they are in, told or found out."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from typing import Final

from milepost.errors import ImportFailed

_GZIP: Final = b"\x1f\x8b"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
#: What stands for a byte that is no UTF-8, after `surrogateescape`.
BROKEN: Final = re.compile("[\ud800-\udfff]")
_FOREIGN: Final = re.compile("[^\x00-\x7f\ud800-\udfff]")
#: So much is looked at for the NULs of an UTF-16 without a mark.
_BEGINNING: Final = 4096
#: A file unpacked may be so many bytes.
MOST_BYTES: Final = 512 * 1024 * 1024


def unpacked(raw: bytes, most: int = MOST_BYTES) -> bytes:
    """The file itself, where it is gzipped. Raises ImportFailed."""
    if raw.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
                raw = file.read(most + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise ImportFailed(f"The file is not whole gzip ({error}). Get a whole copy of it.") from error
    if len(raw) > most:
        raise ImportFailed(f"The file has more than {most // 1_048_576} MB, unpacked. Split it.")
    return raw


def decoded(raw: bytes, told: str | None = None) -> tuple[str, str]:
    """The text, and what its encoding is called. What is no character of it becomes a lone surrogate, or U+FFFD.

    Without a mark it is UTF-8; but cp1252 where more of it is broken UTF-8 than is UTF-8 beyond ASCII. Raises
    ImportFailed for an encoding that nobody knows.
    """
    for mark, codec, name in _MARKS:
        if raw.startswith(mark):
            return _decode(raw[len(mark) :], codec), name
    if told is not None:
        try:
            return _decode(raw, told), told
        except (LookupError, UnicodeError) as error:
            raise ImportFailed(
                f"{told!r} is not an encoding of text. Use utf-8, utf-16, cp1252 or latin-1.", field="encoding"
            ) from error
    if wide := _utf16(raw[:_BEGINNING]):
        return _decode(raw, wide), "UTF-16"
    text = _decode(raw, "utf-8")
    if text.isascii() or len(BROKEN.findall(text)) <= len(_FOREIGN.findall(text)):
        return text, "UTF-8"
    try:
        return raw.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:  # five bytes are no characters there
        return raw.decode("latin-1"), "latin-1"


def shown(text: str) -> str:
    """A text as a report can have it, whatever its bytes were."""
    return BROKEN.sub("\ufffd", text).replace("\x00", "\ufffd")


def _decode(raw: bytes, codec: str) -> str:
    try:
        text = raw.decode(codec, "surrogateescape")
    except UnicodeDecodeError:  # of several bytes a character, as UTF-16 is
        text = raw.decode(codec, "replace")
    return text.removeprefix("\ufeff")


def _utf16(beginning: bytes) -> str | None:
    """UTF-16 by its NULs: of ASCII characters every other byte is one."""
    half = len(beginning) // 2
    if half and beginning[1::2].count(0) > half * 0.6 and not beginning[0::2].count(0):
        return "utf-16-le"
    if half and beginning[0::2].count(0) > half * 0.6 and not beginning[1::2].count(0):
        return "utf-16-be"
    return None
