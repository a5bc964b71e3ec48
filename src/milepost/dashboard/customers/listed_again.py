"""The list after one of its forms."""

from __future__ import annotations

from collections.abc import Collection

from litestar.response import Redirect, Template

from milepost.access.services import AnyRequest
from milepost.dashboard.customers.listed import Frame, read_list
from milepost.dashboard.customers.state import ListState
from milepost.dashboard.page_context import go, page


async def list_again(
    request: AnyRequest,
    frame: Frame,
    state: ListState,
    *,
    picked: Collection[str] = (),
    all_picked: bool = False,
    said: str = "",
    problem: str = "",
) -> Template | Redirect:
    """With scripts the list itself, with what was done or is wrong; without, its address, or the list where something
    is wrong. Arguments as of `read_list`."""
    has_scripts = "hx-request" in request.headers
    if not has_scripts and not problem:
        return go(state.url())
    view = await read_list(request, frame, state, picked=picked, all_picked=all_picked, said=said, problem=problem)
    # A part of a page that is refused would not be put in its place: what is wrong stands in it.
    status = 400 if problem and not has_scripts else 200
    return page(request, "customers.html", section="customers", status_code=status, view=view)
