"""One class per problem: the class knows its HTTP status and code, its docstring is the message.

Every problem reaches a client as `{"code", "message", "field"}`; nothing else leaves the server.
"""

from __future__ import annotations

from inspect import cleandoc


class Problem(Exception):
    """Something went wrong in Milepost."""

    status = 500
    code = "internal"

    def __init__(self, message: str | None = None, *, field: str | None = None, retry_after: int | None = None) -> None:
        self.message = message or " ".join(cleandoc(self.__doc__ or "").split())
        self.field = field
        self.retry_after = retry_after
        super().__init__(self.message)


class InvalidJson(Problem):
    """The body is not valid JSON. Send an object as shown in the documentation of this path."""

    status = 400
    code = "invalid_json"


class InvalidRequest(Problem):
    """The request has a value that cannot be used here."""

    status = 400
    code = "invalid_value"


class InvalidEncoding(Problem):
    """The body says it is compressed but cannot be decompressed. Send gzip, or no Content-Encoding."""

    status = 400
    code = "invalid_encoding"


class Unauthorised(Problem):
    """No valid key came with this request. Send a write key as Bearer or as the user name of Basic."""

    status = 401
    code = "unauthorised"


class Forbidden(Problem):
    """This key may not do that. Use a key with the right scope."""

    status = 403
    code = "forbidden"


class NotFound(Problem):
    """There is nothing at this address."""

    status = 404
    code = "not_found"


class Conflict(Problem):
    """That has already been done, or something has changed in the meantime. Read it again, then retry."""

    status = 409
    code = "conflict"


class TooLarge(Problem):
    """The body is too large. Send at most 2,500 events and 5 MB in one request."""

    status = 413
    code = "too_large"


class TooManyAttempts(Problem):
    """Too many attempts to sign in to this account. Wait 15 minutes, or get a new link: `milepost sign-in-link`."""

    status = 429
    code = "too_many_requests"


class DatabaseUnavailable(Problem):
    """The database cannot be reached right now, so nothing was stored. Send it again after Retry-After."""

    status = 503
    code = "database_unavailable"


class DiskFull(DatabaseUnavailable):
    """The database's disk is full, so nothing was stored. Make room on it; send it again after Retry-After."""

    code = "disk_full"


class Overloaded(Problem):
    """More events are waiting than the server may hold. Send them again after Retry-After."""

    status = 503
    code = "overloaded"


class PlanError(Problem):
    """The tracking plan has a mistake."""

    status = 422
    code = "invalid_plan"


class SettingsError(Problem):
    """A setting has a value that cannot be used."""

    status = 422
    code = "invalid_setting"


class EmbeddedPostgresError(Problem):
    """The embedded PostgreSQL did not start."""

    status = 503
    code = "embedded_postgres"


class ImportFailed(Problem):
    """The file could not be imported."""

    status = 422
    code = "import_failed"
