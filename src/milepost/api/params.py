"""What several routes take: parts of their addresses, and how a text of one may look."""

from __future__ import annotations

from typing import Annotated

from litestar.params import Parameter

from milepost.errors import InvalidRequest

Limit = Annotated[int, Parameter(ge=1, le=500, description="The most to return.")]
Cursor = Annotated[str | None, Parameter(max_length=1000, description="`next` from the previous page.")]
CustomerId = Annotated[str, Parameter(min_length=1, max_length=600)]


def matchable(text: str | None, field: str) -> str | None:
    """`text` as it is; raises InvalidRequest where it holds what no stored text has."""
    if text is not None and ("\x00" in text or not _encodable(text)):
        raise InvalidRequest(
            "Nothing can match that: it contains a character that no stored text has. Remove it.", field=field
        )
    return text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
