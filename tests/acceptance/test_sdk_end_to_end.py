"""The Python SDK against the real server: every call, what is stored of it, and reading it back."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from milepost import AsyncTracker, Tracker
from tests.support.server import SECRET_KEY, SERVER_KEY, Server


def rows_of(server: Server, customer: str) -> list[dict[str, object]]:
    with psycopg.connect(server.database_url, row_factory=dict_row) as connection:
        return connection.execute(
            "select * from public.behavior_events where customer_id = %s order by event_id", (customer,)
        ).fetchall()


def test_every_call_is_stored_as_the_mission_says(shared_server: Server, tmp_path: Path) -> None:
    tracker = Tracker(
        SERVER_KEY,
        host=shared_server.url,
        secret_key=SECRET_KEY,
        customer_id="every-call",
        user_id="ann",
        current_arr="$2M+",
        target_arr="$10M",
        growth_stage="rapid_scaling",
        spool_dir=tmp_path / "spool",
    )
    with tracker.tool("cost-calculator", section="pricing"):
        tracker.track_resource_generation(tool_id="cost-calculator", resource_type="report")
        tracker.track_resource_generation(tool_id="cost-calculator", resource_type="report", success=False)
        tracker.track_export("cost-calculator", "pdf")
    tracker.track_milestone(
        competency_area="value_communication", milestone_description="First", professional_credibility=15
    )
    tracker.track_click("generate", button_label="Generate", tool_id="icp-analysis")
    tracker.track_form_submit("contact")
    tracker.track_navigation("/tools")
    tracker.track_resource_share("document", shared_with="board", tool_id="business-case")
    tracker.track_behavior("tool_usage", {"toolId": "icp-analysis", "businessImpact": "high"})
    tracker.track_behavior("systematic_progression", {"step": 3})
    tracker.track_behavior("something of our own", {"x": 1})
    assert tracker.flush(20)
    stats = tracker.stats()
    assert stats.delivered == stats.captured
    assert not stats.dropped

    rows = rows_of(shared_server, "every-call")
    kinds = Counter(str(row["event_type"]) for row in rows)
    assert kinds == {
        "tool_usage": 3,  # entry, exit, and by trackBehavior
        "resource_generation": 2,
        "export_action": 1,
        "competency_milestone": 1,
        "content_interaction": 1,
        "professional_action": 2,
        "navigation": 1,
        "resource_share": 1,
        "systematic_progression": 1,
    }
    assert {row["current_arr"] for row in rows} == {"$2M+"}
    assert {row["growth_stage"] for row in rows} == {"rapid_scaling"}
    assert {row["user_id"] for row in rows} == {"ann"}
    assert len({row["session_id"] for row in rows}) == 1
    assert [row["business_impact"] for row in rows if row["event_type"] == "resource_generation"] == ["high", "medium"]

    insights = tracker.get_insights()
    assert insights is not None
    assert insights["total_events"] == len(rows)
    assert insights["total_exports_generated"] == 1
    assert insights["total_resources_created"] == 1, "a failed generation creates nothing"
    assert insights["professional_credibility"] == 15
    assert insights["current_arr"] == "$2M+"
    recent = tracker.get_recent_events(limit=5)
    assert [event["event_id"] for event in recent] == [str(row["event_id"]) for row in rows[::-1][:5]]
    tracker.shutdown()


def test_identify_and_group_bring_along_what_was_done_before(shared_server: Server, tmp_path: Path) -> None:
    tracker = Tracker(SERVER_KEY, host=shared_server.url, anonymous_id="visitor-1", spool_dir=tmp_path / "spool")
    tracker.track_navigation("/pricing")
    assert tracker.flush(20)
    tracker.identify("joe", {"email": "joe@example.com"}, anonymous_id="visitor-1")
    tracker.group("grouped-inc", {"name": "Grouped, Inc."}, user_id="joe")
    assert tracker.flush(20)
    tracker.shutdown()
    moved = [row for row in rows_of(shared_server, "grouped-inc") if row["page_url"] or row["event_metadata"]]
    assert any(row["anonymous_id"] == "visitor-1" and row["user_id"] == "joe" for row in moved)
    with shared_server.client() as client:
        assert client.get("/v1/customers/grouped-inc").json()["name"] == "Grouped, Inc."


async def test_the_asyncio_twin_delivers_and_reads(shared_server: Server, tmp_path: Path) -> None:
    tracker = AsyncTracker(
        SERVER_KEY, host=shared_server.url, secret_key=SECRET_KEY, customer_id="async", spool_dir=tmp_path / "spool"
    )
    async with tracker:
        await asyncio.gather(*(_visit(tracker, number) for number in range(20)))
        assert await tracker.flush(20)
        insights = await tracker.get_insights()
    assert insights is not None
    assert insights["total_events"] == 40
    assert len(rows_of(shared_server, "async")) == 40


async def _visit(tracker: AsyncTracker, number: int) -> None:
    async with tracker.tool("icp-analysis", section=f"section-{number}"):
        await asyncio.sleep(0)
