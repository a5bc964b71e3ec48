"""Paths whose answers are worked out by hand."""

from __future__ import annotations

from milepost.analytics.asking import EventKind
from milepost.analytics.paths import Paths, PathsAnswer
from tests.analytics.conftest import Asking
from tests.analytics.reference.events import Event
from tests.analytics.told import event, march, world


def _session(session_id: str, tools: str, customer: str = "acme") -> list[Event]:
    """One event a minute."""
    return [
        event(f"2 10:{minute:02}", customer, tool, session_id=session_id) for minute, tool in enumerate(tools.split())
    ]


def _nodes(answer: PathsAnswer) -> dict[tuple[int, str], int]:
    """By step, and the label or kind."""
    return {
        (node.step, node.label if node.kind == "label" else f"<{node.kind}>"): node.count
        for node in answer.nodes
        if node.step and node.count
    }


def _links(answer: PathsAnswer) -> dict[str, int]:
    names = [node.label if node.kind == "label" else f"<{node.kind}>" for node in answer.nodes]
    return {
        f"{names[link.source] if answer.nodes[link.source].step else ''}>{names[link.target]}": link.count
        for link in answer.links
        if link.count
    }


def test_after_an_anchor(asking: Asking) -> None:
    story = world(*_session("one", "X A A B B C A D"), *_session("two", "A C"), *_session("three", "B"))
    question = Paths(period=march(2, 2), anchor=EventKind(tool_id="A"), depth=2)
    answer = asking.surely(story, question, PathsAnswer)
    assert answer.runs == 2
    assert _nodes(answer) == {(1, "B"): 1, (1, "C"): 1, (2, "C"): 1, (2, "<end>"): 1}
    assert _links(answer) == {">B": 1, ">C": 1, "B>C": 1, "C><end>": 1}


def test_before_an_anchor(asking: Asking) -> None:
    """From the last anchor on backwards."""
    story = world(*_session("one", "A X B A A"), *_session("two", "A C"))
    question = Paths(period=march(2, 2), anchor=EventKind(tool_id="A"), direction="previous", depth=6)
    answer = asking.surely(story, question, PathsAnswer)
    assert _nodes(answer) == {(1, "B"): 1, (2, "X"): 1, (3, "A"): 1, (4, "<end>"): 1, (1, "<end>"): 1}


def test_the_most_frequent_and_the_others(asking: Asking) -> None:
    """Of labels as frequent the smaller one is shown."""
    story = world(
        *_session("1", "é x"), *_session("2", "z x"), *_session("3", "b x"), *_session("4", "b y"), *_session("5", "é")
    )
    answer = asking.surely(story, Paths(period=march(2, 2), depth=3, top=1), PathsAnswer)
    assert answer.runs == 5
    assert _nodes(answer) == {
        (1, "b"): 2,
        (1, "<other>"): 3,
        (2, "x"): 3,
        (2, "<other>"): 1,
        (2, "<end>"): 1,
        (3, "<end>"): 4,
    }
    assert _links(answer)["<other>>x"] == 2


def test_runs_are_sessions_or_units(asking: Asking) -> None:
    """The same session id of two customers is two; events without a session are in no run, or in their unit's."""
    story = world(
        *_session("s", "A B", "a"),
        *_session("s", "A C", "b"),
        event("2 09:00", "a", "Z"),
        event("2 10:00:30", "a", session_id="s"),
        event("2 11:00", "c", session_id="s"),
    )
    sessions = asking.surely(story, Paths(period=march(2, 2), depth=2), PathsAnswer)
    assert (sessions.runs, _nodes(sessions)) == (2, {(1, "A"): 2, (2, "B"): 1, (2, "C"): 1})
    units = asking.surely(story, Paths(period=march(2, 2), depth=2, per="unit"), PathsAnswer)
    assert (units.runs, _nodes(units)) == (2, {(1, "Z"): 1, (1, "A"): 1, (2, "A"): 1, (2, "C"): 1})


def test_an_anchor_needs_no_label(asking: Asking) -> None:
    story = world(
        *_session("s", "A B"),
        event("2 10:00:30", session_id="s", event_type="export_action"),
        event("2 10:00", session_id="t", event_type="export_action"),
    )
    question = Paths(period=march(2, 2), anchor=EventKind(event_type="export_action"), depth=1)
    answer = asking.surely(story, question, PathsAnswer)
    assert (answer.runs, _nodes(answer)) == (2, {(1, "B"): 1, (1, "<end>"): 1})


def test_at_the_same_instant_the_ids_give_the_order(asking: Asking) -> None:
    ids = ("ffffffff-0000-4000-8000-000000000001", "00000000-ffff-4000-8000-000000000002", "01000000-0000-4000-8000-0")
    story = world(
        event("2 10:00", tool="last", session_id="s", event_id=ids[0]),
        event("2 10:00", tool="first", session_id="s", event_id=ids[1]),
        event("2 10:00", tool="second", session_id="s", event_id=ids[2] + "0" * 11),
    )
    answer = asking.surely(story, Paths(period=march(2, 2)), PathsAnswer)
    assert _nodes(answer) == {(1, "first"): 1, (2, "second"): 1, (3, "last"): 1, (4, "<end>"): 1}
