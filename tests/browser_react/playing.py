"""The example as a customer of one's choice sees it: its own token, its own events, on a server with everything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Locator, Page

from tests.support.postgres import Cluster
from tests.support.server import WRITE_KEY, Server, customer_token, running, wait_for


@contextmanager
def playground(cluster: Cluster, folder: Path, edit: Callable[[str], str] = str) -> Iterator[Server]:
    """A server that serves the example, with the default plan as `edit` changes it, in which nobody is held out."""
    text = resources.files("milepost.plan").joinpath("default.toml").read_text("utf-8")
    assert "hold_out = 0.1" in text
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "milepost.toml"
    file.write_text(edit(text.replace("hold_out = 0.1", "hold_out = 0.0")), "utf-8")
    environ = {"MILEPOST_TOOLS_APP": "true", "MILEPOST_PLAN_FILE": str(file)}
    with cluster.database() as dsn, running(Server(folder, database_url=dsn, environ=environ)) as server:
        yield server


def play(page: Page, server: Server, customer: str, place: str = "progress") -> None:
    """Opens the example as this customer, as another server's config.json would have it."""
    config = {"host": server.url, "writeKey": WRITE_KEY, "customerId": customer, "token": customer_token(customer)}
    page.route("**/tools-app/config.json", lambda route: route.fulfill(json=config))
    page.goto(f"{server.url}/tools-app/#/{place}")
    # The configuration is handed out by this thread: it must not wait for anything else before.
    page.get_by_role("main").wait_for()


def happened(server: Server, customer: str, *events: dict[str, Any]) -> None:
    """These happened, oldest first, `days` ago (default today)."""
    now = datetime.now(UTC)
    sent = []
    for event in events:
        days = event.get("days", 0)
        rest = {name: value for name, value in event.items() if name != "days"}
        sent.append(rest | {"customer_id": customer, "timestamp": (now - timedelta(days=days)).isoformat()})
    with server.client(WRITE_KEY) as client:
        answer = client.post("/v1/events", json={"events": sent}).raise_for_status().json()
    assert answer["accepted"] == len(events), answer


EXPORT = {"event_type": "export_action", "tool_id": "icp-analysis", "competency_area": "customer_intelligence"}


def recommended(server: Server, customer: str, at_least: int = 1) -> list[dict[str, Any]]:
    """What the team's API says is open for the customer, once there is something."""
    found: list[dict[str, Any]] = []

    def there() -> bool:
        with server.client() as client:
            answer = client.get(f"/v1/customers/{customer}/recommendations")
        found[:] = answer.json()["items"] if answer.status_code == 200 else []
        return len(found) >= at_least

    wait_for(there, 20, f"recommendations for {customer}")
    return found


def queued(server: Server, recommendation: str) -> dict[str, Any]:
    """A recommendation as the team's queue has it, in whatever state."""
    with server.client() as client:
        items = (
            client.get("/v1/coach/queue", params={"state": "all", "limit": "500"}).raise_for_status().json()["items"]
        )
    return next(item for item in items if item["recommendation_id"] == recommendation)


def answers_of(server: Server, customer: str) -> list[tuple[str, str, str, str]]:
    """(event type, impact, what was said, of which recommendation), in order."""
    question = """select event_type, business_impact, event_metadata ->> 'recommendation',
      event_metadata ->> 'recommendation_id' from behavior_events
      where customer_id = %s and event_metadata ? 'recommendation_id' order by event_id"""
    with psycopg.connect(server.database_url) as connection:
        return [tuple(row) for row in connection.execute(question, (customer,)).fetchall()]


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def answers(page: Page) -> list[str]:
    """Collects the body of whatever the page is answered from now on, as it comes."""
    found: list[str] = []

    def note(response: Any) -> None:
        if "/v1/me/" in response.url and response.ok:
            found.append(json.dumps(response.json()))

    page.on("requestfinished", lambda request: note(request.response()))
    return found
