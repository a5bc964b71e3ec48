"""What is said of a recommendation by hand: by the team, or by a customer whose product sends no events of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from milepost.coach.life import DERIVE, asked
from milepost.coach.read import read_one
from milepost.coach.said import Mark, Recommendation
from milepost.plan import Plan
from milepost.store.database import Database
from milepost.store.queries import load

_SQL = load("milepost.coach", "life.sql")


async def mark(
    database: Database, plan: Plan, customer_id: str, recommendation_id: UUID, word: Mark, *, now: datetime, by: str
) -> Recommendation:
    """Notes it and answers what became of the recommendation; one that is closed already stays as it is.

    Raises NotFound for one that is not this customer's, or was held out.
    """
    values = {
        "customer_id": customer_id,
        "recommendation_id": recommendation_id,
        "mark": word,
        "now": now,
        "by": by[:320],
    }
    async with database.transaction() as connection:
        await read_one(connection, customer_id, recommendation_id, now=now)
        await connection.execute(_SQL["still_there"], values)
        await connection.execute(_SQL["mark"], values)
        await connection.execute(DERIVE, asked([customer_id], plan.coach, now))
        await connection.execute(_SQL["unsettle"], values)
        return await read_one(connection, customer_id, recommendation_id, now=now)
