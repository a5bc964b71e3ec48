"""What people type, and what an address says, before it goes anywhere near the database."""

from __future__ import annotations

from milepost.access.services import AnyRequest


def storable(text: str) -> str:
    """Without what no stored text has: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode(errors="ignore").decode()


async def form_texts(request: AnyRequest) -> dict[str, str]:
    """The text fields of a form, without what cannot be stored."""
    fields = await request.form()
    return {name: storable(value) for name, value in fields.items() if isinstance(value, str)}
