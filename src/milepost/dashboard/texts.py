"""What people type, and what an address says, before it goes anywhere near the database."""

from __future__ import annotations


def storable(text: str) -> str:
    """Without what no stored text has: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode(errors="ignore").decode()
