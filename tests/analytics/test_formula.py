"""Formulas: read and worked out as Python does, and never run as code."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.analytics.formula import read
from milepost.errors import InvalidRequest

_FIGURES = (6.0, 4.0, 0.0, None)
_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A", 6),
        ("A/B", 1.5),
        (" A / B * 100 ", 150),
        ("A - B - 1", 1),
        ("A - (B - 1)", 3),
        ("A + B * 2", 14),
        ("(A + B) * 2", 20),
        ("24 / A / B", 1),
        ("-A + 10", 4),
        ("--A", 6),
        ("2 * -A", -12),
        ("-(A - B) * +3", -6),
        (".5*A+1.", 4),
        ("A / C", None),
        ("C / A", 0),
        ("A / (B - 4)", None),
        ("A + D", None),
        ("A * A * A", 216),
    ],
)
def test_worked_out(text: str, value: float | None) -> None:
    assert read(text, 4).of(_FIGURES) == value


def test_what_no_float_holds_is_none() -> None:
    assert read("A * 10 - A * 10", 1).of([1e308]) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at its end"),
        ("   ", "at its end"),
        ("A +", "at its end"),
        ("A B", "'B' at character 3: an operator is missing"),
        ("2A", "'A' at character 2: an operator is missing"),
        ("A)", r"'\)' at character 2: nothing opens it"),
        ("(A", "at its end: a closing parenthesis"),
        ("()", r"'\)' at character 2: a number"),
        ("A ** 2", r"'\*' at character 4"),
        ("A // B", "'/' at character 4"),
        ("a / B", "'a' at character 1: a formula has the letters"),
        ("A / C", "'C' at character 5: the series are A to B"),
        ("F", "the series are A to B"),
        ("1 + 1", "needs a series"),
        ("1e3 * A", "'e' at character 2"),
        ("A; B", "';' at character 2"),
        ("__import__('os')", "'_' at character 1"),
        ("A.real", "'.' at character 2"),
        ("A²", "'²' at character 2"),
        ("A\x00", "at character 2"),
        ("(" * 30 + "A" + ")" * 30, "parentheses in each other"),
        ("A+" * 100 + "A", "at most 200 characters"),
    ],
)
def test_what_is_no_formula_is_said_where_it_stands(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as raised:
        read(text, 2)
    assert raised.value.field == "formula"


def _by_python(node: ast.expr, figures: dict[str, Fraction]) -> Fraction:
    match node:
        case ast.Name(id=name):
            return figures[name]
        case ast.Constant(value=int(value)):
            return Fraction(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_by_python(operand, figures)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_by_python(left, figures), _by_python(right, figures))
    raise TypeError(node)


_texts = st.recursive(
    st.sampled_from(["A", "B", "C", "1", "2", "7", "100"]),
    lambda part: st.one_of(
        st.builds("{} {} {}".format, part, st.sampled_from("+-*/"), part),
        st.builds("({})".format, part),
        st.builds("-{}".format, part),
    ),
    max_leaves=12,
)


@given(_texts, st.tuples(*[st.integers(-9, 9)] * 3))
def test_the_same_as_python(text: str, figures: tuple[int, int, int]) -> None:
    """By Python's own parser, with fractions."""
    if len(text) > 200 or not set(text) & set("ABC"):
        return
    expression = ast.parse(text, mode="eval").body
    named = {name: Fraction(figure) for name, figure in zip("ABC", figures, strict=True)}
    try:
        wanted: float | None = float(_by_python(expression, named))
    except ZeroDivisionError:
        wanted = None
    found = read(text, 3).of([float(figure) for figure in figures])
    if wanted is None or found is None:
        # What is 0 in fractions may be a little beside it in floats.
        assert wanted is found or "/" in text
    else:
        assert math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-6)
