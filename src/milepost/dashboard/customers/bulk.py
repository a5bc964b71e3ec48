"""What the bar under the customers' list does: with those that are ticked, or with all that the list is narrowed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import urlsplit

import msgspec
from litestar import post
from litestar.datastructures import FormMultiDict
from litestar.response import Redirect, Template

from milepost.access.callers import member_email
from milepost.access.paths import may_be_id
from milepost.access.services import AnyRequest, services
from milepost.dashboard import format as fmt
from milepost.dashboard.customers.listed import MOST_BY_FILTER, read_frame, wanted_by
from milepost.dashboard.customers.listed_again import list_again
from milepost.dashboard.texts import storable
from milepost.errors import InvalidRequest
from milepost.insights.customers import CustomerFilter, ids_of
from milepost.store.database import DictConnection
from milepost.vocabulary import ME, NOBODY
from milepost.work.bulk import BulkDone, BulkWanted, do_in_bulk
from milepost.work.tasks import TaskText

_MOST_TICKED: Final = 500
#: As many ids of the longest, percent-encoded.
MOST_BYTES: Final = 1024 * 1024
_SAID: Final[Mapping[str, str]] = {
    "owner": "Choose somebody of the team, or nobody.",
    "add": "A tag has 1 to 60 characters.",
    "remove": "A tag has 1 to 60 characters.",
    "title": "Say what is to be done, in 200 characters at most.",
    "due": "Give a day, such as 2026-05-01, or none.",
    "assignee": "Choose somebody of the team, or nobody.",
}


@post("/customers/bulk", request_max_body_size=MOST_BYTES)
async def change_many(request: AnyRequest) -> Template | Redirect:
    """Does it in one transaction. With scripts the list comes back as it is now, with what became of it; else the page
    it was on does."""
    served, form, by = services(request), await request.form(), member_email(request) or ""
    fields = {name: storable(text) for name, text in form.items() if isinstance(text, str)}
    ticked = ticked_of(form)
    back = urlsplit(fields.get("back", ""))
    frame = await read_frame(request)
    state, everyone, said, problem = frame.state(back.query), fields.get("all") == "1", "", ""
    try:
        wanted = _wanted(fields, by)
        match = await wanted_by(request, state)
        async with served.database.transaction() as connection:
            ticked = await _all(request, connection, match) if everyone else _few(ticked)
            done = await do_in_bulk(connection, ticked, wanted, by=by or None, now=served.now())
        said = _in_words(done, fields)
    except InvalidRequest as error:
        problem = _SAID.get(error.field or "", error.message)
    return await list_again(request, frame, state, picked=set(ticked), all_picked=everyone, said=said, problem=problem)


def ticked_of(form: FormMultiDict) -> list[str]:
    """The customers that a form names."""
    return [text for text in form.getall("id", []) if isinstance(text, str) and may_be_id(text)]


async def _all(request: AnyRequest, connection: DictConnection, wanted: CustomerFilter) -> list[str]:
    """Raises InvalidRequest where they are too many."""
    found = await ids_of(connection, now=services(request).now(), limit=MOST_BY_FILTER + 1, wanted=wanted)
    if len(found) > MOST_BY_FILTER:
        raise InvalidRequest(f"More than {MOST_BY_FILTER:,} customers match. Narrow the list first.")
    return found


def _few(ticked: list[str]) -> list[str]:
    """Raises InvalidRequest for none."""
    if not 1 <= len(ticked) <= _MOST_TICKED:
        raise InvalidRequest("Tick customers first: with the mouse, or with x on the row with the focus.")
    return ticked


def _wanted(fields: Mapping[str, str], email: str) -> BulkWanted:
    """What is to be done, by the button that was pressed. Raises InvalidRequest."""
    match fields.get("do"):
        case "owner":
            owner = fields.get("owner", "")
            if not owner:
                raise InvalidRequest(_SAID["owner"], field="owner")
            return BulkWanted(owner={ME: email, NOBODY: None}.get(owner, owner))
        case "tag" | "untag" as word:
            tags = (fields.get("tag", ""),)
            return BulkWanted(add=tags) if word == "tag" else BulkWanted(remove=tags)
        case "task":
            task = TaskText(
                title=fields.get("title", ""), due=_day(fields.get("due", "")), assignee=fields.get("assignee") or None
            )
            # The same form again is the same task; another text is another.
            key = f"{fields.get('key', '')} {msgspec.json.encode(task).decode()}" if fields.get("key") else None
            return BulkWanted(task=task, key=key)
    raise InvalidRequest("Choose what is to be done.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise InvalidRequest(_SAID["due"], field="due") from error


def _in_words(done: BulkDone, fields: Mapping[str, str]) -> str:
    """What became of it, and for how many it was so before."""
    what = fields.get("do", "")
    changed = {
        "owner": done.owners_changed, "tag": done.tags_added, "untag": done.tags_removed, "task": done.tasks_set,
    }[what]  # fmt: skip
    who, rest = f"{changed:,} {fmt.plural(changed, 'customer')}", done.customers - changed
    said, before = {
        "owner": (f"The owner of {who} is set", "had them already"),
        "nobody": (f"{who} {'is' if changed == 1 else 'are'} nobody’s now", "had no owner before"),
        "tag": (f"{who} got the tag", "had it already"),
        "untag": (f"{who} lost the tag", "did not have it"),
        "task": (f"The task is set for {who}", "had it already"),
    }["nobody" if what == "owner" and fields.get("owner") == NOBODY else what]
    gone = f"; {len(done.rejected):,} are not there any more" if done.rejected else ""
    return f"{said}{f'; {rest:,} {before}' if rest else ''}{gone}."
