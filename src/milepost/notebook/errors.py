"""What can go wrong when a server is asked: one class a kind, each with the server's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


class MilepostError(Exception):
    """`code` and `field` are the API's (docs/http.md), `status` the answer's; 0 where there was none."""

    def __init__(self, message: str, *, code: str = "", field: str | None = None, status: int = 0) -> None:
        super().__init__(f"{message} ({field})" if field and field not in message else message)
        self.message, self.code, self.field, self.status = message, code, field, status


class Unreachable(MilepostError):
    """No Milepost answered there."""


class NotAllowed(MilepostError):
    """The key or token is not valid, or may not read this."""


class NotFound(MilepostError):
    """There is no such thing."""


class WrongQuestion(MilepostError):
    """A value cannot be used, or a question takes longer than the server allows."""


class TooBusy(MilepostError):
    """The server could not answer now; ask again in a moment."""


_KINDS: Final[Mapping[int, type[MilepostError]]] = {
    400: WrongQuestion, 401: NotAllowed, 403: NotAllowed, 404: NotFound, 413: WrongQuestion, 422: WrongQuestion,
    429: TooBusy, 503: TooBusy,
}  # fmt: skip


def of_status(status: int, message: str, code: str, field: str | None) -> MilepostError:
    """The error of an answer that is none."""
    return _KINDS.get(status, MilepostError)(message, code=code, field=field, status=status)
