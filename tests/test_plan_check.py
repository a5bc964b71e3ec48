"""What a plan's own tables may hold; every mistake is named with its line and what to do."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.errors import PlanError
from milepost.plan import load_plan, parse_plan
from milepost.plan.ids import id_faults
from milepost.plan.types import plan_types
from milepost.vocabulary import MAX_WORD_LENGTH

_DEFAULT = resources.files("milepost.plan").joinpath("default.toml").read_text("utf-8")
#: The default plan without growth stages, which stand between the competencies and the points.
_BEFORE, _, _REST = _DEFAULT.partition("[[growth_stages]]")
_BARE = _BEFORE + "[points.base]" + _REST.partition("[points.base]")[2]
_LINES = _BARE.count("\n")
_ODD = "use up to 200 letters, digits, '-', '_' and '.', starting with a letter or digit"


def test_the_stages_are_read_in_their_order() -> None:
    stages = load_plan().growth_stages
    assert [stage.id for stage in stages] == ["early_scaling", "rapid_scaling", "mature_scaling"]
    assert [stage.name for stage in stages] == ["Early scaling", "Rapid scaling", "Mature scaling"]


def test_a_plan_needs_no_stages() -> None:
    plan = parse_plan(_BARE, "plan.toml")
    assert plan.growth_stages == ()
    assert "growthStage: string;" in plan_types(plan, "ts")
    assert "GrowthStage = str\n" in plan_types(plan, "python")


_TARGET = "[[predictions.targets]]\nid = 'it'\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[[growth_stages]]\nid = 'in bloom'", 2, f"growth_stages[0].id: 'in bloom' is not a valid id; {_ODD}"),
        ("[[growth_stages]]\nid = ''", 2, "growth_stages[0].id: '' is not a valid id"),
        ("[[growth_stages]]\nid = 'a'\n[[growth_stages]]\nid = 'a'", 4, "growth_stages[1].id: 'a' appears twice"),
        ("[[growth_stages]]\nid = 'seed'\nlabel = 'Seed'", 1, "unknown field `label`"),
        ("[[growth_stages]]\nname = 'Seed'", 1, "missing required field `id`"),
        (_TARGET + "what = 'event'", 1, "predictions.targets[4].event: does not say which; give it an event or"),
        (_TARGET + "what = 'level_up'\ntrait = 'arr'", 4, "trait: says nothing to level_up; it goes with trait_"),
        (_TARGET + "what = 'trait_becomes'\ntrait = 'a'", 1, "values: is missing; say which values of the trait count"),
        (_TARGET + "what = 'level_up'\ndays = 3", 4, "predictions.targets[4].days: is 3; it takes 7 to 365"),
        ("[[predictions.targets]]\nwhat = 'level_up'\nid = 'goes_quiet'", 3, "'goes_quiet' is there already: quiet"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_stage_or_target_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(_BARE + text, "plan.toml")
    assert caught.value.message.startswith(f"plan.toml, line {_LINES + line}: ")
    assert said in caught.value.message


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]*", fullmatch=True))
def test_ids_are_words_up_to_the_limit(word: str) -> None:
    assert (list(id_faults("tools", [word])) == []) is (len(word) <= MAX_WORD_LENGTH)


@pytest.mark.parametrize("word", ["-a", "a b", "é", "x" * (MAX_WORD_LENGTH + 1)])
@pytest.mark.parametrize(
    ("table", "rest"),
    [
        ("tools", ""),
        ("competencies", ""),
        ("growth_stages", ""),
        ("badges", 'name = "A"\nmetric = "points"\nat_least = 1'),
        ("playbooks", 'action = "a"\nreason = "b"\nwhen = [{ fact = "tools_30", below = 1 }]'),
    ],
)
def test_every_table_takes_the_same_ids(word: str, table: str, rest: str) -> None:
    with pytest.raises(PlanError, match="is not a valid id") as caught:
        parse_plan(f'{_BARE}[[{table}]]\nid = "{word}"\n{rest}\n', "plan.toml")
    assert caught.value.message.endswith(f"{word!r} is not a valid id; {_ODD}.")
