"""A segment that an address names, compiled for the list of customers."""

from __future__ import annotations

from milepost.access.services import Services
from milepost.insights.customers import Within
from milepost.segments.compile import within
from milepost.segments.keep import read_segment


async def in_segment(served: Services, named: str) -> Within:
    """Raises NotFound."""
    async with served.database.transaction() as connection:
        segment = await read_segment(connection, named)
    return await within(served.database, segment.conditions, now=served.now())
