"""PostgreSQL's `backup_manifest`: whether a base backup is as it was made. (The wheel's pg_verifybackup crashes.)"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec


class _File(msgspec.Struct, rename="pascal"):
    path: str
    checksum: str


class _Manifest(msgspec.Struct):
    """Every file but the WAL, whose records have their own checksums. `checksum`: of the text up to where it stands."""

    files: list[_File] = msgspec.field(name="Files")
    checksum: str = msgspec.field(name="Manifest-Checksum")


def damaged_files(folder: Path) -> list[str]:
    """The files of a base backup, made with SHA-256, that are no longer what they were.

    Raises FileNotFoundError where one is missing, msgspec.DecodeError or ValueError where the manifest cannot be read.
    """
    text = (folder / "backup_manifest").read_bytes()
    manifest = msgspec.json.decode(text, type=_Manifest)
    sound = hashlib.sha256(text[: text.rindex(b'"Manifest-Checksum"')]).hexdigest() == manifest.checksum
    damaged = [] if sound else ["backup_manifest"]
    for file in manifest.files:
        with (folder / file.path).open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != file.checksum:
                damaged.append(file.path)
    return damaged
