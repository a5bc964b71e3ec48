"""`milepost demo --data scaling`: a simulated B2B product with four tools, to which the example application belongs."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Final

import pyarrow as pa

from milepost.access.members import make_link, welcome
from milepost.dashboard.tools_app import EXAMPLE_CUSTOMER
from milepost.demo.place import DataName, Place, Told, first_day, import_table, store_actions, tell, tracking
from milepost.demo.scaling.customers import COUNT, OWNERS, made
from milepost.demo.scaling.process import Done, Life, Row, lived
from milepost.demo.scaling.traffic import Traffic
from milepost.store.database import Database

MAP_FILE: Final = Path(__file__).with_name("map.toml")
_METADATA: Final = {
    "resource_type": pa.string(),
    "success": pa.bool_(),
    "export_type": pa.string(),
    "channel": pa.string(),
    "professional_credibility": pa.int64(),
    "description": pa.string(),
}


class Scaling:
    """`count`: so many customers, for tests."""

    name: DataName = "scaling"
    plan_file = Path(str(resources.files("milepost.plan").joinpath("default.toml")))
    attribution = "Data: simulated, by a fixed seed. None of these companies and people exist (docs/demo.md)."
    notice = "Simulated data: none of these companies and people exist."
    tools_app = True
    rate = 6.0

    def __init__(self, count: int = COUNT) -> None:
        self._count = count

    def fill(self, place: Place) -> None:
        """The team, what is known of customers and their people, what they did, and what was done for them."""
        now = datetime.now(UTC)
        _join(place, now)
        lives = self.lives(place, now)
        tell(place.dsn, "customer", _told_of_customers(lives, now))
        tell(place.dsn, "person", _told_of_people(lives))
        events = sorted((done for life in lives for done in life.events), key=lambda done: (done.at, done.number))
        accepted = import_table(place, _table(events), MAP_FILE, now, label="Scaling")
        new = store_actions(place.dsn, place.plan, _actions(lives), now)
        place.console.print(f"{accepted:,} simulated events and {new:,} offline actions, of {len(lives):,} customers.")

    def live(self, place: Place, stop: threading.Event, rate: float) -> None:
        with tracking(place) as tracker:
            Traffic(tracker, self.lives(place, datetime.now(UTC)), wait=stop.wait, rate=rate).run()

    def lives(self, place: Place, now: datetime) -> list[Life]:
        """Of all customers who have signed up."""
        started = first_day(place.folder, now.date())
        lives = (lived(customer, started, now) for customer in made(count=self._count))
        return [life for life in lives if life.told]


def _join(place: Place, now: datetime) -> None:
    """The owners are members, so that tasks can be given to them; nobody has their passwords."""

    async def join() -> None:
        database = Database(place.dsn, size=1, query_seconds=10)
        await database.open()
        try:
            async with database.transaction() as connection:
                rows = await (await connection.execute("select email from milepost.members")).fetchall()
            for owner in set(OWNERS) - {row["email"] for row in rows}:
                link = await make_link(database, place.settings.url, now=now)
                await welcome(database, link.rpartition("/")[2], owner, secrets.token_urlsafe(24), now=now)
        finally:
            await database.close()

    asyncio.run(join())


def _told_of_customers(lives: list[Life], now: datetime) -> Iterator[Told]:
    yield EXAMPLE_CUSTOMER, {"name": "Example, Inc. (you, in the tools app)"}, now
    for life in lives:
        for when, traits in life.told:
            yield life.customer.customer_id, traits, when


def _told_of_people(lives: list[Life]) -> Iterator[Told]:
    for life in lives:
        for person in life.customer.people:
            email = f"{person.user_id}@{life.customer.name.lower().replace(' ', '-')}.example"
            yield person.user_id, {"name": person.name, "role": person.role, "email": email}, life.told[0][0]


def _table(events: list[Done]) -> pa.Table:
    texts = {
        "event": [done.number for done in events],
        "customer": [done.customer.customer_id for done in events],
        "person": [done.person.user_id for done in events],
        "type": [done.step.event_type for done in events],
        "tool": [done.step.tool_id for done in events],
        "section": [done.step.section for done in events],
        "competency": [done.competency for done in events],
        "session": [done.session for done in events],
        "stage": [done.customer.stage for done in events],
    }
    columns = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    columns["at"] = pa.array([int(done.at.timestamp()) for done in events], pa.int64())
    for name, kind in _METADATA.items():
        columns[name] = pa.array([done.step.metadata.get(name) for done in events], kind)
    return pa.table(columns)


def _actions(lives: list[Life]) -> Iterator[Row]:
    for life in lives:
        for at, action in life.actions:
            yield {**action, "timestamp": at, "source": "demo", "metadata": {"simulated": True}}
