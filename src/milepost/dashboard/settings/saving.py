"""What the pages that change the plan have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from milepost.access.callers import who_asks
from milepost.access.services import AnyRequest, services
from milepost.supervisor import in_thread

#: Where in the text a fault stands: said on the page of the text alone.
_PLACE: Final = re.compile(r"the plan, line \d+: (?:[\w.\[\]\-]+: )?")
_MOST_CHANGE: Final = 200


class PlanState(msgspec.Struct, frozen=True):
    """What every page of the plan says of it. `file`: where it is read from, so that nothing can be saved; "" where it
    is kept here. `newest`: what a form is made onto. `trouble`: why an older one is in force."""

    file: str = ""
    newest: int = 0
    trouble: str = ""


def plan_state(request: AnyRequest) -> PlanState:
    found = services(request).plans.in_force
    return PlanState("" if found.file is None else str(found.file), found.newest, found.trouble)


async def save_change(request: AnyRequest, edit: Callable[[str], str], change: str, *, onto: int | None = None) -> None:
    """Saves the text that `edit` makes of the one in force. `onto`: the newest plan that the form was made for; None
    where the change is small enough to be made to whichever is. Raises PlanError, Conflict, DatabaseUnavailable."""
    served = services(request)
    found = served.plans.in_force
    text = await in_thread(edit, found.text)
    await served.plans.save(
        text,
        onto=found.newest if onto is None else onto,
        by=who_asks(request).email,
        change=change[:_MOST_CHANGE],
        now=served.now(),
    )


def without_place(message: str) -> str:
    """A fault as it is said beside the field it is of."""
    return _PLACE.sub("", message)
