"""Finds the parts of the mirror that cannot be read, and loads what was in them again from PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Callable

from psycopg import Connection

from milepost.columns import follow
from milepost.columns.mirror import Mirror

log = logging.getLogger(__name__)


class Damaged(Exception):
    """The engine's files cannot be read any more, and not mended month by month either."""


def mend(connection: Connection, mirror: Mirror, says: Callable[[str], None]) -> tuple[int, frozenset[str]]:
    """Replaces each month of which a part cannot be read by what PostgreSQL holds now; other months stay as they are.

    Answers the version of what was loaded, and which other tables are damaged. Tells `says` what is going on. Raises
    Damaged when nothing is found.
    """
    broken = mirror.broken()
    months = sorted(int(month) for month in broken.pop("events", ()))
    if not months and not broken:
        raise Damaged("it could not be read, and yet each of its parts can be")
    ver = mirror.next_ver()
    for month in months:
        name = f"{month // 100}-{month % 100:02}"
        says(f"The files of {name} were damaged: it is being loaded again from PostgreSQL.")
        with connection.transaction():
            connection.execute(follow.READ_ONLY)
            rows = mirror.replace_month(month, follow.copy_all(connection, ver + 1, month))
        log.warning("the column store's files of %s were damaged: loaded it again, %d events", name, rows)
    return ver, frozenset(broken)
