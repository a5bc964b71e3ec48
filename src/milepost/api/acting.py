"""What a request has done about a recommendation, for the API and the pages alike."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from milepost.access.callers import member_email
from milepost.access.services import AnyRequest, services
from milepost.coach.acts import act, check_act
from milepost.coach.said import Acted, Queued
from milepost.work.tasks import member_address
from milepost.work.texts import MAX_TEXT, written_or_none


async def do_act(request: AnyRequest, customer_id: str, recommendation_id: UUID, said: Acted, *, today: date) -> Queued:
    """Checks it and does it, in one transaction. `today`: the day of whoever asks. Raises InvalidRequest, NotFound."""
    served = services(request)
    check_act(said, today)
    note = written_or_none(said.note, "note", MAX_TEXT)
    async with served.database.transaction() as connection:
        whom = await member_address(connection, said.assignee, "assignee") if said.assignee else None
        return await act(
            connection,
            served.plan,
            customer_id,
            recommendation_id,
            msgspec.structs.replace(said, note=note, assignee=whom),
            now=served.now(),
            today=today,
            by=member_email(request),
        )
