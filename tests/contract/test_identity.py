"""Who is who: identify, group and alias move what was done before, and an undo restores it exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.support.identity import all_followed
from tests.support.server import SECRET_KEY, SERVER_KEY, WRITE_KEY, Server, wait_for


class Wire:
    """Sends Segment calls and looks at what they left in the database."""

    def __init__(self, server: Server, prefix: str) -> None:
        self.server = server
        self.prefix = prefix
        self._count = 0
        self._start = datetime.now(UTC) - timedelta(hours=2)

    def send(self, kind: str, **ids: Any) -> dict[str, Any]:
        """One call a minute after the one before; ids get the test's prefix. Answers the message."""
        self._count += 1
        given = {key: f"{self.prefix}-{value}" for key, value in ids.items() if key.endswith("Id")}
        message = {
            "type": kind,
            "messageId": f"{self.prefix}-{self._count}",
            "timestamp": (self._start + timedelta(minutes=self._count)).isoformat(),
            **{key: value for key, value in ids.items() if not key.endswith("Id")},
            **given,
        }
        assert self.repeat(message) == (1, 0)
        return message

    def repeat(self, message: dict[str, Any]) -> tuple[int, int]:
        with self.server.client(SERVER_KEY) as client:
            receipt = client.post("/v1/batch", json={"batch": [message]}).json()
        assert receipt["rejected"] == []
        return receipt["accepted"], receipt["duplicates"]

    def owners(self) -> dict[str, tuple[str, str | None, str]]:
        """Every event's customer, user and how the customer is known, by the call's number; once all have followed."""
        all_followed(self.server.database_url)
        with psycopg.connect(self.server.database_url) as connection:
            rows = connection.execute(
                "select event_metadata ->> 'n', customer_id, user_id, customer_source from public.behavior_events"
                " where concat(customer_id, user_id, anonymous_id) like %s and event_metadata ? 'n'",
                [f"%{self.prefix}-%"],
            ).fetchall()
        strip = self.prefix + "-"
        return {n: (c.removeprefix(strip), u and u.removeprefix(strip), source) for n, c, u, source in rows}

    def ties(self) -> list[Any]:
        """Who is tied to whom, of every id."""
        with psycopg.connect(self.server.database_url) as connection:
            return connection.execute(
                "select distinct kind, from_id, milepost.user_of(kind, from_id),"
                " milepost.customer_of(kind, from_id, 'infinity') from milepost.ties"
                " where undone_at is null order by 1, 2"
            ).fetchall()

    def counted(self) -> list[Any]:
        """What the counters say of each customer."""
        all_followed(self.server.database_url)
        with psycopg.connect(self.server.database_url) as connection:
            return connection.execute(
                "select customer_id, total_events, total_points, total_exports_generated from public.behavior_insights"
                " where customer_id like %s and total_events > 0 order by 1",
                [f"{self.prefix}-%"],
            ).fetchall()

    def changes(self) -> list[str]:
        """Ids of the ties that stand, the oldest first."""
        with psycopg.connect(self.server.database_url) as connection:
            rows = connection.execute(
                "select tie_id::text from milepost.ties where from_id like %s and undone_at is null order by tie_id",
                [f"{self.prefix}-%"],
            ).fetchall()
        return [row[0] for row in rows]

    def following(self) -> dict[str, Any]:
        with self.server.client() as client:
            answer = client.get("/v1/identity/following")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    def undo(self, change: str, *, key: str = SECRET_KEY) -> int:
        with self.server.client(key) as client:
            return client.post(f"/v1/identity/changes/{change}/undo").status_code


@pytest.fixture
def wire(shared_server: Server, request: pytest.FixtureRequest) -> Wire:
    return Wire(shared_server, request.node.name.replace("_", "-")[5:40])


def _track(n: str) -> dict[str, Any]:
    return {"event": "Report Exported", "properties": {"n": n}}


def test_identify_brings_the_anonymous_past_along(wire: Wire) -> None:
    wire.send("track", anonymousId="a", **_track("before"))
    assert wire.owners() == {"before": ("a", None, "guess")}
    wire.send("identify", anonymousId="a", userId="u")
    wire.send("track", anonymousId="a", **_track("after"))
    assert wire.owners() == {"before": ("u", "u", "guess"), "after": ("u", "u", "guess")}


