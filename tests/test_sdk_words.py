"""The browser SDK's words and limits are vocabulary.py's: read from its sources by TypeScript's own compiler."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from milepost import vocabulary
from milepost.client.capture import EVENT_FIELDS
from milepost.client.routing import WORDS
from milepost.ingest.events import IncomingEvent
from tests.support import words

ROOT = Path(__file__).parents[1]
_SRC = "sdk/browser/src"
_TYPES, _PLAN = f"{_SRC}/types.ts", "examples/tools-app/src/plan.gen.d.ts"

#: Unions of texts: name in the SDK -> (file, the words).
UNIONS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "EventType": (_TYPES, vocabulary.EVENT_TYPES),
    "Impact": (_TYPES, vocabulary.IMPACTS),
    "DeviceType": (_TYPES, vocabulary.DEVICE_TYPES),
    "Trend": (_TYPES, vocabulary.TRENDS),
    "DropReason": (_TYPES, vocabulary.DROP_REASONS),
    "Rejection.code": (f"{_SRC}/wire.gen.ts", vocabulary.REJECT_CODES),
    "toolId": (_PLAN, words.TOOLS),
    "competencyArea": (_PLAN, words.COMPETENCIES),
    "growthStage": (_PLAN, words.GROWTH_STAGES),
}
#: Numbers: name in the SDK -> (file, the value); times are milliseconds there.
NUMBERS: Final[dict[str, tuple[str, float]]] = {
    "MAX_EVENT_BYTES": (f"{_SRC}/capture.ts", vocabulary.MAX_EVENT_BYTES),
    "ROOM": (f"{_SRC}/sender.ts", vocabulary.MAX_BEACON_BYTES),
    "IDLE_MS": (f"{_SRC}/session.ts", vocabulary.SESSION_IDLE_SECONDS * 1000),
    "LONGEST_MS": (f"{_SRC}/session.ts", vocabulary.SESSION_MAX_SECONDS * 1000),
    "flushInterval": (f"{_SRC}/settings.ts", vocabulary.FLUSH_INTERVAL_SECONDS * 1000),
    "flushAt": (f"{_SRC}/settings.ts", vocabulary.FLUSH_AT_EVENTS),
}
_ACTIONS = [*vocabulary.EVENT_TYPES, *WORDS, "Page View", "some other action"]
_FIELDS = [field.name for field in msgspec.structs.fields(IncomingEvent)]
_EVENTS = [(event_type, success) for event_type in vocabulary.EVENT_TYPES for success in (True, False)]


@pytest.fixture(scope="module")
def sdk() -> dict[str, Any]:
    asked = {
        "types": {name: file for name, (file, _) in UNIONS.items()},
        "numbers": {name: file for name, (file, _) in NUMBERS.items()} | {"MOST": f"{_SRC}/sender.ts"},
        "cuts": f"{_SRC}/capture.ts",
        "actions": _ACTIONS,
        "fields": _FIELDS,
        "events": _EVENTS,
        "impacts": vocabulary.IMPACTS,
    }
    command = ["node", str(ROOT / "sdk/wire/words.mjs")]
    done = subprocess.run(command, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", UNIONS)
def test_unions(sdk: dict[str, Any], name: str) -> None:
    assert sorted(sdk["types"][name]) == sorted(UNIONS[name][1])


@pytest.mark.parametrize("name", NUMBERS)
def test_limits(sdk: dict[str, Any], name: str) -> None:
    assert sdk["numbers"][name] == NUMBERS[name][1]


def test_a_batch_is_one_the_server_takes(sdk: dict[str, Any]) -> None:
    assert sdk["numbers"]["MOST"] <= vocabulary.MAX_BATCH_EVENTS
    assert sdk["numbers"]["ROOM"] <= vocabulary.MAX_BATCH_BYTES


def test_addresses_are_cut_to_what_the_server_takes(sdk: dict[str, Any]) -> None:
    assert set(sdk["cuts"]) == {vocabulary.MAX_URL_LENGTH}


def test_fields_of_an_event_are_those_the_server_takes(sdk: dict[str, Any]) -> None:
    # The tracker itself sets id, type and time, and puts metadata together.
    own = {"event_id", "event_type", "timestamp", "metadata", "event_metadata"}
    assert set(sdk["fields"]) == set(_FIELDS) - own == EVENT_FIELDS


def test_actions_go_to_the_event_types_the_python_sdk_sends_them_to(sdk: dict[str, Any]) -> None:
    known = {name: name for name in vocabulary.EVENT_TYPES} | WORDS | {"Page View": "navigation"}
    assert dict(zip(_ACTIONS, sdk["routes"], strict=True)) == {action: known.get(action) for action in _ACTIONS}


def test_what_is_given_up_last_is_what_the_server_calls_high(sdk: dict[str, Any]) -> None:
    priorities = {
        event: vocabulary.IMPACTS.index(vocabulary.default_impact(event[0], success=event[1])) for event in _EVENTS
    }
    assert dict(zip(_EVENTS, sdk["priorities"], strict=True)) == priorities
    assert sdk["named"] == [0, 1, 2]
