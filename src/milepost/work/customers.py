"""Whose work it is: a customer exists when something came of it, or somebody named it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from milepost.errors import InvalidRequest, NotFound
from milepost.store.database import DictConnection
from milepost.store.queries import load

_SQL = load("milepost.work", "customers.sql")
#: The most that one request changes.
MOST: Final = 1_000


async def require_customers(connection: DictConnection, customer_ids: Sequence[str], field: str) -> list[str]:
    """The customers, each once, in their order. Raises InvalidRequest for none or too many of them, NotFound where
    nothing is known of one."""
    found = list(dict.fromkeys(customer_ids))
    if not 1 <= len(found) <= MOST:
        raise InvalidRequest(
            f"{field} names {len(found):,} customers. Send 1 to {MOST:,}, and the rest in further requests.",
            field=field,
        )
    # Text that cannot be stored is nobody's id, and PostgreSQL would not even take it.
    unknown = next((one for one in found if "\x00" in one or not _encodable(one)), None)
    if unknown is None:
        row = await (await connection.execute(_SQL["unknown"], {"customer_ids": found})).fetchone()
        unknown = str(row["customer_id"]) if row else None
    if unknown is not None:
        raise NotFound(f"No customer {unknown[:200]!r}. It appears with its first event.", field=field)
    return found


async def known_customers(connection: DictConnection, customer_ids: Sequence[str]) -> set[str]:
    """Of which of these something is known."""
    possible = [one for one in customer_ids if "\x00" not in one and _encodable(one)]
    rows = await (await connection.execute(_SQL["known"], {"customer_ids": possible})).fetchall()
    return {str(row["customer_id"]) for row in rows}


async def require_customer(connection: DictConnection, customer_id: str) -> None:
    """Raises NotFound for a customer nothing is known of."""
    await require_customers(connection, [customer_id], "customer_id")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
