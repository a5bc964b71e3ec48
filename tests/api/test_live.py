"""The live feed with many readers: everybody sees all in order, whoever else is slow, stops or comes again."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from milepost.live import told
from milepost.live.messages import LiveBatch, LiveMessage
from milepost.live.told import Told
from tests.support.live_readers import Crowd, Reader, connected, section
from tests.support.server import SECRET_KEY, SERVER_KEY, Server
from tests.support.waiting import until

_EVENTS = 40


async def test_a_hundred_readers_of_whom_five_stop_reading(shared_server: Server) -> None:
    crowd = Crowd(shared_server.port, f"Authorization: Bearer {SECRET_KEY}")
    readers = [Reader(crowd, place < 5) for place in range(100)]
    stalled, reading, lost = readers[:5], readers[5:], readers[-1]
    sent: list[int] = []
    before = _counted(shared_server)
    async with httpx.AsyncClient(
        base_url=shared_server.url, headers={"Authorization": f"Bearer {SERVER_KEY}"}
    ) as client:

        async def send(times: int) -> None:
            """Until each is seen: of more than can be shown, the feed leaves some out."""
            for _ in range(times):
                numbers = range(len(sent), len(sent) + _EVENTS)
                sent.extend(numbers)
                answer = await client.post("/v1/events", json={"events": [_event(number) for number in numbers]})
                assert answer.json()["accepted"] == _EVENTS
                await until(lambda: all(_has(one, sent[-1]) for one in reading if not one.is_away), "it to be seen")

        await connected(readers)
        await send(6)
        assert all(reader.numbers == sent for reader in reading)
        assert crowd.cut == 0
        for reader in stalled:
            assert len(reader.numbers) < len(sent)
            reader.go_on()
        await until(lambda: all(_has(reader, sent[-1]) for reader in stalled), "the others to go on")
        # By Last-Event-ID whoever lost the line finds what came meanwhile, whole and once.
        lost.leave()
        await send(3)
        await lost.connect()
        await until(lambda: _has(lost, sent[-1]), "the one who was away")
        assert all(reader.numbers == sent for reader in readers)
        for reader in readers:
            reader.leave()
        await until(lambda: _counted(shared_server) == before, "nobody who has gone to be counted")


def _counted(server: Server) -> str:
    """How many read, as the server says."""
    lines = httpx.get(server.url + "/metrics").text.splitlines()
    return next(line for line in lines if line.startswith("milepost_live_readers "))


def _has(reader: Reader, number: int) -> bool:
    return bool(reader.seen) and number in reader.crowd.messages[reader.last]


def _event(number: int) -> dict[str, object]:
    return {
        "customer_id": "live-readers",
        "event_type": "navigation",
        "tool_section": section(number),
        "page_url": "https://example.com/" + "x" * 1_500,
    }


async def test_who_is_too_far_behind_is_left_and_who_comes_again_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "_REMEMBERED", 3)
    feed = Told()
    feed.begin("0")
    woken = [asyncio.create_task(feed.more(60)) for _ in range(60)]
    await asyncio.sleep(0)
    messages = [LiveMessage.of(LiveBatch([], [], str(number))) for number in range(1, 6)]
    await feed.tell(messages[0])
    assert all(await asyncio.gather(*woken)), "more than are woken at once"
    for message in messages[1:]:
        await feed.tell(message)
    assert [feed.is_left(had) for had in range(6)] == [True, True, False, False, False, False]
    assert [feed.after(had) for had in range(2, 6)] == [*messages[2:], None]
    assert [feed.since(position) for position in ("1", "2", "4", "5", None, "another")] == [None, 2, 4, 5, 5, None]
    assert not await feed.more(0.001)
    # What was told before a time without readers is not followed by what is told after it.
    feed.begin("9")
    await feed.tell(LiveMessage.of(LiveBatch([], [], "10")))
    assert [feed.since(position) for position in ("4", "9", "10")] == [None, 5, 6]
    assert feed.is_left(4)
