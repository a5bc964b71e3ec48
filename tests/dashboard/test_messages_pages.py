"""Settings, Messages: a channel is set up, tested, changed, switched off and removed, and its log can be sent again."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.messages.receiver import Receiver, receiver
from tests.support.dashboard import form_token, member
from tests.support.postgres import Cluster
from tests.support.server import Server, running, wait_for

_PATH = "/settings/messages"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture(scope="module")
def page(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Of a server that may send to this machine."""
    folder, environ = tmp_path_factory.mktemp("server"), {"MILEPOST_PRIVATE_NETWORKS": "127.0.0.0/8"}
    with (
        cluster.database() as dsn,
        running(Server(folder, database_url=dsn, environ=environ)) as server,
        member(server, "127.0.4.9", "ann@example.com") as client,
    ):
        client.headers["x-csrftoken"] = form_token(client, _PATH)
        yield client


def test_from_setting_it_up_to_its_end(page: httpx.Client, hook: Receiver) -> None:
    form = {"kind": "webhook", "name": "Ours", "address": hook.url, "topics": ["alert.raised"], "time_zone": "UTC"}
    answer = page.post(_PATH, data=form)
    assert answer.status_code == 303
    here = answer.headers["location"].partition("?")[0]
    shown = page.get(here).text
    secret = re.search(r"whsec_[A-Za-z0-9+/=]{44}", shown)
    assert secret is not None
    hook.answers = [503]
    assert page.post(f"{here}/test").status_code == 303
    wait_for(lambda: len(hook.received) >= 1, 20, "the first try")
    wait_for(lambda: "It answered 503." in page.get(here).text, 20, "the log to tell of it")
    wait_for(lambda: len(hook.received) >= 2, 20, "the second try")
    first, second = hook.received[:2]
    assert first.is_signed_by(base64.b64decode(secret[0].removeprefix("whsec_")))
    assert (first.headers["webhook-id"], json.loads(first.body)["type"]) == (second.headers["webhook-id"], "test")
    wait_for(lambda: "Accepted after 2 tries" in page.get(f"{here}?show=delivered").text, 20, "the log to tell of it")
    message = re.search(r'name="message" value="([0-9a-f-]{36})"', page.get(here).text)
    assert message is not None
    page.post(f"{here}/again", data={"message": message[1]})
    wait_for(lambda: len(hook.received) >= 3, 20, "it to come again")
    assert hook.received[2].headers["webhook-id"] == first.headers["webhook-id"]
    page.post(f"{here}/secret")
    assert secret[0] not in page.get(here).text
    page.post(f"{here}/off")
    assert "Switched off." in page.get(_PATH).text
    page.post(f"{here}/on")
    page.post(f"{here}/remove")
    assert page.get(here).status_code == 404
    assert page.post(f"{here}/test").status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"address": "hooks.example.com"}, "Give an address that starts with https://"),
        ({"address": "https://u:p@example.com"}, "without a user name in it"),
        ({"kind": "email", "address": "team"}, "Give one e-mail address"),
        ({"topics": []}, "Choose at least one thing"),
        ({"quiet_from": "22:00"}, "Quiet hours have a beginning and an end"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "Quiet hours end when they begin"),
        ({"time_zone": "Mars/Olympus"}, "give one such as Europe/Berlin"),
        ({"time_zone": "../../etc/passwd"}, "give one such as Europe/Berlin"),
        ({"name": "  "}, "name has 0 characters"),
        ({"kind": "pigeon"}, "kind is one of"),
    ],
)
def test_what_will_not_do_is_said_and_what_was_typed_stays(
    page: httpx.Client, change: dict[str, object], said: str
) -> None:
    form = {"kind": "slack", "name": "A name", "address": "https://hooks.example.com/x", "topics": ["badge.earned"]}
    answer = page.post(_PATH, data=form | change)
    assert answer.status_code == 400
    assert said in answer.text.replace("&#39;", "'")
    assert 'value="badge.earned" checked' in answer.text or change == {"topics": []}