def test_group_brings_a_users_past_to_the_customer(wire: Wire) -> None:
    wire.send("track", anonymousId="a", **_track("anonymous"))
    wire.send("identify", anonymousId="a", userId="u")
    wire.send("track", userId="u", **_track("known"))
    wire.send("track", userId="u", groupId="other", **_track("elsewhere"))
    wire.send("group", userId="u", groupId="acme")
    wire.send("track", userId="u", **_track("later"))
    assert wire.owners() == {
        "anonymous": ("acme", "u", "user"),
        "known": ("acme", "u", "user"),
        # Its sender named the customer, so nobody knows better.
        "elsewhere": ("other", "u", "sent"),
        "later": ("acme", "u", "user"),
    }


def test_group_before_identify(wire: Wire) -> None:
    wire.send("track", anonymousId="a", **_track("x"))
    wire.send("group", anonymousId="a", groupId="acme")
    assert wire.owners() == {"x": ("acme", None, "user")}
    wire.send("identify", anonymousId="a", userId="u")
    assert wire.owners() == {"x": ("acme", "u", "user")}


@pytest.mark.parametrize("kind", ["identify", "group", "alias"])
def test_undo_restores_exactly(wire: Wire, kind: str) -> None:
    wire.send("track", anonymousId="a", **_track("1"))
    wire.send("track", userId="old", **_track("2"))
    wire.send("group", userId="old", groupId="before")
    wire.send("identify", anonymousId="b", userId="old")
    wire.send("track", anonymousId="b", **_track("3"))
    wire.send("track", userId="new", **_track("4"))
    wire.send("track", userId="new", anonymousId="a", groupId="sent", **_track("5"))
    owners, ties, standing = wire.owners(), wire.ties(), set(wire.changes())
    ids = {
        "identify": {"anonymousId": "a", "userId": "new"},
        "group": {"userId": "new", "groupId": "acme"},
        "alias": {"previousId": "old", "userId": "new"},
    }[kind]
    call = wire.send(kind, **ids)
    counted = wire.counted()
    assert wire.owners() != owners
    made = [change for change in wire.changes() if change not in standing]
    assert made
    for change in reversed(made):
        assert wire.undo(change) == 200
        assert wire.undo(change) == 404
    assert wire.owners() == owners
    assert wire.ties() == ties
    # A late retry of the call is a duplicate: it must not tie again what somebody has taken apart.
    assert wire.repeat(call) == (0, 1)
    assert wire.owners() == owners
    assert sum(row[1] for row in wire.counted()) == sum(row[1] for row in counted)


def test_a_late_retry_does_not_win_over_a_newer_call(wire: Wire) -> None:
    first = wire.send("group", userId="u", groupId="first", traits={"name": "First"})
    wire.send("track", userId="u", **_track("x"))
    wire.send("group", userId="u", groupId="second")
    assert wire.repeat(first) == (0, 1)
    wire.send("track", userId="u", **_track("y"))
    assert wire.owners()["y"] == ("second", "u", "user")


def test_rings_and_chains_of_aliases_end(wire: Wire) -> None:
    wire.send("track", userId="a", **_track("x"))
    wire.send("alias", previousId="a", userId="b")
    wire.send("alias", previousId="b", userId="c")
    assert wire.owners()["x"][1] == "c"
    wire.send("alias", previousId="c", userId="a")
    assert wire.owners()["x"][1] in {"a", "b", "c"}
    wire.send("track", userId="b", **_track("y"))
    assert wire.owners()["y"][1] == wire.owners()["x"][1]


def test_how_far_events_have_followed_is_told(wire: Wire) -> None:
    wire.send("track", userId="u", **_track("x"))
    with psycopg.connect(wire.server.database_url) as late:
        # Whoever writes beside the tie may not have seen it: the look waits, and says so.
        late.execute("select pg_current_xact_id()")
        wire.send("group", userId="u", groupId="acme")
        wait_for(lambda: wire.following()["ids"] == 1, 10, "the tie to be waiting")
        assert wire.following()["since"]
    assert wire.owners() == {"x": ("acme", "u", "user")}
    assert wire.following() == {"ids": 0, "looked_at": 0, "moved": 0, "to_recount": 0, "since": None}


def test_undo_takes_a_secret_key_and_a_known_change(wire: Wire) -> None:
    wire.send("identify", anonymousId="a", userId="u")
    (change,) = wire.changes()
    assert wire.undo(change, key=WRITE_KEY) == 403
    assert wire.undo("00000000-0000-7000-8000-000000000000") == 404
    assert wire.undo("nonsense") == 404
    assert wire.changes() == [change]
