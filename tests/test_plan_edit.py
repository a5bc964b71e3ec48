"""Changes of a plan's text: exactly what was asked for changes, and everything else stays as it was written."""

from __future__ import annotations

from difflib import ndiff

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.errors import PlanError
from milepost.plan import parse_plan
from milepost.plan.edit import Weights, with_tool, with_weights, without_tool
from milepost.plan.load import default_text
from milepost.vocabulary import EVENT_TYPES, IMPACTS, EventType, Impact
from tests.support.examples import examples

_DEFAULT = default_text()
#: Up to the coach: what is changed here, as it takes longer to read a text that is to stay as it is.
_SHORT = _DEFAULT.partition("# -- The coach")[0]
_ODDLY = """\
version = 1
tools = [{id = "a"}, {id = "b", name = 'Bee'}]  # all we have
competencies = []
points.base.tool_usage = 2
points.weight = {low = 1, medium = 2, high = 3}
""" + "".join(f"points.base.{kind} = 1\n" for kind in EVENT_TYPES if kind != "tool_usage")


def _changed(before: str, after: str) -> list[str]:
    lines = ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-" and line[1] == " "]


def test_a_tool_is_renamed_in_its_line_alone() -> None:
    text = with_tool(_DEFAULT, "cost-calculator", name='The "Value" tool', competency="value_communication")
    assert _changed(_DEFAULT, text) == ['- name = "Cost Calculator"', '+ name = "The \\"Value\\" tool"']


def test_a_tool_is_added_before_the_comment_of_what_comes_next_and_removed_again() -> None:
    text = with_tool(_DEFAULT, "planner", name="Planner", competency=None)
    assert sorted(_changed(_DEFAULT, text)) == ["+ ", "+ [[tools]]", '+ id = "planner"', '+ name = "Planner"']
    assert text.index("planner") < text.index("# -- Competencies")
    assert without_tool(text, "planner") == _DEFAULT
    first = without_tool(_DEFAULT, "icp-analysis")
    assert "# -- Tools: the parts" in first
    assert all(line[0] == "-" for line in _changed(_DEFAULT, first))
    with pytest.raises(PlanError, match="no tool 'nothing'"):
        without_tool(_DEFAULT, "nothing")


def test_the_last_tool_may_go_and_another_come() -> None:
    text = _SHORT
    for tool in parse_plan(text, "it").tools:
        text = without_tool(text, tool.id)
    assert parse_plan(text, "it").tools == ()
    assert [tool.id for tool in parse_plan(with_tool(text, "one", name="One", competency=None), "it").tools] == ["one"]


def test_what_else_names_a_tool_keeps_it() -> None:
    text = _DEFAULT + '[[events]]\nname = "Invoice *"\ntool = "cost-calculator"\n'
    with pytest.raises(PlanError, match=r"line \d+: events\[0\]\.tool: 'cost-calculator' is not a tool of the plan"):
        without_tool(text, "cost-calculator")


def test_what_a_plan_may_not_say_is_told() -> None:
    with pytest.raises(PlanError, match="is not a valid id") as caught:
        with_tool(_DEFAULT, "Budget Planner", name="", competency=None)
    assert caught.value.field == "tools[4].id"
    with pytest.raises(PlanError, match="is not a competency"):
        with_tool(_DEFAULT, "cost-calculator", name="", competency="nothing")
    with pytest.raises(PlanError, match="points are 0 to 1000"):
        with_weights(_DEFAULT, Weights(base={"navigation": 1001}))


def test_weights_keep_the_comments_beside_them() -> None:
    text = with_weights(_SHORT, Weights({"tool_usage": 3}, {"high": 4}, {"outcomes": 12.5, "breadth": 5.0}))
    assert sorted(_changed(_SHORT, text)) == [
        '+ high = 4',
        '+ outcomes = 12.5              # offline actions of role "outcome": deals, renewals, results',
        '+ tool_usage = 3',
        '- high = 3',
        '- outcomes = 20              # offline actions of role "outcome": deals, renewals, results',
        '- tool_usage = 2',
    ]  # fmt: skip


def test_a_plan_that_is_written_in_another_way_is_changed_too() -> None:
    text = with_tool(_ODDLY, "b", name="", competency=None)
    text = without_tool(with_tool(text, "c", name="Sea", competency=None), "a")
    text = with_weights(text, Weights({"tool_usage": 3}, {}, {"recency": 1}))
    plan = parse_plan(text, "it")
    assert [(tool.id, tool.name) for tool in plan.tools] == [("b", ""), ("c", "Sea")]
    assert (plan.points.base["tool_usage"], plan.scoring.components.recency) == (3, 1)
    assert "# all we have" in text


@settings(max_examples=examples(40))
@given(
    st.text(max_size=20).filter(lambda text: "\r" not in text and text.isprintable()),
    st.dictionaries(st.sampled_from(EVENT_TYPES), st.integers(0, 1000)),
    st.dictionaries(st.sampled_from(IMPACTS), st.integers(0, 1000)),
    st.dictionaries(st.sampled_from(("competencies", "breadth", "recency")), st.floats(0, 1000)),
)
def test_whatever_is_said_is_what_the_plan_says_then(
    name: str, base: dict[EventType, int], impact: dict[Impact, int], parts: dict[str, float]
) -> None:
    text = with_weights(_SHORT, Weights(base, impact, parts))
    text = with_tool(text, "cost-calculator", name=name, competency=None)
    assert text.count(" # ") >= _SHORT.count(" # "), "no comment is lost"
    plan, before = parse_plan(text, "it"), parse_plan(_SHORT, "it")
    assert plan.tools[1].name == name
    assert plan.points.base == {**before.points.base, **base}
