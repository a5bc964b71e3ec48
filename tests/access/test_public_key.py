"""Somebody with the public key says who is who: it counts where nobody knew better, and takes nobody's events away."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg
import pytest

from milepost import identity_signature
from tests.support.identity import all_followed
from tests.support.server import IDENTITY_SECRET, SECRET_KEY, SERVER_KEY, WRITE_KEY, Server, customer_token


class House:
    """Two customers of one product: acme, whose user bob is, and evil, whose user mallory is. Each test has its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._mark = uuid.uuid4().hex[:8]
        self.acme, self.evil, self.bob, self.mallory, self.visitor = map(
            self.own, ("acme", "evil", "bob", "mallory", "visitor")
        )
        for customer, user in ((self.acme, self.bob), (self.evil, self.mallory)):
            self.call(SERVER_KEY, "group", userId=user, groupId=customer, traits={"name": customer.title()})

    def own(self, name: str) -> str:
        return f"{name}-{self._mark}"

    def call(self, key: str, kind: str, **message: Any) -> dict[str, Any]:
        """One Segment call; answers its receipt, which is no reason to send anything again."""
        if kind == "track":
            message = {"event": "Report Exported", **message}
        body = {"batch": [{"type": kind, "messageId": uuid.uuid4().hex, **message}]}
        return self._post(key, "/v1/batch", body)

    def event(self, key: str, **event: Any) -> dict[str, Any]:
        """One event of the native API; answers its receipt."""
        return self._post(key, "/v1/events", {"events": [{"event_type": "export_action", **event}]})

    def _post(self, key: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        with self.server.client(key) as client:
            answer = client.post(path, json=body)
        assert answer.status_code == 200
        receipt: dict[str, Any] = answer.json()
        return receipt

    def owners(self, user: str) -> list[str]:
        """Whose a user's events are, once all have followed."""
        all_followed(self.server.database_url)
        with psycopg.connect(self.server.database_url) as connection:
            rows = connection.execute(
                "select distinct customer_id from public.behavior_events"
                " where %s in (user_id, sent_user_id, anonymous_id) order by 1",
                [user],
            ).fetchall()
        return [row[0] for row in rows]

    def reads(self, customer: str) -> str:
        """All that a customer can read of events with its own token."""
        all_followed(self.server.database_url)
        with self.server.client(customer_token(customer)) as client:
            return client.get("/v1/me/events?limit=100").text

    def name(self, customer: str) -> str:
        with self.server.client(SECRET_KEY) as client:
            return str(client.get(f"/v1/customers/{customer}").json().get("name"))

    def signature(self, customer: str | None, user: str, previous: str | None = None) -> str:
        return identity_signature(IDENTITY_SECRET, customer_id=customer, user_id=user, previous_id=previous)


@pytest.fixture
def house(shared_server: Server) -> House:
    return House(shared_server)


def held(receipt: dict[str, Any]) -> list[tuple[str, str]]:
    """The code and the field of each notice; nothing was refused."""
    assert (receipt["accepted"], receipt["rejected"]) == (1, [])
    assert all(notice["message"] and notice["event_id"] for notice in receipt["notices"])
    return [(notice["code"], notice["field"]) for notice in receipt["notices"]]


def test_another_customers_user_cannot_be_merged(house: House) -> None:
    house.call(SERVER_KEY, "track", userId=house.bob, properties={"secret": "bob's plans"})
    receipt = house.call(WRITE_KEY, "alias", userId=house.mallory, previousId=house.bob)
    assert held(receipt) == [("needs_server_key", "previousId")]
    house.call(SERVER_KEY, "track", userId=house.bob, properties={"secret": "bob's later plans"})
    assert "plans" not in house.reads(house.evil)
    assert house.owners(house.bob) == [house.acme]


def test_nor_can_a_user_who_will_come_one_day(house: House) -> None:
    dave = house.own("dave")
    assert held(house.call(WRITE_KEY, "alias", userId=house.mallory, previousId=dave))
    house.event(SERVER_KEY, customer_id=house.acme, user_id=dave)
    house.event(SERVER_KEY, user_id=dave)
    assert house.evil not in house.owners(dave)


def test_a_user_cannot_be_moved(house: House) -> None:
    receipt = house.call(WRITE_KEY, "group", userId=house.bob, groupId=house.evil)
    assert held(receipt) == [("needs_server_key", "groupId")]
    house.call(SERVER_KEY, "track", userId=house.bob)
    assert house.owners(house.bob) == [house.acme]


def test_nor_one_whose_customer_is_known_by_events_alone(house: House) -> None:
    carol = house.own("carol")
    house.event(SERVER_KEY, customer_id=house.acme, user_id=carol)
    assert held(house.call(WRITE_KEY, "group", userId=carol, groupId=house.evil)) == [("needs_server_key", "groupId")]
    house.event(WRITE_KEY, customer_id=house.acme, user_id=carol)
    assert house.owners(carol) == [house.acme]


@pytest.mark.parametrize("known_by", ["group", "events"])
def test_a_user_cannot_speak_for_another_customer(house: House, known_by: str) -> None:
    user = house.mallory if known_by == "group" else house.own("mal")
    if known_by == "events":
        house.event(SERVER_KEY, customer_id=house.evil, user_id=user)
    for receipt in (
        house.event(WRITE_KEY, customer_id=house.acme, user_id=user),
        house.call(WRITE_KEY, "track", userId=user, groupId=house.acme),
        house.call(WRITE_KEY, "track", userId=user, context={"groupId": house.acme}),
        house.call(WRITE_KEY, "track", userId=user, properties={"customer_id": house.acme}),
    ):
        assert held(receipt) == [("needs_server_key", "customer_id")]
    assert house.owners(user) == [house.evil]


def test_nor_can_the_browser_of_one(house: House) -> None:
    house.call(SERVER_KEY, "identify", userId=house.mallory, anonymousId=house.visitor)
    receipt = house.event(WRITE_KEY, customer_id=house.acme, anonymous_id=house.visitor)
    assert held(receipt) == [("needs_server_key", "customer_id")]
    assert house.owners(house.visitor) == [house.evil]


def test_a_customer_is_not_renamed(house: House) -> None:
    hacked = {"name": "Hacked", "plan": "free"}
    for user in (house.mallory, house.bob, house.own("nobody-yet")):
        assert held(house.call(WRITE_KEY, "group", userId=user, groupId=house.acme, traits=hacked))
    assert ("needs_server_key", "traits") in held(
        house.call(WRITE_KEY, "group", anonymousId=house.own("a"), groupId=house.acme, traits=hacked)
    )
    assert house.name(house.acme) == house.acme.title()
    # To say again what is known is no reason for a notice.
    same = {"name": house.acme.title()}
    assert held(house.call(WRITE_KEY, "group", userId=house.bob, groupId=house.acme, traits=same)) == []


def test_an_anonymous_past_is_not_taken_from_its_user(house: House) -> None:
    house.call(WRITE_KEY, "track", anonymousId=house.visitor)
    house.call(WRITE_KEY, "identify", userId=house.bob, anonymousId=house.visitor)
    receipt = house.call(WRITE_KEY, "identify", userId=house.mallory, anonymousId=house.visitor)
    assert held(receipt) == [("needs_server_key", "anonymousId")]
    house.call(WRITE_KEY, "track", anonymousId=house.visitor)
    # What somebody sent as mallory was mallory's.
    assert house.owners(house.visitor) == [house.acme, house.evil]
    assert "Report Exported" not in house.reads(house.evil)


def test_a_page_may_say_who_came(house: House) -> None:
    """What analytics.js does at a sign-up: none of it needs anything else."""
    new, user = house.own("new"), house.own("user")
    assert held(house.call(WRITE_KEY, "track", anonymousId=house.visitor)) == []
    assert held(house.call(WRITE_KEY, "identify", anonymousId=house.visitor, userId=user)) == []
    assert held(house.call(WRITE_KEY, "alias", anonymousId=house.visitor, previousId=house.visitor, userId=user)) == []
    group = {"anonymousId": house.visitor, "userId": user, "groupId": new, "traits": {"name": "New Inc"}}
    assert held(house.call(WRITE_KEY, "group", **group)) == []
    assert held(house.call(WRITE_KEY, "group", **group)) == []
    assert held(house.event(WRITE_KEY, customer_id=new, user_id=user)) == []
    assert held(house.event(WRITE_KEY, customer_id=house.own("other"), anonymous_id=house.own("b"))) == []
    assert house.owners(user) == [new]
    assert house.name(new) == "New Inc"


def test_a_server_key_may_say_anything(house: House) -> None:
    house.call(SERVER_KEY, "track", userId=house.bob)
    assert held(house.call(SERVER_KEY, "group", userId=house.bob, groupId=house.evil, traits={"name": "Moved"})) == []
    assert held(house.event(SERVER_KEY, customer_id=house.acme, user_id=house.bob)) == []
    assert held(house.call(SERVER_KEY, "alias", userId=house.mallory, previousId=house.bob)) == []
    assert house.owners(house.bob) == [house.acme, house.evil]
    assert house.name(house.evil) == "Moved"


def test_a_signature_counts_for_its_ids_alone(house: House) -> None:
    signed = {"identity_signature": house.signature(house.evil, house.bob)}
    moved = {"userId": house.bob, "groupId": house.evil, "traits": {"name": "Evil & Bob"}}
    assert held(house.call(WRITE_KEY, "group", **moved, context=signed)) == []
    assert held(house.event(WRITE_KEY, customer_id=house.evil, user_id=house.bob, **signed)) == []
    assert house.name(house.evil) == "Evil & Bob"
    for customer, user in ((house.acme, house.mallory), (house.acme, house.bob + "2"), (house.evil, house.mallory)):
        codes = held(house.event(WRITE_KEY, customer_id=customer, user_id=user, **signed))
        assert codes[0] == ("invalid_signature", "identity_signature")
    # Whoever may speak as mallory may not say that somebody else is mallory.
    own = {"identity_signature": house.signature(None, house.mallory)}
    receipt = house.call(WRITE_KEY, "alias", userId=house.mallory, previousId=house.bob, context=own)
    assert held(receipt) == [("needs_server_key", "previousId")]
    assert house.owners(house.mallory) == [house.evil]


def test_a_signature_of_both_merges(house: House) -> None:
    old = house.own("old")
    house.event(SERVER_KEY, user_id=old)
    signed = {"identity_signature": house.signature(None, house.bob, old)}
    assert held(house.call(WRITE_KEY, "alias", userId=house.bob, previousId=old, context=signed)) == []
    assert house.owners(old) == [house.acme]


def test_a_key_that_takes_signed_ids_alone(house: House) -> None:
    with psycopg.connect(house.server.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into milepost.keys (kind, name, key_hash, prefix, public_key, signed_only)"
            " values ('browser', 'strict', sha256('mpw_strict'), 'mpw_stri', 'mpw_strict', true) on conflict do nothing"
        )
    carl = house.own("carl")
    ids = {"customer_id": house.acme, "user_id": carl}
    receipt = house.event("mpw_strict", **ids)
    assert (receipt["accepted"], receipt["rejected"][0]["code"]) == (0, "unsigned")
    assert held(house.event("mpw_strict", **ids, anonymous_id=house.visitor)) == [("unsigned", "customer_id")]
    assert held(house.event("mpw_strict", anonymous_id=house.visitor)) == []
    assert house.owners(house.visitor) == [house.visitor]
    signed = house.signature(house.acme, carl)
    assert held(house.event("mpw_strict", **ids, identity_signature=signed)) == []
    wrong = house.event("mpw_strict", **ids, anonymous_id=house.visitor, identity_signature="0" * 64)
    assert held(wrong) == [("invalid_signature", "identity_signature"), ("unsigned", "customer_id")]
    identified = {"anonymousId": house.visitor, "userId": carl, "groupId": house.acme}
    for kind in ("identify", "group"):
        assert held(house.call("mpw_strict", kind, **identified, context={"identity_signature": signed})) == []
    assert house.owners(house.visitor) == [house.acme]


def test_a_batch_says_which_of_its_events(house: House) -> None:
    with house.server.client(WRITE_KEY) as client:
        events = [
            {
                "event_type": "navigation",
                "customer_id": customer,
                "user_id": house.mallory,
                "event_id": str(uuid.uuid4()),
            }
            for customer in (house.evil, house.acme, house.evil, house.acme)
        ]
        receipt = client.post("/v1/events", json={"events": [*events, {"event_type": "nonsense"}]}).json()
        again = client.post("/v1/events", json={"events": events}).json()
    assert [notice["index"] for notice in receipt["notices"]] == [1, 3]
    assert [refusal["index"] for refusal in receipt["rejected"]] == [4]
    assert (again["duplicates"], again["notices"]) == (4, [])
