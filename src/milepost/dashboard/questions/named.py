"""What the pages call segments: their names, by slug, to choose from and to say."""

from __future__ import annotations

from milepost.access.services import Services
from milepost.dashboard.questions import words
from milepost.segments.keep import list_segments


async def segment_names(served: Services) -> tuple[tuple[str, str], ...]:
    """Every segment's slug and name, by name."""
    async with served.database.transaction() as connection:
        return tuple((one.slug, one.name) for one in await list_segments(connection))


async def names_with_segments(served: Services) -> words.Names:
    """What a question's values are called: as the plan has it, and segments as the team does."""
    return {**words.names_of(served.plan), words.SEGMENT: dict(await segment_names(served))}
