"""What the form of the columns does: shows them in their order, keeps them under a name, or as the reader's own."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from litestar import post
from litestar.response import Redirect, Template
from msgspec.structs import replace

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, services
from milepost.dashboard.customers.listed import read_frame
from milepost.dashboard.customers.listed_again import list_again
from milepost.dashboard.customers.sets import delete_set, forget_own, save_own, save_set
from milepost.dashboard.customers.state import known_columns
from milepost.dashboard.texts import storable
from milepost.errors import InvalidRequest


@post("/customers/columns")
async def change_columns(request: AnyRequest) -> Template | Redirect:
    """With scripts the list comes back with its columns as they are then, and what was done; else its address does."""
    form = await request.form()
    fields = {name: storable(text) for name, text in form.items() if isinstance(text, str)}
    chosen = known_columns(storable(text) for text in form.getall("col", []) if isinstance(text, str))
    back = urlsplit(fields.get("back", "")).query
    before, said, problem = await read_frame(request), "", ""
    state = before.state(back)
    if fields.get("do") != "delete":
        state = replace(state, columns=chosen)
    try:
        said = await _done(request, fields, state.columns)
    except InvalidRequest as error:
        problem = error.message
    frame = await read_frame(request)
    # Whoever goes back to the standard columns sees them; all else leaves the list as it is.
    columns = frame.usual if fields.get("do") == "forget" else state.columns
    state = replace(state, columns=columns, usual=frame.usual)
    answer = await list_again(request, frame, state, said=said, problem=problem)
    if isinstance(answer, Template):
        answer.headers["HX-Push-Url"] = state.url()
    return answer


async def _done(request: AnyRequest, fields: dict[str, str], columns: Sequence[str]) -> str:
    """What was done, in words; raises InvalidRequest."""
    served, by = services(request), member_email(request) or ""
    async with served.database.transaction() as connection:
        match fields.get("do"):
            case "save":
                name = await save_set(connection, fields.get("name", ""), columns, by=by, now=served.now())
                return f"The columns are saved as “{name}”."
            case "own":
                await save_own(connection, columns, by=by, now=served.now())
                return "These columns are your default now."
            case "forget":
                await forget_own(connection, by=by)
                return "The standard columns are your default again."
            case "delete":
                await delete_set(connection, _id(fields.get("set", "")))
                return "The set of columns is deleted."
    return ""


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidRequest("There is no such set of columns.", field="set") from error
